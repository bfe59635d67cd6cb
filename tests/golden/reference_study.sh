#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's reference study comes out as it is kept in results/reference, to
# the byte: its table, and its curves where gnuplot is the one that drew them.
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
kept=results/reference
bad=0 same=0
scripts/update-reference "$work/new" >"$work/log" 2>&1
status=$?
if [ $status -ne 0 ]; then
    cat "$work/log"
    exit $status
fi
compare() { # file
    if [ ! -s "$kept/$1" ]; then
        echo "$kept/$1 is missing"
        bad=1
    elif cmp "$kept/$1" "$work/new/$1"; then
        same=$((same + 1))
    else
        diff "$kept/$1" "$work/new/$1" | cut -c 1-160 | head -n 12
        bad=1
    fi
}
drawn_by() { sed -n 's/.*Produced by GNUPLOT \(.*[0-9]\).*/gnuplot \1/p' "$1" | head -n 1; }

compare summary.csv
for curve in availability cost frontier; do
    file=curves/$curve.svg
    if [ ! -e "$work/new/$file" ]; then
        if command -v gnuplot >/dev/null 2>&1; then
            echo "no $file was drawn: $(cat "$work/log")"
            bad=1
        else
            echo "gnuplot is not installed: $file is not compared"
        fi
    elif [ "$(drawn_by "$kept/$file")" != "$(drawn_by "$work/new/$file")" ]; then
        echo "$file is of $(drawn_by "$kept/$file"), here is $(drawn_by "$work/new/$file"): not compared"
    else
        compare "$file"
    fi
done
[ $bad -eq 0 ] || echo "where the change is meant: scripts/update-reference, and the README's table"
echo "# count: files of the reference study that are the same: $same"
exit $bad
