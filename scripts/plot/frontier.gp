# SPDX-License-Identifier: Apache-2.0
# What availability costs: one point for each value of the varied field, which
# is written beside it.
# Reads DIR/curves/base.dat (columns: see availability.gp).
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
here = ARG0[1:slash]
if (!exists("high")) high = 560
load here.'style.gp'

file = dir.'/curves/base.dat'
# Dollars when more series have those than have a cost relative to on-demand.
needed = 8
load here.'known.gp'
n_cost = n_shown
needed = 11
load here.'known.gp'
relative = (n_shown > 0 && n_shown >= n_cost)
if (!relative) {
    needed = 8
    load here.'known.gp'
}
set title 'Availability against cost; points labelled by '.xlab
set ylabel 'ready >= target, share of time (%)'
set xlabel (relative ? 'cost relative to on-demand (%)' : 'cost of the run ($)')
set yrange [*:100.001]
label(k) = (nseries > 1 ? series(k) : 'full availability')
# the column of the cost, and of its limits after it (an unknown number must
# not be touched at all)
c = (relative ? 11 : 8)
scale = (relative ? 100 : 1)
cost(k) = scale * column(k)
# whiskers only where there are replications
limit(x, lo, hi, end) = (lo < hi ? end : x)

if (n_shown == 0) {
    set label 'cost is not known: the trace and the options give no price' at graph 0.5, graph 0.5 center
    set xrange [0:1]
    set yrange [0:100]
    unset key
    plot NaN notitle
    exit
}
set offsets graph 0.05, graph 0.05, 0, graph 0.06
if (without ne '') { set title 'Availability against cost; points labelled by '.xlab."\ncost not known: ".without }
if (text) {
    set key outside below center vertical
    plot for [i = 1:n_shown] file index shown[i] - 1 using (cost(c)):(100 * $2) with linespoints title label(shown[i]), \
         for [i = 1:n_shown] file index shown[i] - 1 using (cost(c)):(100 * $2):(sprintf(' %g', $1)) with labels left notitle
} else {
    plot for [i = 1:n_shown] file index shown[i] - 1 \
             using (cost(c)):(100 * $2):(limit(cost(c), cost(c + 1), cost(c + 2), cost(c + 1))) \
                   :(limit(cost(c), cost(c + 1), cost(c + 2), cost(c + 2))) \
                   :(100 * limit($2, $3, $4, $3)):(100 * limit($2, $3, $4, $4)) \
             with xyerrorbars linecolor rgb '#aaaaaa' linewidth 1 pointtype -1 notitle, \
         for [i = 1:n_shown] file index shown[i] - 1 using (cost(c)):(100 * $2) with linespoints \
             linecolor rgb colour[pick(shown[i])] linewidth thick(shown[i]) dashtype dash(shown[i]) \
             pointtype marks[pick(shown[i])] pointsize large(shown[i]) title label(shown[i]), \
         for [i = 1:n_shown] file index shown[i] - 1 using (cost(c)):(100 * $2):(sprintf('%g', $1)) \
             with labels offset 0.9, -0.7 left textcolor rgb '#333333' notitle
}
