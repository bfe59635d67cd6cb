#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The studies of docs/starvation.md and docs/howto-notices.md still give the
# numbers of those pages: on the bundled traces always, on the real ones where
# they are.  The tables are tests/golden/studies/*.csv.  SPOTSIM_FEW=1: the
# notices on the bundled traces only.
set -e
cd "$(dirname "$0")/../.."
golden=tests/golden/studies
. scripts/studies/lib.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-studies.XXXXXX")
trap 'rm -rf "$work"' EXIT
tables=0
same() { # golden made
    if ! cmp -s "$1" "$2"; then
        diff "$1" "$2" | head -n 20
        echo "$1 is not what the study gives now"
        exit 1
    fi
    tables=$((tables + 1))
}

notices() { # name trace
    TRACE=$2 scripts/studies/notices "$work/notices" >/dev/null
    for table in notices spot-only best-effort; do
        same "$golden/$table-$1.csv" "$work/notices/$table.csv"
    done
}

scripts/studies/starvation "$work/starvation" >/dev/null
notices demo4 traces/data/demo4
if traces=$(real_traces spothedge/AWS1); then
    same "$golden/starvation.csv" "$work/starvation/three-zones.csv"
    [ "${SPOTSIM_FEW:-0}" = 1 ] || notices AWS1 "$traces/spothedge/AWS1"
else
    echo "# skipped: no real traces; only the bundled ones"
    grep -E '^(trace|demo4),' "$golden/starvation.csv" >"$work/bundled.csv"
    same "$work/bundled.csv" "$work/starvation/three-zones.csv"
fi
echo "# count: studies: tables compared: $tables"
