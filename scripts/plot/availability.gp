# SPDX-License-Identifier: Apache-2.0
# Availability against the varied field; with several series in two panels, as
# six curves in one cannot be told apart where they meet.
# Reads DIR/curves/base.dat: x full full_lo full_hi any any_lo any_hi
#                            cost cost_lo cost_hi rel rel_lo rel_hi
# (shares from 0 to 1; lo and hi: confidence limits, equal when there are none)
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
here = ARG0[1:slash]
panels = (exists("nseries") && nseries > 1 ? 2 : 1)
if (!exists("high")) high = (panels > 1 ? 620 + 20 * nseries : 450)
load here.'style.gp'

file = dir.'/curves/base.dat'
set xlabel xlab
set ylabel 'share of time (%)'
set title 'Availability against '.xlab
load here.'axis.gp'
set yrange [*:100.001]
set offsets 0, 0, 0, graph 0.03
full = 'ready >= target (full)'
any = 'ready >= 1 (any)'
label(k, what) = (panels > 1 ? series(k).(text ? ': '.what : '') : what)
band(lo, hi) = (lo < hi ? 1 : NaN)

if (text) {
    set key outside below center vertical
    plot for [k = 1:nseries] file index k - 1 using 1:(100 * $2) with linespoints title label(k, full), \
         for [k = 1:nseries] file index k - 1 using 1:(100 * $5) with linespoints title label(k, any)
    exit
}
if (panels == 1) {
    plot file using 1:(100 * $3 * band($3, $4)):(100 * $4) \
             with filledcurves fillcolor rgb colour[1] fillstyle transparent solid 0.18 notitle, \
         file using 1:(100 * $6 * band($6, $7)):(100 * $7) \
             with filledcurves fillcolor rgb colour[2] fillstyle transparent solid 0.18 notitle, \
         file using 1:(100 * $2) with linespoints linecolor rgb colour[1] linewidth 2.6 dashtype dash(1) \
             pointtype marks[1] pointsize 1.6 * mark_unit title label(1, full), \
         file using 1:(100 * $5) with linespoints linecolor rgb colour[2] linewidth 1.8 dashtype dash(2) \
             pointtype marks[2] pointsize 1.1 * mark_unit title label(1, any)
    exit
}

set lmargin 11
set multiplot layout 2, 1
unset key
unset xlabel
set ylabel full.' (%)'
plot for [k = 1:nseries] file index k - 1 using 1:(100 * $3 * band($3, $4)):(100 * $4) \
         with filledcurves fillcolor rgb colour[pick(k)] fillstyle transparent solid 0.15 notitle, \
     for [k = 1:nseries] file index k - 1 using 1:(100 * $2) with linespoints linecolor rgb colour[pick(k)] \
         linewidth thick(k) dashtype dash(k) pointtype marks[pick(k)] pointsize large(k) notitle
unset title
set key
set xlabel xlab
set ylabel any.' (%)'
plot for [k = 1:nseries] file index k - 1 using 1:(100 * $6 * band($6, $7)):(100 * $7) \
         with filledcurves fillcolor rgb colour[pick(k)] fillstyle transparent solid 0.15 notitle, \
     for [k = 1:nseries] file index k - 1 using 1:(100 * $5) with linespoints linecolor rgb colour[pick(k)] \
         linewidth thick(k) dashtype dash(k) pointtype marks[pick(k)] pointsize large(k) title label(k, any)
unset multiplot
