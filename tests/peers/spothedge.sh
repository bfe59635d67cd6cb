#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SpotHedge's public simulator (github.com/MaoZiming/spothedge_ae, commit
# df02263) against ours, on its traces.  Exit status 77: it cannot be had here.
#   SPOTHEDGE_DIR=...       folder of a checkout; else scripts/spothedge-peer gets one
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

command -v python3 >/dev/null || skip "no python3"
if ! peer=$(./scripts/spothedge-peer 2>&1); then skip "$peer"; fi
driver=$(dirname "${SPOTSIM:-build/spotsim}")/tests/peers/common/driver
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
python3 tests/peers/spothedge/converse.py --peer "$peer" --driver "$driver" --histories "$histories" || exit 1
python3 tests/peers/spothedge/deterministic.py --peer "$peer" --spotsim "${SPOTSIM:-build/spotsim}" --ticks "$ticks" ||
    exit 1
exec python3 tests/peers/spothedge/compare.py --peer "$peer" --spotsim "${SPOTSIM:-build/spotsim}" --ticks "$ticks"
