# SPDX-License-Identifier: Apache-2.0
# How long outages of full availability last.
# Reads DIR/curves/outages.dat: length_s share of outages longer than this.
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
here = ARG0[1:slash]
load here.'style.gp'

file = dir.'/curves/outages.dat'
set title 'Outages: times with ready < target'
set xlabel 'length'
set ylabel 'outages longer than this (%)'
set logscale x
set xtics ('1 s' 1, '10 s' 10, '1 min' 60, '10 min' 600, '1 h' 3600, '6 h' 21600, '1 d' 86400, '1 w' 604800)
set yrange [0:100]
set offsets 0, 0, 0, 0
label(k) = (nseries > 1 || names ne '' ? series(k) : 'outages')
length(s) = (s < 1 ? 1 : s)

if (text) {
    set key inside left bottom vertical
    plot for [k = 1:nseries] file index k - 1 using (length($1)):(100 * $2) with steps title label(k)
} else {
    plot for [k = 1:nseries] file index k - 1 using (length($1)):(100 * $2) with steps \
             linecolor rgb colour[pick(k)] linewidth 2 dashtype dashes[pick(k)] title label(k)
}
