# SPDX-License-Identifier: Apache-2.0
"""SpotHedge's public simulator and ours on the same traces.

Its policy SpotHedge with its on-demand fallback runs in process; ours is
`skyserve(dynamic=true)+spothedge` under profile spothedge.  Twice:

- each with random numbers of its own, some seeds each: the means of
  availability and cost may differ by what chance allows, no more;
- with our random numbers handed to its random.choice: availability and cost
  must be equal, seed by seed.

The reset rule is that of its code, and that of its paper put in its place.
"""
import argparse
import contextlib
import glob
import io
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import types
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

TICK_S = 30
MASK = (1 << 64) - 1
STANDARD_ERRORS = 4.0  # one false alarm in some 16,000 comparisons


class Case(NamedTuple):
    trace: str
    ticks: int
    target: int
    extra: int
    cold_s: int
    reset: str = 'code'


class Outcome(NamedTuple):
    availability: float
    cost: float  # instance-ticks times price


# ---- its side ----


def load_peer(root: str) -> types.SimpleNamespace:
    """Its modules, without those that plot, solve, or draw workloads."""
    sys.path.insert(0, root)
    sys.dont_write_bytecode = True
    package = types.ModuleType('policies')
    package.__path__ = [os.path.join(root, 'policies')]
    workload = types.ModuleType('policies.workload')
    workload.Workload = types.SimpleNamespace(from_name=lambda _: lambda use_simulator: None)
    latency = types.ModuleType('policies.latency_simulator')
    latency.simulate_latency = lambda *_: (0, 0, 0, 0, [])
    package.workload, package.latency_simulator = workload, latency
    sys.modules.update({'policies': package, 'policies.workload': workload, 'policies.latency_simulator': latency,
                        'numpy': types.ModuleType('numpy')})
    from policies.autoscalers import base_autoscaler
    from policies.policies import spot_hedge
    from policies.scheduler import spot_failover_no_safety
    from utils import config
    assert base_autoscaler and spot_failover_no_safety  # they register themselves

    class Paper(spot_hedge.SpotHedge):
        """With the reset rule of the paper in place of the code's."""
        NAME = None

        def _maintain_list(self) -> None:
            if len(self.active_region_list) < 2:
                self.active_region_list = list(range(len(config.regions)))
                self.preemptive_region_list = []

        @property
        def name(self) -> str:
            return 'paper'

    return types.SimpleNamespace(spot_hedge=spot_hedge, config=config, paper=Paper)


def run_class(policy: Any) -> Outcome:
    """One of its policy objects over the trace that is loaded."""
    with contextlib.redirect_stdout(io.StringIO()):
        policy._run_exp_one(0)
    result = policy._results[-1]
    return Outcome(result['availability'], result['cost'])


def make_arguments(extra: int, fallback: str) -> types.SimpleNamespace:
    """What its policy classes take."""
    kinds = sys.modules['policies.fallback_policy'].FallbackType, sys.modules['policies.autoscaler'].AutoscalerType
    return types.SimpleNamespace(overprovision_num=extra, fallback_policy=kinds[0](fallback),
                                 autoscaler=kinds[1]('BaseAutoscaler'), workload=None)


def configure(config: Any, ticks: int, target: int, cold_s: int) -> None:
    config.target_num_instances = config.num_min = target
    config.cold_start_delay = cold_s // TICK_S
    config.total_time_period = ticks
    config.num_repeats = 1
    config.random_offsets = [0]
    config.cost_demand = 3


def load_capacities(folder: str, config: Any) -> int:
    """Its data_loader's rule for capacities; returns the shortest zone's ticks."""
    config.regions = []
    for path in sorted(glob.glob(os.path.join(folder, '*.json'))):
        with open(path, encoding='utf-8') as f:
            trace = json.load(f)
        repeat = int(trace['metadata']['gap_seconds'] / TICK_S)
        name = os.path.basename(path)
        config.trace_for_each_region[name] = [n for n in trace['data'] for _ in range(repeat)]
        config.regions.append(name)
    return min(len(config.trace_for_each_region[name]) for name in config.regions)


def run_peer(peer: types.SimpleNamespace, case: Case, choose: Callable[[Sequence[int]], int]) -> Outcome:
    configure(peer.config, case.ticks, case.target, case.cold_s)
    args = make_arguments(case.extra, 'SpotFailoverNoSafety')
    policy = (peer.spot_hedge.SpotHedge if case.reset == 'code' else peer.paper)(args)
    peer.spot_hedge.random = types.SimpleNamespace(choice=choose)
    return run_class(policy)


# ---- our side ----


def run_policy(spotsim: str, folder: str, ticks: int, target: int, cold_s: int, policy: str, *more: str) -> Outcome:
    command = [spotsim, 'run', '--trace', folder, '--profile', 'spothedge', '--cold-start', f'{cold_s}s',
               '--warmup', f'{cold_s}s', '--horizon', f'{ticks * TICK_S}s', '--target', str(target),
               '--price-spot', '1', '--price-on-demand', '3', '--json', '--policy', policy, *more]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f'{" ".join(command)}\n{done.stderr}')
    result = json.loads(done.stdout)
    return Outcome(result['availability']['full'], result['cost']['total_usd'] * 3600 / TICK_S)


