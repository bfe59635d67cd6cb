#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds-dist.sh DIR: writes one file per seed.
i=0
for seed in none 120s 'uniform(60s,240s)' 'exponential(10h)' 'weibull(1h,0.45)' 'lognormal(183s,0.1)' 'gamma(90s,2.5)' \
    'normal(24.273h,0.233h)' 'empirical(60s, 75s,90s)' 'weibull-normal(0.385,3.59h,0.634,24.273h,0.233h)'; do
    i=$((i + 1))
    printf '%s' "$seed" >"$1/$i"
done
