#!/usr/bin/env bash
# usage: tools/fuzz.sh BUILD SECONDS JOBS [NAME...]
# Runs the fuzz targets of a build tree, each for SECONDS, JOBS at a time. What libFuzzer learns goes to
# BUILD/fuzz, never into the tree; an input that crashes is kept there and its path printed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$1 seconds=$2 jobs=$3
shift 3

fuzz_one() {
  local build=$1 seconds=$2 name=$3
  local work=$build/fuzz/$name corpus=tests/fuzz/corpus/$name
  local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1)
  [[ ! -f tests/fuzz/$name.dict ]] || options+=(-dict="tests/fuzz/$name.dict")
  mkdir -p "$work"
  if "$build/tests/fuzz/${name}_fuzz" "${options[@]}" -artifact_prefix="$work/crash-" \
    "$work" "$corpus" >"$work.log" 2>&1; then
    printf '%-24s %s runs\n' "$name" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work.log")"
  else
    printf '%-24s FAILED, see %s\n' "$name" "$work.log"
    tail -n 40 "$work.log"
    return 1
  fi
}
export -f fuzz_one

names=("$@")
(( $# )) || mapfile -t names < <(find tests/fuzz -name '*_fuzz.cc' | sed -E 's#.*/(.*)_fuzz\.cc#\1#' | sort)
(( ${#names[@]} )) || { echo "there are no fuzz targets in tests/fuzz" >&2; exit 1; }
printf '%s\n' "${names[@]}" |
  xargs -P "$jobs" -I {} bash -c 'fuzz_one "$@"' fuzz "$build" "$seconds" {}