def run_ours(spotsim: str, folder: str, case: Case, seed: int, journal: str) -> Outcome:
    policy = f'skyserve(base=0,dynamic=true,overprovision={case.extra})+spothedge(reset={case.reset})'
    return run_policy(spotsim, folder, case.ticks, case.target, case.cold_s, policy, '--seed', str(seed), '--journal',
                      journal)


def mix(x: int) -> int:
    """random_mix of base/random.h."""
    x = (x + 0x9e3779b97f4a7c15) & MASK
    x = ((x ^ (x >> 30)) * 0xbf58476d1ce4e5b9) & MASK
    x = ((x ^ (x >> 27)) * 0x94d049bb133111eb) & MASK
    return x ^ (x >> 31)


def fold_text(key: int, text: str) -> int:
    """random_key_text of base/random.h."""
    h = 0xcbf29ce484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001b3) & MASK
    return mix(key ^ mix(h))


class OurChoice:
    """The stream from which our placer drew in a run; the journal has its key."""

    def __init__(self, journal: str) -> None:
        with open(journal, encoding='utf-8') as f:
            header = json.loads(f.readline())
        key = fold_text(int(header['key'], 16), header['groups'][0]['name'])
        self.stream = mix((key + 3) & MASK)  # the placer is the composer's third part

    def __call__(self, zones: Sequence[int]) -> int:
        self.stream = (self.stream + 0x9e3779b97f4a7c15) & MASK
        return sorted(zones)[((mix(self.stream) >> 32) * len(zones)) >> 32]


# ---- both ----


def differs(what: str, theirs: List[float], ours: List[float]) -> str:
    """'' when the means agree within sampling error."""
    gap = statistics.fmean(ours) - statistics.fmean(theirs)
    error = math.sqrt((statistics.variance(theirs) + statistics.variance(ours)) / len(ours))
    if abs(gap) <= STANDARD_ERRORS * error:
        print(f'# {what}: theirs {statistics.fmean(theirs):.6g}, ours {statistics.fmean(ours):.6g}, '
              f'{abs(gap) / error if error else 0:.2f} standard errors apart')
        return ''
    return f'{what}: theirs {statistics.fmean(theirs)}, ours {statistics.fmean(ours)}, standard error {error}'


def same(a: Outcome, b: Outcome) -> bool:
    return abs(a.availability - b.availability) <= 1e-9 and abs(a.cost - b.cost) <= 1e-6


def compare(peer: types.SimpleNamespace, args: argparse.Namespace, case: Case) -> List[str]:
    folder = os.path.join(args.peer, 'data', case.trace)
    whole = load_capacities(folder, peer.config) - 1
    case = case._replace(ticks=min(case.ticks, whole))
    seeds = range(1, args.seeds + 1)
    ours, problems = [], []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder_of_journal:
            journal = os.path.join(folder_of_journal, 'journal')
            ours.append(run_ours(args.spotsim, folder, case, seed, journal))
            choose = OurChoice(journal)
        if seed > args.exact:
            continue
        if not same(run_peer(peer, case, choose), ours[-1]):
            problems.append(f'{case}, seed {seed}: not the same run')
        args.rows.append((*case, seed, *ours[-1]))
    random.seed(1)
    theirs = [run_peer(peer, case, random.choice) for _ in seeds]
    for name in Outcome._fields:
        problem = differs(f'{case} {name}', [getattr(o, name) for o in theirs], [getattr(o, name) for o in ours])
        if problem:
            problems.append(problem)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--peer', required=True, help='folder of its code')
    parser.add_argument('--spotsim', required=True)
    parser.add_argument('--ticks', type=int, default=4000)
    parser.add_argument('--seeds', type=int, default=20)
    parser.add_argument('--exact', type=int, default=5, help='seeds of which the very run is compared')
    parser.add_argument('--record', help='CSV file for the runs that had the same random numbers')
    args = parser.parse_args()
    args.rows = []
    peer = load_peer(args.peer)
    cases = [Case('AWS1', args.ticks, 3, 1, 120), Case('AWS2', args.ticks, 3, 1, 120),
             Case('AWS3', args.ticks, 5, 2, 60), Case('GCP1', args.ticks, 3, 0, 240),
             Case('AWS1', args.ticks, 3, 1, 120, 'paper'), Case('AWS3', args.ticks, 4, 1, 120, 'paper')]
    problems = [p for case in cases for p in compare(peer, args, case)]
    print(f'# count: SpotHedge runs with the same random numbers: {args.exact * len(cases)}')
    print(f'# count: SpotHedge runs compared in the mean: {args.seeds * len(cases)}')
    if args.record:
        with open(args.record, 'w', encoding='utf-8') as f:
            print('trace,ticks,target,n_extra,cold_start_s,reset,seed,availability,cost_units', file=f)
            for row in args.rows:
                print(','.join(map(str, (*row[:-1], round(row[-1])))), file=f)
    print('\n'.join(problems) or 'the same')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
