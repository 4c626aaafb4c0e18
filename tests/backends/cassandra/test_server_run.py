"""Running: streaming, early close, cancelling, timeouts, the price of a scan, partitions."""

from __future__ import annotations

import pickle
import threading
from dataclasses import replace
from typing import Any

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.compile import CqlQuery
from sqlshim.backends.cassandra.run import RANGES_AHEAD
from sqlshim.backends.protocol import Backend, FullScan, Native, RunContext
from sqlshim.errors import Error, OperationalError, QueryCanceled
from sqlshim.functions import aggregates as agg
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Aggregate, Filter, Limit, Rel, Scan
from sqlshim.ir.scalar import AggregateCall, Call, Column, InList, Literal

ROWS = 12_000
K, V = Column(1, "k", t.INTEGER), Column(2, "v", t.INTEGER)


@pytest.fixture(scope="module", autouse=True)
def _numbers(cql: Any) -> None:
    from cassandra.concurrent import execute_concurrent_with_args

    cql.execute("CREATE TABLE numbers (k int PRIMARY KEY, v int)")
    insert = cql.prepare("INSERT INTO numbers (k, v) VALUES (?, ?)")
    execute_concurrent_with_args(cql, insert, [(i, i % 100) for i in range(ROWS)], concurrency=64)
    cql.execute("CREATE TABLE wide (p int, k int, v int, PRIMARY KEY (p, k))")
    insert = cql.prepare("INSERT INTO wide (p, k, v) VALUES (1, ?, ?)")
    execute_concurrent_with_args(cql, insert, [(i, i % 100) for i in range(ROWS)], concurrency=64)


def scan(store: Backend, name: str = "numbers") -> Scan:
    table = store.load_table(name)
    assert table is not None
    return Scan(table, (K, V))


def where(rel: Rel, column: Column, value: int) -> Filter:
    return Filter(rel, (Call(op.EQ, (column, Literal(value, t.INTEGER)), t.BOOLEAN),))


def keys(store: Backend, native: Native, context: RunContext | None = None) -> list[Any]:
    stream = store.open(native, [], context or RunContext())
    return [row[0] for page in stream.rows() for row in page]


@pytest.mark.parametrize("name", ["numbers", "wide"])
def test_a_scan_gives_every_row_once(store: Backend, name: str) -> None:
    found = keys(store, store.compile(scan(store, name)))
    assert sorted(found) == list(range(ROWS))


def test_batches_hold_the_same_rows(store: Backend) -> None:
    stream = store.open(store.compile(scan(store)), [], RunContext())
    found = [k for batch in stream.batches() for k in batch.column(0).to_pylist()]
    assert sorted(found) == list(range(ROWS))


def test_partitions_together_are_the_whole_and_travel(store: Backend) -> None:
    parts = store.partitions(store.compile(scan(store)))
    assert len(parts) >= 16
    travelled = [pickle.loads(pickle.dumps(part)) for part in parts]
    found = [k for part in travelled for k in keys(store, part)]
    assert sorted(found) == list(range(ROWS))


def test_a_count_is_put_together_from_ranges(store: Backend) -> None:
    count = AggregateCall(agg.COUNT, (), t.BIGINT)
    query = store.compile(Aggregate(scan(store), (), ((Column(9, "n", t.BIGINT), count),)))
    assert keys(store, query) == [ROWS]
    assert store.partitions(query) == (query,)


def test_thousands_of_keys(store: Backend) -> None:
    items = tuple(Literal(i, t.INTEGER) for i in [*range(-5, 5000), *range(100)])
    query = store.compile(Filter(scan(store), (InList(K, items),)))
    assert query.access_path == "several partitions by key"
    assert sorted(keys(store, query)) == list(range(5000))


def test_an_early_close_stops_asking(store: Backend) -> None:
    context = RunContext(batch_rows=100)
    stream = store.open(store.compile(scan(store)), [], context)
    pages = stream.rows()
    first = next(pages)
    stream.close()
    stream.close()
    rest = list(pages)
    assert 0 < len(first) <= 100
    assert len(rest) <= RANGES_AHEAD
    assert context.on_cancel == []


def test_a_limit_reads_no_more_than_it_must(store: Backend) -> None:
    limited = Limit(scan(store), Literal(10, t.BIGINT), None)
    assert len(keys(store, store.compile(limited))) == 10


def test_cancelling_from_another_thread(store: Backend) -> None:
    context = RunContext(batch_rows=50)
    stream = store.open(store.compile(scan(store)), [], context)
    pages = stream.rows()
    next(pages)
    thread = threading.Thread(target=context.cancel)
    thread.start()
    thread.join()
    with pytest.raises(QueryCanceled, match="user request"):
        list(pages)


def test_a_timeout_cancels(store: Backend) -> None:
    context = RunContext(timeout=0.02, batch_rows=10)
    with pytest.raises(QueryCanceled):
        keys(store, store.compile(scan(store)), context)


@pytest.fixture
def warned() -> list[str]:
    return []


def test_a_scan_is_warned_of_once(store: Backend, warned: list[str]) -> None:
    keys(store, store.compile(scan(store)), RunContext(warn=warned.append))
    assert warned == [
        "this reads every row of 'numbers' (a scan of the whole ring); restrict the partition key "
        "(k) by = or IN, or create an index (USING 'sai') on the column that is compared"
    ]


def test_parts_of_a_scan_warn_once_together(store: Backend, warned: list[str]) -> None:
    context = RunContext(warn=warned.append)
    for part in store.partitions(store.compile(scan(store))):
        keys(store, part, context)
    assert len(warned) == 1


def test_a_forbidden_scan_names_what_would_answer(store: Backend) -> None:
    query = store.compile(where(scan(store), V, 5))
    with pytest.raises(OperationalError) as caught:
        store.open(query, [], RunContext(full_scan=FullScan.FORBID))
    assert caught.value.sqlstate == "54000"
    assert caught.value.hint is not None
    assert "partition key (k)" in caught.value.hint


@pytest.mark.parametrize("by", ["key", "limit"])
def test_a_read_by_key_or_of_a_few_rows_is_never_forbidden(store: Backend, by: str) -> None:
    rel = {
        "key": where(scan(store), K, 5),
        "limit": Limit(scan(store), Literal(3, t.BIGINT), None),
    }[by]
    forbidding = RunContext(full_scan=FullScan.FORBID)
    assert len(keys(store, store.compile(rel), forbidding)) == {"key": 1, "limit": 3}[by]


def test_a_table_dropped_meanwhile_is_an_error_of_ours(store: Backend, cql: Any) -> None:
    cql.execute("CREATE TABLE passing (k int PRIMARY KEY, v int)")
    query = store.compile(scan(store, "passing"))
    cql.execute("DROP TABLE passing")
    with pytest.raises(Error, match="passing"):
        keys(store, query)


def test_a_part_is_a_query_of_one_range(store: Backend) -> None:
    part = store.partitions(store.compile(scan(store)))[0]
    assert isinstance(part, CqlQuery)
    assert replace(part, token_range=None) == store.compile(scan(store))
