#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SpotHedge's public simulator (github.com/MaoZiming/spothedge_ae, commit
# df02263) against ours, on its traces.  Exit status 77: no checkout.
#   SPOTHEDGE_DIR=...       folder of the checkout; its code is not ours to keep
#   SPOTSIM=build/spotsim   says which build is compared
#   SPOTSIM_FULL=1          whole traces instead of their first 4,000 ticks; more histories
cd "$(dirname "$0")/../.." || exit 1
ticks=4000
histories=40
if [ "${SPOTSIM_FULL:-0}" = 1 ]; then
    ticks=1000000
    histories=1000
fi

skip() {
    echo "SKIPPED: $1; tests/golden/test_peer_decisions.c checks what is frozen of it"
    exit 77
}

[ -n "$SPOTHEDGE_DIR" ] || skip "SPOTHEDGE_DIR does not name a checkout of MaoZiming/spothedge_ae"
[ -f "$SPOTHEDGE_DIR/policies/policies/spot_hedge.py" ] || skip "no policies/policies/spot_hedge.py in $SPOTHEDGE_DIR"
command -v python3 >/dev/null || skip "no python3"
driver=$(dirname "${SPOTSIM:-build/spotsim}")/tests/peers/common/driver
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
python3 tests/peers/spothedge/converse.py --peer "$SPOTHEDGE_DIR" --driver "$driver" --histories "$histories" || exit 1
python3 tests/peers/spothedge/deterministic.py --peer "$SPOTHEDGE_DIR" --spotsim "${SPOTSIM:-build/spotsim}" --ticks "$ticks" ||
    exit 1
exec python3 tests/peers/spothedge/compare.py --peer "$SPOTHEDGE_DIR" --spotsim "${SPOTSIM:-build/spotsim}" --ticks "$ticks"
