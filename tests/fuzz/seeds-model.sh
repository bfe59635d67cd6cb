#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds-model.sh DIR: writes one file per seed.
dir=$1
for preset in traces/presets/calm.json traces/presets/nine-zones.json traces/presets/cloud-gcp.json traces/presets/stress/*.json; do
    cp "$preset" "$dir/$(basename "$preset" .json)"
done
printf '%s' '{"format": 1, "process": "runs", "resolution": "600s", "pools": [{"name": "a", "width": 4, "whole_loss": 0.5, "refill_h": 1, "batches": [0.5, 0.5], "up": {"family": "weibull", "scale_h": 2, "shape": 0.5}, "down": {"family": "lognormal", "median_h": 1, "sigma": 2, "cap_h": 40}}, {"name": "b", "up": {"family": "h2", "p_short": 0.5, "mean_short_h": 1, "mean_long_h": 9}, "down": {"family": "empirical", "runs_h": [1, 2, 3]}}]}' >"$dir/runs"
printf '%s' '{"format": 1, "shares": "expected", "scales_h": [1, 8], "common": [0, 1], "pools": [{"name": "a", "levels": [[0, 0.3], [2, 0.7]], "weights": [0.5, 0.5], "loads": {"f": -0.5}, "waves": [{"period_h": 24, "cos": 1, "sin": 0.5}], "price": {"mean_usd": 1, "every_h": 6, "step": 0.01, "pull": 0.1}}], "events": [{"kind": "drought", "at": "1d", "for": "1d", "factor": 0.5}, {"kind": "flap", "pools": "@cheapest", "at": "2h", "for": "5h", "period": "1h"}, {"kind": "price", "for": "3h", "factor": 4}]}' >"$dir/state"
printf '%s' '{"format": 1, "process": "blocks", "shares": "exact", "resolution": "600s", "blocks": {"tick": "600s", "ticks": 300, "mean": "6h", "same_hour": true, "joins": [[10, 154, 298], [3, 50, 120]]}, "pools": [{"name": "a", "history": {"capacity": [0, 20, 1, 100, 0, 180], "price": [1.5, 100, 1.25, 200]}}, {"name": "b", "history": {"capacity": [4, 300]}, "price": {"mean_usd": 1, "every_h": 6, "step": 0.01, "pull": 0.1}}]}' >"$dir/blocks"
printf '%s' '{"format": 1, "process": "blocks", "shares": "expected", "span": "9d", "blocks": {"tick": "1h", "ticks": 30, "mean": "4h", "joins": [[1, 11, 21], [2, 12, 22], [0, 1, 29]]}, "pools": [{"name": "a", "history": {"capacity": [0, 2, 1, 9, 2, 10, 1, 9]}}], "events": [{"kind": "outage", "at": "1d", "for": "1h"}]}' >"$dir/blocks-expected"
printf 'lifetime_h,ended_by\n1.5,preempted,x\n2,stop\n' >"$dir/lives"
