#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A study whose variants have no cost at all for one series still gets every
# plot; the outage plot says which variants it shows; a gnuplot that fails or
# crashes on one costs that picture alone, and the note names it.
program=${SPOTSIM:-build/spotsim}
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
checked=0
die() {
    echo "$*"
    exit 1
}
ok() { checked=$((checked + 1)); }

# Spot prices alone: on-demand has no cost.
cat >"$work/trace.csv" <<CSV
# spotsim-trace 1
time,pool,capacity,price
0,a,4,1
36000,a,1,1
72000,a,3,1
100000,a,3,1
CSV
sweep() { # folder options
    folder=$1
    shift
    "$program" sweep --trace "$work/trace.csv" --target 2 --profile ideal --policy spot "$@" --timeline \
        --out "$work/$folder" >"$work/out" 2>"$work/err" || die "sweep failed: $(cat "$work/err")"
}
curves='availability cost frontier outages timeline'

if command -v gnuplot >/dev/null 2>&1; then
    sweep mixed --vary fleet.policy=spot+cheapest,on-demand
    grep -q 'plots' "$work/err" && die "$(cat "$work/err")"
    for curve in $curves; do
        tail -n 5 "$work/mixed/curves/$curve.svg" | grep -q '</svg>' || die "$curve.svg is not whole"
        [ -s "$work/mixed/curves/$curve.png" ] || die "no $curve.png"
        ok
    done
    grep -q 'cost not known: fleet.policy=on-demand' "$work/mixed/curves/frontier.svg" || die "frontier.svg: what is left out"
    grep -q '1 independent pass of the trace' "$work/mixed/report.html" || die "report.html: grammar"
    grep -q 'The fleet over time: fleet.policy=spot+cheapest, replication 0' "$work/mixed/report.html" ||
        die "report.html: whose timeline"
fi

# A target of 1 is always met; of 2 to 12 six are shown.
sweep targets --vary target=1..12
[ "$(sed -n 's/^# series target=//p' "$work/targets/curves/outages.dat" | tr '\n' ' ')" = '2 4 6 8 10 12 ' ] ||
    die "outages.dat: expected the first, the last and evenly between: $(grep series "$work/targets/curves/outages.dat")"
if command -v gnuplot >/dev/null 2>&1; then
    for words in '6 of the 11 variants with outages: the first, the last, evenly between; 1 variant without any' \
        'warm-up: a start below target counts as an outage'; do
        grep -qF "$words" "$work/targets/curves/outages.svg" || die "outages.svg does not say '$words'"
        grep -qF "$words" "$work/targets/report.html" || die "report.html does not say '$words'"
        ok
    done
    grep -qF 'Left out: target=3; target=5; target=7; target=9; target=11.' "$work/targets/report.html" ||
        die "report.html: what the outage plot leaves out"
    sweep warm --warmup 1h
    grep -q 'warm-up: a start' "$work/warm/report.html" && die "report.html: a warm-up is not seen"
    ok
fi

# A gnuplot that begins each picture; on the frontier it crashes, on cost.svg it
# gives up with a long complaint.
mkdir "$work/bin"
cat >"$work/bin/gnuplot" <<'SH'
#!/bin/sh
case $1 in --version) echo 'gnuplot 5.4 patchlevel 4' && exit ;; esac
out=$(echo "$3" | sed "s/.*out='\([^']*\)'.*/\1/")
echo '<svg>begun</svg>' >"$out"
case $out in
*frontier*) kill -SEGV $$ ;;
*cost.svg) printf 'plot NaN\n\t^\n"cost.gp" line 9: %0300d no such thing\n\n' 0 >&2 && exit 3 ;;
esac
SH
chmod +x "$work/bin/gnuplot"
PATH=$work/bin:$PATH sweep failing --vary fleet.policy=spot+cheapest,on-demand
[ "$(grep -c 'plots' "$work/err")" -eq 1 ] || die "expected one line about plots: $(cat "$work/err")"
for words in 'curves/frontier.svg: it crashed (signal 11' 'curves/frontier.png: it crashed' \
    'curves/cost.svg: exit status 3: ' 'no such thing; '; do
    grep -qF "$words" "$work/err" || die "the note does not say '$words': $(cat "$work/err")"
    ok
done
[ "$(wc -c <"$work/err")" -lt 2000 ] || die "the note is too long"
for file in frontier.svg frontier.png cost.svg; do
    [ ! -e "$work/failing/curves/$file" ] || die "a picture that was only begun was left: $file"
    ok
done
for file in availability.svg cost.png outages.svg outages.png timeline.png; do
    [ -s "$work/failing/curves/$file" ] || die "no $file, though only others failed"
    ok
done
[ "$(grep -c '<figure>' "$work/failing/report.html")" -eq 3 ] || die "report.html: expected the three curves there are"
echo "# count: plots of a study, whole and failing: $checked"
