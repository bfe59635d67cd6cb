# SPDX-License-Identifier: Apache-2.0
"""SkyPilot's own controller of one service, in process and without a cloud.

The autoscaler, the replica manager, its replica rows and the spot placer are
SkyPilot's classes.  What they reach outside is replaced: the clock, the table
of replicas (kept in memory), the threads that launch and end clusters, the
cloud's answers, the price catalogue.
"""
import contextlib
import io
import logging
import os
import random
import threading
import types
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

logging.disable(logging.CRITICAL)

# pylint: disable=wrong-import-position
from sky import clouds
from sky.serve import autoscalers
from sky.serve import replica_managers as rm
from sky.serve import serve_state
from sky.serve import service_spec
from sky.serve import spot_placer
from sky.utils import status_lib
from sky.utils import thread_utils

SERVICE = 'peer'
VERSION = 1
Status = serve_state.ReplicaStatus


class Clock:
    """Stands for the module `time` in SkyPilot's modules."""

    def __init__(self) -> None:
        self.now_ms = 0

    def time(self) -> float:
        return self.now_ms / 1000

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f'nothing here waits, asked for {seconds} s')


class Work:
    """Stands for the thread that launches or ends a cluster."""

    def __init__(self, target: Callable[..., None], args: tuple) -> None:
        self.target = target
        self.args = args
        self.started = self.finished = False
        self.format_exc: Optional[str] = None

    def start(self) -> None:
        self.started = True
        if self.target is rm.launch_cluster:  # it notes its request, by which it can be cancelled
            replica_id, requests = self.args[0], self.args[4]
            requests[replica_id] = 'request'

    def join(self) -> None:
        self.finished = True

    def is_alive(self) -> bool:
        return self.started and not self.finished

    def finish(self, failed: bool) -> None:
        self.finished = True
        self.format_exc = 'failed' if failed else None


class NowPool:
    """Stands for a pool of threads: runs what it is given at once."""

    def __enter__(self) -> 'NowPool':
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def apply_async(self, function: Callable[..., Any], args: tuple = ()) -> Any:
        result = function(*args)
        return types.SimpleNamespace(get=lambda: result)


class Offer:
    """A resource at one location, as far as the placer asks for its price."""

    def __init__(self, prices: Dict[spot_placer.Location, float]) -> None:
        self.prices = prices
        self.location: Optional[spot_placer.Location] = None
        self.cloud = self

    def copy(self, **location: Any) -> 'Offer':
        offer = Offer(self.prices)
        offer.location = spot_placer.Location(**location)
        return offer

    def get_feasible_launchable_resources(self, offer: 'Offer', num_nodes: int) -> Any:
        assert num_nodes == 1
        return types.SimpleNamespace(resources_list=[offer])

    def get_cost(self, seconds: float) -> float:
        assert seconds == 3600
        return self.prices[self.location]


class Spec(NamedTuple):
    """The part of a service's YAML that decides.  Delays in seconds."""
    use_spot: bool
    base: Optional[int]
    dynamic: Optional[bool]
    overprovision: Optional[int]
    min_replicas: int
    max_replicas: int
    qps: float
    upscale_delay: Optional[float]
    downscale_delay: Optional[float]
    initial_delay: int

    def service(self) -> service_spec.SkyServiceSpec:
        return service_spec.SkyServiceSpec(
            readiness_path='/', initial_delay_seconds=self.initial_delay, readiness_timeout_seconds=15,
            endpoint_probe_interval_seconds=10, lb_stream_timeout_seconds=120, min_replicas=self.min_replicas,
            max_replicas=self.max_replicas, num_overprovision=self.overprovision, ports='8080',
            target_qps_per_replica=self.qps, dynamic_ondemand_fallback=self.dynamic,
            base_ondemand_fallback_replicas=self.base,
            spot_placer='dynamic_fallback' if self.use_spot else None,
            upscale_delay_seconds=self.upscale_delay, downscale_delay_seconds=self.downscale_delay)


