#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds-spec.sh DIR: writes one file per seed.
i=0
for seed in 'skyserve(base=1,dynamic=true,overprovision=2)+ttl-bench(ttl=600s)' 'on-demand' 'static-base(base=2)' \
    'constant(target=4)+spot(notice=react,rebalance=react)+skypilot' 'base-percent(base=1,percent=33)+random' \
    'series(file=0s:4 1h:8)+safety-net(slo=0.99,dwell=2m)+even-spread' ' "spot" ( overprovision = "3" ) + least-loaded' \
    'spot+round-robin+cheapest' 'skyserv(bse=1)'; do
    i=$((i + 1))
    printf '%s' "$seed" >"$1/$i"
done
