# SPDX-License-Identifier: Apache-2.0
"""The fleet of bench/churn.c as a SimPy model.

Spot replicas of exponential lifetimes in pools without limits: a controller
keeps `target` of them alive, placing launches in the pools in turn.  A replica
is a process: the cloud's answer, the cold start, the rest of its life.  Bills,
instance-hours, availability, outages and recoveries are kept as spotsim keeps
them.  Times are integer milliseconds, money integer micro-dollars per hour times
milliseconds, and lifetimes come from spotsim's keyed draws, so the results are
comparable to the last digit.

Prints one JSON object: seconds of CPU (building the model and running it, the
lifetimes drawn before) and results.
"""
import argparse
import json
import math
import time
from typing import Any, Dict, Generator, List

import simpy

MASK = (1 << 64) - 1
MS_PER_HOUR = 3_600_000
PURPOSE_LIFETIME = 4  # enum cloud_purpose, market spot


# ---- spotsim's draws (base/random.h, base/dist.c) ----


def mix(x: int) -> int:
    x = (x + 0x9e3779b97f4a7c15) & MASK
    x = ((x ^ (x >> 30)) * 0xbf58476d1ce4e5b9) & MASK
    x = ((x ^ (x >> 27)) * 0x94d049bb133111eb) & MASK
    return x ^ (x >> 31)


def key(parent: int, part: int) -> int:
    return mix(parent ^ mix(part))


def key_text(parent: int, text: str) -> int:
    h = 0xcbf29ce484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001b3) & MASK
    return key(parent, h)


def exponential_ms(draw_key: int, ordinal: int, mean_ms: float) -> int:
    u = ((mix(key(draw_key, ordinal)) >> 11) + 0.5) * 2.0**-53
    return max(1, round(-mean_ms * math.log1p(-u)))


class Lives:
    """The lifetimes of a pool's launches, drawn ahead of the clock's start: these
    draws are spotsim's, not what a SimPy model would spend its time on."""

    def __init__(self, name: str, run_key: int, mean_ms: float, n: int) -> None:
        self.draw_key = key(key_text(run_key, name), PURPOSE_LIFETIME)
        self.mean_ms = mean_ms
        self.drawn = [exponential_ms(self.draw_key, i, mean_ms) for i in range(1, n + 1)]

    def of(self, ordinal: int) -> int:
        if ordinal <= len(self.drawn):
            return self.drawn[ordinal - 1]
        return exponential_ms(self.draw_key, ordinal, self.mean_ms)


def draw_ahead(args: argparse.Namespace) -> List[Lives]:
    run_key = key(key(0, args.seed), 0)  # of seed and replication
    each = args.target * (1 + args.horizon_ms / args.mean_life_ms) / args.pools
    enough = int(each + 6 * math.sqrt(each)) + 10
    return [Lives(f'pool{i}', run_key, args.mean_life_ms, enough) for i in range(args.pools)]


# ---- the model ----


class Pool:
    """Launches and bills of one pool."""

    def __init__(self, price: int, lives: Lives) -> None:
        self.price = price  # micro-dollars per hour
        self.lives = lives
        self.launched = self.granted = self.preempted = 0
        self.used_ms = self.ready_ms = self.spent = 0

    def bill(self, ms: int) -> None:
        self.used_ms += ms
        self.spent += self.price * ms


class Outages:
    """Spells in which a condition does not hold."""

    def __init__(self) -> None:
        self.since = -1
        self.lengths: List[int] = []

    def see(self, good: bool, at: int) -> None:
        if good:
            if self.since >= 0:
                self.lengths.append(at - self.since)
                self.since = -1
        elif self.since < 0:
            self.since = at

    def finish(self, at: int) -> None:
        self.see(True, at)


class Availability:
    """Integrals over time of how many replicas are ready."""

    def __init__(self, env: simpy.Environment, target: int) -> None:
        self.env = env
        self.target = target
        self.since = 0
        self.ready = self.booting = 0
        self.full_ms = self.any_ms = self.served_ms = self.booting_ms = 0
        self.full_outages, self.any_outages = Outages(), Outages()
        self.lost_now = False  # replicas were lost at this instant
        self.losses = self.recovered = self.recovery_ms = 0
        self.open = self.open_since = 0  # losses not made good yet, and the sum of their times

    def advance(self) -> None:
        """Adds up what held since the last change."""
        now = self.env.now
        spell = now - self.since
        if spell == 0:
            return
        full, some = self.ready >= self.target, self.ready > 0
        if full:
            self.full_ms += spell
        if some:
            self.any_ms += spell
        self.served_ms += min(self.ready, self.target) * spell
        self.booting_ms += self.booting * spell
        if self.lost_now:
            self.losses += 1
            self.open += 1
            self.open_since += self.since
            self.lost_now = False
        if full and self.open:
            self.recovered += self.open
            self.recovery_ms += self.open * self.since - self.open_since
            self.open = self.open_since = 0
        self.full_outages.see(full, self.since)
        self.any_outages.see(some, self.since)
        self.since = now

    def booted(self, more: int) -> None:
        self.advance()
        self.booting += more

    def readied(self) -> None:
        self.advance()
        self.booting -= 1
        self.ready += 1

    def lost(self) -> None:
        self.advance()
        self.ready -= 1
        self.lost_now = True

    def finish(self) -> None:
        self.advance()
        self.full_outages.finish(self.since)
        self.any_outages.finish(self.since)


