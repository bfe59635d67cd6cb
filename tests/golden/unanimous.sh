#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs that agree at a bound: the interval assumes the worst of what was not
# seen, it stands in the summary, and a precision is not reached by agreement.
cd "$(dirname "$0")/../.." || exit 1
spotsim=${SPOTSIM:-build/spotsim}
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-unanimous.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
study() { # one replica that is lost once a month; runs of a day
    "$spotsim" sweep --trace docs/examples/starvation-trace.csv --target 1 --horizon 36h --warmup 12h \
        --policy 'spot()+cheapest' --profile ideal --set cloud.defaults.cold_start=1h --vary target=1 "$@" 2>"$work/err"
}
field() { # NAME FILE: of the first row
    python3 -c 'import csv, sys; print(next(csv.DictReader(open(sys.argv[2])))[sys.argv[1]])' "$1" "$2"
}

seeds=0 unanimous=0
for seed in 1 2 3 4 5 6; do
    study --set 'cloud.defaults.lifetime=exponential(30d)' --replications 8 --seed $seed --out "$work/s$seed" \
        >/dev/null || exit 1
    mean=$(field availability_any "$work/s$seed/summary.csv")
    seeds=$((seeds + 1))
    [ "$mean" = 1 ] || continue
    unanimous=$((unanimous + 1))
    lo=$(field availability_any_lo "$work/s$seed/summary.csv")
    awk -v lo="$lo" 'BEGIN { bound = 0.025 ^ (1 / 8); exit !(lo > bound - 1e-9 && lo < bound + 1e-9) }' || {
        echo "seed $seed: all runs agree, but the interval begins at '$lo'"
        exit 1
    }
    grep -q 'no interval is shown where all 8 runs agree' "$work/err" || {
        echo "seed $seed: no note"
        exit 1
    }
    grep -q 'nothing in them is random' "$work/err" && {
        echo "seed $seed: called not random"
        exit 1
    }
done
[ "$unanimous" -ge 3 ] || {
    echo "only $unanimous of $seeds studies had runs that agree"
    exit 1
}
# agreement does not make it precise
study --set 'cloud.defaults.lifetime=exponential(30d)' --replications 64 --precision 0.0001 \
    --precision-of availability_any --seed 3 >"$work/out" || exit 1
grep -q '^64 runs per row' "$work/out" || {
    echo "stopped early:"
    cat "$work/out"
    exit 1
}
# where nothing is random, one run is as good as many
study --replications 8 >"$work/out" || exit 1
grep -q 'nothing in them is random' "$work/err" || {
    echo "a settled study is not called so"
    exit 1
}
echo "# count: studies with runs that agree: $unanimous"
