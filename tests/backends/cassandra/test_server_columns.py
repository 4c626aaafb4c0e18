"""Pages read column by column give what the rows give, for every CQL type and NULLs anywhere."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from cassandra.util import Duration

from sqlshim.backends.cassandra.values import columns
from sqlshim.errors import DataError

ROWS = 300

Make = Callable[[random.Random], object]
MAKES: dict[str, Make] = {
    "ascii": lambda r: "a" * r.randint(0, 3),
    "bigint": lambda r: r.randint(-(2**63), 2**63 - 1),
    "blob": lambda r: r.randbytes(r.randint(0, 300)),
    "boolean": lambda r: r.random() < 0.5,
    "date": lambda r: dt.date.fromordinal(r.randint(1, dt.date.max.toordinal())),
    "decimal": lambda r: Decimal(r.randint(-(10**20), 10**20)).scaleb(-r.randint(0, 20)),
    "double": lambda r: r.choice([0.0, -0.0, float("inf"), r.uniform(-1e300, 1e300)]),
    "duration": lambda r: Duration(r.randint(0, 20), r.randint(0, 40), r.randint(0, 10**12)),
    "float": lambda r: r.choice([0.5, float("-inf"), 2.0 ** r.randint(-100, 100)]),
    "inet": lambda r: r.choice(["::1", "10.0.0.1"]),
    "int": lambda r: r.randint(-(2**31), 2**31 - 1),
    "list<int>": lambda r: [r.randint(0, 9) for _ in range(r.randint(0, 3))],
    "frozen<map<text, date>>": lambda r: {"k": dt.date(2020, 1, r.randint(1, 31))},
    "set<text>": lambda r: {r.choice("abc"), "z"},
    "smallint": lambda r: r.randint(-(2**15), 2**15 - 1),
    "text": lambda r: r.choice(["", "naïve \U0001f600", "x" * r.randint(0, 300)]),
    "time": lambda r: r.randrange(86_400 * 10**6) * 1000,
    "timestamp": lambda r: dt.datetime(2000, 1, 1) + dt.timedelta(milliseconds=r.randrange(10**12)),
    "timeuuid": lambda r: uuid.uuid1(node=r.randrange(2**48), clock_seq=r.randrange(2**14)),
    "tinyint": lambda r: r.randint(-128, 127),
    "tuple<int, text>": lambda r: (r.randint(0, 9), r.choice(["a", None])),
    "uuid": lambda r: uuid.UUID(int=r.randrange(2**128)),
    "varint": lambda r: r.randint(-(10**30), 10**30),
    "vector<float, 3>": lambda r: [r.choice([0.5, -2.0]) for _ in range(3)],
}
NAMES = [f"c{i}" for i in range(len(MAKES))]


@pytest.fixture(scope="module", params=[0.0, 0.1, 1.0], ids=["no NULLs", "NULLs", "all NULL"])
def table(request: pytest.FixtureRequest, cql: Any) -> str:
    """A table with a column of each type, of whose cells so many are NULL."""
    nulls: float = request.param
    name = f"every_{int(10 * nulls)}"
    typed = ", ".join(f"{n} {native}" for n, native in zip(NAMES, MAKES, strict=True))
    cql.execute(f"CREATE TABLE {name} (k int PRIMARY KEY, {typed})")
    marks = ", ".join("?" * (1 + len(NAMES)))
    insert = cql.prepare(f"INSERT INTO {name} (k, {', '.join(NAMES)}) VALUES ({marks})")
    rng = random.Random(1)
    for k in range(ROWS):
        cells = [None if rng.random() < nulls else make(rng) for make in MAKES.values()]
        cql.execute(insert, (k, *cells))
    return name


def both_ways(connection: Any, sql: str, monkeypatch: pytest.MonkeyPatch) -> list[pa.Table]:
    """The statement's Arrow table by columns and by the driver's rows."""
    tables = []
    for fewest in (0, ROWS + 1):
        monkeypatch.setattr(columns, "FEWEST_ROWS", fewest)
        cursor = connection.cursor()
        cursor.execute(sql)
        tables.append(cursor.fetch_arrow_table().sort_by("k"))
    return tables


def test_columns_and_rows_are_alike(
    connect: Callable[..., Any], table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_columns, by_rows = both_ways(connect(), f"SELECT * FROM {table}", monkeypatch)
    assert by_columns.num_rows == ROWS
    for name in ("k", *NAMES):
        assert by_columns[name].to_pylist() == by_rows[name].to_pylist(), name
    assert by_columns.schema == by_rows.schema


@pytest.mark.parametrize("name", NAMES, ids=list(MAKES))
def test_a_column_beside_a_number_is_the_same(
    connect: Callable[..., Any], table: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_columns, by_rows = both_ways(connect(), f"SELECT {name}, k FROM {table}", monkeypatch)
    assert by_columns.to_pylist() == by_rows.to_pylist()


def test_a_limit_cuts_a_page(connect: Callable[..., Any], cql: Any) -> None:
    cql.execute("CREATE TABLE many (k int PRIMARY KEY, t text)")
    for k in range(200):
        cql.execute(f"INSERT INTO many (k, t) VALUES ({k}, 't{k}')")
    cursor = connect().cursor()
    cursor.execute("SELECT k, t FROM many LIMIT 150")
    found = cursor.fetch_arrow_table()
    assert found.num_rows == 150
    assert all(row["t"] == f"t{row['k']}" for row in found.to_pylist())
    cursor.execute("SELECT t FROM many LIMIT 70")
    assert len(cursor.fetchall()) == 70


def test_an_instant_beyond_sql_is_told_where_it_is_read(
    connect: Callable[..., Any], cql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "FEWEST_ROWS", 0)
    cql.execute("CREATE TABLE far (k int PRIMARY KEY, d date, t timestamp)")
    cql.execute("INSERT INTO far (k, d, t) VALUES (1, 2151147128, 316516204800000)")
    cursor = connect().cursor()
    for name in ("d", "t"):
        cursor.execute(f"SELECT {name} FROM far")
        with pytest.raises(DataError, match="beyond the years 1 to 9999"):
            cursor.fetch_arrow_table()
