"""Reading from Cassandra beside the plain driver: rows by their keys, a table as Arrow; what a
scan holds in memory; and a join by keys beside the same join by scan.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from resource import getpagesize
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from cassandra.concurrent import execute_concurrent, execute_concurrent_with_args
from cassandra.query import tuple_factory

from conformance.backends._sqlshim import connect
from conformance.backends.cassandra import raw_cluster
from conformance.bench.race import Contest, Figure, Race
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

ONE, MANY, TABLE = 1.3, 1.2, 1.1  # times what the driver needs
BY_KEY = 0.1  # of what a scan needs
KEYS, BATCH, CONCURRENCY = 5_000, 25, 100
RANGES = 32
MEMORY_MB = 200.0
JOIN = (
    "SELECT o_orderkey, l_linenumber, l_quantity FROM orders JOIN lineitem "
    "ON l_orderkey = o_orderkey WHERE o_orderkey IN (?, ?, ?)"
)


@contextmanager
def suite(uri: str, scale: float) -> Iterator[Iterator[Contest]]:
    """The contests over the data at `uri`."""
    with (
        plain_session(uri) as session,
        closing(connect(uri, "auto")) as connection,
        closing(connect(uri, "never")) as scanning,
    ):
        yield _contests(session, connection, scanning, uri)


@contextmanager
def plain_session(uri: str) -> Iterator[Any]:
    """The plain driver in the keyspace at `uri`; its rows are tuples."""
    cluster = raw_cluster(uri)
    cluster.connect_timeout = 30
    with cluster, cluster.connect(urlsplit(uri).path.strip("/")) as session:
        session.row_factory = tuple_factory
        session.default_timeout = 60
        yield session


def _contests(session: Any, connection: Any, scanning: Any, uri: str) -> Iterator[Contest]:
    known = session.execute(f"SELECT o_orderkey FROM orders LIMIT {KEYS}")
    keys = [key for (key,) in known]
    points = point_queries(connection.cursor(), keys[:POINTS])
    yield Race("point", points, partial(_points, session, keys[:POINTS]), ONE, rows_differ)

    listed = f"SELECT {', '.join(ORDER)} FROM orders WHERE o_orderkey IN ({_marks(keys)})"
    ours = partial(fetched, connection, listed, keys)
    yield Race("in/single-reads", ours, partial(_single_reads, session, keys), MANY, rows_differ)
    yield Race("in/batches", ours, partial(_in_batches, session, keys), MANY, rows_differ)

    for readers in (1, 2, 4, 8):
        by_hand = partial(_table, session, readers)
        ours_table = partial(as_table, connection, SCAN)
        yield Race(f"arrow/{readers}-readers", ours_table, by_hand, TABLE, tables_differ)
    yield Figure("memory", partial(_held, uri), MEMORY_MB, "MB")

    by_key, by_scan = (partial(fetched, c, JOIN, keys[:3]) for c in (connection, scanning))
    yield Race("join-by-key", by_key, by_scan, BY_KEY, rows_differ)


# --- by hand -------------------------------------------------------------------------------


def _marks(keys: Sequence[int]) -> str:
    return ", ".join("?" * len(keys))


def _by_key(session: Any) -> Any:
    return session.prepare(f"SELECT {', '.join(ORDER)} FROM orders WHERE o_orderkey = ?")


def _plain(rows: Any) -> Rows:
    """The driver's own type of dates is slower to read than Python's, which SQL gives."""
    return [(*row[:3], row[3].date()) for row in rows]


def _points(session: Any, keys: Sequence[int]) -> Rows:
    statement = _by_key(session)
    return _plain(session.execute(statement, (key,)).one() for key in keys)


def _single_reads(session: Any, keys: Sequence[int]) -> Rows:
    arguments = [(key,) for key in keys]
    found = execute_concurrent_with_args(session, _by_key(session), arguments, CONCURRENCY)
    return _plain(row for _, rows in found for row in rows)


def _in_batches(session: Any, keys: Sequence[int]) -> Rows:
    columns = ", ".join(ORDER)
    statement = session.prepare(f"SELECT {columns} FROM orders WHERE o_orderkey IN ?")
    requests = [(statement, (keys[i : i + BATCH],)) for i in range(0, len(keys), BATCH)]
    return _plain(row for _, rows in execute_concurrent(session, requests) for row in rows)


_TYPES = (pa.int64(), pa.int64(), pa.float64(), pa.float64(), pa.int32(), pa.string())


def _table(session: Any, readers: int) -> pa.Table:
    """Token ranges, read by several threads."""
    statement = session.prepare(f"{SCAN} WHERE TOKEN(l_orderkey) > ? AND TOKEN(l_orderkey) <= ?")
    bounds = [-(2**63) + 2**64 * i // RANGES for i in range(RANGES)]
    ranges = iter(list(pairwise([*bounds, 2**63 - 1])))
    lock, found = threading.Lock(), []

    def read() -> None:
        while True:
            with lock:
                token_range = next(ranges, None)
            if token_range is None:
                return
            if rows := session.execute(statement, token_range).all():
                found.append(_batch(rows))

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return pa.Table.from_batches(found)


def _batch(rows: Rows) -> pa.RecordBatch:
    cells: list[Sequence[Any]] = list(zip(*rows, strict=True))
    day = LINEITEM.index("l_shipdate")
    cells[day] = [date.days_from_epoch for date in cells[day]]
    arrays = [pa.array(c, t) for c, t in zip(cells, _TYPES, strict=True)]
    arrays[day] = arrays[day].cast(pa.date32())
    return pa.record_batch(arrays, names=list(LINEITEM))


# --- memory --------------------------------------------------------------------------------


def _held(uri: str) -> float:
    """By how many megabytes a process of its own grows while it reads batches and drops them."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_growth, uri).result()


def _growth(uri: str) -> float:
    with closing(connect(uri, "auto")) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(f"{SCAN} LIMIT 1")  # loads pyarrow and what else is loaded once
        cursor.fetch_arrow_table()
        before = most = _resident()
        cursor.execute(SCAN)
        for _ in cursor.fetch_record_batch():
            most = max(most, _resident())
    return most - before


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * getpagesize() / 1e6
