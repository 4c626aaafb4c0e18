"""TPC-H on Cassandra beside Trino's connector, by reads made by hand with the plain driver."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

from cassandra.concurrent import execute_concurrent

from conformance.backends._sqlshim import connect
from conformance.bench.race import Contest
from conformance.bench.reads_cassandra import plain_session
from conformance.bench.trino import ByHand, Rows, contests

# Seconds on the other machine, at scale factor 0.1. Q15 has a WITH that is read twice, which
# Trino answered wrongly.
TRINO = {
    "q01": 2.41, "q02": 1.13, "q03": 2.67, "q04": 2.15, "q05": 3.19, "q06": 1.84, "q07": 2.93,
    "q08": 3.10, "q09": 3.50, "q10": 2.60, "q11": 0.72, "q12": 2.48, "q13": 0.84, "q14": 1.73,
    "q16": 0.53, "q17": 3.29, "q18": 3.69, "q19": 2.00, "q20": 2.19, "q21": 5.86, "q22": 0.82,
}  # fmt: skip
RANGES, BATCH, KEYS = 16, 25, 5_000


@contextmanager
def suite(uri: str, scale: float) -> Iterator[Iterator[Contest]]:
    """The contests over the data at `uri`."""
    with plain_session(uri) as session, closing(connect(uri, "auto")) as connection:
        known = session.execute(f"SELECT o_orderkey FROM orders LIMIT {KEYS}")
        keys = [key for (key,) in known]
        by_hand = [
            ByHand(name, partial(read, session, keys), there, _not(rows))
            for name, read, rows, there in BY_HAND
        ]
        yield contests(connection, scale, TRINO, by_hand)


# --- by hand -------------------------------------------------------------------------------


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
    ("5000-partitions", _partitions, KEYS, 0.12),
    ("year-of-orders", _year, 22_958, 0.27),
    ("all-orders", _orders, 150_000, 0.58),
    ("q06-filter", _q06, 11_618, 0.66),
    ("count-lineitem", _count, 600_572, 1.2),
)
