# SPDX-License-Identifier: Apache-2.0
"""Random histories of a service, told to SkyPilot's controller and to ours.

Every history draws a service, its zones and a world; the world then happens to
SkyPilot's own classes (real.py), each change of a replica row is told to our
policies through the driver, and at every tick both decide.  The decisions must
be the same ones in the same order: launches by market, the zone of each spot
launch, each victim.  What was decided is then carried out on both sides.
"""
import argparse
import collections
import itertools
import random
import subprocess
import sys
from typing import Dict, IO, Iterator, List, Optional, Tuple

import real

TICK_MS = 20000
ZONES = [f'{cloud}/{region}/{region}{z}' for cloud, region in
         (('aws', 'us-east-1'), ('aws', 'us-west-2'), ('gcp', 'us-central1')) for z in 'abc']
DEFAULT_UPSCALE, DEFAULT_DOWNSCALE = 300, 1200


class Mismatch(Exception):
    pass


class Driver:
    """Our policies, behind a pipe.  Keeps what was said since the start."""

    def __init__(self, path: str) -> None:
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.log: List[str] = []

    def say(self, line: str) -> None:
        if line.startswith('start '):
            self.log = []
        self.log.append('> ' + line)
        self.process.stdin.write(line + '\n')

    def step(self, now_ms: int, requests: int) -> List[str]:
        self.say(f'step {now_ms} {requests}')
        self.process.stdin.flush()
        answer = []
        while not answer or not answer[-1].startswith('target '):
            line = self.process.stdout.readline()
            if not line:
                raise Mismatch('the driver ended; its last line says why')
            answer.append(line.rstrip('\n'))
        self.log += answer
        return answer


BASES, DYNAMICS, EXTRAS = (0, 1, 2, 3, 5), (False, True), (0, 1, 2, 3)
COMBINATIONS = list(itertools.product(BASES, DYNAMICS, EXTRAS))
OTHERS = 8  # services of each cycle without on-demand fallback
LEAST_DECISIONS = 30  # of a history that counts as one of its combination


def combination(seed: int) -> Optional[Tuple[int, bool, int]]:
    """Base, dynamic fallback and overprovision of a random history; None: one without fallback."""
    turn = seed % (len(COMBINATIONS) + OTHERS)
    return COMBINATIONS[turn] if turn < len(COMBINATIONS) else None


def draw_spec(rng: random.Random, seed: int) -> real.Spec:
    """The combination goes round with the seed, the rest is drawn.  What may be
    left out of a service's file is left out at times where it is the default."""
    chosen = combination(seed)
    use_spot = chosen is not None or seed % 2 == 0
    base, dynamic, extra = chosen or (None, None, rng.choice(EXTRAS))
    least = rng.choice([0, 0, 1, 1, 2, 3, 4, 8])
    return real.Spec(
        use_spot=use_spot,
        base=rng.choice([base, base or None]),
        dynamic=rng.choice([dynamic, dynamic or None]),
        overprovision=rng.choice([extra, extra or None]) if use_spot else None,  # our on-demand mix has none
        min_replicas=least,
        max_replicas=least + rng.choice([0, 1, 2, 4, 8]),
        qps=rng.choice([0.05, 0.1, 0.3, 1.0, 1 / 3]),
        upscale_delay=rng.choice([None, 0, 10, 20, 39.5, 60, 100, 160]),
        downscale_delay=rng.choice([None, 0, 19, 40, 45, 60, 120, 200]),
        initial_delay=rng.choice([60, 600]))


def policy_text(spec: real.Spec) -> str:
    """The same service as our policies."""
    def seconds(value: Optional[float], default: int) -> str:
        return f'{default if value is None else value}s'

    scaler = (f'request-rate(min={spec.min_replicas},max={spec.max_replicas},qps={spec.qps!r},'
              f'upscale_delay={seconds(spec.upscale_delay, DEFAULT_UPSCALE)},'
              f'downscale_delay={seconds(spec.downscale_delay, DEFAULT_DOWNSCALE)})')
    if not spec.use_spot:
        return f'{scaler}+on-demand'
    mix = (f'skyserve(base={spec.base or 0},dynamic={"true" if spec.dynamic else "false"},'
           f'overprovision={spec.overprovision or 0})')
    return f'{scaler}+{mix}+skypilot'


