# SPDX-License-Identifier: Apache-2.0
# How the cost grows.  Reads DIR/performance.dat, blocks: replicas, ns/event; the
# same in SimPy; pools, ns/event with round-robin; with
# skypilot; days, ns/event; runs, ms/run.
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
if (!exists("high")) high = 720
if (!exists("wide")) wide = 900
load ARG0[1:slash].'../plot/style.gp'
file = dir.'/performance.dat'
set multiplot layout 2, 2
set logscale xy
set format x '%.0f'
set xtics ('10' 10, '100' 100, '1000' 1000, '10 000' 10000, '100 000' 100000, '10^6' 1000000)
set title 'One event, by the size of the fleet'
set xlabel 'replicas'
set ylabel 'ns'
set xrange [8:1200000]
set yrange [10:20000]
plot file index 1 using 1:2 with linespoints linecolor rgb colour[2] linewidth 2 pointtype marks[2] title 'SimPy', \
     file index 0 using 1:2 with linespoints linecolor rgb colour[1] linewidth 2 pointtype marks[1] title 'spotsim'
set xtics autofreq
set xrange [*:*]
set title 'One event, by the number of pools'
set xlabel 'pools'
set yrange [10:1000]
plot file index 2 using 1:2 with linespoints linecolor rgb colour[1] linewidth 2 pointtype marks[1] title 'round-robin', \
     file index 3 using 1:2 with linespoints linecolor rgb colour[2] linewidth 2 dashtype 2 pointtype marks[2] title 'skypilot'
set title 'One event, by the length of the trace'
set xlabel 'days'
unset key
plot file index 4 using 1:2 with linespoints linecolor rgb colour[1] linewidth 2 pointtype marks[1]
set title 'One run of a week, by the runs of a study'
set xlabel 'runs, on one thread'
set ylabel 'ms'
set yrange [0.01:10]
plot file index 5 using 1:2 with linespoints linecolor rgb colour[1] linewidth 2 pointtype marks[1]
unset multiplot
