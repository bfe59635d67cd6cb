# SPDX-License-Identifier: Apache-2.0
"""SpotHedge's class and our policies tick by tick on random capacities.

The conversation with our policies goes through the driver (see
tests/support/decide.h); --record keeps it, so that what both agreed on can be
checked where SpotHedge's code cannot be had.  Its draws are ours.
"""
import argparse
import random
import subprocess
import sys
import types
from typing import Dict, List, Tuple

import compare

TICK_MS = 30000
DRIVER_KEY = 1  # of tests/support/decide.c


class Fleet:
    """The rows that our policies launched, newest last."""

    def __init__(self, driver: str, policy: str, zones: List[str]) -> None:
        self.process = subprocess.Popen([driver], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.log: List[str] = []
        self.zones = zones
        self.rows: Dict[str, List[int]] = {z: [] for z in zones}
        self.say(f'start {TICK_MS} {policy}')
        for zone in zones:
            self.say(f'pool {zone} 1')

    def say(self, line: str) -> None:
        self.log.append('> ' + line)
        self.process.stdin.write(line + '\n')

    def step(self, now_ms: int) -> List[Tuple[int, str]]:
        """Decides; returns launches of spot replicas as (number, zone)."""
        self.say(f'step {now_ms} nan')
        self.process.stdin.flush()
        launches, line = [], ''
        while not line.startswith('target '):
            line = self.process.stdout.readline().rstrip('\n')
            self.log.append(line)
            words = line.split()
            if words[:1] == ['launch'] and words[2] == 'spot':
                launches.append((int(words[1]), words[3]))
        return launches

    def settle(self, now_ms: int, launches: List[Tuple[int, str]], capacity: List[int]) -> None:
        """What the zones have room for is granted and ready, the rest is not."""
        for zone, room in zip(self.zones, capacity):
            held = self.rows[zone]
            while len(held) > room:
                self.say(f'preempted {held[-1]} {now_ms}')
                self.say(f'cleared {held.pop()} {now_ms}')
            for number, _ in (l for l in launches if l[1] == zone):
                if len(held) < room:
                    held.append(number)
                    self.say(f'sent {number} {now_ms}')
                    self.say(f'granted {number} {now_ms}')
                    self.say(f'ready {number} {now_ms}')
                else:
                    self.say(f'denied {number} {now_ms}')
                    self.say(f'cleared {number} {now_ms}')

    def counts(self) -> List[int]:
        return [len(self.rows[z]) for z in self.zones]


def capacities(rng: random.Random, zones: int, ticks: int) -> List[List[int]]:
    now = [rng.randrange(4) for _ in range(zones)]
    rows = []
    for _ in range(ticks):
        now = [rng.choice([0, 0, 1, 2, 4]) if rng.random() < 0.2 else n for n in now]
        rows.append(now)
    return rows


def make_choice() -> compare.OurChoice:
    choice = object.__new__(compare.OurChoice)
    choice.stream = compare.mix((compare.fold_text(DRIVER_KEY, 'all') + 3) & compare.MASK)
    return choice


def make_peer(peer: types.SimpleNamespace, reset: str, capacity: List[List[int]]) -> object:
    """Its policy object with just the tables that a tick uses."""
    zones = len(capacity[0])
    peer.config.regions = [str(z) for z in range(zones)]
    policy = object.__new__(peer.spot_hedge.SpotHedge if reset == 'code' else peer.paper)
    policy.spot_plan = [[0] * zones for _ in capacity]
    policy.active_region_list = list(range(zones))
    policy.preemptive_region_list, policy.last_spot_plan = [], []
    policy.available_spots_to_distribute = 0
    peer.config.trace_for_each_region = {str(z): [row[z] for row in capacity] for z in range(zones)}
    peer.config.random_offsets = [0]
    peer.spot_hedge.random = types.SimpleNamespace(choice=make_choice())
    return policy


def converse(peer: types.SimpleNamespace, driver: str, seed: int, ticks: int) -> List[str]:
    rng = random.Random(seed)
    n = rng.choice([3, 4, 5, 8])
    target, extra, reset = rng.choice([1, 3, 6]), rng.choice([0, 1, 2]), rng.choice(['code', 'paper'])
    capacity = capacities(rng, n, ticks)
    policy = make_peer(peer, reset, capacity)
    text = f'constant(target={target})+skyserve(dynamic=true,overprovision={extra})+spothedge(reset={reset})'
    fleet = Fleet(driver, text, [f'z{z}' for z in range(n)])
    for t in range(ticks):
        policy._get_next_allocation(t, 0, target + extra)
        policy._step_spot(t, 0)
        # ours learns before the next tick what became of this one
        fleet.settle(t * TICK_MS + 1, fleet.step(t * TICK_MS), capacity[t])
        if fleet.counts() != policy.spot_plan[t]:
            raise SystemExit('\n'.join(fleet.log[-40:]) +
                             f'\nseed {seed}, tick {t}: theirs {policy.spot_plan[t]}, ours {fleet.counts()}')
    fleet.process.stdin.close()
    fleet.process.wait()
    return fleet.log


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--peer', required=True, help='folder of its code')
    parser.add_argument('--driver', required=True)
    parser.add_argument('--histories', type=int, default=40)
    parser.add_argument('--ticks', type=int, default=100)
    parser.add_argument('--record', help='file for the conversations')
    args = parser.parse_args()
    peer = compare.load_peer(args.peer)
    logs = [converse(peer, args.driver, seed, args.ticks) for seed in range(1, args.histories + 1)]
    print(f'# count: SpotHedge ticks with the same random numbers: {args.histories * args.ticks}')
    if args.record:
        with open(args.record, 'w', encoding='utf-8') as f:
            f.write('\n'.join(line for log in logs for line in log) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
