#!/usr/bin/env bash
# usage: sudo tools/fresh-machine.sh [COMMAND...]        (default: ./dev demo, then ./dev test)
#
# Proves that the project works on a machine that has nothing: makes a minimal Debian 12 root, clones what
# is committed here into it and runs each COMMAND there as root. Needs debootstrap, git and 12 GB in
# ROOT (default /var/tmp/sluice-root). The bare root is kept as ROOT.tar, so a second try starts at once.
# This machine's way to the network (apt sources, certificates, proxy and pip settings) is copied in;
# a folder `shared` beside the clone is shown inside it, read-only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=${ROOT:-/var/tmp/sluice-root}
here=$PWD
(( $# )) || set -- "./dev demo" "./dev test"

let_go() {
  local at
  for at in root/shared dev/shm dev/pts dev proc; do
    ! mountpoint -q "$ROOT/$at" || umount "$ROOT/$at"
  done
}
trap let_go EXIT

make_bare_root() {
  local mirror
  mirror=$(find /etc/apt -name '*.list' -o -name '*.sources' | sort | xargs cat |
    sed -nE 's/^(deb( \[.*\])?|URIs:) +([a-z]+:[^ ]+).*/\3/p' | sed -n 1p)
  debootstrap --variant=minbase bookworm "$ROOT" "$mirror"
  tar -C "$ROOT" -cf "$ROOT.tar" .
}

# Nothing but the way to the network: no package, no setting of this machine's own.
copy_network_settings() {
  local file
  rm -f "$ROOT"/etc/apt/sources.list
  cp -r /etc/apt/sources.list /etc/apt/sources.list.d "$ROOT/etc/apt/" 2>/dev/null || true
  for file in $(grep -l '^ *Acquire' /etc/apt/apt.conf.d/* || true); do cp "$file" "$ROOT/etc/apt/apt.conf.d/"; done
  cp /etc/resolv.conf /etc/hosts "$ROOT/etc/"
  [[ ! -f /etc/pip.conf ]] || cp /etc/pip.conf "$ROOT/etc/"
  mkdir -p "$ROOT/usr/local/share/ca-certificates"
  cp -r /usr/local/share/ca-certificates/. "$ROOT/usr/local/share/ca-certificates/"
}

mount_kernel_folders() {
  mount -t proc proc "$ROOT/proc"
  mount --bind /dev "$ROOT/dev"
  mount -t tmpfs tmpfs "$ROOT/dev/shm"
  if [[ -d $here/../shared ]]; then
    mkdir -p "$ROOT/root/shared"
    mount --bind -o ro "$here/../shared" "$ROOT/root/shared"
  fi
}

inside() {
  local kept=() name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_CERT PIP_INDEX_URL \
    PIP_DEFAULT_TIMEOUT SSL_CERT_FILE GOPROXY npm_config_registry NODE_EXTRA_CA_CERTS; do
    [[ -z ${!name:-} ]] || kept+=("$name=${!name}")
  done
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    "${kept[@]}" chroot "$ROOT" bash -c "cd /root/sluice && $1"
}

let_go
rm -rf --one-file-system "$ROOT" && mkdir -p "$ROOT"
if [[ -f $ROOT.tar ]]; then tar -C "$ROOT" -xf "$ROOT.tar"; else make_bare_root; fi
copy_network_settings
git clone -q "$here" "$ROOT/root/sluice"
mount_kernel_folders
for command in "$@"; do
  started=$SECONDS
  printf '\n### fresh machine: %s\n' "$command"
  inside "$command"
  printf '### fresh machine: %s took %d s\n' "$command" "$(( SECONDS - started ))"
done
