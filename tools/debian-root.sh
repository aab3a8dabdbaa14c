#!/usr/bin/env bash
# usage: sudo tools/debian-root.sh make ROOT KEPT    a minimal Debian 12 in the folder ROOT
#        sudo tools/debian-root.sh run ROOT COMMAND  runs a shell command in it as root
#        sudo tools/debian-root.sh drop ROOT         removes it
# Also sourced, by tools/fresh-machine.sh. Needs debootstrap. The bare root is kept as the file KEPT, so
# that a second one is made at once. This machine's way to the network (apt sources, certificates, proxy and
# pip settings) is copied in, and nothing else of it.
set -euo pipefail

# let_go_of_root ROOT: unmounts what is mounted in it.
let_go_of_root() {
  local at
  for at in root/shared run/netns dev/shm dev/pts dev proc; do
    ! mountpoint -q "$1/$at" || umount "$1/$at"
  done
}

# make_root ROOT KEPT
make_root() {
  let_go_of_root "$1"
  rm -rf --one-file-system "$1" && mkdir -p "$1"
  if [[ -f $2 ]]; then tar -C "$1" -xf "$2"; else make_bare_root "$1" "$2"; fi
  copy_network_settings "$1"
  mount -t proc proc "$1/proc"
  mount --bind /dev "$1/dev"
  ! mountpoint -q /dev/pts || mount --bind /dev/pts "$1/dev/pts"
  mount -t tmpfs tmpfs "$1/dev/shm"
}

make_bare_root() {
  local mirror
  mirror=$(find /etc/apt -name '*.list' -o -name '*.sources' | sort | xargs cat |
    sed -nE 's/^(deb( \[.*\])?|URIs:) +([a-z]+:[^ ]+).*/\3/p' | sed -n 1p)
  debootstrap --variant=minbase bookworm "$1" "$mirror"
  tar -C "$1" -cf "$2.new" . && mv "$2.new" "$2"
}

# Nothing but the way to the network: no package, no setting of this machine's own.
copy_network_settings() {
  local root=$1 file
  rm -f "$root"/etc/apt/sources.list
  cp -r /etc/apt/sources.list /etc/apt/sources.list.d "$root/etc/apt/" 2>/dev/null || true
  for file in $(grep -l '^ *Acquire' /etc/apt/apt.conf.d/* || true); do cp "$file" "$root/etc/apt/apt.conf.d/"; done
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  [[ ! -f /etc/pip.conf ]] || cp /etc/pip.conf "$root/etc/"
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
}

# run_in_root ROOT COMMAND
run_in_root() {
  local kept=() name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_CERT PIP_INDEX_URL \
    PIP_DEFAULT_TIMEOUT SSL_CERT_FILE GOPROXY npm_config_registry NODE_EXTRA_CA_CERTS; do
    [[ -z ${!name:-} ]] || kept+=("$name=${!name}")
  done
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "${kept[@]}" chroot "$1" bash -c "$2"
}

# drop_root ROOT
drop_root() {
  let_go_of_root "$1"
  rm -rf --one-file-system "$1"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  action=$1
  shift
  case $action in
    make) make_root "$@" ;;
    run) run_in_root "$@" ;;
    drop) drop_root "$@" ;;
    *) sed -n 2,4p "$0" >&2; exit 2 ;;
  esac
fi
