"""Reading from MongoDB beside the plain driver: one document by its key, all of a collection as
tuples and as an Arrow table; and what planning TPC-H costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pymongo
from pymongo.collection import Collection
from pymongoarrow.api import Schema, find_arrow_all

from conformance.backends._sqlshim import connect
from conformance.bench.race import Contest, Figure, Race, seconds
from conformance.bench.reads import (
    LINEITEM,
    ORDER,
    POINTS,
    SCAN,
    Rows,
    as_table,
    fetched,
    point_queries,
    rows_differ,
    tables_differ,
)
from conformance.tpch.check import ORDER_KEYS, query
from sqlshim import engine

Store = Collection[dict[str, Any]]

ONE, ALL, TABLE = 1.3, 1.2, 0.85  # times what the driver needs
COLD_MS, CACHED_US = 15.0, 50.0
REPEATED = 200  # preparations of a statement that is known


@contextmanager
def suite(uri: str, scale: float) -> Iterator[Iterator[Contest]]:
    """The contests over the data at `uri`."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    with client, closing(connect(uri, "auto")) as connection:
        database = client[urlsplit(uri).path.strip("/")]
        yield _contests(connection, database.orders, database.lineitem, scale)


def _contests(connection: Any, orders: Store, lineitem: Store, scale: float) -> Iterator[Contest]:
    keys = [d["o_orderkey"] for d in orders.find().limit(POINTS)]
    points = point_queries(connection.cursor(), keys)
    yield Race("point", points, partial(_points, orders, keys), ONE, rows_differ)
    yield Race(
        "fetchall", partial(fetched, connection, SCAN), partial(_tuples, lineitem), ALL, rows_differ
    )
    yield Race(
        "arrow",
        partial(as_table, connection, SCAN),
        partial(_table, lineitem),
        TABLE,
        tables_differ,
    )
    for name in ORDER_KEYS:
        yield Figure(f"plan-{name}", _cold(connection, query(name, scale)), COLD_MS, "ms")
    for name in ORDER_KEYS:
        yield Figure(f"cached-{name}", _cached(connection, query(name, scale)), CACHED_US, "µs")


# --- by hand -------------------------------------------------------------------------------


def _points(orders: Store, keys: list[int]) -> Rows:
    pick = itemgetter(*ORDER)
    projection = {"_id": 0, **dict.fromkeys(ORDER, 1)}
    return [pick(orders.find_one({"o_orderkey": key}, projection) or {}) for key in keys]


_FIELDS = {"_id": 0, **dict.fromkeys(LINEITEM, 1)}


def _tuples(lineitem: Store) -> Rows:
    return list(map(itemgetter(*LINEITEM), lineitem.find({}, _FIELDS)))


_TYPES = (pa.int64(), pa.int64(), pa.float64(), pa.float64(), pa.timestamp("ms"), pa.string())


def _table(lineitem: Store) -> pa.Table:
    """The types are given: without them pymongoarrow is slower."""
    schema = Schema(dict(zip(LINEITEM, _TYPES, strict=True)))
    return find_arrow_all(lineitem, {}, schema=schema, projection=_FIELDS)


# --- planning ------------------------------------------------------------------------------


def _cold(connection: Any, sql: str) -> Callable[[], float]:
    """Milliseconds to plan a statement anew; tables and statistics are known."""
    world = connection._world

    def measure() -> float:
        engine.prepare(sql, None, world)
        world.cache.clear()
        world.texts.clear()
        return 1e3 * seconds(lambda: engine.prepare(sql, None, world))

    return measure


def _cached(connection: Any, sql: str) -> Callable[[], float]:
    """Microseconds to find the plan of a statement that is known."""
    world = connection._world

    def repeated() -> None:
        for _ in range(REPEATED):
            engine.prepare(sql, None, world)

    return lambda: 1e6 * seconds(repeated) / REPEATED
