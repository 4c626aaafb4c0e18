"""varint and decimal hold numbers of any size, and so do they in SQL, in every pushdown mode."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import sqlshim

MODES = ["auto", "always", "never"]
BIG = 10**50
FINE = Decimal("-1.123456789012345678")
ROWS = [
    (1, BIG, Decimal("1.5"), [1, 10**60], {"a": Decimal("1E-21")}, (10**45, Decimal("0.1"))),
    (2, -BIG, FINE, [-3], {"a": Decimal(2)}, (1, Decimal("1E+30"))),
    (3, 7, Decimal(100), None, None, None),
    (4, None, None, None, None, None),
    (5, 0, Decimal("0.00"), [0], None, None),
    (6, -8, Decimal("99.99"), [], None, None),
]


@pytest.fixture(scope="module", autouse=True)
def _nums(cql: Any) -> None:
    cql.execute(
        "CREATE TABLE nums (k int PRIMARY KEY, v varint, d decimal, vs list<varint>, "
        "m map<text, decimal>, f frozen<tuple<varint, decimal>>)"
    )
    insert = cql.prepare("INSERT INTO nums (k, v, d, vs, m, f) VALUES (?, ?, ?, ?, ?, ?)")
    for row in ROWS:
        cql.execute(insert, row)


ANSWERS: list[tuple[str, list[object] | None, list[tuple[object, ...]]]] = [
    ("SELECT k FROM nums WHERE v > 5 ORDER BY v", None, [(3,), (1,)]),
    ("SELECT v FROM nums ORDER BY v", None, [(-BIG,), (-8,), (0,), (7,), (BIG,), (None,)]),
    ("SELECT k FROM nums WHERE v = ?", [BIG], [(1,)]),
    (f"SELECT k FROM nums WHERE v <= {-BIG}", None, [(2,)]),
    (f"SELECT k FROM nums WHERE v = '{BIG}'", None, [(1,)]),
    ("SELECT k FROM nums WHERE v IN (7, 0, ?) ORDER BY k", [BIG], [(1,), (3,), (5,)]),
    ("SELECT k FROM nums WHERE v < 6.5 AND v > -8.5 ORDER BY k", None, [(5,), (6,)]),
    ("SELECT k FROM nums WHERE k < ? ORDER BY k LIMIT 1", [BIG], [(1,)]),
    ("SELECT k FROM nums WHERE d > -1.123456789012345679 AND d < 0", None, [(2,)]),
    ("SELECT min(v), max(v), count(v), min(d) FROM nums", None, [(-BIG, BIG, 5, FINE)]),
    ("SELECT count(DISTINCT v) FROM nums", None, [(5,)]),
    ("SELECT v + 1, v * 2 FROM nums WHERE k = 3", None, [(Decimal(8), Decimal(14))]),
    ("SELECT sum(v), avg(d) FROM nums WHERE k IN (3, 6)", None, [(Decimal(-1), 99.995)]),
    ("SELECT x FROM nums, UNNEST(vs) AS t(x) ORDER BY x", None, [(-3,), (0,), (1,), (10**60,)]),
    ("SELECT k FROM nums WHERE 1 = ANY (vs)", None, [(1,)]),
    (
        "SELECT m['a'], (f).f1, vs[2] FROM nums WHERE k = 1",
        None,
        [(Decimal("1E-21"), 10**45, 10**60)],
    ),
    ("SELECT CAST(v AS TEXT) FROM nums WHERE CAST(v AS TEXT) LIKE '1%'", None, [(str(BIG),)]),
    (
        "SELECT CAST(d AS DECIMAL(20, 3)), CAST(d AS DOUBLE), CAST(d AS INT) FROM nums WHERE k = 2",
        None,
        [(Decimal("-1.123"), float(FINE), -1)],
    ),
    (
        "SELECT coalesce(v, 3), greatest(v, 5), nullif(v, 7) FROM nums WHERE k > 2 ORDER BY k",
        None,
        [(7, 7, None), (3, 5, None), (0, 5, 0), (-8, 5, -8)],
    ),
    ("SELECT a.k FROM nums a JOIN nums b ON a.v = -b.k - 2", None, [(6,)]),
    ("SELECT k FROM nums WHERE v IN (SELECT 5 - k * 0 + 2 FROM nums)", None, [(3,)]),
    ("SELECT k FROM nums WHERE v = (SELECT max(v) FROM nums)", None, [(1,)]),
    ("SELECT v FROM nums WHERE k = 3 UNION ALL SELECT 1.5 ORDER BY 1", None,
     [(Decimal("1.5"),), (Decimal(7),)]),
    ("SELECT lag(v) OVER (ORDER BY v) FROM nums WHERE k IN (1, 3) ORDER BY v", None,
     [(None,), (7,)]),
    ("SELECT v, sum(k) FROM nums WHERE k > 4 GROUP BY v ORDER BY v", None, [(-8, 6), (0, 5)]),
]  # fmt: skip


@pytest.mark.parametrize("pushdown", MODES)
@pytest.mark.parametrize(("sql", "values", "rows"), ANSWERS, ids=[sql for sql, _, _ in ANSWERS])
def test_numbers_of_any_size(
    connect: Callable[..., Any],
    sql: str,
    values: list[object] | None,
    rows: list[tuple[object, ...]],
    pushdown: str,
) -> None:
    found = connect(pushdown=pushdown).execute(sql, values).fetchall()
    assert found == rows
    assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in rows]


@pytest.mark.parametrize("pushdown", MODES)
def test_a_decimal_has_no_zeros_at_its_end(connect: Callable[..., Any], pushdown: str) -> None:
    connection = connect(pushdown=pushdown)
    for sql in ("SELECT d FROM nums WHERE k = 5", "SELECT d FROM nums WHERE k + 0 = 5"):
        assert [str(d) for (d,) in connection.execute(sql).fetchall()] == ["0"]


def test_arithmetic_beyond_decimals_is_an_error(connect: Callable[..., Any]) -> None:
    for sql in ("SELECT v + 1 FROM nums WHERE k = 1", "SELECT d + 1 FROM nums WHERE k = 2"):
        with pytest.raises(sqlshim.DataError) as caught:
            connect().execute(sql).fetchall()
        assert caught.value.sqlstate == "22003"


@pytest.mark.parametrize("pushdown", ["auto", "always", "never"])
def test_documents_that_hold_them_are_json(
    cql: Any, connect: Callable[..., Any], pushdown: str
) -> None:
    cql.execute(
        "CREATE TABLE IF NOT EXISTS held (k int PRIMARY KEY, p tuple<decimal, varint>, "
        "m map<varint, decimal>, s frozen<set<decimal>>, l list<frozen<tuple<decimal, int>>>)"
    )
    cql.execute(
        f"INSERT INTO held (k, p, m, s, l) VALUES (1, (1.50, {BIG}), {{{BIG}: -0.25}}, "
        "{2, 1.5}, [(1E+2, 7)])"
    )
    cql.execute("INSERT INTO held (k) VALUES (2)")
    p, m = f'{{"f1":1.5,"f2":{BIG}}}', f'{{"{BIG}":-0.25}}'
    s, several = "[1.5,2]", '[{"f1":100,"f2":7}]'
    connection = connect(pushdown=pushdown)
    sql = "SELECT TO_JSON(p), TO_JSON(m), TO_JSON(s), TO_JSON(l) FROM held ORDER BY k"
    assert connection.execute(sql).fetchall() == [(p, m, s, several), (None,) * 4]
    sql = "SELECT CAST(p AS TEXT), CAST(m AS JSON), CAST(s AS TEXT), p::jsonb FROM held WHERE k = 1"
    spaced = f'{{"f1": 1.5, "f2": {BIG}}}'
    assert connection.execute(sql).fetchall() == [(p, m, "{1.5,2}", spaced)]
    sql = "SELECT JSON_AGG(p), JSON_BUILD_ARRAY(MAX((p).f1)) FROM held WHERE k = 1"
    assert connection.execute(sql).fetchall() == [(f"[{p}]", "[1.5]")]
    with pytest.raises(sqlshim.NotSupportedError, match="TO_JSON"):
        connection.execute("SELECT CAST(l AS TEXT) FROM held")


def test_arrow_has_them_as_text(connect: Callable[..., Any]) -> None:
    for sql in ("SELECT v, d FROM nums WHERE k = 2", "SELECT v, d FROM nums WHERE k + 0 = 2"):
        table = connect().execute(sql).fetch_arrow_table()
        assert table.to_pylist() == [{"v": str(-BIG), "d": str(FINE)}]


def test_they_are_copied_and_written(uri: str) -> None:
    stores = {"c": uri, "m": "memory://"}
    with sqlshim.connect(stores, full_scan="allow", autocommit=True) as connection:
        connection.execute("CREATE TABLE m.copy AS SELECT k, v, d FROM c.nums WHERE k > 2")
        rows = connection.execute("SELECT v, d FROM m.copy WHERE k = 6").fetchall()
        assert rows == [(Decimal(-8), Decimal("99.99"))]
        connection.execute(
            "INSERT INTO c.nums (k, v, d) SELECT k + 20, v, d FROM m.copy WHERE k = 6"
        )
        connection.execute("INSERT INTO c.nums (k, v, d) VALUES (10, ?, ?)", [10**70, FINE / 3])
        found = connection.execute("SELECT v, d FROM c.nums WHERE k IN (10, 26) ORDER BY k")
        assert found.fetchall() == [(10**70, FINE / 3), (-8, Decimal("99.99"))]
