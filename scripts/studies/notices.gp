# SPDX-License-Identifier: Apache-2.0
# Time short of the target against cold start, with and without reacting to
# notices.  Reads DIR/notices.dat: cold start (s), minutes per day short, ...;
# blocks: live ignore, live react, ideal ignore, ideal react.
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
if (!exists("high")) high = 420
if (!exists("wide")) wide = 720
load ARG0[1:slash].'../plot/style.gp'
file = dir.'/notices.dat'
set title 'What a notice of 120 s buys'
set xlabel 'cold start (s)'
set ylabel 'below target (minutes per day)'
set xrange [0:310]
set yrange [0:*]
set xtics (30, 60, 90, 120, 150, 183, 240, 300)
set arrow from 120, graph 0 to 120, graph 1 nohead linecolor rgb '#888888' dashtype 3
set label 'lead' at 123, graph 0.95 textcolor rgb '#666666'
array label[4] = ['live controller, notices ignored', 'live controller, replaced at the notice', 'no lag, notices ignored', 'no lag, replaced at the notice']
array dash[4] = [1, 1, 2, 2]
array thick[4] = [2, 2, 1, 1]
plot for [k = 1:4] file index k - 1 using 1:2 with linespoints linecolor rgb colour[(k - 1) % 2 + 1] \
    linewidth thick[k] dashtype dash[k] pointtype marks[(k - 1) % 2 + 1] pointsize 0.7 title label[k]
