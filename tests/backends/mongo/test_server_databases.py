"""Tables of several databases, and a user who may only read one of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymongo
import pytest

import sqlshim
from conformance.servers import Server
from tests.backends.mongo.conftest import OWNER, READER


@pytest.fixture(scope="module")
def other(uri: str, database: Any) -> Iterator[str]:
    """The name of a second database, with a collection of the same name as one of the first's."""
    name = f"Other_{uuid.uuid4().hex[:12]}"
    database.towns.insert_many([{"_id": 1, "name": "here"}, {"_id": 2, "name": "both"}])
    second = database.client[name]
    second.towns.insert_many([{"_id": 2, "name": "both"}, {"_id": 3, "name": "there", "n": 5}])
    yield name
    database.client.drop_database(name)


@pytest.fixture(params=["always", "auto", "never"])
def connection(connect: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return connect(pushdown=request.param)


def test_a_table_of_another_database_is_qualified_by_it(connection: Any, other: str) -> None:
    for name in (other, other.lower(), f'"{other}"'):
        sql = f"SELECT name, n FROM {name}.towns WHERE n = 5"
        assert connection.execute(sql).fetchall() == [("there", 5)]
    sql = f"SELECT {other}.towns.name FROM {other}.towns ORDER BY _id"
    assert connection.execute(sql).fetchall() == [("both",), ("there",)]


def test_tables_of_two_databases_are_joined(connection: Any, other: str) -> None:
    sql = f"SELECT a.name, b.n FROM towns a LEFT JOIN {other}.towns b ON a._id = b._id ORDER BY 1"
    assert connection.execute(sql).fetchall() == [("both", None), ("here", None)]
    sql = f"SELECT name FROM towns UNION ALL SELECT name FROM {other}.towns ORDER BY 1"
    assert [n for (n,) in connection.execute(sql)] == ["both", "both", "here", "there"]


def test_explain_names_the_other_database(connection: Any, other: str) -> None:
    lines = connection.execute(f"EXPLAIN SELECT name FROM {other}.towns").fetchall()
    assert any(f'db.getSiblingDB("{other}").towns.aggregate' in line for (line,) in lines)


def test_an_unknown_database_or_table_is_an_unknown_table(connection: Any, other: str) -> None:
    for name in ("nowhere.towns", f"{other}.tows", f'"{other.lower()}".towns'):
        with pytest.raises(sqlshim.ProgrammingError) as caught:
            connection.execute(f"SELECT * FROM {name}")
        assert caught.value.sqlstate == "42P01"


def test_with_several_stores_the_store_comes_first(uri: str, database: Any, other: str) -> None:
    with sqlshim.connect({"m": uri, "local": "memory://"}) as connection:
        sql = f"SELECT COUNT(*) FROM m.{other}.towns"
        assert connection.execute(sql).fetchone() == (2,)
        connection.close()


def test_an_insert_goes_to_the_database_that_is_named(
    connect: Callable[..., Any], database: Any, other: str
) -> None:
    connect().execute(f"INSERT INTO {other}.towns (_id, name) VALUES (9, 'new')")
    assert database.client[other].towns.count_documents({"name": "new"}) == 1
    assert database.towns.count_documents({"name": "new"}) == 0
    database.client[other].towns.delete_many({"name": "new"})


# --- a user who may only read --------------------------------------------------------------


@pytest.fixture(scope="module")
def reader_uri(guarded: Server) -> Iterator[str]:
    """A user with the role `read` on the database `town`, beside a database that is not his."""
    with pymongo.MongoClient[dict[str, Any]](guarded.uri_as(OWNER)) as client:
        client.town.command(
            "createUser", READER.user, pwd=READER.password, roles=[{"role": "read", "db": "town"}]
        )
        documents = [{"_id": i, "n": i % 10, "tags": ["a"] * (i % 3)} for i in range(300)]
        client.town.people.insert_many([*documents, {"_id": 300, "late": 1}])
        client.town.people.create_index("n")
        client.town.create_collection("a_view", viewOn="people", pipeline=[{"$match": {"n": 1}}])
        client.secret.people.insert_one({"_id": 1})
        before = _state(client)
        url = urlsplit(guarded.uri_as(READER))
        yield urlunsplit(url._replace(path="/town", query="authSource=town"))
        assert _state(client) == before, "something was written to the user's database"


def _state(client: pymongo.MongoClient[dict[str, Any]]) -> object:
    """All that could be written: collections with their options, indexes and documents."""
    found = {}
    for name in sorted(client.list_database_names()):
        if name in ("local", "config", "admin"):
            continue
        for info in sorted(client[name].list_collections(), key=lambda c: str(c["name"])):
            views = info["name"] == "system.views"
            documents = [] if views else list(map(str, client[name][info["name"]].find()))
            found[name, info["name"]] = (str(info), documents)
    indexes = [dict(i) for i in client.town.people.list_indexes()]
    return found, indexes


@pytest.mark.parametrize("pushdown", ["always", "auto", "never"])
def test_who_may_only_read_can_ask_everything(reader_uri: str, pushdown: str) -> None:
    connection = sqlshim.connect(
        reader_uri, pushdown=pushdown, schema="dynamic", sample_size=50, timeout=60
    )
    assert connection.tables() == ["a_view", "people"]
    assert connection.execute("SELECT COUNT(*) FROM a_view").fetchone() == (30,)
    assert connection.execute("SELECT _id FROM people WHERE late = 1").fetchall() == [(300,)]
    sql = "SELECT n, COUNT(*) FROM people WHERE n < 2 GROUP BY n ORDER BY n"
    assert connection.execute(sql).fetchall() == [(0, 30), (1, 30)]
    sql = "SELECT COUNT(*) FROM people a JOIN people b ON a.n = b._id WHERE 'a' = ANY(a.tags)"
    assert connection.execute(sql).fetchone() == (200,)
    sql = "SELECT RANK() OVER (ORDER BY n) FROM people WHERE _id = 5"
    assert connection.execute(sql).fetchall() == [(1,)]
    connection.execute("EXPLAIN SELECT * FROM people ORDER BY n")
    connection.refresh()
    connection.close()


def test_who_may_only_read_is_told_so_by_a_write(reader_uri: str) -> None:
    connection = sqlshim.connect(reader_uri, autocommit=True, retry_for=5)
    for sql in ("CREATE TABLE t (a INT)", "INSERT INTO people (n) VALUES (1)", "DROP TABLE people"):
        with pytest.raises(sqlshim.DatabaseError) as caught:
            connection.execute(sql)
        assert caught.value.sqlstate == "42501"
    connection.close()


def test_a_database_that_may_not_be_read_is_unknown(reader_uri: str) -> None:
    connection = sqlshim.connect(reader_uri)
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connection.execute("SELECT * FROM secret.people")
    assert caught.value.sqlstate == "42P01"
    connection.close()