def copy_info(info: rm.ReplicaInfo) -> rm.ReplicaInfo:
    """As the database does: whoever reads a row gets one of his own."""
    copied = object.__new__(rm.ReplicaInfo)
    copied.__dict__.update(info.__dict__)
    copied.status_property = rm.ReplicaStatusProperty(**info.status_property.__dict__)
    copied.consecutive_failure_times = list(info.consecutive_failure_times)
    return copied


class Rows:
    """The table of replicas.  `listener` hears of every change."""

    def __init__(self, listener: Callable[[int, Optional[rm.ReplicaInfo]], None]) -> None:
        self.table: Dict[int, rm.ReplicaInfo] = {}
        self.listener = listener

    def add_or_update_replica(self, _: str, replica_id: int, info: rm.ReplicaInfo) -> None:
        self.table[replica_id] = copy_info(info)
        self.listener(replica_id, info)

    def remove_replica(self, _: str, replica_id: int) -> None:
        del self.table[replica_id]
        self.listener(replica_id, None)

    def get_replica_infos(self, _: str) -> List[rm.ReplicaInfo]:
        return [copy_info(self.table[i]) for i in sorted(self.table)]

    def get_replica_info_from_id(self, _: str, replica_id: int) -> Optional[rm.ReplicaInfo]:
        return copy_info(self.table[replica_id]) if replica_id in self.table else None


def make_manager(service: service_spec.SkyServiceSpec, use_spot: bool, offer: Offer,
                 locations: List[spot_placer.Location]) -> rm.SkyPilotReplicaManager:
    """The replica manager without its daemon threads and its YAML file."""
    manager = object.__new__(rm.SkyPilotReplicaManager)
    rm.ReplicaManager.__init__(manager, SERVICE, service, VERSION)
    manager.lock = threading.RLock()
    manager.yaml_content = 'spot' if use_spot else 'on-demand'
    for name in ('_launch_thread_pool', '_replica_to_request_id', '_replica_to_launch_cancelled',
                 '_down_thread_pool'):
        setattr(manager, name, thread_utils.ThreadSafeDict())
    manager._last_termination_check = {}
    manager._spot_placer = None
    if use_spot:
        placer = object.__new__(spot_placer.SPOT_PLACERS[service.spot_placer])
        placer.location2status = {l: spot_placer.LocationStatus.ACTIVE for l in locations}
        placer.location2cost = {}
        placer.resources = offer
        placer.num_nodes = 1
        manager._spot_placer = placer
    return manager


