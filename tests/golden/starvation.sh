#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The starvation example: SkyServe's reset rule keeps one replica of four for
# ever, a bench of 600 s does not; and the run's conversation, which the peer
# tests speak, says the same when our policies are asked again.
set -e
cd "$(dirname "$0")/../.."
spotsim=${SPOTSIM:-build/spotsim}
driver=$(dirname "$spotsim")/tests/peers/common/driver
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-starvation.XXXXXX")
trap 'rm -rf "$work"' EXIT

value() { # file path
    sed -n "s/.*\"$2\": \([0-9.e-]*\).*/\1/p" "$1" | head -n 1
}
expect() { # what condition on x, with the value
    awk -v x="$3" "BEGIN { exit !($2) }" || { echo "$1 is $3, expected $2"; exit 1; }
}

runs=0
for replication in 0 1 2 3 4 5 6 7; do
    "$spotsim" run docs/examples/starvation.json --replication $replication --warmup 1h --json \
        --journal "$work/journal" >"$work/starved" 2>/dev/null
    expect 'full under skypilot' 'x == 0' "$(value "$work/starved" full)"
    expect 'capacity under skypilot' 'x == 0.25' "$(value "$work/starved" capacity)"
    "$spotsim" run docs/examples/starvation.json --policy 'skyserve()+ttl-bench(ttl=600s)' --warmup 1h --json \
        --replication $replication >"$work/benched" 2>/dev/null
    expect 'full under ttl-bench' 'x == 1' "$(value "$work/benched" full)"
    scripts/studies/conversation "$work/journal" >"$work/conversation"
    grep -q '^launch 5 spot zone-b' "$work/conversation"
    sed -n 's/^> //p' "$work/conversation" | "$driver" >"$work/answers"
    grep -v '^>' "$work/conversation" | cmp - "$work/answers"
    runs=$((runs + 1))
done
echo "# count: starvation: runs: $runs"
