# SPDX-License-Identifier: Apache-2.0
# Ready replicas over the first hour.  Reads DIR/ready.dat: placer, seconds,
# ready; one block per placer.
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
if (!exists("high")) high = 340
if (!exists("wide")) wide = 720
load ARG0[1:slash].'../plot/style.gp'
set title 'One good zone among dead ones'
set xlabel 'minutes since the start'
set ylabel 'ready replicas'
set xrange [0:60]
set yrange [0:4.4]
set ytics 1
array label[2] = ['skypilot: reset below two active zones', 'ttl-bench: a zone is passed over for 600 s']
plot 4 with lines linecolor rgb '#777777' dashtype 3 title 'target', \
     for [k = 1:2] dir.'/ready.dat' index k - 1 using ($2 / 60):3 with steps \
         linecolor rgb colour[k] linewidth 2.5 dashtype dashes[k] title label[k]
