"""A user who may only read: everything that reads works, and nothing in the database changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymongo
import pytest

import sqlshim
from conformance.servers import Server
from tests.backends.mongo.conftest import OWNER, READER

QUERIES = [
    "SELECT * FROM people ORDER BY _id",
    "SELECT city, COUNT(*) FROM people GROUP BY city ORDER BY 1",
    "SELECT p._id, o.total FROM people p LEFT JOIN orders o ON o.person = p._id ORDER BY 1, 2",
    "SELECT _id, RANK() OVER (ORDER BY city) FROM people ORDER BY 1",
    "SELECT _id FROM people UNION SELECT person FROM orders ORDER BY 1",
    "SELECT COUNT(*) FROM adults",
    "SELECT _id FROM people WHERE _id IN (SELECT person FROM orders) ORDER BY 1",
    "SELECT COUNT(DISTINCT city), MAX(_id) FROM people",
]


@pytest.fixture(scope="module")
def owner(guarded: Server) -> Iterator[Any]:
    with pymongo.MongoClient[dict[str, Any]](guarded.uri_as(OWNER)) as client:
        database = client["sqlshim_test"]
        database.people.insert_many([{"_id": i, "city": "ab"[i % 2]} for i in range(5)])
        database.orders.insert_many([{"person": i, "total": i * 1.5} for i in range(3)])
        database.create_collection("adults", viewOn="people", pipeline=[])
        role = {"role": "read", "db": "sqlshim_test"}
        client.admin.command("createUser", READER.user, pwd=READER.password, roles=[role])
        yield database


def contents(database: Any) -> tuple[Any, list[str], int]:
    """A hash of all documents, the collections, and how often anything was written."""
    stats = database.client.admin.command("serverStatus")["opcounters"]
    written = stats["insert"] + stats["update"] + stats["delete"]
    names = sorted(database.list_collection_names())
    return database.command("dbHash")["collections"], names, written


@pytest.mark.parametrize("pushdown", ["always", "auto", "never"])
def test_a_reader_reads_and_nothing_changes(guarded: Server, owner: Any, pushdown: str) -> None:
    before = contents(owner)
    with sqlshim.connect(guarded.uri_as(READER), pushdown=pushdown) as connection:
        assert connection.tables() == ["adults", "orders", "people"]
        answers = [connection.execute(sql).fetchall() for sql in QUERIES]
        for sql in QUERIES:
            connection.execute(f"EXPLAIN {sql}")
        connection.refresh()
    assert answers[1] == [("a", 3), ("b", 2)]
    assert answers[5] == [(5,)]
    assert contents(owner) == before


def test_a_reader_is_told_what_it_may_not(guarded: Server, owner: Any) -> None:
    with sqlshim.connect(guarded.uri_as(READER), autocommit=True) as connection:
        with pytest.raises(sqlshim.ProgrammingError) as caught:
            connection.execute("INSERT INTO people (_id) VALUES (99)")
        assert caught.value.sqlstate == "42501"
