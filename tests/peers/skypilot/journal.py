# SPDX-License-Identifier: Apache-2.0
"""Whole simulated runs, decided once more by SkyPilot.

A run of spotsim under profile skypilot leaves a journal (what the controller
was told, and when it decided) and the list of its actions.  SkyPilot's
autoscaler and placer are told the same and asked at every tick, those too that
spotsim skips because nothing had happened: the actions must be the same ones.
"""
import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from typing import Dict, Iterator, List, NamedTuple, Tuple

import real

Process = real.rm.common_utils.ProcessStatus
ACTION = re.compile(r'^(\d+)\.(\d{3})s (launch|drain) (spot|on-demand) replica (\d+) in ([^ :]+)')


class Run(NamedTuple):
    policy: str
    spec: real.Spec
    load: str  # '' for a constant target


def make_run(spec: real.Spec, load: str) -> Run:
    delay = '' if spec.downscale_delay is None else f',downscale_delay={spec.downscale_delay}s'
    scaler = f'request-rate(min={spec.min_replicas},max={spec.max_replicas},qps={spec.qps!r}{delay})' if load else \
        f'constant(target={spec.min_replicas})'
    return Run(f'{scaler}+skyserve(base={spec.base},dynamic={str(spec.dynamic).lower()},'
               f'overprovision={spec.overprovision})+skypilot', spec, load)


def draw_runs(rng: random.Random, n: int) -> Iterator[Run]:
    for i in range(n):
        loaded = i % 2 == 1
        least = rng.choice([1, 2, 4, 7])
        base, extra = rng.choice([0, 0, 1]), rng.choice([0, 1, 2])
        if i % 4 == 1:
            least = base = extra = 0  # scales to zero, where ticks are 5 s apart
        downscale_delay = 45 if i % 4 == 3 else None  # 45 s: not a multiple of the tick
        spec = real.Spec(use_spot=True, base=base, dynamic=rng.choice([False, True]),
                         overprovision=extra, min_replicas=least,
                         max_replicas=least + 5 if loaded else least, qps=0.5, upscale_delay=None,
                         downscale_delay=downscale_delay, initial_delay=1200)
        load = ' '.join(f'{6 * hour}h:{rng.choice([0, 0.5, 1.2, 3, 7])}' for hour in range(40)) if loaded else ''
        yield make_run(spec, load)


