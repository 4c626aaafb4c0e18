"""Values between types: what PostgreSQL 15 answers to `'text'::type`, and Python's own values."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from fractions import Fraction

import pytest

from sqlshim import types as t
from sqlshim.errors import (
    DataError,
    DatetimeOutOfRange,
    InvalidDatetime,
    InvalidText,
    NumericOutOfRange,
)
from sqlshim.intervals import parse_interval
from sqlshim.types import Interval, SqlType
from sqlshim.values import convert, to_text, type_of

TWO_PLACES = t.decimal(5, 2)
UTC = dt.UTC

READ = [
    # booleans: any beginning of a word that is not ambiguous
    *((t.BOOLEAN, text, True) for text in ("t", "TRUE", " yes ", "on", "1", "tr", "y")),
    *((t.BOOLEAN, text, False) for text in ("f", "False", "no", "off", "of", "0", "n")),
    # integers
    (t.SMALLINT, "32767", 32767),
    (t.INTEGER, " 5 ", 5),
    (t.INTEGER, "+5", 5),
    (t.INTEGER, "-2147483648", -(2**31)),
    (t.BIGINT, "9223372036854775807", 2**63 - 1),
    (t.INTEGER, 5, 5),
    (t.INTEGER, 2.5, 2),  # a float rounds its half to even …
    (t.INTEGER, 3.5, 4),
    (t.INTEGER, Decimal("2.5"), 3),  # … a decimal away from zero
    (t.INTEGER, Decimal("-2.5"), -3),
    (t.INTEGER, True, 1),
    # decimals
    (TWO_PLACES, "1", Decimal("1.00")),
    (TWO_PLACES, "1.005", Decimal("1.01")),
    (TWO_PLACES, "-1.005", Decimal("-1.01")),
    (TWO_PLACES, "1e2", Decimal("100.00")),
    (TWO_PLACES, ".5", Decimal("0.50")),
    (TWO_PLACES, "5.", Decimal("5.00")),
    (TWO_PLACES, " 7 ", Decimal("7.00")),
    (TWO_PLACES, 0.1, Decimal("0.10")),
    (TWO_PLACES, 3, Decimal("3.00")),
    (t.decimal(3, 0), "0.5", Decimal(1)),
    (t.decimal(3, 0), "2.5", Decimal(3)),
    # doubles
    (t.DOUBLE, "1.5", 1.5),
    (t.DOUBLE, ".5", 0.5),
    (t.DOUBLE, "1e308", 1e308),
    (t.DOUBLE, "-Infinity", float("-inf")),
    (t.DOUBLE, 3, 3.0),
    (t.DOUBLE, Decimal("1.5"), 1.5),
    # dates and times
    (t.DATE, "2000-01-31", dt.date(2000, 1, 31)),
    (t.DATE, "2000-1-3", dt.date(2000, 1, 3)),
    (t.DATE, "2000-01-31 10:00", dt.date(2000, 1, 31)),
    (t.DATE, dt.datetime(2000, 1, 31, 10), dt.date(2000, 1, 31)),
    (t.TIMESTAMP, "2000-01-31", dt.datetime(2000, 1, 31)),
    (t.TIMESTAMP, "2000-01-31 10:20", dt.datetime(2000, 1, 31, 10, 20)),
    (t.TIMESTAMP, "2000-01-31T10:20:30.5", dt.datetime(2000, 1, 31, 10, 20, 30, 500_000)),
    (t.TIMESTAMP, "2000-01-31 10:20:30+02", dt.datetime(2000, 1, 31, 10, 20, 30)),
    (t.TIMESTAMP, dt.date(2000, 1, 31), dt.datetime(2000, 1, 31)),
    (t.TIMESTAMPTZ, "2000-01-31", dt.datetime(2000, 1, 31, tzinfo=UTC)),
    (t.TIMESTAMPTZ, "2000-01-31 10:20Z", dt.datetime(2000, 1, 31, 10, 20, tzinfo=UTC)),
    (t.TIMESTAMPTZ, "2000-01-31 10:20+02", dt.datetime(2000, 1, 31, 8, 20, tzinfo=UTC)),
    (t.TIMESTAMPTZ, "2000-01-31 10:20-0530", dt.datetime(2000, 1, 31, 15, 50, tzinfo=UTC)),
    (t.TIMESTAMPTZ, dt.datetime(2000, 1, 31, 10), dt.datetime(2000, 1, 31, 10, tzinfo=UTC)),
    (t.TIME, "10:20", dt.time(10, 20)),
    (t.TIME, "10:20:30.5", dt.time(10, 20, 30, 500_000)),
    (t.INTERVAL, "1 day", Interval(0, 1, 0)),
    (t.INTERVAL, dt.timedelta(days=1, seconds=2), Interval(0, 1, 2_000_000)),
    # the rest
    (t.TEXT, 5, "5"),
    (t.BYTES, "\\x0aff", b"\x0a\xff"),
    (t.BYTES, "é", "é".encode()),
    (t.BYTES, bytearray(b"a"), b"a"),
    (t.UUID, "{00000000-0000-0000-0000-000000000001}", uuid.UUID(int=1)),
    (t.UUID, "00000000000000000000000000000001", uuid.UUID(int=1)),
    (t.JSON, {"a": 1}, '{"a": 1}'),
    (t.array(t.INTEGER), ["1", 2], [1, 2]),
]


@pytest.mark.parametrize(("target", "value", "expected"), READ)
def test_a_value_is_read_as_a_type(target: SqlType, value: object, expected: object) -> None:
    found = convert(value, target)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize("target", [t.INTEGER, t.TEXT, t.DATE, TWO_PLACES, t.JSON])
def test_none_stays_none(target: SqlType) -> None:
    assert convert(None, target) is None


def _syntax(kind: str, text: str) -> str:
    return f'invalid input syntax for type {kind}: "{text}"'


REFUSED = [
    *((t.BOOLEAN, x, InvalidText, _syntax("boolean", x)) for x in ("", "o", "nope", "2")),
    *((t.INTEGER, x, InvalidText, _syntax("integer", x)) for x in ("", "a", "5.0", "1e3", "1_0")),
    (t.INTEGER, "٣", InvalidText, _syntax("integer", "٣")),
    (t.SMALLINT, "32768", NumericOutOfRange, 'smallint out of range: "32768"'),
    (t.INTEGER, 2**31, NumericOutOfRange, 'integer out of range: "2147483648"'),
    (t.BIGINT, "9" * 200, NumericOutOfRange, f'bigint out of range: "{"9" * 57}..."'),
    (t.INTEGER, float("nan"), NumericOutOfRange, "integer out of range: nan"),
    (TWO_PLACES, "1000", NumericOutOfRange, '"1000" does not fit DECIMAL(5,2)'),
    (TWO_PLACES, "999.995", NumericOutOfRange, '"999.995" does not fit DECIMAL(5,2)'),
    (TWO_PLACES, "a", InvalidText, _syntax("decimal(5,2)", "a")),
    (TWO_PLACES, float("inf"), NumericOutOfRange, "numeric field overflow: inf"),
    (t.DOUBLE, "1e309", NumericOutOfRange, '"1e309" is out of range for type DOUBLE'),
    *((t.DOUBLE, x, InvalidText, _syntax("double", x)) for x in ("", "a", "1d", "1_0")),
    *((t.DATE, x, InvalidDatetime, _syntax("date", x)) for x in ("", "soon", "2000-01-31x")),
    (t.DATE, "2000-02-30", DatetimeOutOfRange, 'date/time field value out of range: "2000-02-30"'),
    (t.DATE, "2000-13-01", DatetimeOutOfRange, 'date/time field value out of range: "2000-13-01"'),
    (
        t.TIMESTAMP,
        "2000-01-31 25:00",
        DatetimeOutOfRange,
        'date/time field value out of range: "2000-01-31 25:00"',
    ),
    (t.TIMESTAMP, "2000-01-31 10", InvalidDatetime, _syntax("timestamp", "2000-01-31 10")),
    (t.TIME, "25:00", DatetimeOutOfRange, 'date/time field value out of range: "25:00"'),
    (t.TIME, "", InvalidDatetime, _syntax("time", "")),
    (t.INTERVAL, "1 fortnight", InvalidDatetime, _syntax("interval", "1 fortnight")),
    (t.BYTES, "\\x0", InvalidText, _syntax("bytea", "\\x0")),
    (t.UUID, "0000", InvalidText, _syntax("uuid", "0000")),
    (t.DATE, 5, InvalidText, _syntax("date", "5")),
    (t.INTEGER, dt.date(2000, 1, 1), InvalidText, _syntax("integer", "2000-01-01")),
    (t.DOUBLE, True, InvalidText, _syntax("double", "True")),
    (t.array(t.INTEGER), "x", InvalidText, _syntax("integer[]", "x")),
]


@pytest.mark.parametrize(("target", "value", "kind", "message"), REFUSED)
def test_what_cannot_be_read_is_a_data_error(
    target: SqlType, value: object, kind: type[DataError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        convert(value, target)
    assert type(caught.value) is kind
    assert str(caught.value).endswith(message)


TEXTS = [
    ("a", "a"),
    (True, "true"),
    (False, "false"),
    (5, "5"),
    (1.0, "1"),
    (-0.0, "-0"),
    (0.1, "0.1"),
    (1e14, "100000000000000"),
    (999999999999999.0, "999999999999999"),
    (1e15, "1e+15"),
    (1e16, "1e+16"),
    (1e100, "1e+100"),
    (0.0001, "0.0001"),
    (0.00001, "1e-05"),
    (5e-324, "5e-324"),
    (float("nan"), "NaN"),
    (float("-inf"), "-Infinity"),
    (Decimal("1.50"), "1.50"),
    (Decimal("1E+3"), "1000"),
    (b"\x0a\xff", "\\x0aff"),
    (dt.date(2000, 1, 31), "2000-01-31"),
    (dt.datetime(2000, 1, 31, 10), "2000-01-31 10:00:00"),
    (dt.datetime(2000, 1, 31, 10, 0, 0, 500_000), "2000-01-31 10:00:00.5"),
    (dt.datetime(2000, 1, 31, 10, tzinfo=UTC), "2000-01-31 10:00:00+00"),
    (dt.datetime(2000, 1, 31, 10, 0, 0, 120, tzinfo=UTC), "2000-01-31 10:00:00.00012+00"),
    (dt.time(10, 20), "10:20:00"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ({"a": "é"}, '{"a": "é"}'),
]


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_a_value_reads_as_postgresql_writes_it(value: object, text: str) -> None:
    assert to_text(value) == text


HOUR = 3_600_000_000
INTERVALS = [
    ("1 day", (0, 1, 0)),
    ("+1 day", (0, 1, 0)),
    ("1day", (0, 1, 0)),
    ("2 days 3 hours", (0, 2, 3 * HOUR)),
    ("1 year 2 mons", (14, 0, 0)),
    ("-1 day", (0, -1, 0)),
    ("1 day ago", (0, -1, 0)),
    ("1 day -2 hours", (0, 1, -2 * HOUR)),
    ("1.5 days", (0, 1, 12 * HOUR)),
    ("1.5 months", (1, 15, 0)),
    ("1.5 years", (18, 0, 0)),
    ("2 weeks 3 days", (0, 17, 0)),
    ("1 decade", (120, 0, 0)),
    ("2 centuries", (2400, 0, 0)),
    ("10:20:30", (0, 0, 37_230_000_000)),
    ("-10:20", (0, 0, -37_200_000_000)),
    ("1 day 10:20:30.5", (0, 1, 37_230_500_000)),
    ("25:00", (0, 0, 25 * HOUR)),
    ("90 minutes", (0, 0, 90 * 60_000_000)),
    ("5 m", (0, 0, 300_000_000)),
    ("1 mon", (1, 0, 0)),
    ("1 y", (12, 0, 0)),
    ("1.5 hours", (0, 0, 90 * 60_000_000)),
    ("3 us", (0, 0, 3)),
    ("1 millisecond", (0, 0, 1000)),
]


@pytest.mark.parametrize(("text", "parts"), INTERVALS)
def test_an_interval_is_months_days_and_microseconds(
    text: str, parts: tuple[int, int, int]
) -> None:
    assert parse_interval(text) == Interval(*parts)


@pytest.mark.parametrize(("text", "unit"), [("3", "month"), (" 3 ", "month"), ("+3", "month")])
def test_a_bare_number_takes_the_unit_beside_it(text: str, unit: str) -> None:
    assert parse_interval(text, unit) == Interval(3, 0, 0)


@pytest.mark.parametrize("text", ["", "  ", "day", "1 fortnight", "one day", "1 day x"])
def test_other_words_are_no_interval(text: str) -> None:
    with pytest.raises(InvalidDatetime) as caught:
        parse_interval(text)
    assert caught.value.detail == _syntax("interval", text)


TYPES = [
    (None, "UNKNOWN", True),
    ("a", "UNKNOWN", False),
    (True, "BOOLEAN", None),
    (2**31 - 1, "INTEGER", None),
    (2**31, "BIGINT", None),
    (-(2**63), "BIGINT", None),
    (2**63, "DECIMAL(38,0)", None),
    (1.5, "DOUBLE", None),
    (Decimal("1.50"), "DECIMAL(3,2)", None),
    (Decimal("0.001"), "DECIMAL(3,3)", None),
    (Decimal("1E+3"), "DECIMAL(4,0)", None),
    (Decimal("NaN"), "DOUBLE", None),
    (b"a", "BYTEA", None),
    (memoryview(b"a"), "BYTEA", None),
    (dt.date(2000, 1, 1), "DATE", None),
    (dt.datetime(2000, 1, 1), "TIMESTAMP", None),
    (dt.datetime(2000, 1, 1, tzinfo=UTC), "TIMESTAMPTZ", None),
    (dt.time(1), "TIME", None),
    (dt.timedelta(1), "INTERVAL", None),
    (uuid.UUID(int=1), "UUID", None),
    ([1, 2], "INTEGER[]", None),
    (["a"], "TEXT[]", None),
    ({}, "JSON", None),
]


@pytest.mark.parametrize(("value", "name", "nullable"), TYPES)
def test_a_python_value_brings_its_type(value: object, name: str, nullable: bool | None) -> None:
    found = type_of(value)
    assert str(found) == name
    assert nullable is None or found.nullable is nullable


@pytest.mark.parametrize("value", [object(), 1j, {1}, Fraction(1, 2), type])
def test_a_value_without_a_type_is_a_data_error(value: object) -> None:
    with pytest.raises(DataError, match="cannot adapt a parameter of Python type"):
        type_of(value)


def test_a_number_of_more_than_38_digits_is_one_of_any_size() -> None:
    assert type_of(10**38) == type_of(-(10**38)) == t.VARINT
    assert type_of(Decimal("1." + "1" * 38)) == t.NUMERIC
