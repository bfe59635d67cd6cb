# SPDX-License-Identifier: Apache-2.0
# What all plots share; loaded by each.  Edit here to restyle every curve.
#
# Called with
#   gnuplot -e "dir='STUDY'; out='FILE.svg'; fmt='svg'; names='a|b'; nseries=2" NAME.gp
# fmt: svg, png or dumb (text for a terminal; out='' then means the screen).
# Data files: blank-separated columns, NaN for unknown, one block per series
# (two blank lines between blocks).

if (!exists("dir")) dir = '.'
if (!exists("out")) out = ''
if (!exists("fmt")) fmt = 'svg'
if (!exists("nseries")) nseries = 1
if (!exists("names")) names = ''
if (!exists("xlab")) xlab = 'value'
if (!exists("wide")) wide = 860
if (!exists("high")) high = 500

if (fmt eq 'svg') {
    set terminal svg size wide, high dynamic noenhanced font 'Helvetica,Arial,sans-serif,14' background '#ffffff'
}
if (fmt eq 'png') {
    set terminal pngcairo size 1.5 * wide, 1.5 * high noenhanced font 'sans,15' linewidth 1.5 background '#ffffff'
}
if (fmt eq 'dumb') {
    set terminal dumb noenhanced size 79, 24
}
if (out ne '') set output out

# The k-th of the names 'a|b|c', from 1.
name_from = 1
cut_at(s) = (strstrt(s, '|') == 0 ? strlen(s) + 1 : strstrt(s, '|'))
rest(s) = s[cut_at(s) + 1:*]
first(s) = s[1:cut_at(s) - 1]
nth(s, k) = (k <= 1 ? first(s) : nth(rest(s), k - 1))
series(k) = nth(names, k)

# Series differ in lightness, dash and mark, each by itself enough to tell a few
# apart, so that they survive printing in grey.  Where lines lie on each other
# the later ones are thinner, dashed and hollow: the earlier stay visible.
array colour[8] = ['#08306b', '#e28413', '#0f7550', '#92c5e6', '#b8559a', '#713a00', '#000000', '#b3a400']
array marks[8] = [6, 4, 8, 12, 10, 1, 2, 14]
array dashes[8] = [1, 11, 12, 13, 14, 15, 16, 17]
set dashtype 11 (12, 5)
set dashtype 12 (4, 5)
set dashtype 13 (14, 4, 3, 4)
set dashtype 14 (7, 4)
set dashtype 15 (14, 3, 3, 3, 3, 3)
set dashtype 16 (20, 6)
set dashtype 17 (2, 6)
pick(k) = (int(k) - 1) % 8 + 1
# beyond eight series other dashes go with the same colours and marks
dash(k) = dashes[(int(k) - 1 + (int(k) - 1) / 8) % 8 + 1]
fade(k) = (nseries < 2 ? 0.6 : (int(k) - 1.0) / (nseries - 1.0)) # 0 for the first, 1 for the last
thick(k) = 3.0 - 1.6 * fade(k)
mark_unit = (fmt eq 'svg' ? 0.7 : 1.0) # terminals differ in what size 1 is
large(k) = mark_unit * (1.9 - 0.8 * fade(k))

set style fill solid 1.0 noborder
set border 3 linecolor rgb '#444444' linewidth 1
set tics nomirror out scale 0.6
set grid xtics ytics linetype 1 linecolor rgb '#e2e2e2' linewidth 0.7 dashtype 1
# (the blank title keeps the key off the axis label)
set key outside below center horizontal Left reverse samplen 3 spacing 1.1 maxrows 6 title ' ' font ',13'
set encoding utf8
text = (fmt eq 'dumb')
if (text) {
    unset grid
    set key inside right bottom vertical samplen 2 notitle
}

# 1 when a data column holds a number; for `stats`, which fails on NaN alone.
is_known(c) = (strcol(c) eq 'NaN' || strcol(c) eq 'nan' || strcol(c) eq 'null' ? 0 : 1)

# For lines with more points than marks should be: y at the first point past
# each step of `every` along the axis (x: position on it), each series a little
# further on so that marks do not meet; NaN between.  row: column 0.
last_step = 0
mark_at(x, y, k, row, every) = (this_step = floor(x / every - 0.37 * k), \
    shown_mark = (row == 0 || this_step != last_step ? y : NaN), last_step = this_step, shown_mark)
