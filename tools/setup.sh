# shellcheck shell=bash
# Sourced by ./dev: installs what tools/pins.txt names. Needs no more than bash, coreutils and apt.
# Each part looks at what is there before it acts, so a second run takes well under a second.

PINS=tools/pins.txt
LOGS=.cache/logs
source tools/stores/setup.sh

# pinned GROUP: the lines of a group, without the group's name.
pinned() { sed -n "s/^$1  *//p" "$PINS"; }

# step TEXT COMMAND...: runs a command with its output in a log, and shows that time passes.
step() {
  local text=$1 log started=$SECONDS pid told=0
  shift
  mkdir -p "$LOGS"
  log=$LOGS/$(echo "$text" | tr -cs 'a-zA-Z0-9' '-' | cut -c1-40).log
  echo "· $text"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid"; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if (( SECONDS - started >= told + 15 )); then
      told=$(( SECONDS - started ))
      echo "    $told s: $(tail -n 1 "$log" | tr -d '\r' | cut -c1-80)"
    fi
  done
  trap - INT TERM
  if ! wait "$pid"; then
    tail -n 25 "$log" | sed 's/^/    /' >&2
    fail "$text: failed; the whole output is in $log"
  fi
}

# fail TEXT...: ends ./dev with one line for each argument.
fail() { printf 'dev: %s\n' "$@" >&2; exit 1; }

# missing_packages GROUP: the packages of a group that are absent, or older than verified.
missing_packages() {
  local name least have
  declare -A installed=()
  while read -r name have; do installed[${name%%:*}]=$have; done < <(
    dpkg-query -W -f '${db:Status-Abbrev}${Package} ${Version}\n' 2>/dev/null | sed -n 's/^ii *//p')
  while read -r name least; do
    have=${installed[$name]:-}
    [[ -n $have ]] && dpkg --compare-versions "$have" ge "$least" || echo "$name"
  done < <(pinned "$1")
}

as_root() {
  if (( EUID == 0 )); then "$@"; else
    sudo --preserve-env=http_proxy,https_proxy,no_proxy,DEBIAN_FRONTEND "$@"; fi
}

