#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The published JSON Schema fits what spotsim reads and writes.
program=${SPOTSIM:-build/spotsim}
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
if ! python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
    echo "python3 has no jsonschema (Debian: python3-jsonschema): the schema is not validated"
    exit 77
fi
trace=traces/data/demo
"$program" scenario show --trace $trace --target 4 --policy 'skyserve(base=1)+ttl-bench()' --horizon 1d \
    --price-on-demand 3 --set 'cloud.pools.us-west*.notice=30s' >"$work/plain.json" 2>"$work/log" || exit 1
"$program" scenario show --trace $trace --policy 'series(file=0s:2 1h:4)+base-percent()+random' --cloud gcp \
    --cold-start 'uniform(60s,90s)' --set 'cloud.quotas=[{"region":"us-*","market":"spot","max":9}]' \
    --set 'groups=[{"name":"a","pools":["us-east*"],"share":0.5},{"name":"b","pools":["us-west*"],"share":0.5,
    "policy":"on-demand"}]' >"$work/groups.json" 2>>"$work/log" || { cat "$work/log"; exit 1; }
"$program" sweep "$work/plain.json" --vary policy.mix.base=0..1 --window 6h --replications 2 --set horizon=null \
    --out "$work/study" >/dev/null 2>>"$work/log" || { cat "$work/log"; exit 1; }
python3 - docs/scenario.schema.json "$work" <<'PY'
import json, sys
from jsonschema import Draft202012Validator

schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
manifest = json.load(open(sys.argv[2] + "/study/manifest.json"))
good = [json.load(open(f"{sys.argv[2]}/{name}.json")) for name in ("plain", "groups")]
good += [json.load(open("docs/examples/base_size.json")), manifest["scenario"], manifest["resolved"],
         {"fleet": {"target": 4, "policy": {"mix": "skyserve()", "placer": {"name": "random"}}}},
         {"horizon": None, "study": {"vary": {"policy.mix.base": "0..4", "target": [1, 2]}}}]
bad = [{"flet": {}}, {"seed": -1}, {"seed": 1.5}, {"horizon": "soon"}, {"fleet": {"target": "x"}},
       {"fleet": {"policy": {"mix": {"name": "skyserve", "bse": 1}}}},
       {"fleet": {"policy": {"mix": {"name": "skyserve", "base": -1}}}},
       {"fleet": {"policy": {"mix": {"base": 1}}}}, {"trace": {"means": "hold"}},
       {"cloud": {"pools": {"*": {"notice": -3}}}}, {"control": {"random_phases": "yes"}}, [1]]
wrong = 0
for s in good:
    for e in validator.iter_errors(s):
        print("refused:", e.json_path, e.message[:200])
        wrong += 1
for s in bad:
    if validator.is_valid(s):
        print("accepted:", json.dumps(s))
        wrong += 1
print("# count: scenarios against the schema:", len(good) + len(bad))
sys.exit(wrong > 0)
PY
