# SPDX-License-Identifier: Apache-2.0
"""Hold model in SimPy: processes that wait exponential times, one for each timer.

Prints one JSON object: operations (timers that came) and seconds of CPU.
"""
import argparse
import json
import random
import time
from typing import Any, Generator, List

import simpy

DRAWN = 65536  # beforehand: the queue is what is timed


def timer(env: simpy.Environment, waits: List[int], i: int) -> Generator[simpy.Event, Any, None]:
    while True:
        yield env.timeout(waits[i % DRAWN])
        i += 7919  # each timer goes its own way through the same numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--timers', type=int, required=True)
    parser.add_argument('--operations', type=int, required=True)
    args = parser.parse_args()
    draws = random.Random(1)
    waits = [1 + int(draws.expovariate(1 / args.timers)) for _ in range(DRAWN)]
    env = simpy.Environment()
    for i in range(args.timers):
        env.process(timer(env, waits, i))
    for _ in range(args.timers):  # all have started
        env.step()
    start = time.process_time()
    for _ in range(args.operations):
        env.step()
    seconds = time.process_time() - start
    print(json.dumps({'operations': args.operations, 'seconds': seconds}))


if __name__ == '__main__':
    main()
