"""Unions of very many arms: those that differ in constants only become one."""

from __future__ import annotations

from collections import Counter

import pytest

import sqlshim
from sqlshim.ir import walk
from sqlshim.ir.relational import SetOp
from sqlshim.plan import unite_arms
from tests.backends.mongo.build import rel


def arms_left(sql: str) -> int:
    """How many arms a union has after the rule; 1 if it is none any more."""
    united = unite_arms.unite_arms(rel(sql))
    unions = [r for r in walk.every_rel(united) if isinstance(r, SetOp)]
    return len(unions[0].inputs) if unions else 1


ALIKE = {
    "points": "SELECT n FROM docs WHERE n = {0}",
    "a constant in the result": "SELECT n, {0} AS k FROM docs WHERE s = 'x{0}' OR n < {0}",
    "lists of one length": "SELECT n FROM docs WHERE n IN ({0}, 7)",
    "rows": "SELECT {0} AS a, 'x{0}' AS b",
}
DIFFERENT = {
    "volatile": "SELECT n FROM docs WHERE n = {0} AND RANDOM() < 2",
    "a subquery": "SELECT n FROM docs WHERE n = {0} AND EXISTS (SELECT 1 FROM docs)",
    "a limit": "SELECT n FROM docs WHERE n = {0} LIMIT 1",
    "a group": "SELECT COUNT(*) AS k FROM docs WHERE n = {0}",
}


def union(arm: str, count: int) -> str:
    return " UNION ALL ".join(f"({arm.format(i)})" for i in range(count))


@pytest.mark.parametrize("arm", ALIKE.values(), ids=ALIKE.keys())
def test_arms_alike_become_one(arm: str) -> None:
    assert arms_left(union(arm, unite_arms.MANY)) == 1
    assert arms_left(union(arm, unite_arms.MANY - 1)) == unite_arms.MANY - 1


@pytest.mark.parametrize("arm", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_others_stay(arm: str) -> None:
    assert arms_left(union(arm, unite_arms.MANY)) == unite_arms.MANY


def test_what_differs_stays_beside() -> None:
    both = f"{union(ALIKE['points'], 60)} UNION ALL SELECT n FROM docs WHERE n > 5"
    assert arms_left(both) == 2


@pytest.mark.parametrize(
    "arm",
    [
        "SELECT a, b FROM t WHERE a = {0} % 7",
        "SELECT a * {0} AS a, b FROM t WHERE a >= {0} AND b <> 'x'",
        "SELECT {0} AS a, CASE WHEN b = 'x' THEN 'k{0}' END AS b FROM t",
        "SELECT a, b FROM t WHERE a IN (1, {0}) OR b LIKE '%{0}'",
        "SELECT {0} AS a, NULLIF('{0}', '3') AS b",
    ],
)
def test_the_rows_are_the_same(arm: str) -> None:
    """Those of fewer arms, which stay as they are written, together."""
    with sqlshim.connect("memory://") as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        cursor.execute("INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, 'y2'), (NULL, 'z'), (5, NULL)")
        expected: Counter[object] = Counter()
        for i in range(60):
            expected.update(cursor.execute(arm.format(i)).fetchall())
        found = cursor.execute(union(arm, 60)).fetchall()
        assert Counter(found) == expected
