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

# Series differ in lightness, dash and point, so that they survive printing in
# grey; colours from ColorBrewer and Okabe-Ito.
array colour[8] = ['#08306b', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#7f6000', '#999999', '#000000']
array marks[8] = [7, 5, 9, 13, 6, 4, 8, 12]
array dashes[8] = [1, 2, 4, 5, 3, 1, 2, 4]
pick(k) = (k - 1) % 8 + 1

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
