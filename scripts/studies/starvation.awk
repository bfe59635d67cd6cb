# SPDX-License-Identifier: Apache-2.0
# From three-zones.csv to groups of bars: what availability without fallback
# (and cost with it) each placer has, one row for each trace and price order.
NR == 1 { next }
{
    row = $1 ($2 == "reverse" ? ",\\nreverse" : ",\\nby name")
    if (!(row in seen)) { seen[row] = 1; rows[++n] = row }
    if ($3 == "false") full[row, $4] = 100 * $5
    else cost[row, $4] = 100 * $7
}
END {
    for (i = 1; i <= n; i++)
        print "\"" rows[i] "\"", full[rows[i], "skypilot"], full[rows[i], "ttl-bench(ttl=180s)"], \
            full[rows[i], "ttl-bench(ttl=600s)"], cost[rows[i], "skypilot"], cost[rows[i], "ttl-bench(ttl=180s)"], \
            cost[rows[i], "ttl-bench(ttl=600s)"]
}
