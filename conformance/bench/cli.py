"""`python -m conformance bench SUITE --uri URI [NAME …]`: times beside the same work by hand.

Exit code 0 when all is as wanted, 1 when something is not, 2 when nothing could be run.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from conformance.backends import Unavailable
from conformance.bench.race import Contest, Outcome, run

Suite = Callable[[str, float], AbstractContextManager[Iterator[Contest]]]

# Each module's `suite(uri, scale)` is a context in which its contests can be run.
SUITES = {
    "reads-cassandra": "conformance.bench.reads_cassandra",
    "reads-mongo": "conformance.bench.reads_mongo",
    "tpch-cassandra": "conformance.bench.tpch_cassandra",
    "tpch-modes": "conformance.bench.tpch_modes",
    "tpch-mongo": "conformance.bench.tpch_mongo",
    "tpch-trino": "conformance.bench.tpch_trino",
}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance bench", description=__doc__)
    parser.add_argument("suite", choices=sorted(SUITES))
    parser.add_argument("names", nargs="*", metavar="NAME", help="contests; default: all")
    parser.add_argument("--uri", required=True, help="where `conformance tpch load` put the data")
    parser.add_argument("-s", "--scale", type=float, default=0.1, help="scale factor of the data")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments().parse_intermixed_args(argv)
    suite: Suite = importlib.import_module(SUITES[options.suite]).suite
    try:
        with suite(options.uri, options.scale) as contests:
            wanted = (c for c in contests if not options.names or c.name in options.names)
            results = [_told(run(contest, options.rounds)) for contest in wanted]
    except Unavailable as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    good = sum(result.good for result in results)
    print(f"{good} of {len(results)} as wanted")
    return int(good < len(results))


def _told(result: Outcome) -> Outcome:
    print(result, flush=True)
    return result
