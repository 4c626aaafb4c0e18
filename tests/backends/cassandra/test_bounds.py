"""What a comparison becomes for a column of a narrower type."""

from __future__ import annotations

import datetime as dt
import math
import time
import uuid
from decimal import Decimal

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.paths.bounds import (
    Bound,
    KeyPart,
    Op,
    Term,
    decide,
    naive,
    timeuuid,
    value_of,
)
from sqlshim.errors import DataError
from sqlshim.ir.scalar import Literal, Param

PLAIN = KeyPart()
MAX_INT = 2**31 - 1
LARGEST = 3.4028234663852886e38  # of 32 bits
EAST = dt.timezone(dt.timedelta(hours=1))
FIRST = uuid.UUID("00000000-0000-1000-8080-808080808080")  # of version 1


def decided(op: Op, native: str, value: object, key: KeyPart = PLAIN) -> Bound | None:
    return decide(Term("x", op, (Param(0, t.UNKNOWN),)), native, [value], key)


@pytest.mark.parametrize(
    ("native", "op", "value", "expected"),
    [
        ("int", Op.EQ, 5, Bound(Op.EQ, 5)),
        ("int", Op.EQ, 5.0, Bound(Op.EQ, 5)),
        ("int", Op.EQ, 5.5, None),
        ("int", Op.EQ, 10**12, None),
        ("int", Op.GT, 5.5, Bound(Op.GT, 5)),
        ("int", Op.GE, 5.5, Bound(Op.GT, 5)),
        ("int", Op.LT, 5.5, Bound(Op.LE, 5)),
        ("int", Op.LE, 5.5, Bound(Op.LE, 5)),
        ("int", Op.LT, 10**12, Bound(Op.LE, MAX_INT)),
        ("int", Op.GT, 10**12, Bound(Op.GT, MAX_INT)),
        ("int", Op.GT, -(10**12), Bound(Op.GE, -(2**31))),
        ("int", Op.LT, -(10**12), None),
        ("int", Op.LT, math.nan, Bound(Op.LE, MAX_INT)),
        ("int", Op.GE, -math.inf, Bound(Op.GE, -(2**31))),
        ("int", Op.GE, Decimal("-0.5"), Bound(Op.GT, -1)),
        ("varint", Op.LE, Decimal("1e30"), Bound(Op.LE, 10**30)),
        ("decimal", Op.EQ, 5, Bound(Op.EQ, Decimal(5))),
        ("double", Op.GE, 0, Bound(Op.GE, -0.0)),
        ("double", Op.LE, -0.0, Bound(Op.LE, 0.0)),
        ("float", Op.LT, 0.1, Bound(Op.LE, 0.09999999403953552)),
        ("float", Op.GT, 1e300, Bound(Op.GT, 3.4028234663852886e38)),
        ("float", Op.LT, -1e300, Bound(Op.LE, -math.inf)),
        ("timestamp", Op.EQ, dt.datetime(1970, 1, 1, 0, 0, 1), Bound(Op.EQ, 1000)),
        ("timestamp", Op.EQ, dt.datetime(1970, 1, 1, 0, 0, 0, 1), None),
        ("timestamp", Op.LT, dt.datetime(1969, 12, 31, 23, 59, 59, 999999), Bound(Op.LE, -1)),
        ("date", Op.EQ, dt.datetime(2020, 1, 1), Bound(Op.EQ, dt.date(2020, 1, 1))),
        ("date", Op.EQ, dt.datetime(2020, 1, 1, 12), None),
        ("date", Op.LT, dt.datetime(2020, 1, 1, 12), Bound(Op.LE, dt.date(2020, 1, 1))),
        ("ascii", Op.EQ, "é", None),
        ("inet", Op.EQ, "127.0.0.1", Bound(Op.EQ, "127.0.0.1")),
        ("inet", Op.EQ, "0:0:0:0:0:0:0:1", None),
        ("inet", Op.EQ, "nowhere", None),
        ("timeuuid", Op.EQ, uuid.UUID(int=0), None),
        ("text", Op.EQ, None, None),
        # the ends of a type
        ("int", Op.EQ, MAX_INT, Bound(Op.EQ, MAX_INT)),
        ("int", Op.EQ, MAX_INT + 1, None),
        ("int", Op.GE, MAX_INT + 1, Bound(Op.GT, MAX_INT)),
        ("int", Op.EQ, -(2**31), Bound(Op.EQ, -(2**31))),
        ("int", Op.LE, -(2**31) - 1, None),
        ("int", Op.LT, -math.inf, None),
        ("int", Op.GT, math.inf, Bound(Op.GT, MAX_INT)),
        ("tinyint", Op.LE, 200, Bound(Op.LE, 127)),
        ("smallint", Op.LE, 40000, Bound(Op.LE, 32767)),
        ("bigint", Op.LE, 10**19, Bound(Op.LE, 2**63 - 1)),
        ("counter", Op.GE, -(10**19), Bound(Op.GE, -(2**63))),
        ("varint", Op.LT, Decimal("2.5"), Bound(Op.LE, 2)),
        ("varint", Op.EQ, 2.5, None),
        ("decimal", Op.LT, 0.5, Bound(Op.LT, Decimal("0.5"))),
        # floating numbers
        ("double", Op.GT, 0, Bound(Op.GT, 0.0)),
        ("double", Op.LT, 0.0, Bound(Op.LT, -0.0)),
        ("double", Op.LT, -1.5, Bound(Op.LT, -1.5)),
        ("double", Op.GE, 1.5, Bound(Op.GE, 1.5)),
        ("int", Op.GE, 0, Bound(Op.GE, 0)),
        ("float", Op.GE, 0, Bound(Op.GE, -0.0)),
        ("float", Op.GE, 0.5, Bound(Op.GE, 0.5)),
        ("float", Op.EQ, 0.1, None),
        ("float", Op.GE, 0.1, Bound(Op.GT, 0.09999999403953552)),
        ("float", Op.LT, -0.1, Bound(Op.LE, -0.10000000149011612)),
        ("float", Op.LT, 0.7, Bound(Op.LE, 0.699999988079071)),
        ("float", Op.LT, -0.7, Bound(Op.LE, -0.7000000476837158)),
        ("float", Op.LE, 1e-50, Bound(Op.LE, 0.0)),
        ("float", Op.LE, -1e-50, Bound(Op.LE, -1.401298464324817e-45)),
        ("float", Op.EQ, LARGEST, Bound(Op.EQ, LARGEST)),
        ("float", Op.LE, -LARGEST, Bound(Op.LE, -LARGEST)),
        ("float", Op.LE, 3.5e38, Bound(Op.LE, LARGEST)),
        ("float", Op.LE, math.inf, Bound(Op.LE, math.inf)),
        ("float", Op.EQ, -math.inf, Bound(Op.EQ, -math.inf)),
        # instants
        ("timestamp", Op.EQ, dt.date(1970, 1, 2), Bound(Op.EQ, 86_400_000)),
        ("timestamp", Op.GE, dt.datetime(1970, 1, 1, 2, tzinfo=EAST), Bound(Op.GE, 3_600_000)),
        ("date", Op.EQ, dt.date(2020, 1, 1), Bound(Op.EQ, dt.date(2020, 1, 1))),
        ("date", Op.EQ, dt.datetime(2020, 1, 2, 1, tzinfo=EAST), Bound(Op.EQ, dt.date(2020, 1, 2))),
        # what only is equal
        ("ascii", Op.EQ, "e", Bound(Op.EQ, "e")),
        ("ascii", Op.EQ, 5, None),
        ("inet", Op.EQ, "::1", Bound(Op.EQ, "::1")),
        ("inet", Op.EQ, "127.1", None),
        ("timeuuid", Op.EQ, FIRST, Bound(Op.EQ, FIRST)),
        ("timeuuid", Op.EQ, "x", None),
        ("boolean", Op.EQ, False, Bound(Op.EQ, False)),
        ("blob", Op.LT, b"x", Bound(Op.LT, b"x")),
        ("uuid", Op.EQ, uuid.UUID(int=5), Bound(Op.EQ, uuid.UUID(int=5))),
    ],
)
def test_a_comparison(native: str, op: Op, value: object, expected: Bound | None) -> None:
    # repr tells -0.0 from 0.0
    assert repr(decided(op, native, value)) == repr(expected)


