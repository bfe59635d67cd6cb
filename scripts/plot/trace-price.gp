# SPDX-License-Identifier: Apache-2.0
# The spot prices of a trace, one stepped line for each pool.
# Reads file='FILE' (default DIR/curves/trace-price.dat), one block per pool:
# t_hours price ($/h, NaN: unknown); a row holds until the next one.
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
if (!exists("wide")) wide = 1000
load ARG0[1:slash].'style.gp'

if (!exists("file")) file = dir.'/curves/trace-price.dat'
stats file using 1 name 'T' nooutput
unit = (T_max > 96 ? 24.0 : 1.0)
set xrange [0:T_max / unit]
set yrange [0:*]
set title 'Spot price by pool'
set xlabel (unit > 1 ? 'time (days)' : 'time (hours)')
set ylabel 'price ($/h)'
plot for [k = 1:nseries] file index k - 1 using ($1 / unit):2 with steps \
         linecolor rgb colour[pick(k)] linewidth 1.5 dashtype dash(k) notitle, \
     for [k = 1:nseries] file index k - 1 using ($1 / unit):(mark_at($1, $2, k, $0, T_max / 12.0)) \
         with points linecolor rgb colour[pick(k)] linewidth 1.2 pointtype marks[pick(k)] pointsize mark_unit notitle, \
     for [k = 1:nseries] NaN with linespoints linecolor rgb colour[pick(k)] linewidth 1.5 dashtype dash(k) \
         pointtype marks[pick(k)] pointsize mark_unit title series(k)
