# SPDX-License-Identifier: Apache-2.0
# Cost against the varied field: dollars above, below as a share of what the
# same target costs on-demand.
# Reads DIR/curves/base.dat (columns: see availability.gp).
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
here = ARG0[1:slash]
if (!exists("high")) high = 640
load here.'style.gp'

file = dir.'/curves/base.dat'
load here.'axis.gp'
set yrange [0:*]
set title 'Cost against '.xlab
set xlabel xlab
label(k) = (nseries > 1 ? series(k) : 'cost')
band(lo, hi) = (lo < hi ? 1 : NaN)
needed = 11
load here.'known.gp'
n_relative = n_shown
needed = (text && n_relative > 0 ? 11 : 8)
load here.'known.gp'

# Without a price there is nothing to draw: the plot says so.
if (n_shown == 0) {
    set label 'cost is not known: the trace and the options give no price' at graph 0.5, graph 0.5 center
    set yrange [0:1]
    unset key
    plot NaN notitle
    exit
}
if (without ne '') { set title 'Cost against '.xlab."\nnot known: ".without }
if (text) {
    set key outside below center vertical
    set ylabel (n_relative > 0 ? '% of on-demand' : '$')
    plot for [i = 1:n_shown] file index shown[i] - 1 using 1:(n_relative > 0 ? 100 * $11 : $8) with linespoints title label(shown[i])
    exit
}

set lmargin 11
if (n_relative > 0) {
    set multiplot layout 2, 1
    unset key
    unset xlabel
}
set ylabel 'cost of the run ($)'
plot for [i = 1:n_shown] file index shown[i] - 1 using 1:($9 * band($9, $10)):10 \
         with filledcurves fillcolor rgb colour[pick(shown[i])] fillstyle transparent solid 0.15 notitle, \
     for [i = 1:n_shown] file index shown[i] - 1 using 1:8 with linespoints \
         linecolor rgb colour[pick(shown[i])] linewidth thick(shown[i]) dashtype dash(shown[i]) \
         pointtype marks[pick(shown[i])] pointsize large(shown[i]) title label(shown[i])
if (n_relative > 0) {
    needed = 11
    load here.'known.gp'
    unset title
    set xlabel xlab
    if (nseries > 1) { set key }
    set ylabel 'relative to on-demand (%)'
    plot for [i = 1:n_shown] file index shown[i] - 1 using 1:(100 * $12 * band($12, $13)):(100 * $13) \
             with filledcurves fillcolor rgb colour[pick(shown[i])] fillstyle transparent solid 0.15 notitle, \
         for [i = 1:n_shown] file index shown[i] - 1 using 1:(100 * $11) with linespoints \
             linecolor rgb colour[pick(shown[i])] linewidth thick(shown[i]) dashtype dash(shown[i]) \
             pointtype marks[pick(shown[i])] pointsize large(shown[i]) title label(shown[i])
    unset multiplot
}
