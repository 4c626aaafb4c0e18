"""The store in memory: constraints, transactions, names, values, streams beside writes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from sqlshim.backends.duckdb import open_store
from sqlshim.backends.duckdb.store import DuckStore
from sqlshim.backends.protocol import Backend, Options, Pushdown, RunContext, Stream
from sqlshim.catalog.model import Table
from sqlshim.errors import (
    DataError,
    Error,
    InterfaceError,
    NotNullViolation,
    OperationalError,
    ProgrammingError,
    TableExists,
    UniqueViolation,
)
from sqlshim.functions import ALL
from sqlshim.ir.relational import Project, Scan
from sqlshim.ir.scalar import Column
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    Interval,
    SqlType,
    array,
    decimal,
    map_of,
    struct,
)
from tests.backends.duckdb.build import by_arrow, call, column, definition, lit, rows

KEY = INTEGER.with_null(False)


def scan(table: Table) -> Scan:
    return Scan(table, tuple(column(c.name, c.type) for c in table.columns))


def made(store: Backend, name: str, *columns: tuple[str, SqlType], key: bool = True) -> Table:
    store.create_table(definition(name, *columns, key=(columns[0][0],) if key else ()))
    table = store.load_table(name)
    assert table is not None
    return table


def put(store: Backend, table: Table, *new: tuple[object, ...]) -> int:
    return store.insert(table, [c.name for c in table.columns], list(new), RunContext())


def all_of(store: Backend, table: Table) -> list[tuple[Any, ...]]:
    return sorted(rows(store, scan(table)))


@pytest.fixture
def people(store: Backend) -> Table:
    table = made(store, "people", ("id", KEY), ("name", TEXT))
    store.commit()
    return table


def test_a_table_is_described_as_it_was_made(store: Backend, people: Table) -> None:
    assert store.table_names() == ["people"]
    assert people.primary_key == ("id",)
    assert [(c.name, c.type) for c in people.columns] == [("id", KEY), ("name", TEXT)]
    put(store, people, (1, "a"), (2, "b"))
    again = store.load_table("people")
    assert again is not None
    assert again.row_count == 2
    assert store.load_table("nobody") is None


def test_rollback_undoes_rows_and_tables(store: Backend, people: Table) -> None:
    put(store, people, (1, "a"))
    made(store, "other", ("id", KEY))
    assert all_of(store, people) == [(1, "a")]
    assert store.table_names() == ["other", "people"]
    store.rollback()
    assert all_of(store, people) == []
    assert store.table_names() == ["people"]


def test_rollback_brings_a_dropped_table_back(store: Backend, people: Table) -> None:
    put(store, people, (1, "a"))
    store.commit()
    store.drop_table(people)
    assert store.table_names() == []
    store.rollback()
    assert all_of(store, people) == [(1, "a")]


def test_commit_makes_writes_permanent(store: Backend, people: Table) -> None:
    put(store, people, (1, "a"))
    store.commit()
    store.rollback()
    store.commit()
    assert all_of(store, people) == [(1, "a")]


@pytest.mark.parametrize("many", [1, 2], ids=["one row", "many rows"])
def test_constraints_name_what_they_refuse(store: Backend, people: Table, many: int) -> None:
    put(store, people, (1, "a"))
    store.commit()
    with pytest.raises(UniqueViolation, match=r"\((id: )?1\) exists"):
        put(store, people, *[(1, "again")] * many)
    with pytest.raises(NotNullViolation, match='"id"'):
        put(store, people, *[(None, "x")] * many)
    assert all_of(store, people) == [(1, "a")]


def test_a_failed_insert_leaves_nothing(store: Backend, people: Table) -> None:
    many = [(i, "x") for i in range(25_000)] + [(5, "again")]
    with pytest.raises(UniqueViolation):
        put(store, people, *many)
    assert all_of(store, people) == []


def test_an_error_from_the_source_of_rows_leaves_nothing(store: Backend, people: Table) -> None:
    def source() -> Iterator[tuple[object, ...]]:
        for i in range(15_000):
            yield (i, "x")
        raise DataError("bad row")

    with pytest.raises(DataError, match="bad row"):
        store.insert(people, ["id", "name"], source(), RunContext())
    assert all_of(store, people) == []


def test_after_an_error_in_a_transaction_only_rollback_helps(store: Backend, people: Table) -> None:
    put(store, people, (1, "a"))
    with pytest.raises(UniqueViolation):
        put(store, people, (1, "b"))
    with pytest.raises(OperationalError) as caught:
        put(store, people, (2, "b"))
    assert caught.value.sqlstate == "25P02"
    with pytest.raises(OperationalError, match="nothing to commit"):
        store.commit()
    put(store, people, (3, "c"))
    store.commit()
    assert all_of(store, people) == [(3, "c")]


def test_a_transaction_ends_even_if_its_connection_is_gone(store: Backend, people: Table) -> None:
    put(store, people, (1, "a"))
    assert isinstance(store, DuckStore)
    assert store._writer is not None
    store._writer.close()
    with pytest.raises(OperationalError):
        store.commit()
    assert all_of(store, people) == []
    put(store, people, (2, "b"))
    store.commit()
    assert all_of(store, people) == [(2, "b")]


def test_read_only_refuses_writes() -> None:
    store = open_store("memory://", "", Options(read_only=True))
    with pytest.raises(ProgrammingError, match="read_only") as caught:
        made(store, "t", ("id", KEY))
    assert caught.value.sqlstate == "25006"
    store.close()


def test_names_that_differ_in_case_are_different(store: Backend) -> None:
    small = made(store, "t", ("a", KEY), ("A", TEXT))
    large = made(store, "T", ("x", KEY))
    put(store, small, (1, "one"))
    put(store, large, (2,))
    assert all_of(store, small) == [(1, "one")]
    assert all_of(store, large) == [(2,)]
    with pytest.raises(TableExists):
        made(store, "t", ("id", KEY))


@pytest.mark.parametrize("name", ['a"b', "a'b; drop table x", "select", "", "a.b", "ünï"])
def test_any_name_is_only_a_name(store: Backend, name: str) -> None:
    table = made(store, name or "t", (name or " ", KEY))
    put(store, table, (1,))
    assert all_of(store, table) == [(1,)]
    store.drop_table(table)
    assert store.table_names() == []


INSTANT = dt.datetime(2020, 1, 1, 12, 30, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=2)))
WIDE = Decimal("-1234567890123456789012345678.1234567890")
VALUES: list[tuple[SqlType, object, object]] = [
    (BOOLEAN, True, True),
    (SMALLINT, -5, -5),
    (INTEGER, 2**31 - 1, 2**31 - 1),
    (BIGINT, -(2**63), -(2**63)),
    (decimal(10, 2), Decimal("1.50"), Decimal("1.50")),
    (decimal(38, 10), WIDE, WIDE),
    (REAL, 0.5, 0.5),
    (DOUBLE, 0.1, 0.1),
    (TEXT, "né🦆\n'\"", "né🦆\n'\""),
    (BYTES, b"\x00\xff", b"\x00\xff"),
    (DATE, dt.date(1, 1, 1), dt.date(1, 1, 1)),
    (TIME, dt.time(23, 59, 59, 999999), dt.time(23, 59, 59, 999999)),
    (TIMESTAMP, dt.datetime.max, dt.datetime.max),
    (TIMESTAMPTZ, INSTANT, INSTANT.astimezone(dt.UTC)),
    (INTERVAL, dt.timedelta(days=-3, microseconds=5), dt.timedelta(days=-3, microseconds=5)),
    (INTERVAL, Interval(1, 2, 3), dt.timedelta(days=32, microseconds=3)),
    (UUID, uuid.UUID(int=2**127), uuid.UUID(int=2**127)),
    (JSON, '{"a": 1}', '{"a": 1}'),
    (array(INTEGER), [1, None, 3], [1, None, 3]),
    (array(UUID), [uuid.UUID(int=1)], [uuid.UUID(int=1)]),
    (struct((("a", INTEGER), ("b c", TEXT))), {"a": 1, "b c": "x"}, {"a": 1, "b c": "x"}),
    (map_of(TEXT, INTEGER), {"k": 1}, {"k": 1}),
]


@pytest.mark.parametrize("many", [1, 2], ids=["one row", "many rows"])
@pytest.mark.parametrize(("t", "given", "expected"), VALUES, ids=lambda v: str(v)[:30])
def test_values_of_every_type_come_back(
    store: Backend, t: SqlType, given: object, expected: object, many: int
) -> None:
    table = made(store, "t", ("id", KEY), ("v", t))
    put(store, table, *[(i, given) for i in range(many)], *[(-i, None) for i in range(1, many)])
    for read in (rows, by_arrow):
        found = dict(read(store, scan(table)))
        assert found[0] == expected
        assert type(found[0]) is type(expected)
        assert found.get(-1) is None


@pytest.mark.parametrize(
    ("t", "given"),
    [(DATE, dt.date(2020, 1, 1)), (INTERVAL, Interval(1)), (UUID, uuid.UUID(int=5))],
    ids=str,
)
def test_parameters_of_types_that_need_a_change(store: Backend, t: SqlType, given: object) -> None:
    from sqlshim.ir.scalar import Param
    from tests.backends.duckdb.build import select, value

    assert value(store, call(ALL["EQ"], Param(0, t), lit(given, t)), [given]) is True
    assert rows(store, select(Param(0, t)), [None]) == [(None,)]


def test_a_zoned_parameter_is_an_instant(store: Backend) -> None:
    from sqlshim.ir.scalar import Param
    from tests.backends.duckdb.build import value

    assert value(store, Param(0, TIMESTAMPTZ), [INSTANT]) == INSTANT.astimezone(dt.UTC)


def test_columns_left_out_are_null(store: Backend) -> None:
    table = made(store, "t", ("id", KEY), ("a", TEXT), ("b", TEXT))
    store.insert(table, ["b", "id"], [("x", 1), ("y", 2)], RunContext())
    assert all_of(store, table) == [(1, None, "x"), (2, None, "y")]


def _open(store: Backend, table: Table) -> Stream:
    return store.open(store.compile(scan(table)), [], RunContext(batch_rows=2048))


def test_a_stream_keeps_the_rows_it_began_with(store: Backend, people: Table) -> None:
    put(store, people, *[(i, "x" * 50) for i in range(200_000)])
    store.commit()
    chunks = _open(store, people).rows()
    seen = len(next(chunks))
    put(store, people, (-1, "new"))
    store.commit()
    store.drop_table(people)
    store.commit()
    assert seen + sum(map(len, chunks)) == 200_000


def test_a_stream_in_a_transaction_gives_way_to_writes(store: Backend, people: Table) -> None:
    put(store, people, *[(i, "x" * 50) for i in range(200_000)])
    first, second = _open(store, people), _open(store, people)
    chunks = first.rows()
    seen = len(next(chunks))
    put(store, people, (-1, "new"))
    assert seen + sum(map(len, chunks)) == 200_000
    second.close()
    third = _open(store, people)
    next(third.rows())
    third.close()
    store.rollback()
    assert all_of(store, people) == []


def test_a_table_can_be_filled_from_itself(store: Backend, people: Table) -> None:
    put(store, people, *[(i, "x") for i in range(30_000)])
    for _ in range(2):  # outside a transaction, then inside one
        shifted = scan(people)
        new_id = column("id", INTEGER)
        plus = call(ALL["ADD"], shifted.columns[0], 1_000_000)
        rel = Project(shifted, ((new_id, plus), (shifted.columns[1], shifted.columns[1])))
        store.commit()
        stream = store.open(store.compile(rel), [], RunContext())
        source = (row for chunk in stream.rows() for row in chunk)
        assert store.insert(people, ["id", "name"], source, RunContext()) == 30_000
        store.rollback()
        put(store, people, (-1, "open"))
        store.rollback()
    assert len(all_of(store, people)) == 30_000


def test_inserting_nothing_begins_nothing(store: Backend, people: Table) -> None:
    assert put(store, people) == 0
    store.rollback()


def test_accepts_its_own_tables_only(store: Backend, people: Table) -> None:
    own = scan(people)
    foreign = Scan(Table("other", "", "t", ()), (Column(1, "a", TEXT),))
    assert store.accept(own, Pushdown.AUTO).taken is own
    assert store.accept(foreign, Pushdown.AUTO).taken is None


def test_show_is_the_sql(store: Backend, people: Table) -> None:
    table = people
    native = store.compile(Scan(table, (Column(1, "id", INTEGER),)))
    assert native.access_path == "table in memory"
    assert native.show() == ["SELECT", '  "id" AS c1', 'FROM "people"']


def test_memory_takes_no_name() -> None:
    with pytest.raises(InterfaceError, match="takes no name"):
        open_store("memory://x", "", Options())


def test_closing_twice_is_harmless(people: Table, store: Backend) -> None:
    store.close()
    store.close()
    with pytest.raises(Error):
        rows(store, scan(people))
