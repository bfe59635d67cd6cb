#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The presets: each makes the trace that it made before (presets.csv; written
# anew with SPOTSIM_RENEW=1), is listed, and is found by an installed program;
# names, files and folders that are wrong are told.
program=${SPOTSIM:-build/spotsim}
case $program in /*) ;; *) program=$PWD/$program ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
golden=tests/golden/presets.csv
bad=0 tried=0

run() { # STATUS PROGRAM ARGUMENTS...: output in $work/out and $work/err
    status=$1
    shift
    tried=$((tried + 1))
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq "$status" ] && ! grep -q 'Sanitizer\|runtime error' "$work/err" && return
    echo "expected status $status, got $got: $*"
    sed 's/^/    /' "$work/err"
    bad=$((bad + 1))
}
says() { # FILE PIECE
    grep -qF -- "$2" "$work/$1" && return
    echo "expected '$2' in $1:"
    sed 's/^/    /' "$work/$1" | head -n 40
    bad=$((bad + 1))
}

# ---- what they make ----
echo 'preset,pool,max,up,mean,changes,price_min,price_max' >"$work/table"
presets=$(for file in traces/presets/*.json; do basename "$file" .json; done)
for preset in $presets losses-1-a-day losses-24-a-day; do
    run 0 "$program" trace synth "$preset" --seed 1 -o "$work/trace.csv"
    run 0 "$program" trace stat "$work/trace.csv"
    awk -v preset="$preset" 'NR == 1 { next } NF == 0 { exit }
        { print preset "," $1 "," $5 "," $6 "," $7 "," $9 "," $(NF - 1) "," $NF }' "$work/out" >>"$work/table"
done
if [ -n "$SPOTSIM_RENEW" ]; then cp "$work/table" $golden; fi
diff $golden "$work/table" || bad=$((bad + 1))

# ---- the listing ----
run 0 "$program" trace synth --list
cp "$work/out" "$work/list"
for preset in $presets; do says list "$preset  "; done
for file in traces/presets/stress/*.json; do says list "stress/$(basename "$file" .json)  "; done
says list 'losses-N-a-day  '
lines=$(find traces/presets -name '*.json' | wc -l)
[ "$(wc -l <"$work/list")" -eq $((lines + 1)) ] || { echo "the listing has not one line for each"; bad=$((bad + 1)); }
run 2 "$program" trace synth --list typical
# a scenario has the notice and the bill of the preset's cloud
for cloud in aws:'2m:aws' gcp:30s:gcp azure:30s:azure runpod:0s:runpod; do
    run 0 "$program" trace synth "cloud-${cloud%%:*}" --span 2d -o "$work/cloud.csv"
    run 0 "$program" scenario show --trace "$work/cloud.csv" --target 2 --policy 'spot+cheapest'
    rest=${cloud#*:}
    says out "\"notice\": \"${rest%:*}\""
    says out "\"billing\": \"${rest#*:}\""
done
# the lifetime goes to a run in its own notation, and cuts lives there
run 0 "$program" trace synth cloud-gcp -o "$work/gcp.csv"
says err "cloud.defaults.lifetime='weibull-normal(0.385,12924s,0.634,87382800ms,838800ms)'"
life=$(sed "s/.*--set \(cloud[^']*\)'\(.*\)'/\1\2/" "$work/err")
run 0 "$program" run --trace "$work/gcp.csv" --target 4 --profile ideal --policy 'spot+cheapest' --json
cp "$work/out" "$work/without"
run 0 "$program" run --trace "$work/gcp.csv" --target 4 --profile ideal --policy 'spot+cheapest' --set "$life" --json
preempted() { sed -n 's/^ *"preempted": \([0-9]*\),.*/\1/p' "$1" | head -n 1; }
[ "$(preempted "$work/out")" -gt $(($(preempted "$work/without") + 100)) ] || {
    echo "lifetimes end $(preempted "$work/out") instances, without them $(preempted "$work/without")"
    bad=$((bad + 1))
}
# one pool of many: the same trace by itself
run 0 "$program" trace synth gpu-pools-h2 --span 20d -o "$work/all.csv"
run 0 "$program" trace synth gpu-pools-h2 --span 20d --pool 'us-east-1?_v100' -o "$work/two.csv"
run 0 "$program" trace stat "$work/all.csv"
grep '^us-east-1' "$work/out" >"$work/some"
run 0 "$program" trace stat "$work/two.csv"
grep '^us-east-1' "$work/out" | diff -b - "$work/some" || bad=$((bad + 1))
[ "$(wc -l <"$work/some")" -eq 2 ] || { echo "not two pools"; bad=$((bad + 1)); }
# stress laid over a preset
run 0 "$program" trace synth typical --events stress/all-spot-lost -o "$work/lost.csv"
run 0 "$program" trace stat "$work/lost.csv"
says out 'all down          0.000694' # 30 minutes of 30 days
run 0 "$program" trace synth typical --events stress/on-demand-shortage -o "$work/lost.csv"
says err 'a trace cannot carry an on-demand shortage'

