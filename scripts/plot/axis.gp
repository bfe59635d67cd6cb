# SPDX-License-Identifier: Apache-2.0
# The x axis of a varied field: some room at both ends, whole ticks for whole
# numbers.  Loaded after `file` is set.
stats file using 1 name 'X' nooutput
stats file using (abs(column(1) - floor(column(1) + 0.5)) > 1e-9 ? 1 : 0) name 'F' nooutput
room = (X_max > X_min ? 0.04 * (X_max - X_min) : 0.5)
set xrange [X_min - room:X_max + room]
if (F_max == 0 && X_max - X_min <= 20) { set xtics 1 }
