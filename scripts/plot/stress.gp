# SPDX-License-Identifier: Apache-2.0
# Stress scenarios side by side: recovery above (logarithmic; what is never
# behind stands on the lowest line), availability below.
# Reads DIR/curves/stress.dat, one block per series:
#   place recovery_s lo hi behind_s lo hi full lo hi recovered
# scenarios: names 'a|b|c' of places 0, 1, 2
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
here = ARG0[1:slash]
if (!exists("high")) high = 760
load here.'style.gp'

if (!exists("scenarios")) scenarios = 'scenario'
file = dir.'/curves/stress.dat'
label(k) = (series(k) eq '' ? 'the fleet' : series(k))
stats file using 1 name 'X' nooutput
places = int(X_max) + 1
# marks of one place stand beside each other
spread = 0.7
beside(x, k) = x + spread * ((k - 0.5) / nseries - 0.5)
set xrange [-0.5:places - 0.5]
set xtics () scale 0
# long names in two lines, cut at their last hyphen
last_hyphen(s) = (strstrt(s, '-') == 0 ? 0 : strstrt(s, '-') + last_hyphen(s[strstrt(s, '-') + 1:*]))
folded(s) = (text || last_hyphen(s) == 0 ? s : s[1:last_hyphen(s)]."\n".s[last_hyphen(s) + 1:*])
do for [p = 0:places - 1] { set xtics add (folded(nth(scenarios, p + 1)) p) }

# nothing to recover from where the only scenario is none
stats file using (is_known(2)) name 'R' nooutput
recoveries = (R_max > 0)
least = 0.1 # minutes
shown(s) = (s / 60.0 > least ? s / 60.0 : least)
partly(recovered) = (recovered < 1)
if (text) {
    set key outside below center vertical
    if (!recoveries) {
        set ylabel '%'
        set title 'Share of the run with ready >= target'
        plot for [k = 1:nseries] file index k - 1 using (beside($1, k)):(100 * $8) with points title label(k)
        exit
    }
    set logscale y
    set yrange [least:*]
    set ylabel 'min'
    set title 'Recovery'
    plot for [k = 1:nseries] file index k - 1 using (beside($1, k)):(shown($2)) with points title label(k)
    exit
}

if (recoveries) { set multiplot layout 2, 1 }
set lmargin 11
unset grid
set grid ytics linetype 1 linecolor rgb '#e2e2e2' linewidth 0.7 dashtype 1
do for [p = 0:places - 2] { set arrow from p + 0.5, graph 0 to p + 0.5, graph 1 nohead linecolor rgb '#dddddd' linewidth 0.7 back }
if (recoveries) {
    set title 'Recovery: longest time behind the target and the run without events'
    set logscale y
    set yrange [least * 0.8:*]
    set ytics ('0' least, '1 min' 1, '10 min' 10, '1 h' 60, '6 h' 360, '1 d' 1440, '3 d' 4320, '10 d' 14400)
    unset key
    plot for [k = 1:nseries] file index k - 1 using (beside($1, k)):(shown($2)):(shown($3)):(shown($4)) \
             with yerrorbars linecolor rgb colour[pick(k)] linewidth 1.6 pointtype 0 notitle, \
         for [k = 1:nseries] file index k - 1 using (beside($1, k)):(partly($11) ? NaN : shown($2)) \
             with points linecolor rgb colour[pick(k)] pointtype 7 pointsize 1.6 * mark_unit notitle, \
         for [k = 1:nseries] file index k - 1 using (beside($1, k)):(partly($11) ? shown($2) : NaN) \
             with points linecolor rgb colour[pick(k)] pointtype 6 pointsize 1.8 * mark_unit linewidth 2 notitle
}
unset logscale y
set yrange [*:100]
set ytics auto
set title 'Share of the run with ready >= target'
set ylabel '%'
set xlabel ' ' # keeps the key off the names
set key
plot for [k = 1:nseries] file index k - 1 using (beside($1, k)):(100 * $8):(100 * $9):(100 * $10) \
         with yerrorbars linecolor rgb colour[pick(k)] linewidth 1.6 pointtype 7 pointsize 1.6 * mark_unit title label(k)
if (recoveries) { unset multiplot }
