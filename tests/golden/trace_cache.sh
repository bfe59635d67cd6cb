#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# With traces kept between runs every output is what it is without: results,
# studies, remarks, errors.  Three times each: not kept yet, kept, kept.
program=${SPOTSIM:-build/spotsim}
case $program in /*) ;; *) program=$PWD/$program ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
data=$PWD/traces/data
bad=0 tried=0
export SPOTSIM_CACHE_MIN=0
unset XDG_CACHE_HOME

fail() {
    echo "$1"
    bad=$((bad + 1))
}
kept() { find "$work/cache" -name '*.trace' 2>/dev/null | wc -l; }

# same COMMAND...: standard output and error, status and $work/study, without a
# cache and with it
same() {
    tried=$((tried + 1))
    rm -rf "$work/study" "$work/plain"
    SPOTSIM_CACHE='' "$program" "$@" >"$work/out" 2>"$work/err"
    status=$?
    [ -d "$work/study" ] && mv "$work/study" "$work/plain"
    for time in 1 2 3; do
        SPOTSIM_CACHE=$work/cache "$program" "$@" >"$work/out2" 2>"$work/err2"
        [ $? -eq $status ] || fail "another status with a cache, time $time: $*"
        cmp -s "$work/out" "$work/out2" || fail "another output with a cache, time $time: $*"
        grep -v 'wall\|runs/s\| s)' "$work/err" >"$work/e1"
        grep -v 'wall\|runs/s\| s)' "$work/err2" >"$work/e2"
        cmp -s "$work/e1" "$work/e2" || fail "other remarks with a cache, time $time: $*"
        [ -d "$work/plain" ] || continue
        rm -f "$work/plain/build.json" "$work/study/build.json"
        diff -r "$work/plain" "$work/study" >/dev/null || fail "another study with a cache, time $time: $*"
        rm -rf "$work/study"
    done
}

for trace in "$data"/*; do
    case $trace in *.md | *.txt) continue ;; esac
    same trace stat --json "$trace"
    same run --trace "$trace" --target 3 --policy 'skyserve(base=1)+skypilot' --price-on-demand 3 --json
done
[ "$(kept)" -gt 0 ] || fail 'nothing was kept'
same trace convert -o - "$data/demo"
same trace stat --single-means 4 --polarity preempted "$data/demo"
same trace plot --ascii "$data/demo"
same trace fit --process runs --skip-few "$data/demo/us-east-1a_v100_1.json"
same run --trace "$data/demo" --trace-means launch --start 1d --horizon 5d --target 3 --policy spot+round-robin --json
same run --trace "$data/demo/us-*.json" --target 2 --policy spot+cheapest --json --align "$work/none.csv"
same run --trace "$data/demo" "$data/demo/none" --target 2 --policy spot+cheapest --json
same run --trace "$data/demo" --gap 0s --target 2 --policy spot+cheapest --json
same sweep --trace "$data/demo" --target 2 --policy 'skyserve(dynamic=true)+skypilot' --price-on-demand 3 \
    --vary policy.mix.base=0..1 --vary trace.single_means=one,2 --replications 4 --window 2d --out "$work/study"

[ -f "$work/plain/summary.csv" ] || fail 'no study was compared'

# off, elsewhere, cleared
before=$(kept)
cp -r "$data/demo" "$work/copy"
run_copy() { "$program" run --trace "$work/copy" --target 2 --policy spot+cheapest "$@" >/dev/null 2>&1; }
SPOTSIM_CACHE=$work/cache run_copy --no-cache
[ "$(kept)" -eq "$before" ] || fail '--no-cache kept something'
SPOTSIM_CACHE=$work/cache SPOTSIM_CACHE_MIN=100000000 run_copy
[ "$(kept)" -eq "$before" ] || fail 'kept what is below SPOTSIM_CACHE_MIN'
SPOTSIM_CACHE=$work/cache run_copy
[ "$(kept)" -eq $((before + 1)) ] || fail 'expected one more to be kept'
(unset SPOTSIM_CACHE && XDG_CACHE_HOME=$work/xdg run_copy)
[ -n "$(find "$work/xdg/spotsim" -name '*.trace')" ] || fail 'XDG_CACHE_HOME is not used'
(unset SPOTSIM_CACHE && HOME=$work/home run_copy)
[ -n "$(find "$work/home/.cache/spotsim" -name '*.trace')" ] || fail '~/.cache is not used'
SPOTSIM_CACHE=$work/cache "$program" trace cache >"$work/out" || fail 'trace cache failed'
grep -q copy "$work/out" || fail 'trace cache does not name the source'
SPOTSIM_CACHE=$work/cache "$program" trace cache --clear >"$work/out" || fail 'trace cache --clear failed'
[ "$(kept)" -eq 0 ] || fail 'trace cache --clear left something'
SPOTSIM_CACHE='' "$program" trace cache >"$work/out" 2>"$work/err"
[ $? -eq 2 ] || fail 'trace cache without a folder: expected status 2'
SPOTSIM_CACHE=$work/cache SPOTSIM_CACHE_MAX=x "$program" trace stat "$data/demo" >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && grep -q 'SPOTSIM_CACHE_MAX' "$work/err" || fail 'SPOTSIM_CACHE_MAX=x: expected status 2'

# a kept file in ruins
SPOTSIM_CACHE=$work/cache run_copy
for file in "$work"/cache/*.trace; do printf 'ruin' | dd of="$file" bs=1 seek=200 conv=notrunc 2>/dev/null; done
same trace stat --json "$work/copy"

echo "# count: commands with and without a cache: $tried"
exit $((bad > 0))
