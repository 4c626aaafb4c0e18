"""CREATE TABLE, INSERT and DROP TABLE on a real server: what is stored, what is refused."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

import sqlshim
from sqlshim import errors

Connect = Callable[..., Any]


@pytest.fixture
def cursor(connect: Connect) -> Any:
    return connect().cursor()


def test_values_are_stored_as_their_bson_types(database: Any, cursor: Any) -> None:
    cursor.execute(
        "CREATE TABLE kinds (a SMALLINT, b BIGINT, c DECIMAL(10,2), d DOUBLE PRECISION, e REAL, "
        "f TEXT, g DATE, h TIME, i TIMESTAMP, j UUID, k BYTEA, l BOOLEAN)"
    )
    u = uuid.uuid4()
    row = (1, 2, Decimal("1.5"), 0.1, 0.1, "x", dt.date(2024, 2, 29), dt.time(1, 2, 3, 500),
           dt.datetime(2024, 1, 1, 1, 2, 3, 4000), u, b"\x01", True)  # fmt: skip
    cursor.execute("INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    stored = database.kinds.find_one()
    assert type(stored.pop("_id")) is ObjectId
    assert stored == {
        "a": 1, "b": Int64(2), "c": Decimal128("1.50"), "d": 0.1, "e": 0.10000000149011612,
        "f": "x", "g": dt.datetime(2024, 2, 29), "h": "01:02:03.000500",
        "i": dt.datetime(2024, 1, 1, 1, 2, 3, 4000), "j": u, "k": b"\x01", "l": True,
    }  # fmt: skip
    assert type(stored["b"]) is Int64
    cursor.execute("SELECT * FROM kinds")
    assert cursor.fetchall() == [(*row[:2], Decimal("1.50"), 0.1, 0.10000000149011612, *row[5:])]


def test_a_duplicate_key_is_a_unique_violation(cursor: Any) -> None:
    cursor.execute("CREATE TABLE keyed (id INTEGER PRIMARY KEY, u TEXT UNIQUE)")
    cursor.execute("INSERT INTO keyed VALUES (1, 'a'), (2, NULL), (3, NULL)")
    for row in ("(1, 'b')", "(4, 'a')"):
        with pytest.raises(errors.UniqueViolation) as caught:
            cursor.execute(f"INSERT INTO keyed VALUES {row}")
        assert caught.value.sqlstate == "23505"


def test_several_rows_are_inserted_all_or_none(cursor: Any) -> None:
    cursor.execute("CREATE TABLE whole (id INTEGER PRIMARY KEY)")
    with pytest.raises(errors.UniqueViolation):
        cursor.execute("INSERT INTO whole VALUES (1), (2), (1)")
    cursor.execute("SELECT COUNT(*) FROM whole")
    assert cursor.fetchall() == [(0,)]


def test_null_in_a_not_null_column_is_refused_before_sending(cursor: Any) -> None:
    cursor.execute("CREATE TABLE strict (id INTEGER PRIMARY KEY, must TEXT NOT NULL)")
    for sql in ("INSERT INTO strict VALUES (1, NULL)", "INSERT INTO strict (id) VALUES (1)"):
        with pytest.raises(errors.NotNullViolation, match="'must'"):
            cursor.execute(sql)


@pytest.mark.parametrize(
    ("table", "value", "sqlstate"),
    [
        ("TIMESTAMP", dt.datetime(2024, 1, 1, 0, 0, 0, 1), "22000"),
        ("DECIMAL(38,4)", Decimal("1234567890123456789012345678901234.5"), "22003"),
        ("TEXT", "\ud800", "22021"),
    ],
)
def test_what_cannot_be_stored_exactly_is_a_data_error(
    cursor: Any, table: str, value: object, sqlstate: str
) -> None:
    name = f"t{uuid.uuid4().hex[:8]}"
    cursor.execute(f"CREATE TABLE {name} (v {table})")
    with pytest.raises(sqlshim.DataError) as caught:
        cursor.execute(f"INSERT INTO {name} VALUES (?)", (value,))
    assert caught.value.sqlstate == sqlstate


def test_microseconds_are_cut_when_that_is_asked_for(connect: Connect) -> None:
    cursor = connect(truncate_microseconds=True).cursor()
    cursor.execute("CREATE TABLE cut (v TIMESTAMP)")
    cursor.execute("INSERT INTO cut VALUES (?)", (dt.datetime(2024, 1, 1, 0, 0, 0, 1999),))
    cursor.execute("SELECT v FROM cut")
    assert cursor.fetchall() == [(dt.datetime(2024, 1, 1, 0, 0, 0, 1000),)]


def test_an_interval_cannot_be_stored(cursor: Any) -> None:
    with pytest.raises(sqlshim.NotSupportedError, match="INTERVAL"):
        cursor.execute("CREATE TABLE spans (v INTERVAL)")


def test_a_read_only_connection_writes_nothing(connect: Connect, database: Any) -> None:
    database.given.insert_one({"n": 1})
    cursor = connect(read_only=True).cursor()
    for sql in (
        "CREATE TABLE no (n INTEGER)",
        "INSERT INTO given (n) VALUES (2)",
        "DROP TABLE given",
    ):
        with pytest.raises(sqlshim.Error) as caught:
            cursor.execute(sql)
        assert caught.value.sqlstate == "25006"
    assert database.given.count_documents({}) == 1


def test_rows_go_into_a_collection_without_a_schema(cursor: Any, database: Any) -> None:
    database.loose.insert_one({"_id": 1, "a": "x", "b": 1.5})
    cursor.execute("INSERT INTO loose (_id, b) VALUES (2, 3)")
    assert cursor.rowcount == 1
    assert database.loose.find_one({"_id": 2}) == {"_id": 2, "b": 3.0}


def test_a_dropped_table_is_gone(cursor: Any, database: Any) -> None:
    cursor.execute("CREATE TABLE gone (n INTEGER)")
    cursor.execute("DROP TABLE gone")
    assert "gone" not in database.list_collection_names()
    with pytest.raises(errors.UnknownTable):
        cursor.execute("SELECT * FROM gone")


def test_an_existing_table_is_not_created_again(cursor: Any) -> None:
    cursor.execute("CREATE TABLE twice (n INTEGER)")
    with pytest.raises(errors.TableExists):
        cursor.execute("CREATE TABLE twice (n INTEGER)")


def test_a_rollback_after_a_write_is_refused_and_after_a_commit_harmless(connect: Connect) -> None:
    connection = connect(autocommit=False)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE rolled (n INTEGER)")
    connection.commit()
    connection.rollback()
    cursor.execute("INSERT INTO rolled VALUES (1)")
    with pytest.raises(sqlshim.NotSupportedError):
        connection.rollback()
