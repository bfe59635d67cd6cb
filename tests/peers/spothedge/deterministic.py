# SPDX-License-Identifier: Apache-2.0
"""SpotHedge's policies that draw nothing, and ours, over whole runs.

Its classes RoundRobin, NaiveSpread and OnDemand run in process, with its
on-demand fallback and without; ours are the policies of the same rules under
profile spothedge.  Cost and availability must be equal, to what a double
holds, on every row: policy, trace, target, overprovisioning, cold start.
"""
import argparse
import itertools
import os
import sys
import types
from typing import List, NamedTuple

import compare

# (target, overprovisioned, cold start in s): each with every policy and trace
SETTINGS = [(3, 0, 120), (3, 2, 0), (5, 1, 60), (1, 1, 480)]
TRACES = ['AWS1', 'AWS2']


class Pair(NamedTuple):
    their_class: str
    their_fallback: str
    ours: str  # {extra}: overprovisioned

    def name(self) -> str:
        return f'{self.their_class}, {self.their_fallback}'


PAIRS = [Pair(their_class, fallback, f'{mix}+{placer}')
         for (their_class, placer), (fallback, mix) in itertools.product(
             [('RoundRobin', 'round-robin'), ('NaiveSpread', 'even-spread')],
             [('StaticSpotProvision', 'spot(overprovision={extra})'),
              ('SpotFailoverNoSafety', 'skyserve(base=0,dynamic=true,overprovision={extra})')])]
# its on-demand fallback launches what is overprovisioned too; ours has no such parameter
ON_DEMAND = Pair('OnDemand', 'OnDemand', 'on-demand()')


def load_classes(root: str) -> types.SimpleNamespace:
    peer = compare.load_peer(root)
    from policies.policies import naive_spread, on_demand, round_robin
    from policies.scheduler import on_demand_only, static_spot_provision
    assert on_demand_only and static_spot_provision  # they register themselves
    peer.classes = {'RoundRobin': round_robin.RoundRobin, 'NaiveSpread': naive_spread.NaiveSpread,
                    'OnDemand': on_demand.OnDemand}
    return peer


def check(peer: types.SimpleNamespace, args: argparse.Namespace, trace: str) -> int:
    """Rows compared; raises SystemExit at the first that differs."""
    folder = os.path.join(args.peer, 'data', trace)
    # the last tick of a trace has no length in ours
    ticks = min(args.ticks, compare.load_capacities(folder, peer.config) - 1)
    rows = 0
    for pair, (target, extra, cold_s) in itertools.product(PAIRS + [ON_DEMAND], SETTINGS):
        if pair is ON_DEMAND:
            extra = 0
        compare.configure(peer.config, ticks, target, cold_s)
        policy = peer.classes[pair.their_class](compare.make_arguments(extra, pair.their_fallback))
        theirs = compare.run_class(policy)
        ours = compare.run_policy(args.spotsim, folder, ticks, target, cold_s, pair.ours.format(extra=extra))
        if not compare.same(theirs, ours):
            raise SystemExit(f'{pair.name()}: {trace}, {ticks} ticks, target {target}, overprovisioned {extra}, '
                             f'cold start {cold_s} s: theirs {theirs}, ours {ours}')
        rows += 1
    return rows


def check_that_all_matter(peer: types.SimpleNamespace, args: argparse.Namespace) -> None:
    """The policies are told apart by what is compared."""
    compare.load_capacities(os.path.join(args.peer, 'data', TRACES[0]), peer.config)
    compare.configure(peer.config, args.ticks, 3, 120)
    outcomes: List[compare.Outcome] = []
    for pair in PAIRS + [ON_DEMAND]:
        policy = peer.classes[pair.their_class](compare.make_arguments(0, pair.their_fallback))
        outcomes.append(compare.run_class(policy))
    if len(set(outcomes)) != len(outcomes):
        raise SystemExit(f'two of its policies gave the same: {outcomes}; the slice is too short')


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--peer', required=True, help='folder of its code')
    parser.add_argument('--spotsim', required=True)
    parser.add_argument('--ticks', type=int, default=4000)
    args = parser.parse_args()
    peer = load_classes(args.peer)
    check_that_all_matter(peer, args)
    rows = sum(check(peer, args, trace) for trace in TRACES)
    print(f'# count: SpotHedge runs of its deterministic policies: {rows}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