setup_packages() {
  local group=$1 missing
  if ! command -v dpkg-query >/dev/null; then
    echo "· this is not a Debian system: taking the '$group' packages of $PINS for granted"
    return
  fi
  missing=$(missing_packages "$group" | tr '\n' ' ')
  [[ -n ${missing// } ]] || return 0
  if (( EUID != 0 )); then
    sudo -v || fail "root is needed once: sudo apt-get install $missing"
  fi
  export DEBIAN_FRONTEND=noninteractive
  step "Debian: reading the package index" as_root apt-get -o DPkg::Lock::Timeout=120 update
  step "Debian: installing $missing" as_root apt-get -o DPkg::Lock::Timeout=120 \
    install -y --no-install-recommends $missing
  missing=$(missing_packages "$group" | tr '\n' ' ')
  [[ -z ${missing// } ]] || fail "older than verified in $PINS: $missing" \
    "Debian 12 with its updates and security suites has them; see /etc/apt/sources.list*."
}

# is_done FOLDER HASH: was FOLDER made from these very pins?
is_done() { [[ -f $1/.pins && $(<"$1/.pins") == "$2" ]]; }
hash_of() { pinned "$1" | sha256sum | cut -d' ' -f1; }

setup_python() {
  local want
  want=$(hash_of test)
  is_done .venv "$want" && return
  rm -rf .venv
  step "Python: virtual environment in .venv" /usr/bin/python3 -m venv .venv
  step "Python: $(pinned test | wc -l) wheels for the demo and the tests" install_wheels
  echo "$want" >.venv/.pins
}

install_wheels() {
  pinned test >.venv/requirements.txt
  .venv/bin/python -m pip install --no-deps --require-hashes --only-binary :all: \
    --disable-pip-version-check --progress-bar off -r .venv/requirements.txt
}

# Older clients for the interop tests, which run each beside the packages of .venv.
setup_older_clients() {
  local want
  want=$(hash_of older)
  is_done .deps/python "$want" && return
  SETUP_RUNNING=1
  rm -rf .deps/python
  step "Python: older clients for the interop tests" install_older_clients
  echo "$want" >.deps/python/.pins
  SETUP_RUNNING=
}

install_older_clients() {
  local release folder
  for release in $(pinned older | cut -d' ' -f1 | sort -u); do
    folder=.deps/python/$release
    mkdir -p "$folder"
    pinned "older  *$release" >"$folder/requirements.txt"
    .venv/bin/python -m pip install --no-deps --require-hashes --only-binary :all: \
      --disable-pip-version-check --progress-bar off --target "$folder" \
      -r "$folder/requirements.txt"
  done
}

setup_arrow() {
  local want
  want=$(hash_of arrow)
  is_done .deps/arrow "$want" && [[ -d .deps/arrow/licenses ]] && return
  [[ $(uname -m) == x86_64 ]] || fail "the Arrow pin is for x86_64; on $(uname -m) install Arrow 26" \
    "with its CMake package (CMake prefers that), and run: touch .deps/arrow/.pins"
  step "Arrow: headers and libraries" unpack_arrow
  echo "$want" >.deps/arrow/.pins
}

unpack_arrow() {
  local new=.deps/arrow.new lib
  rm -rf "$new" && mkdir -p "$new/lib"
  pinned arrow >"$new/requirements.txt"
  .venv/bin/python -m pip download --no-deps --require-hashes --only-binary :all: \
    --disable-pip-version-check --progress-bar off -d "$new" -r "$new/requirements.txt"
  unzip -q "$new"/*.whl 'pyarrow/include/*' 'pyarrow/libarrow.so.*' 'pyarrow/libarrow_acero.so.*' \
    'pyarrow/libarrow_compute.so.*' 'pyarrow/libparquet.so.*' '*.dist-info/licenses/*' -d "$new"
  mv "$new"/*.dist-info/licenses "$new/licenses"  # they go into the package with the libraries
  mv "$new/pyarrow/include" "$new/include"
  mv "$new"/pyarrow/lib*.so.* "$new/lib/"
  # The wheel's libraries are versioned only; the linker looks for the plain name.
  for lib in "$new"/lib/lib*.so.*; do ln -s "${lib##*/}" "${lib%.so.*}.so"; done
  rm -r "$new/pyarrow" "$new"/*.dist-info "$new"/*.whl "$new/requirements.txt"
  rm -rf .deps/arrow && mv "$new" .deps/arrow
}

# The bench measures against nginx, and tests put it before the server; the system's own if there is one.
setup_nginx() {
  command -v nginx >/dev/null && return
  [[ -x .deps/nginx/usr/sbin/nginx ]] || step "Debian: unpacking nginx" unpack_debian nginx
  PATH=$PWD/.deps/nginx/usr/sbin:$PATH
}

# Tests start PostgreSQL themselves (tests/support/postgres.py); the system's programs if it has them.
setup_postgres() {
  local programs=usr/lib/postgresql/15/bin missing
  [[ -x /$programs/postgres ]] && return
  [[ -x .deps/postgres/$programs/postgres ]] ||
    step "Debian: unpacking PostgreSQL" unpack_debian postgres
  missing=$(ldd .deps/postgres/$programs/{postgres,initdb,psql,pg_dump} | sed -n 's/ => not found//p' | sort -u)
  [[ -z $missing ]] || fail "PostgreSQL lacks libraries that its package would bring:" "$missing" \
    "apt-get install postgresql-15 brings them; it starts a server for the whole system."
}

# unpack_debian GROUP: what the Debian packages of a group hold, in .deps/GROUP and not on the system.
unpack_debian() {
  local names
  names=$(pinned "$1" | cut -d' ' -f1)
  rm -rf ".deps/$1.new" && mkdir -p ".deps/$1.new"
  (cd ".deps/$1.new" && apt-get download $names && for package in ./*.deb; do dpkg -x "$package" .; done &&
    rm ./*.deb)
  rm -rf ".deps/$1" && mv ".deps/$1.new" ".deps/$1"
}

# What the packaging tests check with: linters and promtool; helm is built with the stores.
setup_checkers() {
  local want
  SETUP_RUNNING=1
  want=$(hash_of lint)
  if ! is_done .deps/checkers/python "$want"; then
    rm -rf .deps/checkers/python
    step "Python: linters for the packaging tests" install_linters
    echo "$want" >.deps/checkers/python/.pins
  fi
  [[ -x .deps/prometheus/usr/bin/promtool ]] || step "Debian: unpacking promtool" \
    unpack_debian prometheus
  SETUP_RUNNING=
}

install_linters() {
  mkdir -p .deps/checkers/python
  pinned lint >.deps/checkers/python/requirements.txt
  .venv/bin/python -m pip install --no-deps --require-hashes --only-binary :all: \
    --disable-pip-version-check --progress-bar off --target .deps/checkers/python \
    -r .deps/checkers/python/requirements.txt
}

# setup GROUP...: the named groups of Debian packages, and always Python's wheels and Arrow.
setup() {
  local group
  SETUP_RUNNING=1
  for group in "$@"; do setup_packages "$group"; done
  setup_python
  setup_arrow
  SETUP_RUNNING=
}

# Whatever went wrong in setup, this is what helps.
explain_setup() {
  [[ -n ${SETUP_RUNNING:-} ]] || return 0
  cat >&2 <<'HELP'

Setup stopped. What is already installed stays; run ./dev setup again to go on where it stopped.
If a registry could not be reached:
  Debian   try `apt-get update`. Proxy: http_proxy, https_proxy. Mirror: /etc/apt/sources.list
  Python   try `.venv/bin/pip download pytest`. Proxy: https_proxy. Mirror: PIP_INDEX_URL, or a
           folder of wheels: PIP_FIND_LINKS with PIP_NO_INDEX=1. Own certificates: PIP_CERT
  Go       the stores for the tests. Proxy: https_proxy. Mirror: GOPROXY. Own certificates: SSL_CERT_FILE
  npm      what else the tests start. Proxy: https_proxy. Mirror: npm_config_registry. Own certificates:
           NODE_EXTRA_CA_CERTS
HELP
}
trap explain_setup EXIT
