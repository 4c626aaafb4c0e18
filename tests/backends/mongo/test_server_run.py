"""Queries on their way: connecting, streaming, deadlines, cancellation, what the server reports."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

import sqlshim
from sqlshim import errors
from sqlshim.backends.mongo import open_store
from sqlshim.backends.mongo.values.decode import row_maker
from sqlshim.backends.protocol import Backend, Options, RunContext
from sqlshim.ir.relational import Scan
from sqlshim.ir.scalar import Column

Connect = Callable[..., Any]
ROWS = 2500
SLOW = "SELECT COUNT(*) FROM many a JOIN many b ON a.n < b._id JOIN many c ON b.n < c._id"


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    database.many.insert_many([{"_id": i, "n": i % 10} for i in range(ROWS)])


def _scan(store: Backend) -> Scan:
    table = store.load_table("many")
    assert table is not None
    return Scan(table, tuple(Column(i, c.name, c.type) for i, c in enumerate(table.columns)))


def test_rows_come_a_batch_at_a_time(store: Backend) -> None:
    stream = store.open(store.compile(_scan(store)), (), RunContext(batch_rows=1000))
    assert [len(rows) for rows in stream.rows()] == [1000, 1000, 500]


def test_a_stream_closed_early_leaves_no_cursor_behind(store: Backend, database: Any) -> None:
    def open_cursors() -> int:
        idle = [{"$currentOp": {"idleCursors": True, "localOps": True}}]
        mine = {"$match": {"type": "idleCursor", "ns": f"{database.name}.many"}}
        return len(list(database.client.admin.aggregate([*idle, mine])))

    stream = store.open(store.compile(_scan(store)), (), RunContext(batch_rows=100))
    rows = stream.rows()
    next(rows)
    _until(lambda: open_cursors() == 1)
    stream.close()
    stream.close()
    _until(lambda: open_cursors() == 0)


def _until(holds: Callable[[], bool]) -> None:
    """Replies are read ahead, so that what the server holds changes a moment later."""
    ends = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)


def _fetch(cursor: Any, sql: str) -> list[Any]:
    cursor.execute(sql)
    rows: list[Any] = cursor.fetchall()
    return rows


def test_a_statement_ends_with_its_timeout(connect: Connect) -> None:
    cursor = connect(timeout=0.3).cursor()
    started = time.monotonic()
    with pytest.raises(errors.QueryCanceled):
        _fetch(cursor, SLOW)
    assert time.monotonic() - started < 5


def test_a_statement_can_be_cancelled_from_another_thread(connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    threading.Timer(0.5, connection.cancel).start()
    started = time.monotonic()
    with pytest.raises(errors.QueryCanceled):
        _fetch(cursor, SLOW)
    assert time.monotonic() - started < 10


def test_a_document_without_a_field_has_null_there() -> None:
    rows = row_maker(("a", "b"))
    assert rows([{"a": 1, "b": 2}, {"b": 3, "a": 4}]) == [(1, 2), (4, 3)]
    assert rows([{"a": 1, "b": 2}, {"b": 3}]) == [(1, 2), (None, 3)]
    assert row_maker(("a",))([{}]) == [(None,)]
    assert row_maker(())([{}, {}]) == [(), ()]


# --- connecting ----------------------------------------------------------------------------


def test_no_server_is_told_within_the_connect_timeout() -> None:
    started = time.monotonic()
    with pytest.raises(errors.ConnectionFailed) as caught:
        sqlshim.connect("mongodb://someone:hidden@127.0.0.1:1/db", connect_timeout=0.5)
    assert time.monotonic() - started < 5
    assert "hidden" not in str(caught.value)


def test_a_uri_without_a_database_is_refused(uri: str) -> None:
    bare = urlunsplit(urlsplit(uri)._replace(path="/"))
    with pytest.raises(errors.InterfaceError, match="names no database"):
        sqlshim.connect(bare)


@pytest.mark.parametrize(
    "wrong", ["mongodb://", "mongodb://host:port/db", "mongodb://h/db?tls=maybe"]
)
def test_a_malformed_uri_is_an_interface_error(wrong: str) -> None:
    with pytest.raises(errors.InterfaceError):
        sqlshim.connect(wrong, connect_timeout=0.2)


def test_bad_credentials_are_an_authentication_failure(uri: str) -> None:
    place = urlsplit(uri)
    wrong = urlunsplit(place._replace(netloc=f"nobody:hidden@{place.netloc}"))
    with pytest.raises(errors.AuthenticationFailed) as caught:
        sqlshim.connect(wrong)
    assert caught.value.sqlstate == "28P01"
    assert "hidden" not in str(caught.value)


def test_a_row_over_the_servers_limit_says_so(connect: Connect, database: Any) -> None:
    database.large.insert_one({"_id": 1, "s": "x" * 9_000_000})
    cursor = connect().cursor()
    with pytest.raises(sqlshim.OperationalError):
        _fetch(cursor, "SELECT s || s AS twice FROM large")


def test_closing_twice_is_harmless(uri: str) -> None:
    backend = open_store(uri, "", Options())
    backend.close()
    backend.close()
