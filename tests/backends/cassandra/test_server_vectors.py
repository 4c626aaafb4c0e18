"""The nearest vectors, exactly by default and by an SAI index where `ann=true` allows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import sqlshim

MODES = ["auto", "always", "never"]
NEAR = "ARRAY[1.0, 0.5, 0.25]"


@pytest.fixture(scope="module", autouse=True)
def _looks(cql: Any) -> None:
    cql.execute(
        "CREATE TABLE looks (k int, c int, name text, e vector<float, 3>, a vector<float, 3>, "
        "plain vector<float, 3>, PRIMARY KEY (k, c))"
    )
    for column, similarity in (("e", "euclidean"), ("a", "cosine")):
        cql.execute(
            f"CREATE INDEX looks_{column} ON looks ({column}) USING 'sai' "
            f"WITH OPTIONS = {{'similarity_function': '{similarity}'}}"
        )
    cql.execute("CREATE INDEX looks_name ON looks (name) USING 'sai'")
    for i in range(40):
        vector = f"[{0.5 + i * 0.25}, {1 - i * 0.125}, 0.25]"
        cql.execute(
            "INSERT INTO looks (k, c, name, e, a, plain) "
            f"VALUES ({i % 4}, {i}, 'n{i % 2}', {vector}, {vector}, {vector})"
        )
    cql.execute("INSERT INTO looks (k, c) VALUES (9, 9)")


@pytest.fixture
def ann(uri: str) -> Iterator[sqlshim.Connection]:
    with sqlshim.connect(f"{uri}&ann=true", full_scan="forbid") as connection:
        yield connection


SEARCHES = [
    f"SELECT c FROM looks ORDER BY e <-> {NEAR} LIMIT 5",
    "SELECT c FROM looks ORDER BY e <-> '[1.0, 0.5, 0.25]' LIMIT 5",
    f"SELECT k, c FROM looks ORDER BY l2_distance({NEAR}, e) FETCH FIRST 3 ROWS ONLY",
    f"SELECT c FROM looks ORDER BY a <=> {NEAR} LIMIT 5",
    f"SELECT c, cosine_distance(a, {NEAR}) AS d FROM looks WHERE k = 1 ORDER BY d LIMIT 3",
    f"SELECT c FROM looks WHERE k = 1 AND c > 7 ORDER BY e <-> {NEAR} LIMIT 3",
    f"SELECT c FROM looks WHERE name = 'n1' ORDER BY e <-> {NEAR} LIMIT 3",
    f"""SELECT c, similarity_euclidean(e, {NEAR}) FROM looks
        ORDER BY similarity_euclidean(e, {NEAR}) DESC NULLS LAST LIMIT 3""",
]


@pytest.mark.parametrize("sql", SEARCHES)
def test_an_index_finds_the_nearest_where_it_may(
    ann: sqlshim.Connection, connect: Callable[..., Any], sql: str
) -> None:
    """Forty vectors are few enough for an approximate answer to be the exact one."""
    exact = connect(full_scan="allow")
    assert "ANN OF" not in _explained(exact, sql)
    assert "access path: approximate search by index looks_" in _explained(ann, sql)
    assert ann.execute(sql).fetchall() == exact.execute(sql).fetchall()


EXACT = {
    "another similarity": f"SELECT c FROM looks ORDER BY a <-> {NEAR} LIMIT 5",
    "no index": f"SELECT c FROM looks ORDER BY plain <-> {NEAR} LIMIT 5",
    "the farthest": f"SELECT c FROM looks ORDER BY e <-> {NEAR} DESC NULLS LAST LIMIT 5",
    "a second key": f"SELECT c FROM looks ORDER BY e <-> {NEAR}, c LIMIT 5",
    "no limit": f"SELECT c FROM looks ORDER BY e <-> {NEAR}",
    "too many": f"SELECT c FROM looks ORDER BY e <-> {NEAR} LIMIT 1001",
    "an offset": f"SELECT c FROM looks ORDER BY e <-> {NEAR} LIMIT 3 OFFSET 2",
    "no index for a filter": f"SELECT c FROM looks WHERE c > 7 ORDER BY e <-> {NEAR} LIMIT 3",
    "a local filter": f"SELECT c FROM looks WHERE c % 2 = 0 ORDER BY e <-> {NEAR} LIMIT 3",
    "several partitions": f"SELECT c FROM looks WHERE k IN (1, 2) ORDER BY e <-> {NEAR} LIMIT 3",
    "between columns": "SELECT c FROM looks ORDER BY e <-> plain, c LIMIT 3",
    "groups": f"SELECT k FROM looks GROUP BY k ORDER BY min(e <-> {NEAR}), k LIMIT 3",
}


@pytest.mark.parametrize("pushdown", MODES)
@pytest.mark.parametrize("sql", EXACT.values(), ids=EXACT)
def test_all_else_is_exact(uri: str, connect: Callable[..., Any], sql: str, pushdown: str) -> None:
    exact = connect(full_scan="allow").execute(sql).fetchall()
    with sqlshim.connect(f"{uri}&ann=true", full_scan="allow", pushdown=pushdown) as connection:
        assert "ANN OF" not in _explained(connection, sql)
        assert connection.execute(sql).fetchall() == exact


def test_parameters_decide_when_they_are_known(uri: str, connect: Callable[..., Any]) -> None:
    sql = "SELECT c FROM looks ORDER BY e <-> ? LIMIT ?"
    exact = connect(full_scan="allow")
    with sqlshim.connect(f"{uri}&ann=true", full_scan="allow") as connection:
        for vector, count in (([1.0, 0.5, 0.25], 4), ([1, 2, 3], 1000), ([1, 2, 3], 5000)):
            found = connection.execute(sql, [vector, count]).fetchall()
            assert found[:39] == exact.execute(sql, [vector, count]).fetchall()[:39]
        assert len(connection.execute(sql, [[1, 2, 3], 5000]).fetchall()) == 41
        assert len(connection.execute(sql, [None, 7]).fetchall()) == 7
        assert connection.execute(sql, [[1, 2, 3], 0]).fetchall() == []


def _explained(connection: Any, sql: str) -> str:
    return "\n".join(line for (line,) in connection.execute(f"EXPLAIN {sql}").fetchall())
