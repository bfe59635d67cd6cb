#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Results do not depend on the order of input files, on the thread count, or
# on being the first or second run; a journal replays.
program=${SPOTSIM:-build/spotsim}
trace=traces/data/demo
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
die() {
    echo "$*"
    exit 1
}

run() {
    "$program" run --target 4 --policy 'skyserve(base=1,dynamic=true)+random' --price-on-demand 3.06 --json "$@" \
        2>>"$work/log" || die "failed: run $*: $(tail -n 3 "$work/log")"
}
# shellcheck disable=SC2046 # file names without blanks
{
    run --trace $trace --journal "$work/journal" >"$work/folder"
    run --trace $(printf '%s\n' $trace/*.json | sort) >"$work/sorted"
    run --trace $(printf '%s\n' $trace/*.json | sort -r) >"$work/reversed"
    run --trace "$trace/*.json" >"$work/glob"
}
for other in sorted reversed glob; do
    cmp "$work/folder" "$work/$other" || die "the $other files give another result than their folder"
done
"$program" replay "$work/journal" >"$work/replay" 2>&1 || die "replay: $(cat "$work/replay")"

sweep() { # threads folder
    "$program" sweep --trace $trace --target 4 --policy 'skyserve(base=1,dynamic=true)+random' --price-on-demand 3.06 \
        --vary policy.mix.base=0..3 --replications 4 --threads "$1" --out "$work/$2" >"$work/$2.out" 2>"$work/log" ||
        die "failed: sweep on $1 threads: $(tail -n 3 "$work/log")"
    rm -f "$work/$2/build.json"
}
sweep 1 one
sweep 2 two
sweep 5 five
for other in two five; do
    diff -r "$work/one" "$work/$other" || die "threads change the results"
done
[ -s "$work/one/summary.csv" ] || die "no summary.csv"
exit 0
