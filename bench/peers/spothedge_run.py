# SPDX-License-Identifier: Apache-2.0
"""SpotHedge's own simulator over its two months of nine zones, timed.

Round robin with on-demand fallback, as tests/peers/spothedge runs its classes:
samples of 300 s, 1 means as many as one asks for.  The trace is loaded before the clock
starts.  Prints one JSON object: ticks, seconds of CPU, availability, cost.
"""
import argparse
import glob
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tests', 'peers', 'spothedge'))
import compare  # noqa: E402
import deterministic  # noqa: E402

GAP_S = 300
UNLIMITED = 1_000_000


def load(folder: str, config: object) -> int:
    """The folder's zones by name; returns the shortest one's ticks."""
    config.regions = []
    for path in sorted(glob.glob(os.path.join(folder, '*.json'))):
        with open(path, encoding='utf-8') as f:
            data = json.load(f)['data']
        name = os.path.basename(path)
        config.trace_for_each_region[name] = [UNLIMITED if up else 0 for up in data
                                              for _ in range(GAP_S // compare.TICK_S)]
        config.regions.append(name)
    return min(len(config.trace_for_each_region[name]) for name in config.regions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--peer', required=True, help='folder of its code')
    parser.add_argument('--trace', required=True, help='folder of one JSON file for each zone')
    parser.add_argument('--target', type=int, required=True)
    parser.add_argument('--extra', type=int, required=True)
    parser.add_argument('--cold-start-s', type=int, required=True)
    args = parser.parse_args()
    peer = deterministic.load_classes(args.peer)
    ticks = load(args.trace, peer.config) - 1  # the last has no length in ours
    compare.configure(peer.config, ticks, args.target, args.cold_start_s)
    policy = peer.classes['RoundRobin'](compare.make_arguments(args.extra, 'SpotFailoverNoSafety'))
    start = time.process_time()
    outcome = compare.run_class(policy)
    seconds = time.process_time() - start
    print(json.dumps({'ticks': ticks, 'seconds': seconds, 'availability': outcome.availability,
                      'cost': outcome.cost}))


if __name__ == '__main__':
    main()
