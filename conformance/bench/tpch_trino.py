"""TPC-H on MongoDB beside Trino's connector, whose times were taken on another machine.

The plans made by hand (`tpch_mongo`) were timed there too: the geometric mean of the ratios of
their times here and there says how much slower this machine is.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pymongo

from conformance.backends._sqlshim import connect
from conformance.bench.race import Figure, seconds
from conformance.bench.tpch_mongo import PLANS, fetch
from conformance.tpch.check import query

ROUNDS = 3  # of the plans made by hand
SHARE = 1 / 3  # of Trino's time that all queries together may take

# Seconds on the other machine, scale factor 0.1, medians of three warm runs.
BY_HAND = {
    "q01": 0.75, "q03": 0.54, "q05": 0.15, "q06": 0.17, "q09": 0.42, "q12": 0.28, "q13": 0.13,
    "q18": 0.45, "q21": 0.28,
}  # fmt: skip
TRINO = {
    "q01": 2.36, "q02": 0.35, "q03": 1.22, "q04": 0.86, "q05": 0.80, "q06": 0.24, "q07": 1.14,
    "q08": 1.74, "q09": 2.65, "q10": 0.54, "q11": 0.19, "q12": 0.56, "q13": 0.30, "q14": 0.15,
    "q15": 0.20, "q16": 0.23, "q17": 0.65, "q18": 0.64, "q19": 1.62, "q20": 0.46, "q21": 1.82,
    "q22": 0.21,
}  # fmt: skip


@contextmanager
def suite(uri: str, scale: float) -> Iterator[Iterator[Figure]]:
    """A figure for each query, then their total. The figures know only scale factor 0.1."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    with client, closing(connect(uri, "auto")) as connection:
        slower = _slower(client[urlsplit(uri).path.strip("/")])
        print(f"this machine takes {slower:.2f} times as long", flush=True)
        yield _figures(connection, scale, slower)


def _slower(database: Any) -> float:
    """How many times longer the plans made by hand take here."""
    ratios = []
    for name, known in BY_HAND.items():
        plan, _ = PLANS[name]
        plan(database)
        here = statistics.median(seconds(partial(plan, database)) for _ in range(ROUNDS))
        ratios.append(here / known)
    return statistics.geometric_mean(ratios)


def _figures(connection: Any, scale: float, slower: float) -> Iterator[Figure]:
    taken: dict[str, list[float]] = {name: [] for name in TRINO}
    for name, trino in TRINO.items():
        run = partial(fetch, connection, query(name, scale))
        run()
        yield Figure(name, partial(_noted, taken[name], run), trino * slower, "s")
    yield Figure("all", partial(_total, taken), sum(TRINO.values()) * slower * SHARE, "s")


def _noted(times: list[float], run: Any) -> float:
    times.append(seconds(run))
    return times[-1]


def _total(taken: dict[str, list[float]]) -> float:
    return sum(statistics.median(times) for times in taken.values() if times)
