#!/usr/bin/env bash
# usage: sudo tools/fresh-machine.sh [COMMAND...]        (default: ./dev demo, then ./dev test)
#
# Proves that the project works on a machine that has nothing: makes a minimal Debian 12 root, clones what
# is committed here into it and runs each COMMAND there as root. Needs debootstrap, git and 12 GB in
# ROOT (default /var/tmp/sluice-root). The bare root is kept as ROOT.tar, so a second try starts at once.
# A folder `shared` beside the clone is shown inside it, read-only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/debian-root.sh
ROOT=${ROOT:-/var/tmp/sluice-root}
here=$PWD
(( $# )) || set -- "./dev demo" "./dev test"

trap 'let_go_of_root "$ROOT"' EXIT
make_root "$ROOT" "$ROOT.tar"
git clone -q "$here" "$ROOT/root/sluice"
if [[ -d $here/../shared ]]; then
  mkdir -p "$ROOT/root/shared"
  mount --bind -o ro "$here/../shared" "$ROOT/root/shared"
fi
for command in "$@"; do
  started=$SECONDS
  printf '\n### fresh machine: %s\n' "$command"
  run_in_root "$ROOT" "cd /root/sluice && $command"
  printf '### fresh machine: %s took %d s\n' "$command" "$(( SECONDS - started ))"
done
