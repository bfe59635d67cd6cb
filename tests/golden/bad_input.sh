#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every mistake ends in one clear error that names the place, and the right
# exit status; nothing is left behind that looks complete.
program=${SPOTSIM:-build/spotsim}
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
bad=0 tried=0
good_trace='{"metadata": {"gap_seconds": 300}, "data": [1, 0, 1, 1, 1, 1, 0, 1]}'
echo "$good_trace" >"$work/good_a.json"

# expect STATUS PIECE COMMAND...: the exit status; stderr's last line names the
# program and contains PIECE; nothing on stdout; no crash of a sanitizer.
expect() {
    status=$1 piece=$2
    shift 2
    tried=$((tried + 1))
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    if [ $got -ne "$status" ] || ! grep -qF -- "$piece" "$work/err" || grep -q 'Sanitizer\|runtime error' "$work/err"; then
        echo "expected status $status and '$piece', got $got: $*"
        sed 's/^/    /' "$work/err"
        bad=$((bad + 1))
    fi
    errors=$(grep -vc 'note:\|warning:' "$work/err")
    if [ "$errors" -ne 1 ]; then
        echo "expected one line of error, got $errors: $*"
        sed 's/^/    /' "$work/err"
        bad=$((bad + 1))
    fi
}
run() { # STATUS PIECE options...
    status=$1 piece=$2
    shift 2
    expect "$status" "$piece" "$program" run --target 2 --policy 'spot()+cheapest' "$@"
}
trace() { # PIECE content: a trace file with this content is refused, by name
    printf '%s' "$2" >"$work/bad.json"
    expect 2 "bad.json" "$program" run --target 2 --policy 'spot()+cheapest' --trace "$work/bad.json"
    grep -qiF -- "$1" "$work/err" && return
    echo "no '$1' in: $(cat "$work/err")"
    bad=$((bad + 1))
}

trace "" '{"metadata": {"gap_seconds": 300}, "data": [1, 0, 1'
trace "" '{"metadata": {"gap_seconds": 300}, "data": "1"}'
trace "" '{"metadata": {"gap_seconds": 300}, "data": [1, -1, 1]}'
trace "" '{"metadata": {"gap_seconds": 300}, "data": [1, 0.5, 1]}'
trace "" '{"metadata": {"gap_seconds": 300}, "data": [1, true]}'
trace "" '{"metadata": {"gap_seconds": 300}, "data": []}'
trace "" '{"metadata": {"gap_seconds": 0}, "data": [1, 0]}'
trace "" '{"metadata": {"gap_seconds": -5}, "data": [1, 0]}'
trace "" '{"metadata": {"gap_seconds": 300}, "data": [1, 0], "prices": [1.0, NaN]}'
trace "" '{"metadata": {"gap_seconds": 300}, "data": [1, 0], "prices": [1.0]}'
trace "" '{"metadata": {"gap_seconds": 300}, "data": [1, 99999999999]}'
trace "" ''
trace "" 'hello'
printf 'date,availability\n2023-01-01 00:00:00,1\n2022-01-01 00:00:00,0\n' >"$work/bad.csv"
run 2 "bad.csv" --trace "$work/bad.csv"
printf 'date,availability\n2023-01-01 00:00:00,1\n2023-01-32 00:00:00,0\n' >"$work/bad.csv"
run 2 "bad.csv" --trace "$work/bad.csv"

run 2 "none" --trace "$work/none"
run 2 "--target" --target 2x --trace "$work/good_a.json"
run 2 "duration" --cold-start soon --trace "$work/good_a.json"
run 2 "negative" --cold-start -5s --trace "$work/good_a.json"
run 2 "--polarity" --polarity sideways --trace "$work/good_a.json"
run 2 "did you mean" --polcy x --trace "$work/good_a.json"
run 2 "did you mean" --profile skypilt --trace "$work/good_a.json"
run 2 "did you mean" --set cloud.defaults.cold_strat=3s --trace "$work/good_a.json"
run 2 "--horizon" --horizon 9d --trace "$work/good_a.json"
run 2 "--name: the text is not UTF-8" --name "$(printf 'a\377b')" --trace "$work/good_a.json"
run 2 "" --price-spot -1 --trace "$work/good_a.json"
run 2 "" --seed minus --trace "$work/good_a.json"
expect 2 "did you mean" "$program" run --trace "$work/good_a.json" --target 2 --policy 'spott()+cheapest'
expect 2 "did you mean" "$program" run --trace "$work/good_a.json" --target 2 --policy 'spot()+cheepest'
expect 2 "did you mean" "$program" run --trace "$work/good_a.json" --target 2 --policy 'spot(overprovison=1)+cheapest'
expect 2 "overprovision" "$program" run --trace "$work/good_a.json" --target 2 --policy 'spot(overprovision=-1)+cheapest'
expect 2 "" "$program" run --trace "$work/good_a.json" --target 2 --policy 'spot(+cheapest'
expect 2 "target" "$program" run --trace "$work/good_a.json" --target -1 --policy 'spot()+cheapest'
expect 2 "did you mean" "$program" runn
# what an error quotes cannot make it two lines or reach the terminal
newline='
'
expect 2 "no-such\\n\\x1b[31m" "$program" run --trace "$work/no-such$newline$(printf '\033')[31m" --target 2 \
    --policy 'spot()+cheapest'
printf 'int broken(void) {\n    return undeclared_thing;\n}\n' >"$work/broken.c"
expect 2 "undeclared_thing" "$program" run --target 2 --policy "$work/broken.c" --trace "$work/good_a.json"
run 2 "--journal" --journal "" --trace "$work/good_a.json"
run 2 "$work/no/j.jsonl: cannot write the journal" --journal "$work/no/j.jsonl" --trace "$work/good_a.json"
printf '{"fleet": {"target": "x"' >"$work/scenario.json"
expect 2 "scenario.json" "$program" run "$work/scenario.json"
expect 2 "none.jsonl" "$program" replay "$work/none.jsonl"
expect 2 "did you mean" "$program" sweep --trace "$work/good_a.json" --target 2 --policy 'spot()+cheapest' \
    --vary policy.mix.overprovison=0..2 --out "$work/study"
[ ! -e "$work/study" ] || { echo "a refused study left a folder"; bad=$((bad + 1)); }

if [ -e /dev/full ]; then
    run 1 "/dev/full: cannot write the journal: No space left" --trace "$work/good_a.json" --journal /dev/full
    tried=$((tried + 1))
    "$program" run --target 2 --policy 'spot()+cheapest' --trace "$work/good_a.json" --json >/dev/full 2>"$work/err"
    status=$?
    if [ $status -ne 1 ]; then
        echo "expected status 1 when standard output is full, got $status"
        bad=$((bad + 1))
    fi
fi
echo "# count: mistakes: $tried"
[ $bad -eq 0 ]