# ---- what is wrong ----
run 2 "$program" trace synth typcal
says err "did you mean 'typical'?"
run 2 "$program" trace synth stress/droght
says err "did you mean 'stress/drought'?"
run 2 "$program" trace synth qqqqqqqqqqqq
says err '--list'
run 2 "$program" trace synth losses-0-a-day
says err "did you mean 'losses-N-a-day'?"
run 2 "$program" trace synth ../presets/typical
run 2 "$program" trace synth traces/presets
says err 'traces/presets'
run 2 "$program" trace synth gpu-pools-h2 --pool us-west-2a_v10_1
says err "there is 'us-west-2a_v100_1'"
run 2 "$program" trace synth typical --events typical
says err 'has no events'
run 2 "$program" trace synth typical --events stress/non
mkdir "$work/presets" "$work/presets/stress" "$work/empty"
cp traces/presets/calm.json "$work/presets/"
printf '{"format": 1,\n "name": "broken", "pools": [}' >"$work/presets/broken.json"
SPOTSIM_PRESETS_DIR=$work/presets
export SPOTSIM_PRESETS_DIR
run 2 "$program" trace synth broken
says err "$work/presets/broken.json:2"
printf '{"format": 2}' >"$work/presets/stress/worse.json"
run 2 "$program" trace synth --list
says err "$work/presets/broken.json:2"
says out 'calm   ' # the others are listed all the same
says out 'broken                      cannot be read: '
says out "stress/worse                cannot be read: $work/presets/stress/worse.json: format: expected 1"
rm "$work/presets/stress/worse.json"
run 0 "$program" trace synth calm --span 1d
SPOTSIM_PRESETS_DIR=$work/empty
run 2 "$program" trace synth --list
says err 'SPOTSIM_PRESETS_DIR'
SPOTSIM_PRESETS_DIR=$work/none
run 2 "$program" trace synth typical
says err 'SPOTSIM_PRESETS_DIR'
run 2 "$program" sweep --trace traces/data/demo4 --target 1 --policy 'spot+cheapest' --stress
says err 'SPOTSIM_PRESETS_DIR'
unset SPOTSIM_PRESETS_DIR
# a folder of that name does not hide a preset, a file does
mkdir "$work/here" "$work/here/calm"
(cd "$work/here" && run 0 "$program" trace synth calm --span 1d && [ $bad -eq 0 ]) || bad=$((bad + 1))
rmdir "$work/here/calm" && echo '{}' >"$work/here/calm"
(cd "$work/here" && run 2 "$program" trace synth calm --span 1d && [ $bad -eq 0 ]) || bad=$((bad + 1))

# ---- installed ----
make -s -o all BUILD="$(dirname "$program")" DESTDIR="$work/root" PREFIX=/prefix install >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
installed=$work/root/prefix/bin/spotsim
cd "$work" || exit 1
run 0 "$installed" trace synth --list
cmp "$work/out" "$work/list" || bad=$((bad + 1))
run 0 "$installed" trace synth calm --seed 1 --span 10d -o "$work/calm.csv"
run 0 "$installed" sweep --trace "$work/calm.csv" --target 2 --policy 'spot+cheapest' --stress
says out 'regional-outage'
run 0 "$installed" run --trace "$work/root/prefix/share/spotsim/traces/demo" --target 2 --policy 'spot+cheapest'
if command -v gnuplot >/dev/null; then
    run 0 "$installed" trace plot "$work/calm.csv" -o "$work/calm.svg"
    [ -s "$work/calm.svg" ] || { echo "no picture"; bad=$((bad + 1)); }
fi
cd "$OLDPWD" || exit 1
make -s DESTDIR="$work/root" PREFIX=/prefix uninstall
left=$(find "$work/root" -type f)
[ -z "$left" ] || { echo "uninstall leaves $left"; bad=$((bad + 1)); }

echo "# count: commands on presets: $tried"
[ $bad -eq 0 ]
