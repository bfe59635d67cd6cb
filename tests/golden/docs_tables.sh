#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rows of tables in docs/tutorial.md, docs/howto-load.md and the two clouds of
# docs/howto-notices.md are what the program prints for the bundled traces.
program=${SPOTSIM:-build/spotsim}
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
rows=0 bad=0

run() { # options
    "$program" run "$@" --json >"$work/json" 2>"$work/err" || {
        cat "$work/err"
        exit 1
    }
}
# percent KEY [WHICH] [DECIMALS]: of the WHICHth such key, counted from 1
percent() {
    awk -v key="\"$1\":" -v which="${2:-1}" -v decimals="${3:-1}" '
        { for (at = $0; (i = index(at, key)) > 0;) {
            at = substr(at, i + length(key))
            if (++n == which) { printf "%.*f", decimals, 100 * (at + 0); exit } } }' "$work/json"
}
dollars() { awk 'match($0, /"total_usd": */) { printf "%.0f", substr($0, RSTART + RLENGTH) + 0; exit }' "$work/json"; }
has() { # DOC ROW
    rows=$((rows + 1))
    grep -qF -- "$2" "docs/$1" && return
    echo "docs/$1 does not have: $2"
    bad=1
}

for policy in 'spot+skypilot' 'static-base(base=2)+skypilot' 'skyserve(dynamic=true)+ttl-bench' \
    'skyserve(base=1,dynamic=true,notice=react)+ttl-bench'; do
    run --trace traces/data/demo --target 4 --price-on-demand 3.06 --warmup 1h --policy "$policy"
    has tutorial.md "| \`$policy\` | $(percent full) | $(percent any) | $(percent relative_to_on_demand) |"
done

load() { # autoscaler, as the table calls it
    run --trace traces/data/demo4 --horizon 7d --load docs/examples/load-week.csv --price-spot 1 --price-on-demand 3 \
        --policy "$1+skyserve(dynamic=true,overprovision=1)+skypilot"
    has howto-load.md "| $2 | $(percent full 1 2) % | $(percent served 1 2) % | \$$(dollars | sed 's/\(.*\)\(...\)/\1,\2/') |"
}
load 'request-rate(min=1,max=10,qps=1)' '`request-rate(min=1,max=10,qps=1)`'
load 'request-rate(min=1,max=10,qps=1,upscale_delay=60s)' 'the same, `upscale_delay=60s`'
load 'request-rate(min=1,max=10,qps=1,upscale_delay=60s,downscale_delay=300s)' \
    'the same, `upscale_delay=60s,downscale_delay=300s`'
load 'constant(target=8)' '`constant(target=8)`'

groups() { # setting, as the table calls it
    run docs/examples/two-clouds.json --set "$1"
    python3 - "$work/json" >"$work/row" <<'PY' || exit 1
import json, sys
d = json.load(open(sys.argv[1]))
full = [g.get("full", g.get("availability", {}).get("full")) for g in d["by_group"]] + [d["availability"]["full"]]
print(" | ".join("%.2f %%" % (100 * x) for x in full), "| %.1f %%" % (100 * d["cost"]["relative_to_on_demand"]), "|")
PY
    has howto-notices.md "| $2 | $(cat "$work/row")"
}
groups groups.0.policy.mix.notice=ignore 'ignores notices'
groups groups.0.policy.mix.notice=react 'reacts to notices'
groups groups.0.policy.mix.rebalance=react 'reacts to both signals'

echo "# count: rows of tables in the docs: $rows"
exit $bad
