"""Casts as PostgreSQL makes them, and the errors of values."""

from __future__ import annotations

import datetime as dt
import math as m
import uuid
from decimal import Decimal as D  # noqa: N817

import pytest

from sqlshim.backends.protocol import Backend
from sqlshim.errors import (
    CardinalityViolation,
    DataError,
    DatetimeOutOfRange,
    DivisionByZero,
    InvalidDatetime,
    InvalidText,
    NumericOutOfRange,
)
from sqlshim.functions import ALL
from sqlshim.ir.relational import Filter, Values
from sqlshim.ir.scalar import AggregateCall, Cast, Scalar, Subquery, SubqueryKind
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    REAL,
    SMALLINT,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    Interval,
    SqlType,
    decimal,
)
from tests.backends.duckdb.build import big, call, column, lit, rows, select, table, value

SOME = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
INSTANT = dt.datetime(2020, 1, 1, 10, tzinfo=dt.UTC)

CASTS: list[tuple[object, SqlType, object]] = [
    (" 12 ", INTEGER, 12),
    ("-5", BIGINT, -5),
    ("1.5", DOUBLE, 1.5),
    ("-Infinity", DOUBLE, -m.inf),
    ("2.345", decimal(5, 2), D("2.35")),
    (" Yes ", BOOLEAN, True),
    ("of", BOOLEAN, False),
    ("2020-01-31", DATE, dt.date(2020, 1, 31)),
    ("2020-01-31 10:00:00.5", TIMESTAMP, dt.datetime(2020, 1, 31, 10, 0, 0, 500000)),
    ("2020-01-01 12:00:00+02", TIMESTAMPTZ, INSTANT),
    ("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", UUID, SOME),
    ("\\x41ff", BYTES, b"A\xff"),
    ("aé", BYTES, "aé".encode()),
    ("1 day 02:00:00", INTERVAL, dt.timedelta(days=1, hours=2)),
    (D("2.5"), INTEGER, 3),
    (D("-2.5"), INTEGER, -3),
    (2.5, INTEGER, 2),
    (3.5, INTEGER, 4),
    (True, INTEGER, 1),
    (5, BOOLEAN, True),
    (1e20, decimal(30, 1), D("100000000000000000000.0")),
    (1.005, decimal(10, 2), D("1.01")),
    (1.0, TEXT, "1"),
    (0.1, TEXT, "0.1"),
    (-0.0, TEXT, "-0"),
    (1e14, TEXT, "100000000000000"),
    (1e15, TEXT, "1e+15"),
    (1234567890123456.0, TEXT, "1.234567890123456e+15"),
    (1e20, TEXT, "1e+20"),
    (1e-5, TEXT, "1e-05"),
    (m.nan, TEXT, "NaN"),
    (-m.inf, TEXT, "-Infinity"),
    (D("0.10"), TEXT, "0.10"),
    (D("-0.5"), TEXT, "-0.5"),
    (D("5.00"), TEXT, "5.00"),
    (True, TEXT, "true"),
    (b"A\xff", TEXT, "\\x41ff"),
    (SOME, TEXT, str(SOME)),
    (dt.datetime(2020, 1, 1, 10), TEXT, "2020-01-01 10:00:00"),
    (dt.datetime(2020, 1, 1, 0, 0, 0, 500000), TEXT, "2020-01-01 00:00:00.5"),
    (INSTANT, TEXT, "2020-01-01 10:00:00+00"),
    (dt.time(10, 0), TEXT, "10:00:00"),
    (Interval(14, 2, 5 * 10**6), TEXT, "1 year 2 mons 2 days 00:00:05"),
    (Interval(days=-1), TEXT, "-1 days"),
    (dt.date(2020, 1, 1), TIMESTAMPTZ, dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
    (INSTANT, TIMESTAMP, dt.datetime(2020, 1, 1, 10)),
]


@pytest.mark.parametrize(("given", "to", "expected"), CASTS, ids=repr)
def test_value_of_a_cast(calculator: Backend, given: object, to: SqlType, expected: object) -> None:
    found = value(calculator, Cast(lit(given), to))
    assert type(found) is type(expected)
    assert found == expected


@pytest.mark.parametrize(("given", "to", "expected"), CASTS, ids=repr)
def test_cast_of_a_column_is_the_same_and_null_stays_null(
    calculator: Backend, given: object, to: SqlType, expected: object
) -> None:
    source = lit(given)
    made = column("a", source.type)
    over = Values((made,), ((source,), (lit(None, source.type),)))
    found = rows(calculator, select(Cast(made, to), over=over))
    assert found == [(expected,), (None,)]


ERRORS: list[tuple[Scalar, type[DataError], str, str]] = [
    (Cast(lit("12.7"), INTEGER), InvalidText, "22P02", 'type integer: "12.7"'),
    (Cast(lit("1e3"), BIGINT), InvalidText, "22P02", 'type bigint: "1e3"'),
    (Cast(lit("abc"), DOUBLE), InvalidText, "22P02", 'type double precision: "abc"'),
    (Cast(lit("abc"), decimal(5, 2)), InvalidText, "22P02", 'type numeric: "abc"'),
    (Cast(lit("maybe"), BOOLEAN), InvalidText, "22P02", 'type boolean: "maybe"'),
    (Cast(lit("x"), UUID), InvalidText, "22P02", 'type uuid: "x"'),
    (Cast(lit("99999999999"), INTEGER), NumericOutOfRange, "22003", "type integer"),
    (Cast(lit("12345.6"), decimal(5, 2)), NumericOutOfRange, "22003", "type numeric"),
    (Cast(lit(70000), SMALLINT), NumericOutOfRange, "22003", "smallint out of range"),
    (Cast(lit(1e20), BIGINT), NumericOutOfRange, "22003", "bigint out of range"),
    (Cast(lit(1e300), REAL), NumericOutOfRange, "22003", "real out of range"),
    (Cast(lit(D("123456.789")), decimal(5, 2)), NumericOutOfRange, "22003", "out of range"),
    (Cast(lit("abc"), DATE), InvalidDatetime, "22007", 'type date: "abc"'),
    (Cast(lit("x"), TIMESTAMP), InvalidDatetime, "22007", 'type timestamp: "x"'),
    (Cast(lit("2020-02-30"), DATE), DatetimeOutOfRange, "22008", '"2020-02-30"'),
    (call(ALL["MAKE_DATE"], 2020, 13, 1), DatetimeOutOfRange, "22008", "2020-13-1"),
    (call(ALL["ADD"], dt.date(9999, 12, 31), 1), DatetimeOutOfRange, "22008", "Python"),
    (call(ALL["DIV"], 1.0, 0.0), DivisionByZero, "22012", "^division by zero$"),
    (call(ALL["DIV"], 1, 0), DivisionByZero, "22012", "^division by zero$"),
    (call(ALL["DIV_INT"], 1, 0), DivisionByZero, "22012", "^division by zero$"),
    (call(ALL["MOD"], 1.5, 0.0), DivisionByZero, "22012", "^division by zero$"),
    (call(ALL["MOD"], D("1.5"), D("0.0")), DivisionByZero, "22012", "^division by zero$"),
    (call(ALL["ADD"], 2**31 - 1, 1), NumericOutOfRange, "22003", "integer out of range"),
    (call(ALL["MUL"], big(2**62), big(2)), NumericOutOfRange, "22003", "bigint out of range"),
    (call(ALL["NEG"], big(-(2**63))), NumericOutOfRange, "22003", "out of range"),
    (call(ALL["ABS"], -(2**31)), NumericOutOfRange, "22003", "out of range"),
    (call(ALL["SQRT"], -1.0), DataError, "2201F", "square root"),
    (call(ALL["LN"], 0.0), DataError, "2201E", "logarithm of zero"),
    (call(ALL["LN"], -1.0), DataError, "2201E", "negative"),
    (call(ALL["LOG10"], 0.0), DataError, "2201E", "zero"),
    (call(ALL["POWER"], 0.0, -1.0), DataError, "2201F", "zero raised"),
    (call(ALL["POWER"], -8.0, 0.5), DataError, "2201F", "complex"),
    (call(ALL["POWER"], 10.0, 400.0), NumericOutOfRange, "22003", "overflow"),
    (call(ALL["EXP"], 1000.0), NumericOutOfRange, "22003", "overflow"),
    (call(ALL["ASIN"], 2.0), NumericOutOfRange, "22003", "input is out of range"),
    (call(ALL["CHR"], 0), DataError, "54000", "null character"),
    (call(ALL["CHR"], 2000000), DataError, "54000", "not valid"),
    (call(ALL["SPLIT_PART"], "a", ",", 0), DataError, "22023", "must not be zero"),
    (call(ALL["SUBSTRING"], "a", 1, -1), DataError, "22011", "negative substring length"),
    (call(ALL["LIKE"], "ab", "a\\", "\\"), DataError, "22025", "must not end with"),
]


@pytest.mark.parametrize(("expr", "kind", "sqlstate", "message"), ERRORS, ids=repr)
def test_error_of_a_value(
    calculator: Backend, expr: Scalar, kind: type[DataError], sqlstate: str, message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        value(calculator, expr)
    assert caught.value.sqlstate == sqlstate
    assert "LINE" not in str(caught.value)
    assert "\n" not in caught.value.detail


def test_safe_cast_gives_null_instead(calculator: Backend) -> None:
    for given, to in (("12.7", INTEGER), ("x", DATE), ("maybe", BOOLEAN), ("x", UUID)):
        assert value(calculator, Cast(lit(given), to, safe=True)) is None


def test_sum_of_bigints_is_exact_or_an_error(calculator: Backend) -> None:
    over = table(("a", BIGINT), rows=[(2**63 - 1,), (1,)])
    total = _aggregate("SUM", over, BIGINT)
    with pytest.raises(NumericOutOfRange, match="bigint out of range"):
        rows(calculator, total)


def _aggregate(name: str, over: Values, gives: SqlType) -> object:
    from sqlshim.ir.relational import Aggregate

    node = AggregateCall(ALL[name], (over.columns[0],), gives)
    return Aggregate(over, (), ((column("x", gives), node),))


def test_two_rows_in_a_scalar_subquery_are_an_error(calculator: Backend) -> None:
    over = table(("a", INTEGER), rows=[(1,), (2,)])
    with pytest.raises(CardinalityViolation, match="more than one row"):
        value(calculator, Subquery(SubqueryKind.SCALAR, over, INTEGER))


def test_and_looks_no_further_once_false(calculator: Backend) -> None:
    over = table(("a", DOUBLE), ("b", DOUBLE), rows=[(1.0, 0.0), (4.0, 2.0), (None, None)])
    a, b = over.columns
    some = call(ALL["NE"], b, 0.0)
    ratio = call(ALL["GT"], call(ALL["DIV"], a, b), 1.0)
    node = call(ALL["AND"], some, ratio)
    assert rows(calculator, select(node, over=over)) == [(False,), (True,), (None,)]
    assert rows(calculator, Filter(over, (node,))) == [(4.0, 2.0)]
    either = call(ALL["OR"], call(ALL["EQ"], b, 0.0), ratio)
    assert rows(calculator, select(either, over=over)) == [(True,), (True,), (None,)]


def test_filtered_aggregate_does_not_compute_what_it_drops(calculator: Backend) -> None:
    from sqlshim.ir.relational import Aggregate

    over = table(("a", DOUBLE), ("b", DOUBLE), rows=[(1.0, 0.0), (4.0, 2.0)])
    a, b = over.columns
    node = AggregateCall(
        ALL["SUM"], (call(ALL["DIV"], a, b),), DOUBLE, filter=call(ALL["NE"], b, 0.0)
    )
    rel = Aggregate(over, (), ((column("x", DOUBLE), node),))
    assert rows(calculator, rel) == [(2.0,)]


def test_text_with_a_quote_a_newline_and_a_nul_arrives_whole(calculator: Backend) -> None:
    for text in ("it's", "a\nb", "a\\b", "a\0b", "$p0", "--x", "🦆"):
        assert value(calculator, lit(text, TEXT)) == text
