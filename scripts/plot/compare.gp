# SPDX-License-Identifier: Apache-2.0
# A real trace against synthetic ones.
# Reads file='FILE' in six blocks (six more when beside=1, of another model):
# run lengths up and down: share real synthetic lo hi; hours: hour real synthetic
# lo hi; full availability (%), cost ($) and spread of the former over windows
# (points): policy real lo hi synthetic lo hi.  hours='UTC' or 'since the start'.
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
here = ARG0[1:slash]
if (!exists("wide")) wide = 1000
if (!exists("high")) high = 900
if (!exists("beside")) beside = 0
if (!exists("hours")) hours = 'since the start'
load here.'style.gp'

if (!exists("file")) file = dir.'/curves/compare.dat'
real = '#1a1a1a'
made = '#3b6ea5'
other = '#c8553d'
if (!text) { set multiplot layout 3, 2 }

# The other model's part of a plot command.
also(k, columns, style) = (beside ? sprintf(", file index %d using %s with %s linecolor rgb other title 'other model'", \
                                            k + 6, columns, style) : '')
band = "with filledcurves fillcolor rgb made fillstyle transparent solid 0.2 noborder title '90 % of traces'"

set grid
set logscale xy
set xlabel 'real (h)'
set ylabel 'synthetic (h)'
set format xy '%g'
do for [k = 0:1] {
    set title (k ? 'Down-runs' : 'Up-runs').', quantile against quantile'
    eval "plot file index k using 2:4:5 ".band. \
         ", file index k using 2:3 with linespoints linecolor rgb made pointtype 7 pointsize 0.6 title 'model'". \
         also(k, '2:3', 'linespoints pointtype 5 pointsize 0.6'). \
         ", file index k using 2:2 with lines linecolor rgb real dashtype 2 title 'equal'"
}
unset logscale
set xlabel 'hour ('.hours.')'
set ylabel 'availability of a pool'
set yrange [0:1]
set xrange [0:23]
set xtics 0, 3, 21
set title 'Hours of the day'
eval "plot file index 2 using 1:4:5 ".band. \
     ", file index 2 using 1:3 with lines linecolor rgb made linewidth 2 title 'model'". \
     also(2, '1:3', 'lines linewidth 2'). \
     ", file index 2 using 1:2 with lines linecolor rgb real linewidth 2 title 'real'"
set xrange [*:*]
set yrange [*:*]
set offsets 0.5, 0.5, 0, 0
set xtics 1
set xlabel 'policy, as in the table'
title(k) = (k == 3 ? 'Full availability' : k == 4 ? 'Cost' : 'Spread of it over windows')
do for [k = 3:5] {
    set title title(k).' (bars: from trace to trace)'
    set ylabel (k == 3 ? '%' : k == 4 ? '$' : 'points')
    eval "plot file index k using ($1 - 0.12):2 with points linecolor rgb real pointtype 7 pointsize 1 title 'real'". \
         ", file index k using ($1 + 0.08):5:6:7 with yerrorbars linecolor rgb made pointtype 7 pointsize 0.8 title 'model'". \
         also(k, '($1 + 0.24):5:6:7', 'yerrorbars pointtype 5 pointsize 0.8')
}
if (!text) { unset multiplot }
