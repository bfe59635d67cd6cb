#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scripts/fetch-traces without a network: a local folder, a local mirror, and
# everything that must not be kept.
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
fetch=scripts/fetch-traces
real=${SPOTSIM_TRACES:-../shared/traces}
bad=0
expect() { # STATUS PIECE COMMAND...
    status=$1 piece=$2
    shift 2
    "$@" >"$work/out" 2>&1
    got=$?
    [ $got -eq "$status" ] && grep -qF -- "$piece" "$work/out" && return
    echo "expected status $status and '$piece', got $got: $*"
    sed 's/^/    /' "$work/out"
    bad=$((bad + 1))
}

expect 0 'SHA-256' $fetch --help
expect 2 '--frm' $fetch --frm x
expect 2 'needs a value' $fetch --from
expect 2 'no such folder' $fetch --from "$work/none" "$work/to"
expect 2 "no source 'x'" $fetch --only x "$work/to"
expect 2 'one folder' $fetch "$work/a" "$work/b"
expect 0 'raw.githubusercontent.com/skypilot-org/spot-traces/' $fetch --list --only skypilot
expect 1 'is missing' $fetch --verify --only bamboo "$work/to"

mkdir -p "$work/wrong/bamboo"
for f in LICENSE g4dn-trace.csv p3-trace.csv; do echo '0,add,node1' >"$work/wrong/bamboo/$f"; done
expect 1 'is not the published' $fetch --from "$work/wrong" --only bamboo "$work/to"
[ -z "$(find "$work/to" -type f)" ] || {
    echo 'a file with wrong bytes was kept'
    bad=$((bad + 1))
}
mkdir -p "$work/wrong/gcp-lifetimes"
echo '{}' >"$work/wrong/gcp-lifetimes/data.json"
expect 1 'data.json: SHA-256' $fetch --from "$work/wrong" --only gcp-lifetimes "$work/to"
expect 1 'no such file' $fetch --from "$work/wrong" --only skynomad "$work/to"
expect 1 'cannot download' env SPOTSIM_FETCH_BASE="file://$work/none" $fetch --only bamboo "$work/to"

if [ ! -d "$real" ]; then
    [ $bad -eq 0 ] || exit 1
    echo "no real traces at $real (set SPOTSIM_TRACES): only refusals were tried"
    exit 77
fi
expect 0 ' 0 failed' $fetch --from "$real" "$work/all"
expect 0 '0 files fetched' $fetch --from "$real" "$work/all"
expect 0 ' 0 failed' $fetch --verify "$work/all"
diff -r -x README.md "$real" "$work/all" || bad=$((bad + 1))
chmod u+w "$work/all/bamboo/p3-trace.csv"
echo '1,add,x' >>"$work/all/bamboo/p3-trace.csv"
expect 1 'is not what was published' $fetch --verify "$work/all"
expect 0 '1 files fetched' $fetch --from "$real" "$work/all"

# A mirror with the addresses' own layout.
if command -v curl >/dev/null; then
    for only in aws-price-history bamboo skynomad skypilot spothedge; do
        $fetch --list --only $only | while read -r _ file url; do
            path=$work/mirror/${url#https://raw.githubusercontent.com/}
            mkdir -p "$(dirname "$path")"
            cp "$real/$file" "$path"
        done
        expect 0 ' 0 failed' env SPOTSIM_FETCH_BASE="file://$work/mirror" $fetch --only $only "$work/fetched"
        diff -r "$real/$only" "$work/fetched/$only" || bad=$((bad + 1))
    done
fi
echo "# count: published files checked by hash: $($fetch --list | wc -l)"
[ $bad -eq 0 ]
