"""The local engine over streams: bounded memory, early ends, cancellation, errors of inputs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

import sqlshim
from sqlshim.backends.arrow import BatchStream, RowStream, schema_of
from sqlshim.backends.duckdb.engine import DuckEngine
from sqlshim.backends.protocol import RunContext, Stream
from sqlshim.catalog.model import Table
from sqlshim.errors import DataError, DivisionByZero, QueryCanceled
from sqlshim.functions import ALL
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Remote,
    Scan,
)
from sqlshim.ir.scalar import AggregateCall, Column
from sqlshim.types import BIGINT, INTEGER, TEXT, TIMESTAMPTZ, UUID
from tests.backends.duckdb.build import call, column, lit

ID, NAME = column("id", BIGINT), column("name", TEXT)
ROWS = 1000  # in a batch


def remote(*columns: Column, store: str = "far") -> Remote:
    return Remote(store, Scan(Table(store, "", "t", ()), columns))


class Source:
    """A store's stream of batches that counts what is drawn from it."""

    def __init__(self, batches: int, fail: Exception | None = None) -> None:
        self.drawn = 0
        self.closed = 0
        self._batches = batches
        self._fail = fail

    def __call__(self) -> Stream:
        return BatchStream((ID, NAME), self._draw(), self._close)

    def _draw(self) -> Iterator[pa.RecordBatch]:
        schema = schema_of((ID, NAME))
        names = pa.array(["x" * 200] * ROWS)
        for i in range(self._batches):
            self.drawn += 1
            ids = pa.array(range(i * ROWS, (i + 1) * ROWS), pa.int64())
            yield pa.record_batch([ids, names], schema=schema)
        if self._fail is not None:
            raise self._fail

    def _close(self) -> None:
        self.closed += 1


def run(
    local: DuckEngine,
    rel: Rel,
    inputs: dict[Remote, Callable[[], Stream]],
    context: RunContext | None = None,
) -> Stream:
    return local.open_local(local.compile_local(rel), inputs, [], context or RunContext())


def all_rows(stream: Stream) -> list[tuple[object, ...]]:
    return [row for chunk in stream.rows() for row in chunk]


def over_source(expr: int = 0) -> tuple[Remote, Filter]:
    leaf = remote(ID, NAME)
    return leaf, Filter(leaf, (call(ALL["GE"], ID, lit(expr, BIGINT)),))


@pytest.mark.parametrize("face", ["rows", "batches"])
def test_millions_of_rows_pass_with_few_held(local: DuckEngine, face: str) -> None:
    leaf, rel = over_source()
    source = Source(5000)
    stream = run(local, rel, {leaf: source})
    seen = ahead = 0
    for chunk in getattr(stream, face)():
        seen += len(chunk) if face == "rows" else chunk.num_rows
        ahead = max(ahead, source.drawn * ROWS - seen)
    assert seen == 5_000_000
    assert ahead < 400_000  # of 200 bytes
    assert source.closed


def test_nothing_is_opened_before_the_first_pull(local: DuckEngine) -> None:
    leaf, rel = over_source()
    opened: list[bool] = []

    def source() -> Stream:
        opened.append(True)
        return RowStream((ID, NAME), [[(1, "a")]])

    stream = run(local, rel, {leaf: source})
    time.sleep(0.05)
    assert not opened
    assert all_rows(stream) == [(1, "a")]
    assert opened == [True]


@pytest.mark.parametrize("face", ["rows", "batches"])
def test_closing_early_stops_the_source(local: DuckEngine, face: str) -> None:
    leaf, rel = over_source()
    source = Source(100_000)
    stream = run(local, rel, {leaf: source})
    next(getattr(stream, face)())
    stream.close()
    stream.close()
    drawn = source.drawn
    time.sleep(0.1)
    assert source.drawn == drawn < 5000
    assert source.closed


def test_limit_closes_the_source(local: DuckEngine) -> None:
    leaf = remote(ID, NAME)
    source = Source(100_000)
    rel = Project(Limit(leaf, lit(3, BIGINT), None), ((ID, ID),))
    assert all_rows(run(local, rel, {leaf: source})) == [(0,), (1,), (2,)]
    assert source.closed
    assert source.drawn < 5000


@pytest.mark.parametrize("face", ["rows", "batches"])
def test_error_of_a_source_arrives_as_itself(local: DuckEngine, face: str) -> None:
    leaf, rel = over_source()
    error = DataError("a document does not fit", sqlstate="22023")
    source = Source(3, fail=error)
    with pytest.raises(DataError) as caught:
        list(getattr(run(local, rel, {leaf: source}), face)())
    assert caught.value is error
    assert source.closed


def test_error_while_opening_a_source_arrives_as_itself(local: DuckEngine) -> None:
    leaf, rel = over_source()
    error = DataError("no such host")

    def source() -> Stream:
        raise error

    with pytest.raises(DataError) as caught:
        all_rows(run(local, rel, {leaf: source}))
    assert caught.value is error


