#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds-trace.sh DIR: writes one file per seed; the first byte is the options.
put() { # NAME OPTIONS TEXT
    printf '%b%b' "$2" "$3" >"$dir/$1"
}
dir=$1
put skypilot '\0000' '{"metadata": {"gap_seconds": 195}, "data": [0, 1, 4, 0], "prices": [1, 2.5, 1, 1]}'
put skypilot-01 '\0003' '{"metadata": {"gap_seconds": 195}, "data": [0, 1, 1, 0]}'
put nogap '\0004' '{"data": [0, 1, 1, 0, 1]}'
put lists '\0004' '{"us-east-1a_v100_1": [1, 1, 2], "b": [0.918, 1, 1]}'
entry='{"AvailabilityZone": "us-east-1b", "InstanceType": "p3", "ProductDescription": "Linux/UNIX", "SpotPrice": "1.0671", "Timestamp": "2020-02-20T22:06:16.000Z"}'
later='{"AvailabilityZone": "us-east-1b", "InstanceType": "p3", "ProductDescription": "Windows", "SpotPrice": "2", "Timestamp": "2020-02-21T22:06:16+01:00"}'
third='{"AvailabilityZone": "us-east-1b", "InstanceType": "p3", "ProductDescription": "Linux/UNIX", "SpotPrice": "2", "Timestamp": "2020-02-22T22:06:16Z"}'
put history '\0000' "{\"SpotPriceHistory\": [$entry, $third]} {\"SpotPriceHistory\": [$entry]}"
put products '\0040' "[$entry, $later, $third]"
put dated '\0000' 'date,availability\n2023-02-15 22:08:16,0\n2023-02-15 22:11:31,1\n2023-02-15 22:14:46,0\n'
put events '\0000' '0,add,node1\n1000,add,node2\n5000,remove,node1\n9000,remove,node2\n'
put tidy '\0000' '# spotsim-trace 1\n# epoch 2023-02-15T22:08:16.000Z\n# pool {"name": "a", "cloud": "aws", "region": "r", "zone": "z", "type": "t", "cloud_inferred": true, "gap_ms": 1000, "resolution_ms": 2000, "span_ms": 90000, "samples": 9, "price_samples": 9}\ntime,pool,capacity,price\n0,a,1,0.5\n1.5,a,unlimited,\n3,a,,0.25\n'
put tidy-short '\0020' '# spotsim-trace 1\ntime,pool,capacity,price\n0,"a ""b",1,\n10,c,2,1\n20,c,0,\n30,"a ""b",0,\n'
put manifest '\0000' '{"cloud": "aws", "files": [{"file": "a.json", "pool": "p", "offset": "1462ticks", "epoch": "2023-01-01 00:00:00", "gap": "300s", "resolution": 633, "rename": {"a": "b"}}]}'
put align '\0000' 'pool,offset\na,1462ticks\nb,90m\n'
