#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds-text.sh DIR: writes one file per seed.
i=0
for seed in 120s 1.5h 7d 500ms 1e3 -1s 0.918 2023-02-15T08:30:00Z '2023-02-15 10:30:00.25+02:00' 'us-*-2?|us-west-2a' \
    cheepest 1099511627775ms 9999-12-31T23:59:59.999Z 0.30000000000000004; do
    i=$((i + 1))
    printf '%s' "$seed" >"$1/$i"
done
