"""TPC-H on Cassandra beside Trino 476, whose times at scale factor 0.1 were taken on another
machine: what the same reads by hand, with the plain driver, need here and needed there tells how
much slower this machine is.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from math import inf
from typing import Any
from urllib.parse import urlsplit

from cassandra.concurrent import execute_concurrent
from cassandra.query import tuple_factory

from conformance.backends._sqlshim import connect
from conformance.backends.cassandra import raw_cluster
from conformance.bench.race import Against, Contest, Figure, Timed, run
from conformance.tpch.check import ORDER_KEYS, query, reference
from conformance.tpch.compare import difference
from conformance.tpch.data import parquet_dir

Rows = list[tuple[Any, ...]]

# Seconds on the other machine, at scale factor 0.1. Q15 has a WITH that is read twice, which
# Trino answered wrongly.
TRINO = {
    "q01": 2.41, "q02": 1.13, "q03": 2.67, "q04": 2.15, "q05": 3.19, "q06": 1.84, "q07": 2.93,
    "q08": 3.10, "q09": 3.50, "q10": 2.60, "q11": 0.72, "q12": 2.48, "q13": 0.84, "q14": 1.73,
    "q16": 0.53, "q17": 3.29, "q18": 3.69, "q19": 2.00, "q20": 2.19, "q21": 5.86, "q22": 0.82,
}  # fmt: skip
SHARE = 1 / 3  # of Trino's total, for all queries together
ROUNDS = 3  # of each read by hand
RANGES, BATCH, KEYS = 16, 25, 5_000


@contextmanager
def suite(uri: str, scale: float) -> Iterator[Iterator[Contest]]:
    """The contests over the data at `uri`. The reads by hand are run and told before the first."""
    cluster = raw_cluster(uri)
    cluster.connect_timeout = 30
    with (
        cluster,
        cluster.connect(urlsplit(uri).path.strip("/")) as session,
        closing(connect(uri, "auto")) as connection,
    ):
        session.row_factory = tuple_factory
        session.default_timeout = 60
        yield _contests(session, connection, scale)


@dataclass
class _Query:
    """One query; `times` grows with each run."""

    connection: Any
    name: str
    scale: float
    times: list[float] = field(default_factory=list)

    def rows(self) -> Rows:
        begun = time.perf_counter()
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(query(self.name, self.scale))
            rows: Rows = cursor.fetchall()
        self.times.append(time.perf_counter() - begun)
        return rows

    def wrong(self, rows: Rows) -> str | None:
        expected = reference(parquet_dir(self.scale), self.name, self.scale)
        return difference(rows, expected, ORDER_KEYS[self.name])


def _contests(session: Any, connection: Any, scale: float) -> Iterator[Contest]:
    slower = _slower(session)
    queries = [_Query(connection, name, scale) for name in ORDER_KEYS]
    for asked in queries:
        theirs = TRINO.get(asked.name, inf) * slower
        yield Against(asked.name, asked.rows, theirs, "Trino", 1.0, asked.wrong)
    if all(asked.times for asked in queries):
        ours = sum(statistics.median(asked.times) for asked in queries)
        yield Figure("total", lambda: ours, sum(TRINO.values()) * slower * SHARE, "s")


# --- by hand -------------------------------------------------------------------------------


def _slower(session: Any) -> float:
    """How many times longer the reads by hand take than on the other machine."""
    keys = [key for (key,) in session.execute(f"SELECT o_orderkey FROM orders LIMIT {KEYS}")]
    ratios = []
    for name, read, rows, there in BY_HAND:
        read_here = Against(name, partial(read, session, keys), there, "there", inf, _not(rows))
        took = run(read_here, ROUNDS)
        assert isinstance(took, Timed)
        print(took, flush=True)
        ratios.append(took.ratio)
    return statistics.geometric_mean(ratios)


def _not(rows: int) -> Callable[[int], str | None]:
    return lambda found: None if found == rows else f"{found} rows, at 0.1 they are {rows}"


def _by_ranges(session: Any, text: str, values: Sequence[object] = ()) -> Rows:
    """The rows of all token ranges, read at once; what `values` ask for is left to the server."""
    statement = session.prepare(text)
    statement.fetch_size = None  # a range in one page: the next ones would come one after another
    bounds = [-(2**63) + 2**64 * i // RANGES for i in range(RANGES)]
    ranges = pairwise([*bounds, 2**63 - 1])
    requests = [(statement, (*token_range, *values)) for token_range in ranges]
    found = execute_concurrent(session, requests, concurrency=RANGES)
    return [row for _, rows in found for row in rows]


def _partitions(session: Any, keys: Sequence[int]) -> int:
    statement = session.prepare(f"SELECT {_ORDER} FROM orders WHERE o_orderkey IN ?")
    requests = [(statement, (keys[i : i + BATCH],)) for i in range(0, len(keys), BATCH)]
    return sum(len(rows.all()) for _, rows in execute_concurrent(session, requests))


def _year(session: Any, _: Sequence[int]) -> int:
    dates = "o_orderdate >= ? AND o_orderdate < ?"
    return len(_by_ranges(session, f"{_ORDERS} AND {dates} ALLOW FILTERING", _YEAR))


def _orders(session: Any, _: Sequence[int]) -> int:
    return len(_by_ranges(session, _ORDERS))


def _q06(session: Any, _: Sequence[int]) -> int:
    text = (
        f"SELECT l_extendedprice, l_discount FROM lineitem WHERE {_LINE_RANGE} AND l_shipdate >= ? "
        "AND l_shipdate < ? AND l_discount >= ? AND l_discount <= ? AND l_quantity < ? "
        "ALLOW FILTERING"
    )
    return len(_by_ranges(session, text, (*_YEAR, 0.05, 0.07, 24.0)))


def _count(session: Any, _: Sequence[int]) -> int:
    counts = _by_ranges(session, f"SELECT COUNT(*) FROM lineitem WHERE {_LINE_RANGE}")
    return sum(count for (count,) in counts)


_YEAR = (dt.date(1994, 1, 1), dt.date(1995, 1, 1))
_ORDER = "o_orderkey, o_custkey, o_totalprice, o_orderdate"
_ORDERS = f"SELECT {_ORDER} FROM orders WHERE TOKEN(o_orderkey) > ? AND TOKEN(o_orderkey) <= ?"
_LINE_RANGE = "TOKEN(l_orderkey) > ? AND TOKEN(l_orderkey) <= ?"

# What is read, how many rows that are at scale factor 0.1, and the seconds on the other machine.
BY_HAND: tuple[tuple[str, Callable[[Any, Sequence[int]], int], int, float], ...] = (
    ("by-hand/5000-partitions", _partitions, KEYS, 0.12),
    ("by-hand/year-of-orders", _year, 22_958, 0.27),
    ("by-hand/all-orders", _orders, 150_000, 0.58),
    ("by-hand/q06-filter", _q06, 11_618, 0.66),
    ("by-hand/count-lineitem", _count, 600_572, 1.2),
)