def test_an_instant_without_a_zone_is_in_utc_wherever_we_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert naive(dt.datetime(2020, 1, 1, 12)) == dt.datetime(2020, 1, 1, 12)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("native", "value"),
    [
        ("int", "5"),
        ("int", Decimal("NaN")),
        ("varint", math.nan),
        ("decimal", math.inf),
        ("timestamp", "today"),
        ("date", 5),
    ],
)
def test_what_cannot_be_compared_is_an_error(native: str, value: object) -> None:
    with pytest.raises(DataError, match=r"can be compared here|is not a date"):
        decided(Op.GT, native, value)


def test_a_set_of_keys_is_in_a_parameter() -> None:
    keys = Term("x", Op.IN, (Param(1, t.array(t.BIGINT)),))
    assert keys.keys == Param(1, t.array(t.BIGINT))
    assert decide(keys, "int", [None, [3, None, 10**12, 3]], PLAIN) == Bound(Op.IN, [3])
    assert decide(keys, "int", [None, [None]], PLAIN) is None
    plain = Term("x", Op.IN, (Param(1, t.BIGINT),))
    assert plain.keys is None
    assert decide(plain, "int", [None, 3], PLAIN) == Bound(Op.IN, [3])


@pytest.mark.parametrize(
    ("value", "form", "cells"),
    [
        (5, (Op.GT, 0), (5,)),
        ([5, 6], (Op.GT, 0), ([5, 6],)),
        ((5, "x"), (Op.GT, 2), (5, "x")),
    ],
)
def test_how_a_bound_is_written(
    value: object, form: tuple[Op, int], cells: tuple[object, ...]
) -> None:
    bound = Bound(Op.GT, value)
    assert (bound.form, bound.cells) == (form, cells)


