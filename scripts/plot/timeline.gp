# SPDX-License-Identifier: Apache-2.0
# The fleet over time: ready replicas by market, stacked, against the target.
# Reads DIR/curves/timeline.dat: t_hours ready_spot ready_on_demand target
# capacity (-1: unlimited); a row holds until the next one.
# what='TEXT': whose fleet it is.  Show a part with -e "from=24; to=48" (hours).
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
if (!exists("wide")) wide = 1000
if (!exists("high")) high = 420
here = ARG0[1:slash]
load here.'style.gp'

file = dir.'/curves/timeline.dat'
stats file using 1 name 'T' nooutput
if (!exists("from")) from = T_min
if (!exists("to")) to = T_max
if (!exists("what")) what = ''

# The largest values in the part shown; a row counts until the next one.
ended = NaN
held = 0
in_part(t, v) = (began = ended, was = held, ended = t, held = v, began < to && t > from ? was : 0)
stats file using (in_part($1, $2 + $3)) name 'R' nooutput
ended = NaN
stats file using (in_part($1, $3)) name 'D' nooutput
ended = NaN
stats file using (in_part($1, $4)) name 'W' nooutput
ended = NaN
stats file using (in_part($1, $5)) name 'C' nooutput
ended = NaN
stats file using (in_part($1, $5 < 0 ? 1 : 0)) name 'U' nooutput

# Room for the fleet and some of the capacity above it, which may be far above.
top = (R_max > W_max ? R_max : W_max)
cut = 2 * top + 2
if (C_max <= cut) { cut = (C_max > top ? C_max : top) }
room(c) = (c < 0 ? NaN : (c > cut ? cut : c))
capacity = 'spot capacity'.(C_max > cut ? sprintf(' (cut at %d, up to %d)', cut, C_max) : '') \
    .(U_max == 0 ? '' : (C_max > 0 ? '; unlimited where there is no line' : ': unlimited'))
unit = (to - from > 96 ? 24.0 : 1.0)
set xrange [from / unit:to / unit]
set yrange [0:cut * 1.06 + 0.2]
part = (from > T_min || to < T_max ? sprintf('; %.4g to %.4g of %.4g', from / unit, to / unit, T_max / unit) : '')
set title 'Fleet over time'.(what eq '' ? '' : ': '.what)
set xlabel 'time ('.(unit > 1 ? 'days' : 'hours').part.')'
set ylabel 'replicas'

if (text) {
    set key outside below center horizontal
    plot file using ($1 / unit):($2 + $3) with steps title 'ready', \
         file using ($1 / unit):2 with steps title 'of it spot', \
         file using ($1 / unit):4 with steps title 'target'
} else {
    plot file using ($1 / unit):($2 + $3) with fillsteps fillcolor rgb '#b35806' \
             title 'ready on-demand'.(D_max > 0 ? '' : ' (none)'), \
         file using ($1 / unit):2 with fillsteps fillcolor rgb '#b3cde3' title 'ready spot', \
         file using ($1 / unit):(room($5)) with steps linecolor rgb '#555555' linewidth 1.2 dashtype 12 \
             title capacity, \
         file using ($1 / unit):4 with steps linecolor rgb '#000000' linewidth 1.8 dashtype 1 title 'target'
}
