#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spotsim trace synth|fit|compare: presets, files, errors, and
# how close the models come to the real campaigns, where those are there.
program=${SPOTSIM:-build/spotsim}
case $program in /*) ;; *) program=$PWD/$program ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
bad=0 tried=0

# run STATUS COMMAND...: the exit status; output in $work/out and $work/err
run() {
    status=$1
    shift
    tried=$((tried + 1))
    "$program" "$@" >"$work/out" 2>"$work/err"
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
yes() { # WHAT COMMAND...
    what=$1
    shift
    "$@" && return
    echo "$what"
    bad=$((bad + 1))
}
no() { # WHAT COMMAND...
    what=$1
    shift
    "$@" || return
    echo "$what"
    bad=$((bad + 1))
}

# every preset makes a trace that reads back; the same seed makes the same bytes
for file in traces/presets/*.json; do
    preset=$(basename "$file" .json)
    run 0 trace synth "$file" --seed 3 --span 20d -o "$work/a.csv"
    run 0 trace synth "$preset" --seed 3 --span 20d -o "$work/b.csv"
    yes "$preset: the file and its name give different traces" cmp -s "$work/a.csv" "$work/b.csv"
    run 0 trace stat "$work/a.csv"
done
run 0 trace synth nine-zones --seed 4 --span 20d
run 0 trace synth nine-zones --seed 4 --span 20d --format skypilot -o "$work/folder"
yes "nine files" [ "$(find "$work/folder" -name '*.json' | wc -l)" -eq 9 ]
run 0 trace stat "$work/folder"
run 0 trace synth cloud-gcp --lifetimes 200 -o "$work/lives.csv"
run 0 trace fit "$work/lives.csv" -o "$work/lives.json"
says out '* weibull-normal'

# fit, make, compare
run 0 trace synth nine-zones --seed 5 --span 25d -o "$work/nine.csv"
run 0 trace fit "$work/nine.csv" -o "$work/blocks.json" --name blocks
says out 'kept by blocks of all pools'
says out 'Blocks: the record of 25 d, in blocks of 4.17 d on average'
says out '* weibull'
run 0 trace fit "$work/nine.csv" --process blocks --bootstrap 0 -o "$work/again.json" --name blocks --quiet
yes "blocks are not what a fit makes" cmp -s "$work/blocks.json" "$work/again.json"
run 0 trace fit "$work/nine.csv" --bootstrap 300 --no-swing
says err '--bootstrap is for --process state'
no "blocks keep the hour without a swing" grep -q 'keep the hour' "$work/out"
for span in 3d 25d 60d; do
    for shares in exact expected; do
        run 0 trace synth "$work/blocks.json" --span $span --shares $shares -o "$work/a.csv"
        run 0 trace synth "$work/blocks.json" --span $span --shares $shares -o "$work/b.csv"
        yes "$span, $shares: the same seed makes different bytes" cmp -s "$work/a.csv" "$work/b.csv"
        run 0 trace synth "$work/blocks.json" --span $span --shares $shares --seed 2 -o "$work/b.csv"
        no "$span, $shares: seeds make the same bytes" cmp -s "$work/a.csv" "$work/b.csv"
    done
done
run 0 trace synth "$work/blocks.json" --seed 8 -o "$work/a.csv"
run 0 trace synth "$work/blocks.json" --seed 8 --pool us-east-2a -o "$work/b.csv"
yes "other pools change a pool's blocks" [ "$(grep -c . "$work/b.csv")" -gt 10 ]
grep ',us-east-2a,' "$work/a.csv" | cut -d, -f1-4 >"$work/a.one"
grep ',us-east-2a,' "$work/b.csv" | cut -d, -f1-4 >"$work/b.one"
yes "other pools change a pool's blocks" cmp -s "$work/a.one" "$work/b.one"
run 0 trace compare "$work/nine.csv" "$work/blocks.json" --traces 5
says out '18 of 18 within'
run 0 trace fit "$work/nine.csv" --process state --bootstrap 0 -o "$work/nine.json" --name nine
says out 'state correlation within a region'
run 0 trace synth nine-zones --seed 5 --span 25d --pool 'us-west-2*' -o "$work/west.csv" # few pools are fitted sooner
run 0 trace fit "$work/west.csv" --process state --bootstrap 200 -o "$work/west.json" --name west
run 0 trace fit "$work/west.csv" --process state --bootstrap 200 -o "$work/again.json" --name west --quiet
yes "a quiet fit prints" [ ! -s "$work/out" ]
yes "two fits differ" cmp -s "$work/west.json" "$work/again.json"
run 0 trace compare "$work/nine.csv" "$work/nine.json" --traces 3 --price-on-demand 3
says out 'Full availability'
run 0 trace compare "$work/nine.csv" "$work/nine.json" --traces 3 --json --threads 1
cp "$work/out" "$work/one.json"
run 0 trace compare "$work/nine.csv" "$work/nine.json" --traces 3 --json --threads 2
yes "threads change a comparison" cmp -s "$work/out" "$work/one.json"
run 0 trace synth "$work/nine.json" --seed 1 -o "$work/made.csv"
run 0 trace compare "$work/nine.csv" "$work/made.csv" --target 2 --policies 'spot+cheapest' 'skyserve(base=1)+skypilot' -o "$work/cmp.txt"
yes "no comparison written" grep -q 'skyserve(base=1)+skypilot' "$work/cmp.txt"
run 0 trace fit "$work/nine.csv" --bootstrap 200 --process runs --family exponential -o "$work/runs.json"
says out '* exponential'
run 0 trace compare "$work/nine.csv" "$work/runs.json" --traces 2 --target 2
run 0 trace compare "$work/nine.csv" "$work/nine.json" --traces 2 --exponential --plot "$work/picture.svg"
says out 'Run lengths, quantile against quantile'
says out 'Beside it: exponential runs of independent pools'
yes "no data of the picture" [ "$(grep -c '^#' "$work/picture.dat")" -eq 12 ]
command -v gnuplot >/dev/null && yes "no picture" grep -q 'Up-runs' "$work/picture.svg"
run 0 trace compare "$work/nine.csv" "$work/nine.json" --traces 2 --beside "$work/runs.json" --json
says out '"beside": {"model": "'
says out '"run_quantiles": [0.05'
run 2 trace compare "$work/nine.csv" "$work/nine.json" --traces 2 --beside "$work/runs.json" --exponential
run 2 trace compare "$work/nine.csv" "$work/nine.json" --traces 2 --beside "$work/none.json"
run 2 trace compare "$work/nine.csv" "$work/nine.json" --traces 2 --plot "$work/picture.gif"
says err '.svg or .png'
run 2 trace fit "$work/nine.csv" --bootstrap many
run 2 trace fit "$work/west.csv" --process state --bootstrap 199
says err 'at least 200, or 0'
yes "no intervals in the model" [ "$(grep -c '"weights_95": \[\[' "$work/west.json")" -eq 3 ]
run 0 trace fit "$work/west.csv" --process runs --stationary

# what is wrong is said, with exit status 2 (1 for the disk)
printf '{"format": 1, "process": "runs", "pools": [{"name": "a", "up": {"family": "weibul"}, "down": {}}]}' >"$work/bad.json"
run 2 trace synth "$work/bad.json"
says err 'bad.json: pools[0].up'
says err "did you mean 'weibull'"
printf '{"format": 1, "format": 1}' >"$work/twice.json"
run 2 trace synth "$work/twice.json"
says err 'twice.json: has "format" twice'
run 2 trace synth advisor-under-5 --pool nowhere
says err "nowhere: no pool, region or zone of the model is called that; there is 'zone-a'"
run 2 trace synth
says err 'expected one model'
run 2 trace synth no-such-preset
run 2 trace synth nine-zones --span 0s
run 2 trace synth nine-zones --shares some
run 2 trace synth nine-zones --format csv
run 2 trace synth nine-zones --format skypilot
run 2 trace synth advisor-under-5 --span 30000d
run 2 trace synth nine-zones --lifetimes 5
says err 'no lifetime'
run 2 trace synth nine-zones --span 2d -o "$work/none/such.csv"
[ -w /dev/full ] && run 1 trace synth nine-zones --span 2d -o /dev/full
run 2 trace fit
run 2 trace fit "$work/nine.csv" --family gauss
run 2 trace fit "$work/nine.csv" --bootstrap 200 --process none
says err "process: 'none' is not state, runs or blocks"
run 0 trace synth nine-zones --seed 4 --span 12h -o "$work/short.csv"
run 2 trace fit "$work/short.csv" --process state -o "$work/short.json"
says err 'a fit needs 10'
yes "a refused fit left a model" [ ! -e "$work/short.json" ]
run 0 trace synth nine-zones --seed 4 --span 30m -o "$work/short.csv"
run 2 trace fit "$work/short.csv" -o "$work/short.json"
says err 'a fit needs 3'
yes "a refused fit left a model" [ ! -e "$work/short.json" ]
run 2 trace compare "$work/nine.csv"
run 2 trace compare "$work/nine.csv" "$work/lives.csv"
run 2 trace compare "$work/nine.csv" "$work/nine.json" --policies nothing
run 2 trace compare "$work/nine.csv" "$work/nine.json" --policy 'spot+cheapest'
says err 'did you mean --policies?'
for option in --trace --start --horizon; do
    run 2 trace compare "$work/nine.csv" "$work/nine.json" $option 5d
    says err "$option: no such option"
done
run 2 trace compare "$work/nine.csv" "$work/nine.json" --target 0
says err '--target: expected 1 or more'
run 2 trace compare "$work/nine.csv" "$work/nine.json" --window 400d
says err '--window: expected half of what is counted of the trace (25d) at most, got 400d'
# intervals hold their estimate: of the trace with and of its model
run 0 trace compare "$work/nine.csv" "$work/nine.json" --traces 3 --json --window 7d
yes "an interval without its estimate" [ "$(grep -o '"\(full\|cost_usd\)": {"real": .*' "$work/out" | tr -d ',:{}' |
    awk '{ if ($5 != "null" && ($3 < $5 - 1e-9 || $3 > $7 + 1e-9)) bad++; n++ } END { print n " " bad + 0 }')" = "12 0" ]
# events of no pool
cat >"$work/ev.json" <<JSON
{"format": 1, "name": "ev", "process": "runs", "span": "20d", "resolution": "300s",
 "pools": [{"name": "us-east-1a", "up": {"family": "exponential", "mean_h": 5}, "down": {"family": "exponential", "mean_h": 1}},
  {"name": "us-east-1b", "up": {"family": "exponential", "mean_h": 5}, "down": {"family": "exponential", "mean_h": 1}}],
 "events": [{"kind": "outage", "pools": "us-east-1b", "at": "1d", "for": "1h"},
  {"kind": "outage", "pools": "us-east1-a", "at": "2d", "for": "1h"}]}
JSON
run 2 trace synth "$work/ev.json"
says err "events[1].pools: no pool, region or zone is called 'us-east1-a', where the outage should be; there is 'us-east-1a'"
run 2 trace synth advisor-under-5 --events "$work/ev.json"
says err "ev.json: events[0].pools: no pool, region or zone is called 'us-east-1b'"
sed 's/us-east1-a/us-east-1a/' "$work/ev.json" >"$work/fine.json"
run 0 trace synth "$work/fine.json" -o "$work/fine.csv"
run 0 trace synth "$work/fine.json" --pool us-east-1a # the other pool's event goes with it
sed 's/"20d"/0/' "$work/fine.json" >"$work/never.json"
run 2 trace synth "$work/never.json"
says err 'never.json: span: 0s is out of range'
# prices alone; few runs for a family; pools of unequal length
printf '# spotsim-trace 1\ntime,pool,capacity,price\n0,a,,1\n86400,a,,1.1\n' >"$work/prices.csv"
run 2 trace fit "$work/prices.csv"
says err 'a: has prices alone; a fit needs a record of its capacity'
awk 'BEGIN { print "date,availability"
    for (i = 0; i < 900; i++) printf "2024-03-%02d %02d:%02d:00,%d\n", 1 + int(i / 144) + (i >= 432 ? 4 : 0), \
        int(i % 144 / 6), i % 6 * 10, i * 7 % 40 < 25 }' >"$work/hole.csv"
run 0 trace stat "$work/hole.csv"
says err 'note: 1 pool with holes between samples (up to 4.0 days in hole): the value before is taken to hold'
grep -v '2024-03-1' "$work/hole.csv" | grep -v '2024-03-0[89]' | head -n 400 >"$work/whole.csv"
run 0 trace stat "$work/whole.csv"
yes "a hole where there is none" [ "$(grep -c holes "$work/err")" -eq 0 ]
cat >"$work/uneven.json" <<JSON
{"format": 1, "process": "runs", "span": "20d", "resolution": "300s",
 "pools": [{"name": "busy", "up": {"family": "exponential", "mean_h": 5}, "down": {"family": "exponential", "mean_h": 1}},
  {"name": "quiet", "up": {"family": "exponential", "mean_h": 20}, "down": {"family": "exponential", "mean_h": 5}}]}
JSON
run 0 trace synth "$work/uneven.json" -o "$work/uneven.csv"
run 2 trace fit "$work/uneven.csv" --process runs --family h2
says err 'quiet: family h2 cannot be fitted'
run 0 trace fit "$work/uneven.csv" --process runs --family h2 --skip-few -o "$work/busy.json"
yes "the quiet pool is fitted" [ "$(grep -c '"name": "quiet"' "$work/busy.json")" -eq 0 ]
says out ' complete, 1 censored, mean '
run 0 trace synth "$work/uneven.json" --span 30d --pool busy --format skypilot -o "$work/lengths"
run 0 trace synth "$work/uneven.json" --span 20d --pool quiet --format skypilot -o "$work/lengths"
run 0 trace fit "$work/lengths"
says err 'note: blocks are cut from the first 20d, which all pools have; 1 of 2 have more, up to 30d'
run 0 trace fit "$work/lengths" --process state --bootstrap 0
says err 'note: the state is fitted to the first 20d, which all pools have; 1 of 2 have more, up to 30d'
# a pool left out for its few runs leaves the others' time alone
run 0 trace synth "$work/uneven.json" --span 30d --format skypilot -o "$work/full"
cp -r "$work/full" "$work/brief"
awk 'BEGIN { printf "{\"metadata\": {\"gap_seconds\": 300}, \"data\": [1"
    for (i = 1; i < 576; i++) printf ",1"
    print "]}" }' >"$work/brief/still.json"
for process in blocks state runs; do
    run 0 trace fit "$work/full" --process $process --bootstrap 0 --name x -o "$work/full.json"
    run 0 trace fit "$work/brief" --process $process --bootstrap 0 --name x -o "$work/brief.json" --skip-few
    says out 'still: left out, too few runs'
    no "$process: cut to a pool that is left out" grep -q 'which all' "$work/err"
    sed 's/fitted to brief/fitted to full/' "$work/brief.json" >"$work/same.json"
    yes "$process: a pool left out changes the others" cmp -s "$work/full.json" "$work/same.json"
done
# one that has runs enough is kept, and cuts
awk 'BEGIN { printf "{\"metadata\": {\"gap_seconds\": 300}, \"data\": [1"
    for (i = 1; i < 4896; i++) printf ",%d", i % 60 < 40
    print "]}" }' >"$work/brief/kept.json"
run 0 trace fit "$work/brief" --skip-few
says err 'blocks are cut from the first 17d, which all kept pools have; 2 of 3 have more, up to 30d'
# runs shorter than the resolution
awk 'BEGIN { print "# spotsim-trace 1\ntime,pool,capacity,price"
    for (i = 0; i < 8640; i++) printf "%d,a,%d,\n", i * 3, (i + 1) % 2 }' >"$work/fast.csv"
run 2 trace fit "$work/fast.csv"
says err 'shorter than the resolution, 1m (assumed, as the trace has none; --resolution sets it): a fit sees 0 of each and needs 3'
run 0 trace fit "$work/fast.csv" --resolution 1s
# unlimited: what is said helps
printf '# spotsim-trace 1\ntime,pool,capacity,price\n0,a,unlimited,\n86400,a,0,\n' >"$work/unlimited.csv"
run 2 trace fit "$work/unlimited.csv"
says err 'a: has unlimited capacity, which no model has; write 1 or a count in place of "unlimited" in its record'
run 2 trace fit "$work/full" --single-means unlimited
says err 'or leave --single-means unlimited out'
# blocks and runs without what they are made of
pool='"pools": [{"name": "a", "levels": [[0, 0.5], [1, 0.5]]}]'
printf '{"format": 1, "process": "blocks", %s}' "$pool" >"$work/bare.json"
run 2 trace synth "$work/bare.json"
says err "pool 'a': process blocks needs a \"history\""
printf '{"format": 1, "process": "runs", %s}' "$pool" >"$work/bare.json"
run 2 trace synth "$work/bare.json"
says err "pool 'a': process runs needs \"up\" and \"down\""
run 0 trace synth --help
run 0 trace fit --help
run 0 trace compare --help
says out 'usage: spotsim trace compare'

echo "# count: commands on models: $tried"
[ $bad -eq 0 ]
