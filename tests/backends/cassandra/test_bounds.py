"""What a comparison becomes for a column of a narrower type."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from decimal import Decimal

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.paths.bounds import Bound, KeyPart, Op, Term, decide
from sqlshim.errors import DataError
from sqlshim.ir.scalar import Literal, Param

PLAIN = KeyPart()
MAX_INT = 2**31 - 1


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
    ],
)
def test_a_comparison(native: str, op: Op, value: object, expected: Bound | None) -> None:
    # repr tells -0.0 from 0.0
    assert repr(decided(op, native, value)) == repr(expected)


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


def test_the_only_partition_key_is_never_empty() -> None:
    alone = KeyPart(in_key=True, alone=True)
    assert decided(Op.EQ, "text", "", alone) is None


def test_a_key_is_never_longer_than_64_kilobytes() -> None:
    assert decided(Op.EQ, "text", "x" * 65536, KeyPart(in_key=True)) is None


def test_a_range_up_to_an_impossible_key_is_refused_before_the_server_does() -> None:
    with pytest.raises(DataError, match="more than 65535 bytes"):
        decided(Op.GT, "text", "x" * 65536, KeyPart(in_key=True))
