"""The module's face: PEP 249's globals, type objects and constructors; what connect() refuses."""

from __future__ import annotations

import datetime as dt

import pytest

import sqlshim
from sqlshim.types import Kind


def test_the_globals_of_pep_249() -> None:
    assert (sqlshim.apilevel, sqlshim.threadsafety, sqlshim.paramstyle) == ("2.0", 1, "qmark")


KINDS = [
    (Kind.TEXT, sqlshim.STRING),
    (Kind.JSON, sqlshim.STRING),
    (Kind.UUID, sqlshim.STRING),
    (Kind.BYTES, sqlshim.BINARY),
    (Kind.SMALLINT, sqlshim.NUMBER),
    (Kind.BIGINT, sqlshim.NUMBER),
    (Kind.DECIMAL, sqlshim.NUMBER),
    (Kind.DOUBLE, sqlshim.NUMBER),
    (Kind.BOOLEAN, sqlshim.NUMBER),
    (Kind.DATE, sqlshim.DATETIME),
    (Kind.TIMESTAMPTZ, sqlshim.DATETIME),
    (Kind.INTERVAL, sqlshim.DATETIME),
]
OBJECTS = (sqlshim.STRING, sqlshim.BINARY, sqlshim.NUMBER, sqlshim.DATETIME, sqlshim.ROWID)


@pytest.mark.parametrize(("kind", "family"), KINDS)
def test_a_type_code_equals_the_type_object_of_its_family_only(kind: Kind, family: object) -> None:
    assert [o for o in OBJECTS if kind == o] == [family]
    assert [o for o in OBJECTS if o == kind] == [family]


def test_constructors_make_pythons_own_values() -> None:
    assert sqlshim.Date(2000, 1, 31) == dt.date(2000, 1, 31)
    assert sqlshim.Time(10, 20, 30) == dt.time(10, 20, 30)
    assert sqlshim.Timestamp(2000, 1, 31, 10) == dt.datetime(2000, 1, 31, 10)
    assert sqlshim.Binary(b"a") == b"a"


def test_constructors_from_ticks_are_local_time() -> None:
    moment = dt.datetime.fromtimestamp(86_400)
    assert sqlshim.TimestampFromTicks(86_400) == moment
    assert sqlshim.DateFromTicks(86_400) == moment.date()
    assert sqlshim.TimeFromTicks(86_400) == moment.time()


WRONG = {
    "pushdown": (
        {"pushdown": "most"},
        "pushdown must be one of 'auto', 'always', 'never', not 'most'",
    ),
    "full_scan": ({"full_scan": 1}, "full_scan must be one of 'allow', 'warn', 'forbid', not 1"),
    "dialect": ({"dialect": "postgers"}, "unknown dialect 'postgers'"),
}


@pytest.mark.parametrize(("options", "detail"), WRONG.values(), ids=WRONG)
def test_a_wrong_option_is_an_interface_error(options: dict[str, object], detail: str) -> None:
    with pytest.raises(sqlshim.InterfaceError) as caught:
        sqlshim.connect("memory://", **options)
    assert caught.value.detail == detail


def test_an_unknown_option_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="pushdwn"):
        sqlshim.connect("memory://", pushdwn="auto")


URIS = {
    "no URI": ("people", "not a URI: 'people'"),
    "an unknown store": ("oracle://h/db", "no backend serves oracle:// URIs"),
    "an empty dict": ({}, "no store given"),
}


@pytest.mark.parametrize(("uri", "detail"), URIS.values(), ids=URIS)
def test_a_wrong_uri_is_an_interface_error(uri: str | dict[str, str], detail: str) -> None:
    with pytest.raises(sqlshim.InterfaceError) as caught:
        sqlshim.connect(uri)
    assert caught.value.detail == detail


NOBODY_THERE = [
    "mongodb://ann:s3cret@127.0.0.1:1/db",
    "cassandra://ann:s3cret@127.0.0.1:1/ks",
]


@pytest.mark.parametrize("uri", NOBODY_THERE)
def test_a_store_that_cannot_be_reached_is_an_operational_error(uri: str) -> None:
    with pytest.raises(sqlshim.OperationalError) as caught:
        sqlshim.connect(uri, connect_timeout=1)
    assert (caught.value.sqlstate, "s3cret" in str(caught.value)) == ("08001", False)


SECRET = [
    "oracle://ann:s3cret@h/db",
    "mongodb://ann:s3cret@h",
    "mongodb://ann:s3cret@h:port/db",
    "mongodb://ann:s3@cret@h/db",
    "cassandra://ann:s3cret@h",
    "cassandra://ann:s3cret@h:port/ks",
]


@pytest.mark.parametrize("uri", SECRET)
def test_no_message_about_a_wrong_uri_shows_its_password(uri: str) -> None:
    with pytest.raises(sqlshim.InterfaceError) as caught:
        sqlshim.connect(uri, connect_timeout=1)
    assert "cret" not in str(caught.value)