def told(info: real.rm.ReplicaInfo, drained: bool) -> str:
    """What a controller like ours knows of a row."""
    status = info.status_property
    if drained:
        return 'draining'
    if status.preempted:
        return 'preempted'
    if status.sky_launch_status == real.rm.common_utils.ProcessStatus.FAILED:
        return 'denied'
    if info.is_terminal:
        return 'failed'
    return {real.Status.PENDING: 'requested', real.Status.PROVISIONING: 'sent', real.Status.STARTING: 'granted',
            real.Status.NOT_READY: 'unready', real.Status.READY: 'ready'}[info.status]


class History:
    """One service's life."""

    def __init__(self, seed: int, driver: Driver) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.driver = driver
        self.draw_service()
        self.known: Dict[int, str] = {}
        self.drained: set = set()
        self.in_decision = False
        self.arrivals: List[float] = []  # ms, of all requests
        self.reported_ms = -1
        self.used_prices: set = set()
        self.service = real.Service(self.spec, self.zones, self.rng, self.row_changed)
        self.counts = collections.Counter()
        self.statuses = collections.Counter()
        driver.say(f'start {TICK_MS} {policy_text(self.spec)}')
        for zone in self.zones:
            driver.say(f'pool {zone} {self.new_price(zone)}')
        self.draw_mood()

    def draw_service(self) -> None:
        self.spec = draw_spec(self.rng, self.seed)
        self.zones = sorted(self.rng.sample(ZONES, self.rng.choice([1, 2, 2, 3, 3, 4, 6, 9])))

    # ---- the world ----

    def now(self) -> int:
        return self.service.clock.now_ms

    def new_price(self, zone: str) -> int:
        """Never one that was there before: SkyPilot breaks ties by hash."""
        price = self.rng.randrange(100000, 9000000)
        while price in self.used_prices:
            price += 1
        self.used_prices.add(price)
        self.service.set_price(zone, price)
        return price

    def draw_mood(self) -> None:
        """How the world treats the service for a while."""
        rng, outside = self.rng, self.service.outside
        self.restless = rng.choice([0, 0.1, 0.5])  # chance that the load changes from tick to tick
        self.draw_rate()
        self.launch_failure = rng.choice([0, 0, 0.2, 0.6, 1])
        self.launch_end = rng.choice([0.2, 0.5, 1])
        self.loss = rng.choice([0, 0, 0.02, 0.2])
        self.probe_success = rng.choice([0.3, 0.9, 1])
        self.app_failure = rng.choice([0, 0, 0, 0.1])
        outside.launch_chance = rng.choice([0.2, 0.7, 1])
        outside.down_chance = rng.choice([0.2, 1])
        outside.no_record = rng.choice([0, 0.5, 1])

    def draw_rate(self) -> None:
        self.rate = self.rng.choice([0, 0.2, 0.4, 0.7, 1, 2]) * self.spec.qps * max(1, self.spec.max_replicas)

    def row_changed(self, replica_id: int, info: Optional[real.rm.ReplicaInfo]) -> None:
        """SkyPilot wrote a row: our controller is told what is new of it."""
        before = self.known.get(replica_id)
        if info is None:
            del self.known[replica_id]
            self.driver_later(f'{"terminated" if before == "draining" else "cleared"} {replica_id} {self.now()}')
            return
        after = told(info, replica_id in self.drained)
        if after == before:
            return
        self.known[replica_id] = after
        if before is not None and after not in ('requested', 'draining'):
            self.driver_later(f'{after} {replica_id} {self.now()}')

    def driver_later(self, line: str) -> None:
        """During a decision our side has not launched yet what the row is of."""
        if self.in_decision:
            self.held.append(line)
        else:
            self.driver.say(line)

    def spend(self, up_to_ms: int) -> None:
        """Requests arrive, replicas change, until the next tick."""
        while True:
            next_ms = self.now() + self.rng.randrange(1, 8000)
            if next_ms >= up_to_ms:
                break
            self.arrive(self.now(), next_ms)
            self.service.clock.now_ms = next_ms
            self.happen()
        self.arrive(self.now(), up_to_ms)
        self.service.clock.now_ms = up_to_ms

    def arrive(self, from_ms: int, to_ms: int) -> None:
        at = float(from_ms)
        while self.rate > 0:
            at += self.rng.expovariate(self.rate) * 1000
            if at >= to_ms:
                return
            self.arrivals.append(int(at) + 0.5)  # never at the window's very edge, where doubles decide

    def happen(self) -> None:
        action = self.rng.choice([self.refresh, self.refresh, self.probe, self.probe, self.report, self.change_price,
                                  self.fail_apps])
        action()

    def refresh(self) -> None:
        """A round of the loop that starts launches and sees how they ended."""
        for work in self.service.launches().values():
            if work.is_alive() and self.rng.random() < self.launch_end:
                work.finish(self.rng.random() < self.launch_failure)
        for work in self.service.downs().values():
            if work.is_alive() and self.rng.random() < 0.5:
                work.finish(self.rng.random() < 0.1)
        self.service.manager._refresh_thread_pool()

    def probe(self) -> None:
        outside = self.service.outside
        for replica_id in self.service.rows.table:
            if self.rng.random() < self.loss:
                outside.gone.add(replica_id)
            outside.answers[replica_id] = replica_id not in outside.gone and self.rng.random() < self.probe_success
        self.service.manager._probe_all_replicas()

    def report(self) -> None:
        """The load balancer tells of the requests since its last report."""
        new = [t / 1000 for t in self.arrivals if self.reported_ms < t <= self.now()]
        self.reported_ms = self.now()
        self.service.autoscaler.collect_request_information({'timestamps': new})

    def requests(self) -> int:
        """In the minute before the last report, counted without SkyPilot."""
        return sum(1 for t in self.arrivals if self.reported_ms - 60000 <= t <= self.reported_ms)

    def change_price(self) -> None:
        zone = self.rng.choice(self.zones)
        self.driver.say(f'price {self.zones.index(zone)} {self.now()} {self.new_price(zone)}')

    def fail_apps(self) -> None:
        for replica_id, info in list(self.service.rows.table.items()):
            if info.status_property.should_track_service_status() and self.rng.random() < self.app_failure:
                self.service.fail_app(replica_id)
        for replica_id, known in list(self.known.items()):  # the user clears a failed row away
            if known in ('failed', 'denied') and self.rng.random() < 0.2 and replica_id not in self.service.downs():
                self.service.manager.scale_down(replica_id, purge=True)

    # ---- decisions ----

    def decide(self) -> List[real.autoscalers.AutoscalerDecision]:
        """SkyPilot's decisions.  Where a base above target plus overprovision
        makes it raise, those with the base cut to that, as ours does."""
        scaler, infos = self.service.autoscaler, self.service.rows.get_replica_infos('')
        base = getattr(scaler, 'base_ondemand_fallback_replicas', 0)
        try:
            decisions = scaler.generate_scaling_decisions(infos, [real.VERSION])
        except AssertionError:
            if base <= scaler.get_final_target_num_replicas():
                raise
        else:
            if base > scaler.get_final_target_num_replicas() and not self.has_failed_for_good(infos):
                raise Mismatch(f'SkyPilot did not raise with a base of {base}')
            return decisions
        self.counts['decisions that raise: base above target + overprovision'] += 1
        scaler.base_ondemand_fallback_replicas = scaler.get_final_target_num_replicas()
        scaler._set_target_num_replicas_with_hysteresis = lambda: None  # it has ticked already
        try:
            return scaler.generate_scaling_decisions(infos, [real.VERSION])
        finally:
            scaler.base_ondemand_fallback_replicas = base
            del scaler._set_target_num_replicas_with_hysteresis

    def has_failed_for_good(self, infos: List[real.rm.ReplicaInfo]) -> bool:
        """A version that was never ready and has failed stops all scaling."""
        scaler = self.service.autoscaler
        return scaler.latest_version_ever_ready < scaler.latest_version and any(
            i.status_property.unrecoverable_failure() for i in infos)

    def carry_out(self, decisions: List[real.autoscalers.AutoscalerDecision]) -> List[str]:
        """On SkyPilot's side; returns them in the driver's words."""
        lines = []
        manager = self.service.manager
        for d in decisions:
            if d.operator == real.autoscalers.AutoscalerDecisionOperator.SCALE_UP:
                replica_id = manager._next_replica_id
                manager.scale_up(d.target)
                info = self.service.rows.table[replica_id]
                market = f'spot {self.service.zone_of(replica_id)}' if info.is_spot else 'on-demand'
                lines.append(f'launch {replica_id} {market}')
            else:
                self.drained.add(d.target)
                self.known[d.target] = 'draining'
                lines.append(f'drain {d.target}')
                manager.scale_down(d.target)
        return lines

    def tick(self) -> bool:
        """False: SkyPilot scales this service no more."""
        self.in_decision, self.held = True, []
        decisions = self.decide()
        scaler = self.service.autoscaler
        if self.has_failed_for_good(self.service.rows.get_replica_infos('')):
            if decisions:
                raise Mismatch('decisions although the version failed for good')
            self.counts['histories stopped: failed before ever ready'] += 1
            return False
        final = scaler.get_final_target_num_replicas()
        theirs = self.carry_out(decisions) + [f'target {scaler.target_num_replicas} final {final}']
        ours = self.driver.step(self.now(), self.requests())
        ours[-1] = ours[-1].replace(' clamped', '')
        if ours != theirs:
            raise Mismatch(f'SkyPilot decided {theirs}, ours {ours}')
        self.in_decision = False
        for line in self.held:
            self.driver.say(line)
        self.count(theirs)
        return True

    def count(self, lines: List[str]) -> None:
        self.counts['decisions'] += 1
        self.statuses.update(info.status.name for info in self.service.rows.table.values())
        self.counts['spot launches, by zone'] += sum(' spot ' in l for l in lines)
        self.counts['victims, in order'] += sum(l.startswith('drain') for l in lines)
        self.counts['on-demand launches'] += sum(l.endswith('on-demand') for l in lines)

    def run(self, ticks: int) -> None:
        with real.replaced(self.service.patches):
            for i in range(ticks):
                if not self.tick():
                    return
                interval_ms = self.service.autoscaler.get_decision_interval() * 1000
                idle = self.service.autoscaler.get_final_target_num_replicas() == 0
                if interval_ms != (5000 if idle else TICK_MS):
                    raise Mismatch(f'SkyPilot sleeps {interval_ms} ms')
                if i % 12 == 11:
                    self.draw_mood()
                elif self.rng.random() < self.restless:
                    self.draw_rate()
                self.spend(self.now() + interval_ms)


