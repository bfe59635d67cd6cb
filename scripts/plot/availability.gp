# SPDX-License-Identifier: Apache-2.0
# Availability against the varied field.
# Reads DIR/curves/base.dat: x full full_lo full_hi any any_lo any_hi
#                            cost cost_lo cost_hi rel rel_lo rel_hi
# (shares from 0 to 1; lo and hi: confidence limits, equal when there are none)
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
here = ARG0[1:slash]
if (!exists("high")) high = 400 + 46 * (exists("nseries") ? nseries : 1)
load here.'style.gp'

file = dir.'/curves/base.dat'
set xlabel xlab
set ylabel 'share of time (%)'
set title 'Availability against '.xlab
load here.'axis.gp'
set yrange [*:100.001]
set offsets 0, 0, 0, graph 0.03
full(k) = (nseries > 1 ? series(k).': ' : '').'ready >= target (full)'
any(k) = (nseries > 1 ? series(k).': ' : '').'ready >= 1 (any)'
band(lo, hi) = (lo < hi ? 1 : NaN)

if (text) {
    set key outside below center vertical
    plot for [k = 1:nseries] file index k - 1 using 1:(100 * $2) with linespoints title full(k), \
         for [k = 1:nseries] file index k - 1 using 1:(100 * $5) with linespoints title any(k)
} else {
    plot for [k = 1:nseries] file index k - 1 using 1:(100 * $3 * band($3, $4)):(100 * $4) \
             with filledcurves fillcolor rgb colour[pick(k)] fillstyle transparent solid 0.18 notitle, \
         for [k = 1:nseries] file index k - 1 using 1:(100 * $6 * band($6, $7)):(100 * $7) \
             with filledcurves fillcolor rgb colour[pick(k)] fillstyle transparent solid 0.10 notitle, \
         for [k = 1:nseries] file index k - 1 using 1:(100 * $2) with linespoints \
             linecolor rgb colour[pick(k)] linewidth 2 dashtype 1 pointtype marks[pick(k)] pointsize 0.8 title full(k), \
         for [k = 1:nseries] file index k - 1 using 1:(100 * $5) with linespoints \
             linecolor rgb colour[pick(k)] linewidth 1.6 dashtype 2 pointtype marks[pick(k)] pointsize 0.5 title any(k)
}
