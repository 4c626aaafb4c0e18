"""token(key), ttl(c) and writetime(c) against a real server: only it can answer them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import sqlshim

MODES = ["auto", "always", "never"]
WRITTEN = 1_234_567  # microseconds since 1970


@pytest.fixture(scope="module")
def aging(cql: Any) -> str:
    """One row that expires, and one that was written plainly and has no `w`."""
    cql.execute(
        "CREATE TABLE aging (a int, b text, c int, v text, w int, l list<int>, "
        "PRIMARY KEY ((a, b), c))"
    )
    cql.execute(
        "INSERT INTO aging (a, b, c, v, w) VALUES (1, 'x', 1, 'old', 5) "
        f"USING TTL 1000 AND TIMESTAMP {WRITTEN}"
    )
    cql.execute("INSERT INTO aging (a, b, c, v) VALUES (2, 'y', 1, 'new')")
    return "aging"


@pytest.mark.parametrize("pushdown", MODES)
@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT a, ttl(v) BETWEEN 900 AND 1000 FROM aging ORDER BY a", [(1, True), (2, None)]),
        ("SELECT writetime(v), writetime(w) FROM aging WHERE a = 1", [(WRITTEN, WRITTEN)]),
        ("SELECT a FROM aging WHERE writetime(v) > 2000000", [(2,)]),
        ("SELECT count(ttl(v)), min(writetime(v)) FROM aging", [(1, WRITTEN)]),
        (
            "SELECT ttl(v) IS NULL AS sure, count(*) FROM aging GROUP BY 1 ORDER BY 1",
            [(False, 1), (True, 1)],
        ),
        ("SELECT (SELECT ttl(o.v) IS NULL) FROM aging o ORDER BY a", [(False,), (True,)]),
        (
            "SELECT x.a FROM aging x JOIN aging y ON token(x.a, x.b) = token(y.a, y.b) ORDER BY 1",
            [(1,), (2,)],
        ),
    ],
)
def test_row_functions_answer(
    aging: str, connect: Callable[..., Any], sql: str, rows: list[Any], pushdown: str
) -> None:
    assert connect(pushdown=pushdown).execute(sql).fetchall() == rows


def test_token_is_the_drivers(aging: str, connect: Callable[..., Any], cql: Any) -> None:
    raw = {(a, t) for a, t in cql.execute("SELECT a, token(a, b) FROM aging")}
    assert set(connect().execute("SELECT a, token(a, b) FROM aging").fetchall()) == raw


def test_star_does_not_have_them(aging: str, connect: Callable[..., Any]) -> None:
    cursor = connect().execute("SELECT *, ttl(v) AS left_over FROM aging WHERE a = 2 AND b = 'y'")
    names = [column[0] for column in cursor.description]
    assert names == ["a", "b", "c", "l", "v", "w", "left_over"]


@pytest.mark.parametrize(
    "call", ["ttl(a)", "ttl(l)", "ttl(1)", "ttl(v, w)", "token(a)", "token(b, a)", "writetime(c)"]
)
def test_what_has_no_such_value_is_refused(
    aging: str, connect: Callable[..., Any], call: str
) -> None:
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connect().execute(f"SELECT {call} FROM aging")
    assert caught.value.sqlstate == "42883"
    assert "It takes columns of a table in Cassandra" in str(caught.value.hint)


def test_a_whole_primary_key_still_is_the_access_path(
    aging: str, connect: Callable[..., Any]
) -> None:
    sql = "EXPLAIN SELECT ttl(v) FROM aging WHERE a = 1 AND b = 'x' AND c = 1"
    shown = "\n".join(line for (line,) in connect().execute(sql).fetchall())
    assert "access path: whole primary key" in shown
    assert 'SELECT TTL("v")' in shown


def test_similarities_are_the_server_s(cql: Any, connect: Callable[..., Any]) -> None:
    """Floats have 32 bits there and doubles 64 here."""
    cql.execute("CREATE TABLE looks (k int PRIMARY KEY, v vector<float, 3>)")
    for k, v in enumerate(([1.0, 0.0, 0.5], [0.25, -1.0, 3.0], [-2.0, -2.0, -0.125])):
        cql.execute(f"INSERT INTO looks (k, v) VALUES ({k}, {v})")
    for name in ("similarity_cosine", "similarity_euclidean", "similarity_dot_product"):
        call = f"{name}(v, [0.5, 1.0, -0.75])"
        there = dict(cql.execute(f"SELECT k, {call} FROM looks"))
        call = f"{name}(v, ARRAY[0.5, 1.0, -0.75])"
        here = dict(connect().execute(f"SELECT k, {call} FROM looks").fetchall())
        assert here == pytest.approx(there, rel=1e-6)
    sql = "SELECT k FROM looks ORDER BY similarity_cosine(v, ?) DESC LIMIT 1"
    assert connect().execute(sql, [[1.0, 0.0, 0.5]]).fetchall() == [(0,)]