class Scripted(History):
    """Nothing is drawn: a launch that is denied takes 180 s, its row goes 60 s
    later; one that is granted is ready 200 s after it was sent."""
    PRICES = (1000000, 2000000, 3000000)
    SPEC = real.Spec(use_spot=True, base=None, dynamic=None, overprovision=None, min_replicas=1, max_replicas=8,
                     qps=1.0, upscale_delay=None, downscale_delay=None, initial_delay=1200)

    def draw_service(self) -> None:
        self.spec = self.SPEC
        self.zones = sorted(ZONES[:3])
        self.since: Dict[real.Work, int] = {}
        self.most_ready = 0

    def new_price(self, zone: str) -> int:
        price = self.PRICES[self.zones.index(zone)]
        self.service.set_price(zone, price)
        return price

    def draw_mood(self) -> None:
        self.rate = self.restless = 0
        self.service.outside.no_record = 0

    def denies(self, zone: str) -> bool:
        return False

    def spend(self, up_to_ms: int) -> None:
        self.service.clock.now_ms = up_to_ms - TICK_MS // 2
        for replica_id, work in self.service.launches().items():
            self.age(work, 180, self.denies(self.service.zone_of(replica_id)))
        for work in self.service.downs().values():
            self.age(work, 60, False)
        self.service.manager._refresh_thread_pool()
        self.service.outside.answers = {replica_id: True for replica_id in self.service.rows.table}
        self.service.manager._probe_all_replicas()
        self.most_ready = max(self.most_ready, sum(known == 'ready' for known in self.known.values()))
        self.service.clock.now_ms = up_to_ms

    def age(self, work: real.Work, seconds: int, fails: bool) -> None:
        if work.is_alive() and self.now() - self.since.setdefault(work, self.now()) >= seconds * 1000:
            work.finish(fails)