def test_error_in_the_middle_of_a_stream_is_ours(local: DuckEngine) -> None:
    leaf = remote(ID, NAME)
    node = call(ALL["DIV_INT"], lit(1, BIGINT), call(ALL["SUB"], ID, lit(2_500_000, BIGINT)))
    rel = Project(leaf, ((column("x", BIGINT), node),))
    with pytest.raises(DivisionByZero, match=r"^division by zero$"):
        all_rows(run(local, rel, {leaf: Source(5000)}))


def endless(local: DuckEngine, context: RunContext) -> Stream:
    a, b = column("a", BIGINT), column("b", BIGINT)
    left, right = remote(a), remote(b, store="farther")
    joined = Join(
        JoinKind.INNER, left, right, (call(ALL["LT"], call(ALL["ADD"], a, b), lit(0, BIGINT)),)
    )
    count = AggregateCall(ALL["COUNT"], (), BIGINT)
    rel = Aggregate(joined, (), ((column("n", BIGINT), count),))
    many = [[(i,) for i in range(100_000)]] * 10
    return run(
        local,
        rel,
        {leaf: partial(RowStream, leaf.columns, many) for leaf in (left, right)},
        context,
    )


@pytest.mark.parametrize("delay", [0, 0.001, 0.003, 0.01, 0.3])
def test_cancel_from_another_thread(local: DuckEngine, delay: float) -> None:
    """However near to the beginning of the query it comes."""
    context = RunContext()
    stream = endless(local, context)
    threading.Timer(delay, context.cancel).start()
    started = time.monotonic()
    with pytest.raises(QueryCanceled, match="user request") as caught:
        all_rows(stream)
    assert caught.value.sqlstate == "57014"
    assert time.monotonic() - started < 30  # the query would take hours
    assert not context.on_cancel


def test_timeout_interrupts(local: DuckEngine) -> None:
    stream = endless(local, RunContext(timeout=0.3))
    with pytest.raises(QueryCanceled, match="statement timeout"):
        all_rows(stream)


def test_several_streams_at_once(local: DuckEngine) -> None:
    leaf, rel = over_source()
    streams = [run(local, rel, {leaf: Source(3)}).rows() for _ in range(3)]
    first = [next(s) for s in streams]
    rest = [[row for chunk in s for row in chunk] for s in streams]
    for head, tail in zip(first, rest, strict=True):
        assert [row[0] for row in (*head, *tail)] == list(range(3 * ROWS))


def test_input_without_columns_keeps_its_rows(local: DuckEngine) -> None:
    leaf = remote()
    count = AggregateCall(ALL["COUNT"], (), BIGINT)
    rel = Aggregate(leaf, (), ((column("n", BIGINT), count),))
    source = partial(RowStream, (), [[(), ()], [()]])
    assert all_rows(run(local, rel, {leaf: source})) == [(3,)]


def test_values_of_all_inputs_come_out_as_they_went_in(local: DuckEngine) -> None:
    import datetime as dt
    import uuid

    at, key = column("at", TIMESTAMPTZ), column("key", UUID)
    leaf = remote(at, key)
    row = (dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC), uuid.uuid4())
    source = partial(RowStream, (at, key), [[row, (None, None)]])
    assert all_rows(run(local, leaf, {leaf: source})) == [row, (None, None)]


def test_engine_is_locked(local: DuckEngine, tmp_path: object) -> None:
    import duckdb

    connection = local._database.cursor()
    unseen = pa.table({"a": [1]})
    assert unseen.num_rows == 1
    for statement in (
        "SELECT * FROM read_csv('/etc/passwd')",
        "SET memory_limit = '1GB'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM unseen",
        f"COPY (SELECT 1) TO '{tmp_path}/x.csv'",
        f"ATTACH '{tmp_path}/x.db'",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(statement).fetchall()


def test_memory_limit_that_is_none_is_refused() -> None:
    from sqlshim.backends.duckdb import open_local_engine
    from sqlshim.backends.protocol import Options
    from sqlshim.errors import InterfaceError

    with pytest.raises(InterfaceError, match="did not start"):
        open_local_engine(Options(memory_limit="plenty"))


def test_what_does_not_fit_the_memory_limit_is_spilled_and_removed(tmp_path: Path) -> None:
    numbers = "generate_series(1, 400000) AS s(n)"
    sql = f"SELECT md5(CAST(n AS text)) AS h FROM {numbers} ORDER BY h"
    limits = {"memory_limit": "40MB", "spill_directory": str(tmp_path)}
    with sqlshim.connect("memory://", **limits) as connection:  # type: ignore[arg-type]
        rows = connection.execute(sql)
        before = ""
        for (digest,) in rows:
            assert digest >= before
            before = digest
        (spilled,) = tmp_path.iterdir()
        assert spilled.is_dir()
        connection.close()
    assert list(tmp_path.iterdir()) == []


def test_joins_two_stores(local: DuckEngine) -> None:
    a, b = column("a", INTEGER), column("b", INTEGER)
    left, right = remote(a), remote(b, store="farther")
    rel = Join(JoinKind.INNER, left, right, (call(ALL["EQ"], a, b),))
    inputs = {
        left: partial(RowStream, (a,), [[(1,), (2,)]]),
        right: partial(RowStream, (b,), [[(2,), (3,)]]),
    }
    assert all_rows(run(local, rel, inputs)) == [(2, 2)]
