#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fits each real campaign and compares policies on it and on traces made from
# the model (docs/synthetic-traces.md has the tables).  Skipped where the real
# traces are not there.  SPOTSIM_FEW=1: some campaigns (prices, alignment, several
# instances, one pool, both processes) and a few traces of each, too few to judge a
# model by: the shape is not looked at then.
program=${SPOTSIM:-build/spotsim}
case $program in /*) ;; *) program=$PWD/$program ;; esac
real=${SPOTSIM_TRACES:-../shared/traces}
[ -d "$real/skypilot" ] || {
    echo "the real traces are not there"
    exit 77
}
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
bad=0 campaigns=0
traces=40 state_traces=100 # blocks differ less from trace to trace
[ "${SPOTSIM_FULL:-0}" = 1 ] && traces=400 state_traces=400
few=${SPOTSIM_FEW:-0}
[ "$few" = 1 ] && traces=4

# campaign NAME MISSES FIT-OPTIONS PATH...: at most so many of the 18 quantities
# outside; the shape within the limits below
campaign() {
    name=$1 misses=$2 options=$3
    shift 3
    campaigns=$((campaigns + 1))
    align=""
    [ ! -f "$work/$name.align" ] || align="--align $work/$name.align"
    # shellcheck disable=SC2086
    "$program" trace fit "$@" --bootstrap 0 $align $options -o "$work/$name.json" --quiet 2>"$work/err" &&
        "$program" trace compare "$@" "$work/$name.json" $align --traces $traces >"$work/$name.txt" 2>"$work/err" || {
        echo "$name:"
        sed 's/^/    /' "$work/err"
        bad=$((bad + 1))
        return
    }
    awk -v name="$name" -v misses="$misses" -v few="$few" '
        function check(ok, what) { if (!ok && few != 1) { print name ": " what; bad = 1 } }
        function off(a, b) { return a > b ? a - b : b - a }
        /^all pools down/ { check($(NF-3) < 0.004 || ($(NF-2) < 2 * $(NF-3) && $(NF-2) > $(NF-3) / 2), $0) }
        /^state correlation/ { check(off($(NF-3), $(NF-2)) < 0.1, $0) }
        /^changes per pool/ { check(off($(NF-3), $(NF-2)) <= 0.25 * $(NF-3), $0) }
        /^spread of a pool/ { check(off($(NF-3), $(NF-2)) <= 0.2 * $(NF-3), $0) }
        / of [0-9]+ within:/ { found = 1; check($3 - $1 <= misses, $0) }
        END { if (!found) print name ": no verdict"; exit bad || !found }' "$work/$name.txt" || {
        cat "$work/$name.txt"
        bad=$((bad + 1))
    }
}

s=$real/skypilot
printf 'pool,offset\nus-east-2b_v100_1,1462ticks\n' >"$work/wide16.align"
printf 'pool,offset\nus-east-1f_v100_1,1975ticks\n' >"$work/wide4.align"
campaign nine-2023 0 "" "$s/availability/1-node/aws-02-15-2023" "$real/skynomad/v100_spot_prices.json"
campaign wide16 0 "" "$s/availability/16-node/aws-08-27-2023"
campaign intel 0 "" "$s/preemption/1-node/aws-04-19-2023"
campaign p3 0 "" "$real/bamboo/p3-trace.csv"
if [ "$few" != 1 ]; then
    campaign eight-2022 0 "" "$s/availability/1-node/aws-10-26-2022"
    campaign wide4 0 "" "$s/preemption/4-node/aws-08-03-2023"
    campaign gcp 0 "" "$s/preemption/1-node/gcp-04-30-2023"
    campaign aws1 0 "" "$real/spothedge/AWS1"
    campaign aws2 0 "" "$real/spothedge/AWS2"
    campaign g4dn 0 "" "$real/bamboo/g4dn-trace.csv"
    traces=$state_traces
    cp "$work/wide16.align" "$work/wide16-state.align"
    cp "$work/wide4.align" "$work/wide4-state.align"
    campaign nine-2023-state 0 "--process state" "$s/availability/1-node/aws-02-15-2023" \
        "$real/skynomad/v100_spot_prices.json"
    campaign eight-2022-state 3 "--process state" "$s/availability/1-node/aws-10-26-2022"
    campaign wide4-state 2 "--process state" "$s/preemption/4-node/aws-08-03-2023"
fi
campaign wide16-state 4 "--process state" "$s/availability/16-node/aws-08-27-2023"
campaign intel-state 1 "--process state" "$s/preemption/1-node/aws-04-19-2023"
echo "# count: campaigns compared with their models: $campaigns"
[ $bad -eq 0 ]
