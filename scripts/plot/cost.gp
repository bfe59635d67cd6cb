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
stats file using (is_known(8)) name 'C' nooutput
stats file using (is_known(11)) name 'R' nooutput
set yrange [0:*]
label(k) = (nseries > 1 ? series(k) : 'cost')
band(lo, hi) = (lo < hi ? 1 : NaN)
set title 'Cost against '.xlab
set xlabel xlab

# Without a price there is nothing to draw: the plot says so.
if (C_max == 0 && R_max == 0) {
    set label 'cost is not known: the trace and the options give no price' at graph 0.5, graph 0.5 center
    set yrange [0:1]
    unset key
    plot NaN notitle
    exit
}
if (text) {
    set key outside below center vertical
    set ylabel (R_max > 0 ? '% of on-demand' : '$')
    plot for [k = 1:nseries] file index k - 1 using 1:(R_max > 0 ? 100 * $11 : $8) with linespoints title label(k)
    exit
}

set lmargin 11
if (R_max > 0) {
    set multiplot layout 2, 1
    unset key
    unset xlabel
}
set ylabel 'cost of the run ($)'
plot for [k = 1:nseries] file index k - 1 using 1:($9 * band($9, $10)):10 \
         with filledcurves fillcolor rgb colour[pick(k)] fillstyle transparent solid 0.18 notitle, \
     for [k = 1:nseries] file index k - 1 using 1:8 with linespoints linecolor rgb colour[pick(k)] \
         linewidth 2 dashtype dashes[pick(k)] pointtype marks[pick(k)] pointsize 0.8 title label(k)
if (R_max > 0) {
    unset title
    set xlabel xlab
    if (nseries > 1) { set key }
    set ylabel 'relative to on-demand (%)'
    plot for [k = 1:nseries] file index k - 1 using 1:(100 * $12 * band($12, $13)):(100 * $13) \
             with filledcurves fillcolor rgb colour[pick(k)] fillstyle transparent solid 0.18 notitle, \
         for [k = 1:nseries] file index k - 1 using 1:(100 * $11) with linespoints linecolor rgb colour[pick(k)] \
             linewidth 2 dashtype dashes[pick(k)] pointtype marks[pick(k)] pointsize 0.8 title label(k)
    unset multiplot
}
