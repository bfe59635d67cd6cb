# SPDX-License-Identifier: Apache-2.0
# Three zones: availability without fallback, cost with it.  Reads DIR/bars.dat:
# label, three availabilities, three costs (%).
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
if (!exists("high")) high = 620
if (!exists("wide")) wide = 820
load ARG0[1:slash].'../plot/style.gp'
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border linecolor rgb '#444444'
array placer[3] = ['skypilot (reset rule)', 'ttl-bench 180 s', 'ttl-bench 600 s']
array shade[3] = ['#08306b', '#6baed6', '#d9d9d9']
unset grid
set grid ytics
set xtics scale 0
set multiplot layout 2, 1
set title 'Spot only: share of time with all four replicas ready (%)'
set yrange [0:100]
unset key
plot for [k = 1:3] dir.'/bars.dat' using 1 + k:xtic(1) linecolor rgb shade[k] title placer[k]
set title 'With on-demand fallback: cost (% of all on-demand)'
set yrange [0:*]
set key outside below center horizontal
plot for [k = 1:3] dir.'/bars.dat' using 4 + k:xtic(1) linecolor rgb shade[k] title placer[k]
unset multiplot