def test_in_drops_what_no_key_can_be() -> None:
    term = Term("x", Op.IN, tuple(Literal(v, t.TEXT) for v in ("", "a", "x" * 65536)))
    assert decide(term, "text", [], KeyPart(True, True)) == Bound(Op.IN, ["a"])
    assert decide(term, "text", [], KeyPart(True, False)) == Bound(Op.IN, ["", "a"])


# --- the time of a timeuuid ------------------------------------------------------------------

TICKS = 137_971_303_319_250_000  # 100 ns since 1582-10-15: a whole millisecond in 2020
LEAST, MOST = 0x8080808080808080, 0x7F7F7F7F7F7F7F7F


def at(ticks: int, rest: int) -> uuid.UUID:
    made = timeuuid(ticks, rest)
    assert (made.int >> 76 & 0xF, made.time, made.int & 0xFFFFFFFFFFFFFFFF) == (1, ticks, rest)
    return made


def instant(ticks: int) -> dt.datetime:
    return dt.datetime(1582, 10, 15) + dt.timedelta(microseconds=ticks // 10)


def of_time(op: Op, value: object) -> Bound | None:
    term = Term("x", op, (Param(0, t.TIMESTAMP),), of_time=True)
    return decide(term, "timeuuid", [value], PLAIN)


@pytest.mark.parametrize(
    ("op", "sent", "end"),
    [
        (Op.GE, Op.GE, at(TICKS, LEAST)),
        (Op.LT, Op.LT, at(TICKS, LEAST)),
        (Op.GT, Op.GT, at(TICKS + 9_999, MOST)),
        (Op.LE, Op.LE, at(TICKS + 9_999, MOST)),
    ],
)
def test_a_whole_millisecond_is_met(op: Op, sent: Op, end: uuid.UUID) -> None:
    assert of_time(op, instant(TICKS)) == Bound(sent, end)


@pytest.mark.parametrize(
    ("op", "sent"), [(Op.GE, Op.GT), (Op.GT, Op.GT), (Op.LT, Op.LE), (Op.LE, Op.LE)]
)
def test_within_a_millisecond_its_end_is_met(op: Op, sent: Op) -> None:
    """Times of timeuuids are read in milliseconds."""
    assert of_time(op, instant(TICKS + 10)) == Bound(sent, at(TICKS + 9_999, MOST))


def test_before_the_first_timeuuid_and_after_the_last() -> None:
    before, first = dt.datetime(1582, 10, 14, 23, 59, 59), dt.datetime(1582, 10, 15)
    after = dt.datetime(5236, 4, 1)
    assert of_time(Op.GE, first) == of_time(Op.GT, before) == Bound(Op.GE, at(0, LEAST))
    assert of_time(Op.LT, first) == Bound(Op.LT, at(0, LEAST))
    assert of_time(Op.LT, before) is None
    assert of_time(Op.LE, before) is None
    assert of_time(Op.LT, after) == of_time(Op.LE, after) == Bound(Op.LE, at(2**60 - 1, MOST))
    assert of_time(Op.GE, after) is None
    assert of_time(Op.GT, None) is None


def test_in_keeps_each_value_once_and_drops_what_cannot_be() -> None:
    values = (1, 1, None, 2.5, 10**12, 2)
    term = Term("x", Op.IN, tuple(Literal(v, t.BIGINT) for v in values))
    assert decide(term, "int", [], PLAIN) == Bound(Op.IN, [1, 2])


def test_in_without_a_possible_value_matches_nothing() -> None:
    term = Term("x", Op.IN, (Literal(None, t.BIGINT), Literal(10**12, t.BIGINT)))
    assert decide(term, "int", [], PLAIN) is None


def test_a_real_constant_is_what_32_bits_hold() -> None:
    term = Term("x", Op.GT, (Literal(0.1, t.REAL),))
    assert decide(term, "float", [], PLAIN) == Bound(Op.GT, 0.10000000149011612)


@pytest.mark.parametrize(
    ("value", "near"),
    [
        (LARGEST, LARGEST),
        (-LARGEST, -LARGEST),
        (3.5e38, math.inf),
        (-3.5e38, -math.inf),
        (math.inf, math.inf),
        (1, 1.0),
        (None, None),
    ],
)
def test_what_32_bits_hold_of_a_value(value: object, near: object) -> None:
    assert value_of(Literal(value, t.REAL), ()) == near
    assert value_of(Param(1, t.REAL), (None, value)) == near
    assert value_of(Literal(value, t.DOUBLE), ()) == value


def test_the_only_partition_key_is_never_empty() -> None:
    alone = KeyPart(in_key=True, alone=True)
    assert decided(Op.EQ, "text", "", alone) is None


@pytest.mark.parametrize(
    ("value", "key", "may_be"),
    [
        ("", KeyPart(), True),
        ("", KeyPart(in_key=True), True),
        ("x", KeyPart(True, True), True),
        (b"", KeyPart(True, True), False),
        (0, KeyPart(True, True), True),
        ("x" * 65535, KeyPart(True), True),
        ("\u00e9" * 32768, KeyPart(True), False),
        (b"x" * 65536, KeyPart(True), False),
        ("x" * 65536, KeyPart(), True),
    ],
)
def test_what_a_key_column_may_hold(value: object, key: KeyPart, may_be: bool) -> None:
    native = {str: "text", bytes: "blob", int: "int"}[type(value)]
    assert (decided(Op.EQ, native, value, key) is not None) is may_be


def test_a_range_up_to_the_longest_key_is_asked_for() -> None:
    assert decided(Op.GT, "text", "x" * 65535, KeyPart(True)) == Bound(Op.GT, "x" * 65535)
    assert decided(Op.GT, "text", "x" * 65536) == Bound(Op.GT, "x" * 65536)
    assert decided(Op.GE, "int", 5, KeyPart(True)) == Bound(Op.GE, 5)


def test_a_key_is_never_longer_than_64_kilobytes() -> None:
    assert decided(Op.EQ, "text", "x" * 65536, KeyPart(in_key=True)) is None


def test_a_range_up_to_an_impossible_key_is_refused_before_the_server_does() -> None:
    with pytest.raises(DataError, match="more than 65535 bytes"):
        decided(Op.GT, "text", "x" * 65536, KeyPart(in_key=True))