class Starvation(Scripted):
    """Target 4, three zones, only the dearest gives any instance.

    Fewer than two active zones make all active again, so launches keep going to
    the dead ones: one replica is ready, for ever.
    """
    TICKS = 360  # two hours
    SPEC = Scripted.SPEC._replace(min_replicas=4, max_replicas=4)

    def denies(self, zone: str) -> bool:
        return zone != self.zones[2]

    def run(self, ticks: int) -> None:
        super().run(ticks)
        ready = sum(known == 'ready' for known in self.known.values())
        if ready != 1 or self.most_ready != 1:
            raise Mismatch(f'{ready} replicas are ready, at most {self.most_ready} were; expected 1')
        self.counts['ticks starved with one good zone of three'] += ticks


class Swing(Scripted):
    """The load goes to and fro around a target of 4, too quickly for either
    delay: three ticks ask for 8, two for 1, and each takes back what the other
    has gathered.  Then it stays low and the target falls.
    """
    RISE, CYCLE, CYCLES, REST = 12, 5, 5, 8  # ticks; how many times
    TICKS = RISE + CYCLE * CYCLES + REST
    SPEC = Scripted.SPEC._replace(upscale_delay=200, downscale_delay=60)

    def replicas_asked(self, tick: int) -> int:
        """By requests that come at once and leave the minute after three ticks."""
        if tick < self.RISE:
            return 4 if tick % 3 == 0 else 0
        tick -= self.RISE
        return 8 if tick < self.CYCLE * self.CYCLES and tick % self.CYCLE == 0 else 0

    def spend(self, up_to_ms: int) -> None:
        super().spend(up_to_ms)
        asked = self.replicas_asked(up_to_ms // TICK_MS - 1)
        self.arrivals += [up_to_ms - 1000 + 0.5] * (60 * asked)
        self.report()
        self.targets.append(self.service.autoscaler.target_num_replicas)

    def run(self, ticks: int) -> None:
        self.targets: List[int] = []
        super().run(ticks)
        met = [n for n, _ in itertools.groupby(self.targets)]
        if met != [1, 4, 1]:
            raise Mismatch(f'the target went {met}; expected 1, 4, 1')
        self.counts['ticks of a load that swings about the target'] += ticks


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--driver', required=True)
    parser.add_argument('--decisions', type=int, default=2000)
    parser.add_argument('--ticks', type=int, default=100, help='of one history')
    parser.add_argument('--seed', type=int, default=1, help='of the first history')
    parser.add_argument('--only', type=int, metavar='SEED', help='one random history')
    parser.add_argument('--every-combination', action='store_true',
                        help='go on until every base, dynamic fallback and overprovision was met together')
    parser.add_argument('--record', help='file for the conversations with our policies')
    return parser.parse_args()


def histories(args: argparse.Namespace, driver: Driver) -> Iterator[Tuple[str, History, int]]:
    """Name, history, its ticks: those that are written out, then random ones."""
    if args.only is not None:
        yield f'history {args.only}', History(args.only, driver), args.ticks
        return
    for n, kind in enumerate((Starvation, Swing)):
        yield kind.__name__.lower(), kind(args.seed + n, driver), kind.TICKS
    for seed in itertools.count(args.seed + 2):
        yield f'history {seed}', History(seed, driver), args.ticks


def run_all(args: argparse.Namespace, record: Optional[IO[str]]) -> Optional[str]:
    """What went wrong, with the conversation that led to it."""
    driver = Driver(args.driver)
    counts: collections.Counter = collections.Counter()
    statuses: collections.Counter = collections.Counter()
    met: set = set()
    wanted = Starvation.TICKS + Swing.TICKS + args.decisions
    error = None
    for name, history, ticks in histories(args, driver):
        try:
            history.run(ticks)
        except (Mismatch, AssertionError) as e:
            tail = '\n'.join(driver.log[-60:])
            error = f'{tail}\n{name} ({history.spec}), at {history.now()} ms: {e!r}'
        counts += history.counts
        counts['histories'] += 1
        statuses += history.statuses
        if name.startswith('history') and history.counts['decisions'] >= LEAST_DECISIONS:
            met.add(combination(history.seed))
        if record:
            print(f'# {name}', *driver.log, sep='\n', file=record)
        complete = not args.every_combination or met.issuperset(COMBINATIONS)
        if error or (counts['decisions'] >= wanted and complete):
            break
    for what, n in counts.items():
        print(f'# count: SkyPilot {what}: {n}')
    n_met = len(met.intersection(COMBINATIONS))
    print(f'# count: SkyPilot combinations of base, dynamic fallback, overprovision: {n_met} of {len(COMBINATIONS)}')
    print('# count: SkyPilot rows seen:', ', '.join(f'{name} {n}' for name, n in sorted(statuses.items())))
    return error


def main() -> int:
    args = parse_arguments()
    if args.record:
        with open(args.record, 'w', encoding='utf-8') as record:
            error = run_all(args, record)
    else:
        error = run_all(args, None)
    print(error or 'the same decisions')
    return 1 if error else 0


if __name__ == '__main__':
    sys.exit(main())
