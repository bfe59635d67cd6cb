#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A SimPy model of a fleet (bench/peers/simpy_churn.py, SimPy from PyPI) against
# the engine, random fleets with the same draws: counts, hours, shares, outages,
# recoveries equal, cost to 1e-12.  Exit status 77: SimPy cannot be had here.
#   SPOTSIM=build/spotsim   says which build is compared
#   SPOTSIM_FULL=1          200 fleets instead of 20
cd "$(dirname "$0")/../.." || exit 1
churn=$(dirname "${SPOTSIM:-build/spotsim}")/tests/peers/simpy/churn
runs=20
[ "${SPOTSIM_FULL:-0}" = 1 ] && runs=200

[ -x "$churn" ] || { echo "no $churn; make tests builds it"; exit 1; }
python=$(./scripts/bench-peers 2>&1)
case $? in
0) ;;
77) echo "SKIPPED: $python"; exit 77 ;;
*) echo "$python"; exit 1 ;;
esac
exec "$churn" "$python" "$runs"
