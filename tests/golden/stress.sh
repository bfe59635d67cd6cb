#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spotsim sweep --stress: several policies through all scenarios with intervals;
# the same bytes on one thread and on two, from its own manifest too; table, CSV,
# JSON, plot; models of one's own; what is wrong is said.
program=${SPOTSIM:-build/spotsim}
case $program in /*) ;; *) program=$PWD/$program ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
checked=0
die() {
    echo "$*"
    exit 1
}
ok() { checked=$((checked + 1)); }
run() { # STATUS ARGUMENTS...
    status=$1
    shift
    "$program" "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq "$status" ] && ! grep -q 'Sanitizer\|runtime error' "$work/err" ||
        die "expected status $status, got $got: $*: $(cat "$work/err")"
    ok
}
says() { # FILE PIECE
    grep -qF -- "$2" "$work/$1" || die "expected '$2' in $1: $(head -n 30 "$work/$1")"
    ok
}

# Two zones of two regions, always up: what happens is the events' doing alone.
cat >"$work/trace.csv" <<CSV
# spotsim-trace 1
# pool {"name": "east-1a", "region": "east-1", "zone": "east-1a"}
# pool {"name": "west-1a", "region": "west-1", "zone": "west-1a"}
time,pool,capacity,price
0,east-1a,6,1
0,west-1a,4,2
1209600,east-1a,6,1
1209600,west-1a,4,2
CSV
sweep() { # folder arguments
    folder=$1
    shift
    run 0 sweep --trace "$work/trace.csv" --target 4 --price-on-demand 5 --cold-start 'uniform(170s,190s)' --seed 4 \
        --replications 12 --window 7d --warmup 1h \
        --vary 'policy=skyserve(dynamic=true)+skypilot,static-base(base=2)+skypilot,spot+ttl-bench(ttl=600s)' "$@" --out "$work/$folder"
}
sweep one --stress --threads 1
sed '/^written to/d' "$work/out" >"$work/table"
sweep two --stress --threads 2
sed '/^written to/d' "$work/out" | cmp - "$work/table" || die "threads change the table"
for file in runs.csv summary.csv differences.csv study.db manifest.json curves/stress.dat report.html; do
    cmp "$work/one/$file" "$work/two/$file" || die "threads change $file"
    ok
done
run 0 sweep "$work/one/manifest.json" --out "$work/again"
cmp "$work/one/runs.csv" "$work/again/runs.csv" || die "the manifest gives another study"
run 0 sweep "$work/one/manifest.json" --out "$work/again" # over an older study
if command -v gnuplot >/dev/null; then
    tail -n 5 "$work/one/curves/stress.svg" | grep -q '</svg>' || die "stress.svg is not whole"
    [ -s "$work/one/curves/stress.png" ] || die "no stress.png"
    grep -q 'Under each stress scenario' "$work/one/report.html" || die "the report has no plot of stress"
    ok
fi

# value COLUMN STRESS POLICY: of summary.csv
value() {
    awk -v want="$1" -v stress="$2" -v policy="$3" -F, '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) c = i; next }
        $2 == stress && index($0, "," policy) { gsub(/"[^"]*"/, "P"); print $c; exit }' "$work/one/summary.csv"
}
is() { # TEST: awk condition on numbers
    awk "BEGIN { exit !($1) }" || die "not so: $1"
    ok
}
head -n 1 "$work/one/summary.csv" | grep -q 'stress_recovery_s,stress_recovery_s_lo,stress_recovery_s_hi' || die "no columns of stress"
[ "$(grep -c . "$work/one/summary.csv")" -eq 22 ] || die "expected 7 scenarios x 3 policies"
[ -z "$(value stress_recovery_s none spot)" ] || die "a recovery without stress"
# All spot gone for 30 min: spot alone is behind for that, a cold start, the control loops and the bench.
is "$(value stress_recovery_s all-spot-lost spot) > 1800 + 170"
is "$(value stress_recovery_s all-spot-lost spot) < 1800 + 600 + 190 + 240"
is "$(value stress_least_ready all-spot-lost spot) == 0"
is "$(value stress_least_ready all-spot-lost static-base) == 2"
# The fallback is there after its own cold start, unless on-demand is short too: then spot is back first.
is "$(value stress_recovery_s all-spot-lost skyserve) < 170 + 190"
is "$(value stress_recovery_s on-demand-shortage skyserve) > 1800"
is "$(value stress_behind_s on-demand-shortage static-base) == $(value stress_behind_s all-spot-lost static-base)"
# A spike by 5 costs more and leaves nobody behind.
is "$(value stress_behind_s price-spike spot) == 0"
is "$(value cost_usd price-spike spot) > 1.4 * $(value cost_usd none spot)"
# The region that gives most goes: one replica is in the other, which takes four.
is "$(value stress_recovery_s regional-outage spot) < 600"
is "$(value stress_least_ready regional-outage spot) == 1"
# A drought takes the last three quarters of three days.
is "$(value stress_recovery_s drought spot) > 0.75 * 3 * 86400"
is "$(value stress_recovery_s drought spot) < 0.75 * 3 * 86400 + 1200"
# Differences are within a scenario, against the first policy there.
awk -F, '$2 == "all-spot-lost" && /skyserve/' "$work/one/differences.csv" | grep -q . && die "the first policy differs from itself"
awk -F, '$2 == "all-spot-lost" && /stress_recovery_s/' "$work/one/differences.csv" | grep -c . | grep -qx 2 ||
    die "expected two differences of recovery after the loss of all spot"
ok
says table 'recovery'
says table 'all-spot-lost'

# JSON; the events of one's own; one scenario in a single run
run 0 sweep --trace "$work/trace.csv" --target 2 --policy 'spot+cheapest' --stress --json
says out '"stress": "regional-outage"'
says out '"stress_recovery_s"'
python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert len(d["variants"]) == 7' "$work/out" || die "JSON"
cat >"$work/mine.json" <<JSON
{"format": 1, "name": "mine", "events": [{"kind": "outage", "pools": "west-*", "at": "1d", "for": "2h"}]}
JSON
run 0 sweep --trace "$work/trace.csv" --target 8 --policy 'spot+cheapest' --vary "stress=none,$work/mine.json"
says out 'mine.json'
run 0 run --trace "$work/trace.csv" --target 8 --policy 'spot+cheapest' --set "stress=$work/mine.json" --json
says out '"stress": "'
run 0 run --trace "$work/trace.csv" --target 8 --policy 'spot+cheapest' --json
grep -q '"stress"' "$work/out" && die "stress where there is none"
run 0 scenario show --trace "$work/trace.csv" --target 8 --policy 'spot+cheapest' --set stress=drought
says out '"stress": "drought"'
run 0 sweep --trace "$work/trace.csv" --target 2 --policy 'spot+cheapest' --replications 2
head -n 1 "$work/out" | grep -q recovery && die "a recovery column without stress"

# The table of docs/howto-stress.md
run 0 sweep --trace traces/data/demo --target 4 --price-on-demand 3.06 --stress \
    --vary 'policy=skyserve(dynamic=true)+skypilot,skyserve(base=1,dynamic=true)+ttl-bench,spot(overprovision=1)+ttl-bench' \
    --replications 40 --window 7d --warmup 1h
rows=$(sed '/^behind/,$d' "$work/out" | grep -c .)
[ "$rows" -eq 22 ] || die "expected 22 rows, got $rows"
sed '/^behind/,$d' "$work/out" | grep . | while read -r line; do
    grep -qF -- "$line" docs/howto-stress.md || die "docs/howto-stress.md does not have: $line"
done || exit 1
ok

run 2 sweep --trace "$work/trace.csv" --target 2 --policy 'spot+cheapest' --vary stress=none,drougth
says err 'did you mean "drought"?'
run 2 run --trace "$work/trace.csv" --target 2 --policy 'spot+cheapest' --set stress=typical
says err 'has no events'
printf '{"format": 1, "events": [{"kind": "outage", "at": "1d"}]}' >"$work/bad.json"
run 2 run --trace "$work/trace.csv" --target 2 --policy 'spot+cheapest' --set "stress=$work/bad.json"
says err 'bad.json: events[0]: needs "for"'
printf '{"format": 1, "events": [{"kind": "outage", "pools": "west-1b", "at": "1d", "for": "1h"}]}' >"$work/bad.json"
run 2 run --trace "$work/trace.csv" --target 2 --policy 'spot+cheapest' --set "stress=$work/bad.json"
says err "bad.json: events[0].pools: no pool, region or zone is called 'west-1b', where the outage should be; there is 'west-1a'"
run 0 sweep --trace "$work/trace.csv" --target 2 --policy 'spot+cheapest' --stress --vary stress=none,drought
says err 'note: --vary stress=... stands over --stress'
SPOTSIM_PRESETS_DIR=$work/none
export SPOTSIM_PRESETS_DIR
run 2 sweep --trace "$work/trace.csv" --target 2 --policy 'spot+cheapest' --stress --out "$work/never"
says err 'SPOTSIM_PRESETS_DIR'
[ -e "$work/never" ] && die "a refused study left a folder"
echo "# count: checks of stress: $checked"
