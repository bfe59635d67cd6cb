#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A load on the command line, in a scenario, in a study and in a journal.
program=${SPOTSIM:-build/spotsim}
trace=traces/data/demo
policy='request-rate(min=0,max=8,qps=1)+skyserve(dynamic=true)+skypilot'
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
die() {
    echo "$*"
    exit 1
}

printf 'seconds,requests_per_second\n0,0\n3600,2.5\n43200,6\n' >"$work/load.csv"
run() { "$program" run --trace "$trace" --horizon 1d --policy "$policy" "$@" 2>"$work/err"; }

# The same load from a file, from a list, and in a scenario.
run --load "$work/load.csv" --json --journal "$work/journal" >"$work/a" || die "a load from a file: $(cat "$work/err")"
run --load '0s:0 1h:2.5 12h:6' --json >"$work/b" || die "a load as a list: $(cat "$work/err")"
cmp -s "$work/a" "$work/b" || die "file and list give different results"
cat >"$work/s.json" <<JSON
{"trace": {"paths": ["$trace"]}, "horizon": "1d", "load": "$work/load.csv", "fleet": {"policy": "$policy"}}
JSON
"$program" run "$work/s.json" --json >"$work/b" 2>/dev/null || die "a load in a scenario"
cmp -s "$work/a" "$work/b" || die "scenario and options give different results"
grep -q '"load_digest"' "$work/a" || die "no digest of the load in the result"
grep -q '"policy": "request-rate(min=0,max=8,qps=1,' "$work/a" || die "the result does not name the autoscaler"
grep -q '^\["s",.*",[1-9][0-9]*\]$' "$work/journal" || die "no requests in the journal"
"$program" replay "$work/journal" >"$work/out" || die "the journal does not replay"

# It varies like any other field.
"$program" sweep "$work/s.json" --vary "load=0s:1,0s:4" --out "$work/study" >/dev/null 2>"$work/err" ||
    die "varying the load: $(cat "$work/err")"
[ "$(grep -o '"load_digest": "[0-9a-f]*"' "$work/study/manifest.json" | sort -u | wc -l)" -eq 2 ] ||
    die "the manifest does not tell the two loads apart"

refuse() { # what is said, options...
    said=$1
    shift
    run "$@" >"$work/out"
    status=$?
    [ $status -eq 2 ] || die "exit status $status, expected 2: $*"
    grep -q -- "$said" "$work/err" || die "expected '$said', got: $(cat "$work/err")"
}
printf 'seconds,requests_per_second\n0,1\n5,-1\n' >"$work/bad-load.csv"
refuse 'needs a load'
refuse 'load.csv:3: -1' --load "$work/bad-load.csv"
refuse 'no-such.csv' --load no-such.csv
refuse 'rising' --load '0s:1 5s:2 5s:3'
echo "# count: loads on the command line: 9"
