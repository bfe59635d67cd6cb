# SPDX-License-Identifier: Apache-2.0
# Which series have a number in column `needed` of `file`: shown[1] to
# shown[n_shown], and `without`, the names of the others.  Plots draw the shown
# ones alone: gnuplot (5.4) crashes on a labelled series without a number.
array shown[nseries]
n_shown = 0
without = ''
do for [k = 1:nseries] {
    stats file index k - 1 using (is_known(needed)) name 'K' nooutput
    if (K_max > 0) {
        n_shown = n_shown + 1
        shown[n_shown] = k
    } else {
        without = without.(without eq '' ? '' : '; ').series(k)
    }
}
if (strlen(without) > 90) { without = without[1:87].'...' }