class Outside:
    """What the world answers when SkyPilot asks.  Set by the history."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.launch_chance = 1.0  # that a pending launch may start
        self.down_chance = 1.0  # that a pending termination may start
        self.gone: set = set()  # replicas whose instance the cloud took
        self.answers: Dict[int, bool] = {}  # replica: its next probe's result
        self.no_record = 0.0  # chance that a cluster's record is gone already

    def cluster_exists(self, _: str) -> bool:
        return self.rng.random() >= self.no_record

    def refresh(self, name: str, **_: Any) -> tuple:
        replica_id = int(name.rsplit('-', 1)[1])
        if replica_id not in self.gone:
            return status_lib.ClusterStatus.UP, None
        return self.rng.choice([None, status_lib.ClusterStatus.INIT, status_lib.ClusterStatus.STOPPED]), None


class Handle(rm.backends.CloudVmRayResourceHandle):
    """There is a cluster; nobody looks at it."""

    def __init__(self) -> None:  # pylint: disable=super-init-not-called
        pass


def replacements(clock: Clock, rows: Rows, outside: Outside, service: service_spec.SkyServiceSpec) -> List[tuple]:
    """(module or class, name, what stands for it)"""
    handle = Handle()

    def probe(info: rm.ReplicaInfo, *_: Any) -> tuple:
        return info, outside.answers.get(info.replica_id, False), clock.time()

    launch_may = lambda _: outside.rng.random() < outside.launch_chance
    down_may = lambda _: outside.rng.random() < outside.down_chance
    patches = [(rm, 'time', clock), (autoscalers, 'time', clock),
               (rm.thread_utils, 'SafeThread', Work),
               (rm.sdk, 'api_cancel', lambda _: None),
               (rm.mp_pool, 'ThreadPool', NowPool),
               (rm.filelock, 'FileLock', lambda *_: contextlib.nullcontext()),
               (rm.controller_utils, 'can_provision', launch_may),
               (rm.controller_utils, 'can_terminate', down_may),
               (rm.controller_utils, 'download_and_stream_job_log', lambda *_: None),
               (rm.backends, 'CloudVmRayBackend', lambda: None),
               (rm.backend_utils, 'refresh_cluster_status_handle', outside.refresh),
               (rm.global_user_state, 'get_handle_from_cluster_name', lambda _: handle),
               (rm.global_user_state, 'cluster_with_name_exists', outside.cluster_exists),
               (rm.serve_state, 'get_spec', lambda *_: service),
               (rm.serve_state, 'set_service_uptime', lambda *_: None),
               (rm.ReplicaInfo, 'probe', probe), (rm.ReplicaInfo, 'url', ''),
               (rm.ReplicaInfo, '__repr__', lambda info: f'replica {info.replica_id}'),  # SkyPilot asks a database
               (rm, '_get_resources_ports', lambda _: '8080'),
               (rm.task_lib.Task, 'from_yaml_str',
                lambda text: types.SimpleNamespace(resources=[types.SimpleNamespace(use_spot=text == 'spot')])),
               (rm, 'os', types.SimpleNamespace(remove=lambda _: None, path=os.path)),
               (rm, 'open', lambda *_, **__: io.StringIO())]
    for name in ('add_or_update_replica', 'remove_replica', 'get_replica_infos', 'get_replica_info_from_id'):
        patches.append((rm.serve_state, name, getattr(rows, name)))
    return patches


@contextlib.contextmanager
def replaced(patches: List[tuple]) -> Iterator[None]:
    missing = object()
    before = [(where, name, where.__dict__.get(name, missing)) for where, name, _ in patches]
    for where, name, what in patches:
        setattr(where, name, what)
    try:
        yield
    finally:
        for where, name, what in before:
            if what is missing:
                delattr(where, name)
            else:
                setattr(where, name, what)


class Service:
    """Autoscaler and replica manager of one service, and the world they see."""

    def __init__(self, spec: Spec, zones: List[str], rng: random.Random,
                 listener: Callable[[int, Optional[rm.ReplicaInfo]], None]) -> None:
        self.clock = Clock()
        self.rows = Rows(listener)
        self.outside = Outside(rng)
        self.locations = {z: self._location(z) for z in zones}
        self.prices: Dict[spot_placer.Location, float] = {}
        service = spec.service()
        self.autoscaler = autoscalers.Autoscaler.from_spec(SERVICE, service)
        shuffled = list(self.locations.values())
        rng.shuffle(shuffled)
        self.manager = make_manager(service, spec.use_spot, Offer(self.prices), shuffled)
        self.patches = replacements(self.clock, self.rows, self.outside, service)

    @staticmethod
    def _location(zone: str) -> spot_placer.Location:
        cloud, region, name = zone.split('/')
        return spot_placer.Location({'aws': clouds.AWS, 'gcp': clouds.GCP}[cloud](), region, name)

    def set_price(self, zone: str, price: int) -> None:
        self.prices[self.locations[zone]] = price / 1e6

    def zone_of(self, replica_id: int) -> str:
        location = self.rows.table[replica_id].get_spot_location()
        return f'{str(location.cloud).lower()}/{location.region}/{location.zone}'

    def status(self, replica_id: int) -> Status:
        return self.rows.table[replica_id].status

    def launches(self) -> Dict[int, Work]:
        return dict(self.manager._launch_thread_pool.items())

    def downs(self) -> Dict[int, Work]:
        return dict(self.manager._down_thread_pool.items())

    def fail_app(self, replica_id: int) -> None:
        """The two steps of _fetch_job_status when the user's program failed."""
        info = self.rows.get_replica_info_from_id(SERVICE, replica_id)
        info.status_property.user_app_failed = True
        self.rows.add_or_update_replica(SERVICE, replica_id, info)
        self.manager._terminate_replica(replica_id, sync_down_logs=True, replica_drain_delay_seconds=0)
