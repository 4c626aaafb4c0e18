from __future__ import annotations

from collections.abc import Iterator

import pytest

import sqlshim


@pytest.fixture
def connection() -> Iterator[sqlshim.Connection]:
    """Tables in memory: `people` with four rows, one of them with NULLs, and `empty`."""
    made = sqlshim.connect("memory://")
    made.execute("CREATE TABLE people (id int PRIMARY KEY, name text, age int, born date)")
    made.execute(
        "INSERT INTO people VALUES (1, 'Ann', 31, '1990-01-02'), (2, 'Bob', 42, '1980-03-04'), "
        "(3, 'Cid', 31, NULL), (4, NULL, NULL, NULL)"
    )
    made.execute("CREATE TABLE empty (a int)")
    made.commit()
    yield made
    made.close()


@pytest.fixture
def cursor(connection: sqlshim.Connection) -> sqlshim.Cursor:
    return connection.cursor()