class Replica:
    """What of a running replica is not added up yet."""
    __slots__ = ('pool', 'granted_at', 'ready_at')

    def __init__(self, pool: Pool, granted_at: int) -> None:
        self.pool = pool
        self.granted_at = granted_at
        self.ready_at = -1

    def close(self, now: int) -> None:
        self.pool.bill(now - self.granted_at)
        if self.ready_at >= 0:
            self.pool.ready_ms += now - self.ready_at


class Fleet:
    """A controller and its replicas.

    `woken_by_all`: the controller decides after every observation, as
    spotsim's does; else only when a replica was lost, which is when there is
    something to decide here.
    """

    def __init__(self, env: simpy.Environment, args: argparse.Namespace, lives: List[Lives]) -> None:
        self.env = env
        self.args = args
        self.pools = [Pool(1_000_000 + i, lives[i]) for i in range(args.pools)]
        self.target = args.target
        self.turn = 0
        self.alive = 0
        self.running: Dict[Replica, None] = {}
        self.availability = Availability(env, args.target)
        self.granted = self.readied = self.lost = self.steps = 0
        self.observation = env.event()
        self.woken_by_all = args.woken_by == 'all'
        env.process(self.controller())

    def observe(self) -> None:
        """Something happened that the controller wants to know of."""
        if not self.observation.triggered:
            self.observation.succeed()

    def controller(self) -> Generator[simpy.Event, Any, None]:
        while True:
            self.steps += 1
            while self.alive < self.target:
                self.launch()
            self.observation = self.env.event()
            yield self.observation

    def launch(self) -> None:
        pool = self.pools[self.turn]
        self.turn = (self.turn + 1) % len(self.pools)
        pool.launched += 1
        self.alive += 1
        self.env.process(self.replica(pool, pool.launched))

    def replica(self, pool: Pool, ordinal: int) -> Generator[simpy.Event, Any, None]:
        env, args = self.env, self.args
        yield env.timeout(args.launch_delay_ms)
        me = Replica(pool, env.now)
        self.running[me] = None
        pool.granted += 1
        self.granted += 1
        self.availability.booted(1)
        if self.woken_by_all:
            self.observe()
        life = pool.lives.of(ordinal)
        cold = args.cold_start_ms
        if life > cold:
            yield env.timeout(cold)
            me.ready_at = env.now
            self.readied += 1
            self.availability.readied()
            if self.woken_by_all:
                self.observe()
            yield env.timeout(life - cold)
            self.availability.lost()
        else:
            yield env.timeout(life)
            self.availability.booted(-1)
        me.close(env.now)
        del self.running[me]
        pool.preempted += 1
        self.lost += 1
        self.alive -= 1
        self.observe()

    def finish(self) -> None:
        self.availability.finish()
        for replica in self.running:
            replica.close(self.env.now)


def results(fleet: Fleet, horizon_ms: int) -> Dict[str, Any]:
    a = fleet.availability

    def outages(o: Outages) -> Dict[str, int]:
        return {'count': len(o.lengths), 'total_ms': sum(o.lengths), 'longest_ms': max(o.lengths, default=0)}

    return {
        'granted': fleet.granted, 'readied': fleet.readied, 'lost': fleet.lost, 'steps': fleet.steps,
        'full': a.full_ms / horizon_ms, 'any': a.any_ms / horizon_ms,
        'served': a.served_ms / (a.target * horizon_ms),
        'booting_hours': a.booting_ms / MS_PER_HOUR,
        'losses': a.losses, 'recovered': a.recovered,
        'recovery_mean_s': a.recovery_ms / 1000 / a.recovered if a.recovered else None,
        'outage_full': outages(a.full_outages), 'outage_any': outages(a.any_outages),
        'pools': [{'launched': p.granted, 'preempted': p.preempted, 'hours': p.used_ms / MS_PER_HOUR,
                   'ready_hours': p.ready_ms / MS_PER_HOUR, 'cost_usd': p.spent / (1_000_000 * MS_PER_HOUR)}
                  for p in fleet.pools],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--target', type=int, required=True)
    parser.add_argument('--horizon-ms', type=int, required=True)
    parser.add_argument('--pools', type=int, required=True)
    parser.add_argument('--mean-life-ms', type=int, required=True)
    parser.add_argument('--cold-start-ms', type=int, required=True)
    parser.add_argument('--launch-delay-ms', type=int, required=True)
    parser.add_argument('--seed', type=int, required=True)
    parser.add_argument('--woken-by', choices=['all', 'losses'], default='all')
    args = parser.parse_args()

    lives = draw_ahead(args)
    start = time.process_time()
    env = simpy.Environment()
    fleet = Fleet(env, args, lives)
    env.run(until=args.horizon_ms)
    fleet.finish()
    seconds = time.process_time() - start
    print(json.dumps({'seconds': seconds, **results(fleet, args.horizon_ms)}))


if __name__ == '__main__':
    main()
