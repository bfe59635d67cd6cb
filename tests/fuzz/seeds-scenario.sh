#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds-scenario.sh DIR: writes one file per seed.
i=0
while read -r seed; do
    i=$((i + 1))
    printf '%s' "$seed" >"$1/$i"
done <<'SEEDS'
{"fleet": {"target": 4, "policy": "skyserve(base=1,dynamic=true)+ttl-bench(ttl=600s)"}}
{"name": "n", "profile": "ideal", "seed": 3, "warmup": "5m", "horizon": 1500, "fleet": {"target": 2, "policy": {"mix": {"name": "static-base", "base": 1}, "placer": {"name": "random"}}, "nodes": 2, "max_instances": 9}}
{"fleet": {"target": 9, "policy": "spot()", "groups": [{"name": "a", "pools": ["*"], "share": 0.5, "policy": "on-demand"}]}}
{"trace": {"polarity": "preempted", "means": "launch", "single_means": "unlimited", "gap": "60s"}, "fleet": {"policy": "series(file=0s:1 10m:4)+spot()"}}
{"cloud": {"name": "gcp", "defaults": {"price_on_demand": 3.06, "cold_start": "uniform(10s,20s)"}, "pools": {"*": {"notice": "30s", "lifetime": "weibull(9h,0.6)"}}, "quotas": [{"region": "*", "market": "spot", "max": 2}]}, "fleet": {"target": 1, "policy": "spot()"}}
{"control": {"interval": "30s", "random_phases": false}, "study": {"vary": {"policy.mix.base": "0..3", "target": [1, 2]}, "replications": 5, "window": "10m"}, "fleet": {"target": 1, "policy": "skyserve()"}}
{"stress": "drought", "horizon": "20m", "fleet": {"target": 2, "policy": "spot()"}, "cloud": {"defaults": {"price_spot": 1, "lifetime": "weibull-normal(0.4,1h,0.6,5h,10m)"}}}
{"fleet": {"target": 1, "policy": "spot()"}, "study": {"vary": {"stress": "all"}}}
{"format": 1, "fleet": {"target": null, "pools": null}}
SEEDS
