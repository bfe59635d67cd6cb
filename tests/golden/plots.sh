#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every plot draws made-up data in every format without a complaint: several
# series, one series, one point, unknown prices.
command -v gnuplot >/dev/null || { echo "gnuplot is not installed"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-plots.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/many/curves" "$work/one/curves" "$work/relative/curves" "$work/prices/curves"

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
printf '# series a\n60 0.8\n600 0.3\n7200 0\n\n\n# series b\n0 0.9\n200 0\n' >"$work/many/curves/outages.dat"
printf '0 4 0 4 9\n1.5 2 1 4 3\n7 0 4 4 -1\n200 4 0 4 9\n' >"$work/many/curves/timeline.dat"
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
several="nseries=3; names='a|policy_with_underscore|c'; xlab='base (replicas)'"
for script in availability cost frontier; do
    draw $script many "$several"
    draw $script relative "$several"
    draw $script prices "$several"
    draw $script one "nseries=1; names=''; xlab='base'"
done
draw outages many "nseries=2; names='a|b'"
draw timeline many ""
draw trace many "nseries=3; names='a|b|c'"
echo "# count: plots: $tried"
exit $bad
