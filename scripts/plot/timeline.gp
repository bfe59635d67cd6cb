# SPDX-License-Identifier: Apache-2.0
# The fleet over time: ready replicas by market, stacked, against the target.
# Reads DIR/curves/timeline.dat: t_hours ready_spot ready_on_demand target
# capacity (-1: unlimited); a row holds until the next one.
# Show a part with -e "from=24; to=48" (hours).
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
if (!exists("wide")) wide = 1000
if (!exists("high")) high = 420
here = ARG0[1:slash]
load here.'style.gp'

file = dir.'/curves/timeline.dat'
stats file using 1 name 'T' nooutput
stats file using (column(2) + column(3)) name 'R' nooutput
stats file using 4 name 'W' nooutput
if (!exists("from")) from = T_min
if (!exists("to")) to = T_max
top = (R_max > W_max ? R_max : W_max)
unit = (to - from > 96 ? 24.0 : 1.0)
set xrange [from / unit:to / unit]
set yrange [0:top * 1.25 + 0.5]
set title 'Fleet over time'
set xlabel (unit > 1 ? 'time (days)' : 'time (hours)')
set ylabel 'ready replicas'
room(c) = (c < 0 ? NaN : (c > 2 * top + 2 ? 2 * top + 2 : c))

if (text) {
    set key outside below center horizontal
    plot file using ($1 / unit):($2 + $3) with steps title 'ready', \
         file using ($1 / unit):2 with steps title 'of it spot', \
         file using ($1 / unit):4 with steps title 'target'
} else {
    plot file using ($1 / unit):($2 + $3) with fillsteps fillcolor rgb '#e08214' title 'ready on-demand', \
         file using ($1 / unit):2 with fillsteps fillcolor rgb '#b3cde3' title 'ready spot', \
         file using ($1 / unit):(room($5)) with steps linecolor rgb '#777777' linewidth 1 dashtype 3 \
             title 'spot capacity', \
         file using ($1 / unit):4 with steps linecolor rgb '#000000' linewidth 1.8 dashtype 1 title 'target'
}
