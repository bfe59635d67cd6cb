# SPDX-License-Identifier: Apache-2.0
# How long outages of full availability last.
# Reads DIR/curves/outages.dat: length_s share of outages longer than this.
# note='LINE|LINE': what is shown of what, written below the axis.
slash = 0
do for [i = 1:strlen(ARG0)] { if (ARG0[i:i] eq '/') { slash = i } }
here = ARG0[1:slash]
if (!exists("high")) high = 540
load here.'style.gp'

file = dir.'/curves/outages.dat'
set title 'Outages: times with ready < target'
if (!exists("note")) note = ''
caption = 'length'
while (note ne '') {
    caption = caption."\n".first(note)
    note = rest(note)
}
set xlabel caption
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
    exit
}
# (a mark on each step would be a smear: four in each decade)
plot for [k = 1:nseries] file index k - 1 using (length($1)):(100 * $2) with steps \
         linecolor rgb colour[pick(k)] linewidth thick(k) dashtype dash(k) notitle, \
     for [k = 1:nseries] file index k - 1 \
         using (length($1)):(mark_at(log10(length($1)), 100 * $2, k, $0, 0.25)) \
         with points linecolor rgb colour[pick(k)] linewidth 1.6 pointtype marks[pick(k)] pointsize large(k) notitle, \
     for [k = 1:nseries] NaN with linespoints linecolor rgb colour[pick(k)] linewidth thick(k) dashtype dash(k) \
         pointtype marks[pick(k)] pointsize large(k) title label(k)