def simulate(spotsim: str, trace: str, horizon: str, seed: int, run: Run) -> Tuple[List[list], Dict[int, List[tuple]]]:
    """The journal, and the actions at each time in ms."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'journal')
        command = [spotsim, 'run', '--trace', trace, '--horizon', horizon, '--seed', str(seed), '--profile', 'skypilot',
                   '--single-means', '3', '--policy', run.policy, '--journal', path, '--explain']
        if run.load:
            command += ['--load', run.load]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f'{" ".join(command)}\n{done.stderr}')
        with open(path, encoding='utf-8') as f:
            journal = [json.loads(line) for line in f]
    actions = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        match = ACTION.match(line)
        if match:
            seconds, ms, kind, market, number, pool = match.groups()
            actions[int(seconds) * 1000 + int(ms)].append((kind, market, int(number), pool))
    return journal, actions


class Judge:
    """SkyPilot's autoscaler and placer, told what a journal says."""

    def __init__(self, run: Run, header: dict) -> None:
        self.run = run
        self.names = [pool[0] for pool in header['pools']]
        self.prices = {name: pool[6] for name, pool in zip(self.names, header['pools'])}
        self.locations = {n: real.spot_placer.Location(real.clouds.AWS(), 'r', n) for n in self.names}
        service = run.spec.service()
        if not run.load:
            service._target_qps_per_replica = None
        self.scaler = real.autoscalers.Autoscaler.from_spec(real.SERVICE, service)
        self.placer = object.__new__(real.spot_placer.DynamicFallbackSpotPlacer)
        self.placer.location2status = {l: real.spot_placer.LocationStatus.ACTIVE for l in self.locations.values()}
        self.placer.location2cost = {}
        self.rows: Dict[int, real.rm.ReplicaInfo] = {}
        self.next_tick_ms = self.ticks = self.last_launch = 0

    def row(self, number: int, spot: bool, pool: str) -> None:
        self.rows[number] = real.rm.ReplicaInfo(number, str(number), '8080', spot,
                                                self.locations[pool] if spot else None, real.VERSION, None)

    def observe(self, line: list) -> None:
        if line[0] == 'p':
            if line[1] == 'price' and line[4] == 0:
                self.prices[self.names[line[3]]] = line[5]
            return
        kind, number = line[1], line[4]
        if kind in ('cleared', 'terminated'):
            del self.rows[number]
            return
        info = self.rows[number]
        status = info.status_property
        if kind == 'sent':
            status.sky_launch_status = Process.RUNNING
        elif kind == 'granted':
            status.sky_launch_status = Process.SUCCEEDED
        elif kind == 'denied':
            status.sky_launch_status = Process.FAILED
        elif kind in ('ready', 'unready'):
            status.service_ready_now = kind == 'ready'
            status.first_ready_time = 0
        elif kind == 'preempted':
            status.preempted = True
            status.sky_launch_status = Process.SUCCEEDED
            status.sky_down_status = Process.RUNNING
        self.tell_placer(kind, info)

    def tell_placer(self, kind: str, info: real.rm.ReplicaInfo) -> None:
        """As the replica manager does."""
        if not info.is_spot:
            return
        if kind == 'granted':
            self.placer.set_active(self.location(info))
        elif kind in ('denied', 'preempted'):
            self.placer.set_preemptive(self.location(info))

    def location(self, info: real.rm.ReplicaInfo) -> real.spot_placer.Location:
        return self.locations[info.location['zone']]

    def decide(self, requests: int) -> List[tuple]:
        self.scaler.request_timestamps = [0.0] * requests
        decisions = self.scaler.generate_scaling_decisions([self.rows[n] for n in sorted(self.rows)], [real.VERSION])
        lines, number = [], self.last_launch
        for d in decisions:
            if d.operator == real.autoscalers.AutoscalerDecisionOperator.SCALE_UP:
                number += 1
                spot = d.target is None or d.target['use_spot']
                lines.append(('launch', 'spot' if spot else 'on-demand', number, self.place(number) if spot else ''))
                if not spot:
                    self.row(number, False, '')
            else:
                info = self.rows[d.target]
                info.status_property.sky_launch_status = Process.INTERRUPTED
                lines.append(('drain', 'spot' if info.is_spot else 'on-demand', d.target,
                              info.location['zone'] if info.is_spot else ''))
        self.last_launch = number
        return lines

    def place(self, number: int) -> str:
        # the catalogue's price is asked for once for each location; unknown ones come last
        for name, location in self.locations.items():
            price = self.prices[name]
            self.placer.location2cost.setdefault(location, price if price >= 0 else float('inf'))
        taken = [self.location(info) for info in self.rows.values() if info.is_spot]
        pool = self.placer.select_next_location(taken).zone
        self.row(number, True, pool)
        return pool

    def skip_before(self, at_ms: int) -> None:
        """The ticks that spotsim skipped: SkyPilot, too, does nothing."""
        while self.ticks > 0 and self.next_tick_ms < at_ms:
            decisions = [] if self.run.load else self.decide(0)
            if decisions or self.run.load:
                raise SystemExit(f'{self.run}: {decisions} at {self.next_tick_ms} ms, where spotsim made no decision')
            self.tick(self.next_tick_ms)

    def step(self, at_ms: int, requests: int, ours: List[tuple]) -> None:
        if self.ticks > 0 and self.next_tick_ms != at_ms:
            raise SystemExit(f'{self.run}: a decision at {at_ms} ms, SkyPilot\'s next is at {self.next_tick_ms} ms')
        theirs = self.decide(requests)
        if theirs != ours:
            raise SystemExit(f'{self.run}: at {at_ms} ms SkyPilot decided {theirs}, spotsim {ours}')
        self.tick(at_ms)

    def tick(self, at_ms: int) -> None:
        self.ticks += 1
        self.next_tick_ms = at_ms + 1000 * self.scaler.get_decision_interval()


def judge(run: Run, journal: List[list], actions: Dict[int, List[tuple]]) -> Tuple[int, int]:
    """Ticks and actions compared."""
    j = Judge(run, journal[0])
    for line in journal[1:]:
        if line[0] in ('r', 'p'):
            j.skip_before(line[2] + 1)  # a tick sees the world as it was before its instant
            j.observe(line)
        elif line[0] == 's':
            j.skip_before(line[1])
            ours = [(k, m, n, p if m == 'spot' else '') for k, m, n, p in actions.get(line[1], [])]
            j.step(line[1], line[5] if run.load else 0, ours)
    return j.ticks, sum(len(a) for a in actions.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--spotsim', required=True)
    parser.add_argument('--trace', required=True)
    parser.add_argument('--runs', type=int, default=6)
    parser.add_argument('--horizon', default='5d')
    args = parser.parse_args()
    ticks = compared = 0
    for seed, run in enumerate(draw_runs(random.Random(1), args.runs), 1):
        journal, actions = simulate(args.spotsim, args.trace, args.horizon, seed, run)
        n, m = judge(run, journal, actions)
        ticks += n
        compared += m
    print(f'# count: SkyPilot ticks of whole simulated runs: {ticks}')
    print(f'# count: SkyPilot actions in them: {compared}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
