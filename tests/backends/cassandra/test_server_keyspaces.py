"""Tables of other keyspaces, qualified by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import sqlshim


@pytest.mark.parametrize("pushdown", ["always", "auto", "never"])
def test_a_table_of_another_keyspace_is_qualified_by_it(
    connect: Callable[..., Any], cql: Any, pushdown: str
) -> None:
    cql.execute("CREATE TABLE IF NOT EXISTS own (key text PRIMARY KEY, n int)")
    cql.execute("INSERT INTO own (key, n) VALUES ('local', 5)")
    connection = connect(pushdown=pushdown)
    sql = "SELECT o.n, s.key FROM own o JOIN system.local s ON o.key = s.key"
    assert connection.execute(sql).fetchall() == [(5, "local")]
    assert connection.execute("SELECT key FROM System.local").fetchall() == [("local",)]


def test_an_unknown_keyspace_is_an_unknown_table(connect: Callable[..., Any]) -> None:
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connect().execute("SELECT * FROM nowhere.local")
    assert caught.value.sqlstate == "42P01"
