"""Every CQL type, written by the plain driver and by ourselves, read back without loss."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import namedtuple
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from cassandra.util import Duration

import sqlshim
from sqlshim import types as t
from sqlshim.backends.protocol import Backend, ColumnDefinition, RunContext, TableDefinition
from sqlshim.ir.relational import Scan
from sqlshim.ir.scalar import Column
from sqlshim.types import Interval, SqlType

TIMEUUID = uuid.UUID("5a1c395e-b41f-11e5-9f22-ba0be0483c18")
EARLY, LATE = dt.date(1960, 1, 1), dt.date(2020, 1, 1)
LAST = dt.datetime(9999, 12, 31, 23, 59, 59, 999000)
STAMP = dt.datetime(2020, 1, 1, 0, 0, 0, 1000)
Point = namedtuple("Point", "x y")

FOREIGN: list[tuple[str, object, object]] = [
    ("ascii", "plain", "plain"),
    ("bigint", -(2**63), -(2**63)),
    ("blob", b"\x00\xff", b"\x00\xff"),
    ("blob", b"", b""),
    ("boolean", False, False),
    ("date", dt.date(1, 1, 1), dt.date(1, 1, 1)),
    ("date", dt.date(9999, 12, 31), dt.date(9999, 12, 31)),
    ("decimal", Decimal("1.5"), Decimal("1.5")),
    ("double", 0.1, 0.1),
    ("double", float("inf"), float("inf")),
    ("duration", Duration(1, 2, 3), sqlshim.Duration(1, 2, 3)),
    ("duration", Duration(-(2**31), 0, -(2**63)), sqlshim.Duration(-(2**31), 0, -(2**63))),
    ("list<duration>", [Duration(0, 0, 1)], [sqlshim.Duration(0, 0, 1)]),
    ("map<text, duration>", {"k": Duration(0, 7, 0)}, {"k": sqlshim.Duration(0, 7)}),
    ("tuple<int, duration>", (1, Duration(-1, 0, 0)), {"f1": 1, "f2": sqlshim.Duration(-1)}),
    ("float", 0.5, 0.5),
    ("inet", "::1", "::1"),
    ("inet", "10.0.0.1", "10.0.0.1"),
    ("int", 2**31 - 1, 2**31 - 1),
    ("smallint", -(2**15), -(2**15)),
    ("text", "", ""),
    ("text", "naïve \U0001f600", "naïve \U0001f600"),
    ("time", 45_296_123_456_000, dt.time(12, 34, 56, 123456)),
    ("timestamp", LAST, LAST),
    ("timestamp", dt.datetime(1900, 1, 1), dt.datetime(1900, 1, 1)),
    ("timeuuid", TIMEUUID, TIMEUUID),
    ("tinyint", -128, -128),
    ("uuid", uuid.UUID(int=2**128 - 1), uuid.UUID(int=2**128 - 1)),
    ("varchar", "x", "x"),
    ("varint", -(10**37), -(10**37)),
    ("varint", 10**100, 10**100),
    (
        "decimal",
        Decimal("-1.000000000000000000000000000001"),
        Decimal("-1.000000000000000000000000000001"),
    ),
    ("decimal", Decimal("1E+60"), Decimal(10**60)),
    ("list<varint>", [10**50, -1], [10**50, -1]),
    ("map<varint, decimal>", {10**50: Decimal("1E-20")}, {10**50: Decimal("1E-20")}),
    ("map<uuid, uuid>", {TIMEUUID: TIMEUUID}, {TIMEUUID: TIMEUUID}),
    ("frozen<tuple<varint, decimal>>", (10**50, None), {"f1": 10**50, "f2": None}),
    ("list<int>", [3, 1, 3], [3, 1, 3]),
    ("list<int>", [], None),
    ("frozen<list<int>>", [], []),
    ("set<text>", {"b", "a"}, ["a", "b"]),
    ("set<date>", {LATE, EARLY}, [EARLY, LATE]),
    ("list<timestamp>", [dt.datetime(1960, 1, 1)], [dt.datetime(1960, 1, 1)]),
    ("frozen<map<time, timestamp>>", {dt.time(1): STAMP}, {dt.time(1): STAMP}),
    ("map<text, date>", {"k": dt.date(2020, 1, 1)}, {"k": dt.date(2020, 1, 1)}),
    ("map<text, frozen<list<decimal>>>", {"k": [Decimal("1.5")]}, {"k": [Decimal("1.5")]}),
    ("tuple<int, text>", (1, None), {"f1": 1, "f2": None}),
    ("frozen<point>", Point(1, dt.date(2020, 1, 1)), {"x": 1, "y": dt.date(2020, 1, 1)}),
    ("list<frozen<point>>", [Point(1, None)], [{"x": 1, "y": None}]),
    ("vector<float, 3>", [0.5, 1.0, -2.0], [0.5, 1.0, -2.0]),
    ("int", None, None),
]


@pytest.fixture(scope="module", autouse=True)
def _point(cql: Any) -> None:
    cql.execute("CREATE TYPE point (x int, y date)")


@pytest.mark.parametrize(
    ("native", "value", "expected"), FOREIGN, ids=[f"{n} {v!r}"[:60] for n, v, _ in FOREIGN]
)
def test_a_value_written_by_others(
    cql: Any, connect: Callable[..., Any], native: str, value: object, expected: object
) -> None:
    cql.execute("DROP TABLE IF EXISTS one")
    cql.execute(f"CREATE TABLE one (k int PRIMARY KEY, x {native})")
    cql.execute(cql.prepare("INSERT INTO one (k, x) VALUES (1, ?)"), [value])
    cursor = connect().execute("SELECT x FROM one WHERE k = 1")
    assert cursor.fetchall() == [(expected,)]
    table = connect().execute("SELECT x FROM one").fetch_arrow_table()
    assert table.num_rows == 1
    local = connect(pushdown="never").execute("SELECT x FROM one WHERE k + 1 = 2")
    assert local.fetchall() == [(expected,)]


@pytest.mark.parametrize("pushdown", ["auto", "always", "never"])
def test_null_of_every_type(cql: Any, connect: Callable[..., Any], pushdown: str) -> None:
    natives = list(dict.fromkeys(native for native, _, _ in FOREIGN))
    columns = ", ".join(f"c{i} {native}" for i, native in enumerate(natives))
    cql.execute(f"CREATE TABLE IF NOT EXISTS nothing (k int PRIMARY KEY, {columns})")
    cql.execute("INSERT INTO nothing (k) VALUES (1)")
    connection = connect(pushdown=pushdown)
    names = [f"c{i}" for i in range(len(natives))]
    nulls = tuple(None for _ in natives)
    for where in ("k = 1", "k + 0 = 1"):
        sql = f"SELECT {', '.join(names)} FROM nothing WHERE {where}"
        assert connection.execute(sql).fetchall() == [nulls]
        (row,) = connection.execute(sql).fetch_arrow_table().to_pylist()
        assert tuple(row.values()) == nulls
    counted = ", ".join(f"count({name})" for name in names)
    sql = f"SELECT {counted} FROM nothing"
    assert connection.execute(sql).fetchall() == [tuple(0 for _ in natives)]


SHAPE = '{"a":{"x":1,"y":"2020-01-01"},"b":null,"w":1' + "0" * 40 + "}"
SPAN_AND_SHAPE = ("1mo2d3ns", SHAPE)
SHAPE_AND_WIDE = (SHAPE, "1" + "0" * 40)
USES = [
    ("SELECT (shape).a.y, (shape).b IS NULL, (shape).w FROM used", [(LATE, True, 10**40)]),
    ("SELECT k FROM used WHERE (shape).a.x = 1", [(1,)]),
    ("SELECT e FROM used, UNNEST(names) AS t(e) ORDER BY e", [("a",), ("b",)]),
    ("SELECT p.x FROM used, UNNEST(points) AS p ORDER BY 1", [(1,), (2,)]),
    ("SELECT k FROM used WHERE 'b' = ANY (names)", [(1,)]),
    ("SELECT k FROM used WHERE 'z' = ANY (names)", []),
    ("SELECT m['k'], m['other'] FROM used", [([1, 2], None)]),
    ("SELECT m['k'][2] FROM used WHERE m['k'][1] = 1", [(2,)]),
    ("SELECT (pair).f1, (pair).f2 FROM used", [(7, None)]),
    ("SELECT v[2], cardinality(v) FROM used WHERE v[1] > 0", [(1.5, 2)]),
    ("SELECT shared, c FROM used_static ORDER BY c", [("both", 1), ("both", 2)]),
    ("SELECT c FROM used_static WHERE shared = 'both' AND c > 1", [(2,)]),
    ("SELECT k FROM used WHERE host = '::1' AND span = '1mo2d3ns'", [(1,)]),
    ("SELECT k FROM used WHERE span <> 'P1M'", [(1,)]),
    ("SELECT CAST(span AS TEXT), TO_JSON(shape) FROM used", [SPAN_AND_SHAPE]),
    ("SELECT CAST(shape AS TEXT), CAST((shape).w AS TEXT) FROM used", [SHAPE_AND_WIDE]),
    ("SELECT span, COUNT(*) FROM used GROUP BY span", [(sqlshim.Duration(1, 2, 3), 1)]),
]


@pytest.fixture(scope="module")
def used(cql: Any, _point: None) -> None:
    cql.execute("CREATE TYPE shape (a frozen<point>, b frozen<point>, w varint)")
    cql.execute(
        "CREATE TABLE used (k int PRIMARY KEY, shape frozen<shape>, names set<text>, "
        "points list<frozen<point>>, m map<text, frozen<list<int>>>, "
        "pair frozen<tuple<int, text>>, v vector<float, 2>, host inet, span duration)"
    )
    cql.execute(
        "INSERT INTO used (k, shape, names, points, m, pair, v, host, span) VALUES (1, "
        f"{{a: {{x: 1, y: '2020-01-01'}}, b: null, w: {10**40}}}, {{'b', 'a'}}, "
        "[{x: 1, y: null}, {x: 2, y: null}], {'k': [1, 2]}, (7, null), [0.5, 1.5], '::1', 1mo2d3ns)"
    )
    cql.execute("CREATE TABLE used_static (k int, c int, shared text static, PRIMARY KEY (k, c))")
    for c in (1, 2):
        cql.execute(f"INSERT INTO used_static (k, c, shared) VALUES (1, {c}, 'both')")


def test_a_duration_goes_in_and_out_by_every_way(cql: Any, connect: Callable[..., Any]) -> None:
    cql.execute(
        "CREATE TABLE spans (k int PRIMARY KEY, d duration, l list<duration>, "
        "m map<text, duration>, t tuple<int, duration>)"
    )
    whole = sqlshim.Duration(14, 3, 4 * 10**9 + 1)
    connection = connect()
    connection.execute(
        "INSERT INTO spans (k, d, l, m, t) VALUES (?, ?, ?, ?, ?)",
        (1, whole, [Duration(1, 0, 0)], {"w": whole}, {"f1": 1, "f2": whole}),
    )
    connection.execute("INSERT INTO spans (k, d) VALUES (2, '1y2mo3d4s1ns'), (3, INTERVAL '1 day')")
    connection.execute("INSERT INTO spans (k, d) VALUES (4, ?)", (dt.timedelta(hours=36),))
    rows = connection.execute("SELECT k, d, l, m, t FROM spans ORDER BY k").fetchall()
    assert rows == [
        (1, whole, [sqlshim.Duration(1)], {"w": whole}, {"f1": 1, "f2": whole}),
        (2, whole, None, None, None),
        (3, sqlshim.Duration(0, 1), None, None, None),
        (4, sqlshim.Duration(0, 1, 12 * 3600 * 10**9), None, None, None),
    ]
    (driver,) = cql.execute("SELECT d FROM spans WHERE k = 1").one()
    assert (driver.months, driver.days, driver.nanoseconds) == (14, 3, 4 * 10**9 + 1)
    for pushdown in ("auto", "always", "never"):
        sql = "SELECT k FROM spans WHERE d = ? ORDER BY k"
        assert connect(pushdown=pushdown).execute(sql, (driver,)).fetchall() == [(1,), (2,)]
        with pytest.raises(sqlshim.DataError, match="has nanoseconds"):
            connect(pushdown=pushdown).execute("SELECT CAST(d AS INTERVAL) FROM spans").fetchall()
        with pytest.raises(sqlshim.ProgrammingError, match="duration < duration"):
            connect(pushdown=pushdown).execute("SELECT k FROM spans WHERE d < '1d'")


@pytest.mark.parametrize("pushdown", ["auto", "always", "never"])
@pytest.mark.parametrize(("sql", "rows"), USES, ids=[sql for sql, _ in USES])
@pytest.mark.usefixtures("used")
def test_values_inside_values_are_used_in_sql(
    connect: Callable[..., Any], sql: str, rows: list[tuple[object, ...]], pushdown: str
) -> None:
    assert connect(pushdown=pushdown).execute(sql).fetchall() == rows


def test_a_counter(cql: Any, connect: Callable[..., Any]) -> None:
    cql.execute("CREATE TABLE visits (page text PRIMARY KEY, n counter)")
    cql.execute("UPDATE visits SET n = n + 5 WHERE page = 'home'")
    assert connect().execute("SELECT page, n FROM visits WHERE n > 4").fetchall() == [("home", 5)]


OURS: list[tuple[SqlType, object, object]] = [
    (t.SMALLINT, -5, -5),
    (t.BIGINT, 2**63 - 1, 2**63 - 1),
    (t.decimal(10, 2), Decimal("1.5"), Decimal("1.50")),
    (t.REAL, 0.5, 0.5),
    (t.DOUBLE, -0.0, -0.0),
    (t.TEXT, "", ""),
    (t.JSON, '{"a": 1}', '{"a": 1}'),
    (t.BYTES, b"", b""),
    (t.DATE, dt.date(2020, 2, 29), dt.date(2020, 2, 29)),
    (t.TIME, dt.time(1, 2, 3, 4), dt.time(1, 2, 3, 4)),
    (t.TIMESTAMP, STAMP, STAMP),
    (
        t.TIMESTAMPTZ,
        dt.datetime(2020, 1, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    ),
    (t.INTERVAL, Interval(1, 2, 3), dt.timedelta(days=32, microseconds=3)),
    (t.INTERVAL, dt.timedelta(days=-1, seconds=1), dt.timedelta(days=-1, seconds=1)),
    (t.DURATION, sqlshim.Duration(1, 2, 3), sqlshim.Duration(1, 2, 3)),
    (t.DURATION, Interval(1, 2, 3), sqlshim.Duration(1, 2, 3000)),
    (t.DURATION, dt.timedelta(days=-1, seconds=1), sqlshim.Duration(0, 0, -86_399 * 10**9)),
    (t.array(t.DURATION), [sqlshim.Duration(1)], [sqlshim.Duration(1)]),
    (t.UUID, uuid.UUID(int=7), uuid.UUID(int=7)),
    (t.BOOLEAN, True, True),
    (t.array(t.TEXT), [], []),
    (t.array(t.TIMESTAMP), [dt.datetime(2020, 1, 1)], [dt.datetime(2020, 1, 1)]),
    (t.map_of(t.TEXT, t.INTEGER), {"a": 1}, {"a": 1}),
    (
        t.struct((("a", t.INTEGER), ("b", t.array(t.TEXT)))),
        {"a": None, "b": ["x"]},
        {"a": None, "b": ["x"]},
    ),
    (t.INTEGER, None, None),
]


@pytest.mark.parametrize(
    ("sql", "value", "expected"), OURS, ids=[f"{s} {v!r}"[:60] for s, v, _ in OURS]
)
def test_a_value_written_by_us(
    store: Backend, sql: SqlType, value: object, expected: object
) -> None:
    definition = TableDefinition("ours", (ColumnDefinition("X", sql),))
    store.create_table(definition)
    table = store.load_table("ours")
    assert table is not None
    try:
        assert table.column("X").type == sql
        assert store.insert(table, ["X"], [(value,)], RunContext()) == 1
        query = store.compile(Scan(table, (Column(1, "X", sql),)))
        pages = list(store.open(query, [], RunContext()).rows())
        assert pages == [[(expected,)]]
        (batch,) = store.open(query, [], RunContext()).batches()
        assert batch.num_rows == 1
    finally:
        store.drop_table(table)


def test_a_date_beyond_python_is_a_data_error(cql: Any, connect: Callable[..., Any]) -> None:
    cql.execute("CREATE TABLE far_dates (k int PRIMARY KEY, d date)")
    cql.execute("INSERT INTO far_dates (k, d) VALUES (1, 2151483648)")
    with pytest.raises(sqlshim.DataError) as caught:
        connect().execute("SELECT d FROM far_dates").fetchall()
    assert caught.value.sqlstate == "22008"


def test_a_timestamp_beyond_python_is_a_data_error(cql: Any, connect: Callable[..., Any]) -> None:
    cql.execute("CREATE TABLE far_stamps (k int PRIMARY KEY, d timestamp)")
    cql.execute("INSERT INTO far_stamps (k, d) VALUES (1, 9223372036854775000)")
    connection = connect()
    with pytest.raises(sqlshim.DataError) as caught:
        connection.execute("SELECT d FROM far_stamps").fetchall()
    assert caught.value.sqlstate == "22008"
    assert connection.execute("SELECT k FROM far_stamps").fetchall() == [(1,)]


def test_nanoseconds_of_a_time_are_a_data_error(cql: Any, connect: Callable[..., Any]) -> None:
    cql.execute("CREATE TABLE fine_times (k int PRIMARY KEY, at time)")
    cql.execute("INSERT INTO fine_times (k, at) VALUES (1, '12:34:56.123456789')")
    connection = connect()
    message = r"the time 12:34:56\.123456789 has nanoseconds"
    with pytest.raises(sqlshim.DataError, match=message) as caught:
        connection.execute("SELECT at FROM fine_times").fetchall()
    assert caught.value.sqlstate == "22008"
    with pytest.raises(sqlshim.DataError, match=message):
        connection.execute("SELECT at FROM fine_times").fetch_arrow_table()


def test_microseconds_are_refused_where_only_milliseconds_are_kept(store: Backend) -> None:
    store.create_table(TableDefinition("stamps", (ColumnDefinition("at", t.TIMESTAMP),)))
    table = store.load_table("stamps")
    assert table is not None
    with pytest.raises(sqlshim.DataError, match="keeps milliseconds"):
        store.insert(table, ["at"], [(dt.datetime(2020, 1, 1, 0, 0, 0, 1),)], RunContext())
    store.drop_table(table)


def test_null_inside_a_collection_is_refused_before_it_is_sent(store: Backend) -> None:
    definition = TableDefinition("lists", (ColumnDefinition("xs", t.array(t.INTEGER)),))
    store.create_table(definition)
    table = store.load_table("lists")
    assert table is not None
    with pytest.raises(sqlshim.DataError, match="no NULL inside a collection"):
        store.insert(table, ["xs"], [([1, None],)], RunContext())
    store.drop_table(table)
