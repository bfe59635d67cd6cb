#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every plot draws made-up data in every format without a complaint: several
# series, more series than colours, one series, one point, prices unknown in
# all, in some and in part.
command -v gnuplot >/dev/null || { echo "gnuplot is not installed"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-plots.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
for folder in many one relative prices some partly crowd; do mkdir -p "$work/$folder/curves"; done

# x full lo hi any lo hi cost lo hi rel lo hi
awk 'BEGIN {
    for (s = 0; s < 3; s++) {
        print "# series policy-" s
        for (x = 0; x < 5; x++) {
            full = 1 - (0.1 + 0.05 * s) / (x + 1); any = 1 - 0.02 / (x + 1); cost = 900 + 320 * x + 70 * s
            print x, full, full - 0.01, full + 0.005, any, any, any, cost, cost - 20, cost + 20, cost / 3000, \
                cost / 3000 - 0.01, cost / 3000 + 0.01
        }
        print "\n"
    }
}' >"$work/many/curves/base.dat"
awk '!/^#/ && NF { print; exit }' "$work/many/curves/base.dat" >"$work/one/curves/base.dat"
awk '!/^#/ && NF { $11 = $12 = $13 = "NaN" } { print }' "$work/many/curves/base.dat" >"$work/relative/curves/base.dat"
awk '!/^#/ && NF { for (i = 8; i <= 13; i++) $i = "NaN" } { print }' "$work/many/curves/base.dat" >"$work/prices/curves/base.dat"
awk '/^#/ { s++ } !/^#/ && NF && s == 2 { for (i = 8; i <= 13; i++) $i = "NaN" } { print }' \
    "$work/many/curves/base.dat" >"$work/some/curves/base.dat"
awk '/^#/ { s++ } !/^#/ && NF && $1 < s { for (i = 5 + 3 * s; i <= 13; i++) $i = "NaN" } { print }' \
    "$work/many/curves/base.dat" >"$work/partly/curves/base.dat"
for i in 1 2 3 4; do cat "$work/many/curves/base.dat"; done >"$work/crowd/curves/base.dat"
printf '# series a\n60 0.8\n600 0.3\n7200 0\n\n\n# series b\n0 0.9\n200 0\n' >"$work/many/curves/outages.dat"
printf '0 4 0 4 90\n1.5 2 1 4 3\n7 0 4 4 -1\n150 4 0 4 9\n200 4 0 4 9\n' >"$work/many/curves/timeline.dat"
printf '0 4 0 4 -1\n6 2 0 4 -1\n8 2 1 4 5\n20 2 1 4 5\n' >"$work/one/curves/timeline.dat"
printf '0 1\n5 1.5\n8 NaN\n200 1\n\n\n0 2\n90 2.1\n' >"$work/many/curves/trace-price.dat"
printf '0 1\n5 0\n8 1\n200 1\n\n\n0 -1\n90 -1\n\n\n0 0\n100 0\n' >"$work/many/curves/trace.dat"

bad=0 tried=0
draw() { # script folder settings
    for format in svg png dumb; do
        tried=$((tried + 1))
        out=$work/$1-$2.$format
        gnuplot -d -e "dir='$work/$2'; out='$out'; fmt='$format'; $3" "scripts/plot/$1.gp" >"$work/log" 2>&1
        status=$?
        complaints=$(grep -v 'empty . range' "$work/log" | grep -c .)
        if [ $status -ne 0 ] || [ "$complaints" -ne 0 ] || [ ! -s "$out" ]; then
            echo "$1.gp ($format, $2): exit status $status"
            cat "$work/log"
            bad=1
        fi
    done
}
says() { # text picture
    grep -qF "$1" "$work/$2.svg" && return
    echo "$2.svg does not say '$1'"
    bad=1
}
is_silent_on() { # text picture
    grep -qF "$1" "$work/$2.svg" || return
    echo "$2.svg says '$1'"
    bad=1
}
several="nseries=3; names='a|policy_with_underscore|c'; xlab='base (replicas)'"
for script in availability cost frontier; do
    draw $script many "$several"
    draw $script relative "$several"
    draw $script prices "$several"
    draw $script some "$several"
    draw $script partly "$several"
    draw $script crowd "nseries=12; names='a|b|c|d|e|f|g|h|i|j|k|l'; xlab='base (replicas)'"
    draw $script one "nseries=1; names=''; xlab='base'"
done
says 'not known: policy_with_underscore' cost-some
says 'cost not known: policy_with_underscore' frontier-some
is_silent_on 'not known' frontier-many
says 'cost is not known' frontier-prices

draw outages many "nseries=2; names='a|b'; note='2 of the 9 variants|no warm-up'"
says '2 of the 9 variants' outages-many
says 'no warm-up' outages-many

# Capacity above the picture, unlimited for a while; the fleet of nobody in
# particular; no on-demand; unlimited all the time.
draw timeline many "what='base=1, replication 0'"
says 'Fleet over time: base=1, replication 0' timeline-many
says 'spot capacity (cut at 10, up to 90); unlimited where there is no line' timeline-many
is_silent_on '(none)' timeline-many
draw timeline one "to=7"
says 'ready on-demand (none)' timeline-one
says 'spot capacity: unlimited' timeline-one
says '0 to 7 of 20' timeline-one

# Recovery over five orders of magnitude, none at all, one that did not end in all runs.
printf '# series a\n0 NaN NaN NaN NaN NaN NaN 0.99 0.98 1 NaN\n1 40 35 50 40 35 50 0.9 0.8 0.95 1\n2 200000 90000 400000 2e5 1e5 4e5 0.2 0.2 0.2 0.5\n\n\n# series b\n0 NaN NaN NaN NaN NaN NaN 1 1 1 NaN\n1 0 0 0 0 0 0 1 1 1 1\n2 0 0 0 0 0 0 1 1 1 1\n' >"$work/many/curves/stress.dat"
printf '# series \n0 0 0 0 0 0 0 1 1 1 1\n' >"$work/one/curves/stress.dat"
draw stress many "nseries=2; names='a|b'; scenarios='none|all-spot-lost|drought'"
says 'lost' stress-many
draw stress one "nseries=1; names=''; scenarios='drought'"
says 'the fleet' stress-one
printf '# series \n0 NaN NaN NaN NaN NaN NaN 1 1 1 NaN\n' >"$work/one/curves/stress.dat"
draw stress one "nseries=1; names=''; scenarios='none'"

awk 'BEGIN {
    for (model = 0; model < 2; model++) {
        for (side = 0; side < 2; side++) {
            for (i = 1; i < 10; i++) print i / 10, 0.2 * i * i, 0.21 * i * i, 0.18 * i * i, 0.25 * i * i
            print "\n"
        }
        for (h = 0; h < 24; h++) print h, 0.5 + 0.1 * (h > 9), 0.55, 0.5, 0.6
        print "\n"
        for (k = 0; k < 3; k++) {
            for (i = 1; i < 7; i++) print i, 80 + i, k < 2 ? 70 + i : "nan", k < 2 ? 90 + i : "nan", 81 + i, 79 + i, 83 + i
            print "\n"
        }
    }
}' >"$work/many/curves/compare.dat"
draw compare many "file='$work/many/curves/compare.dat'; beside=0"
draw compare many "file='$work/many/curves/compare.dat'; beside=1; hours='UTC'"
says 'Down-runs, quantile against quantile' compare-many
says 'hour (UTC)' compare-many
says 'other model' compare-many

draw trace-price many "nseries=2; names='a|b'"
draw trace many "nseries=3; names='a|b|c'"
echo "# count: plots: $tried"
exit $bad
