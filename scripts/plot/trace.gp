# SPDX-License-Identifier: Apache-2.0
# A trace: one strip for each pool, its height the share of the pool's largest
# capacity; grey ground means the time the pool covers.
# Reads file='FILE' (default DIR/curves/trace.dat), one block per pool:
# t_hours capacity (-1: unlimited); a row holds until the next one, the last
# row ends the pool.
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
here = ARG0[1:slash]
if (!exists("wide")) wide = 1000
if (!exists("high")) high = 130 + 34 * (exists("nseries") ? nseries : 1)
load here.'style.gp'

if (!exists("file")) file = dir.'/curves/trace.dat'
if (text) { set terminal dumb noenhanced size 79, 8 + 2 * nseries }
stats file using 1 name 'T' nooutput
unit = (T_max > 96 ? 24.0 : 1.0)
array most[nseries]
set ytics ('' 0)
do for [k = 1:nseries] {
    stats file index k - 1 using 1 name 'E' nooutput
    stats file index k - 1 using 2 name 'C' nooutput
    most[k] = (C_max > 0 ? C_max : 1)
    set object k rectangle from 0, nseries - k to E_max / unit, nseries - k + 0.9 behind \
        fillcolor rgb '#ececec' fillstyle solid 1.0 noborder
    set ytics add (sprintf('%s (%s)', series(k), C_max > 0 ? sprintf('max %g', C_max) : \
        C_min < 0 ? 'unlimited' : 'none') nseries - k + 0.45)
}
set xrange [0:T_max / unit]
set yrange [0:nseries]
set title 'Spot capacity by pool (share of its largest)'
set xlabel (unit > 1 ? 'time (days)' : 'time (hours)')
unset key
unset grid
set border 1
set ytics scale 0
height(c, k) = (c < 0 ? 0.9 : 0.9 * c / most[k])
# The box that ends at this row: from the row before it, at that row's value.
t0 = NaN
c0 = NaN
t1 = NaN
c1 = NaN
left(t, c, row) = (t0 = (row == 0 ? NaN : t1), c0 = c1, t1 = t, c1 = c, t0 / unit)
if (text) {
    set title 'Spot capacity by pool (line: there is some)'
    plot for [k = 1:nseries] file index k - 1 \
             using (left($1, $2, $0)):(nseries - k + 0.45):($1 / unit - t0 / unit):(c0 == 0 ? NaN : 0) \
             with vectors nohead linetype 1 notitle
} else {
    plot for [k = 1:nseries] file index k - 1 \
             using (left($1, $2, $0)):(nseries - k):(t0 / unit):($1 / unit):(nseries - k):(nseries - k + height(c0, k)) \
             with boxxyerror linetype 1 fillcolor rgb '#3b6ea5' fillstyle solid 1.0 noborder notitle
}
