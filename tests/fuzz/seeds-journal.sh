#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds-journal.sh DIR: writes one file per seed.  The digests are wrong; the
# target puts the right ones in.
z=0000000000000000
pools='"pools":[["a","aws","r1","a","p3.2xlarge",1,918000,3060000,-1],["b","","r2","b","",2,-1,-1,3]]'
header() { # policies
    printf '{"spotsim_journal":1,"abi":2,"scenario":"","key":"%s","interval_ms":%s,"retry_ms":20000,"direct_launch":%s,"keep_rows":%s,"nodes":2,"max_instances":9,%s,"groups":[%s]}\n' \
        $z "$1" "$2" "$3" "$pools" "$4"
}
group() { # policy pools name
    printf '{"name":"%s","policy":"%s","share_ppm":[0,1000000],"pools":[%s]}' "$3" "$1" "$2"
}
body() {
    printf '["s",0,0,2,"%s"]\n' $z
    printf '["r","sent",0,0,1,0,0]\n["r","granted",5,0,1,0,0]\n["r","denied",6,1,2,1,0]\n["s",20000,0,1,"%s"]\n' $z
    printf '["r","ready",30000,0,1,0,0]\n["p","price",30000,0,0,950000]\n["p","capacity",30000,1,0,1]\n["s",40000,0,0,"%s"]\n' $z
    printf '["r","notice",41000,0,1,0,161000]\n["r","unready",42000,0,1,0,0]\n["s",60000,0,1,"%s"]\n' $z
    printf '["r","rebalance",61000,0,1,0,0]\n["r","preempted",62000,0,1,0,0]\n["s",80000,0,0,"%s",12]\n' $z
    printf '["r","cleared",99000,0,1,0,0]\n["s",100000,0,0,"%s"]\n["end",6,"%s"]\n' $z $z
}
{
    header 20000 false true "$(group 'constant(target=2)+skyserve(base=1,dynamic=true,notice=react)+skypilot()' 0,1 fleet)"
    body
} >"$1/skypilot"
{
    header 0 true false "$(group 'constant(target=3)+spot(overprovision=1)+ttl-bench(ttl=90s)' 0 x),$(group 'constant(target=1)+on-demand()' 1 y)"
    body
    printf '["s",100000,1,1,"%s"]\n' $z
} >"$1/groups"
{
    header 30000 true true "$(group 'constant(target=2)+safety-net(slo=0.9)+random()' 0,1 fleet)"
    body
} >"$1/safety-net"
