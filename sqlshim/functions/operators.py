"""Operators: comparison, logic, arithmetic, text matching. See `model` for what a row says."""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions.encodings import SOME_BYTES
from sqlshim.functions.model import (
    A_BOOL,
    A_DATE,
    A_DOUBLE,
    A_TEXT,
    A_TIME,
    A_TIMESTAMP,
    AN_INTERVAL,
    ANY,
    INT,
    NUMBER,
    SAME,
    SAME_NUMBER,
    Function,
    NullResult,
    first,
    own_nulls,
    scalar,
    sig,
    united,
)
from sqlshim.types import (
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    TEXT,
    TIME,
    TIMESTAMP,
    Kind,
    SqlType,
    as_decimal,
    decimal,
)


def _compare(name: str, symbol: str) -> Function:
    return scalar(name, f"a {symbol} b", sig(SAME, SAME, gives=BOOLEAN), symbol=symbol)


EQ = _compare("EQ", "=")
NE = _compare("NE", "<>")
LT = _compare("LT", "<")
LE = _compare("LE", "<=")
GT = _compare("GT", ">")
GE = _compare("GE", ">=")
COMPARISONS = (EQ, NE, LT, LE, GT, GE)
NEGATED = {EQ: NE, NE: EQ, LT: GE, GE: LT, GT: LE, LE: GT}  # NOT (a < b) is a >= b, NULL alike
MIRRORED = {EQ: EQ, NE: NE, LT: GT, GT: LT, LE: GE, GE: LE}  # a < b is b > a

IS_DISTINCT = own_nulls(
    "IS_DISTINCT",
    "whether a and b differ, NULL counting as a value",
    NullResult.NEVER,
    sig(SAME, SAME, gives=BOOLEAN),
    symbol="IS DISTINCT FROM",
)
IS_NOT_DISTINCT = own_nulls(
    "IS_NOT_DISTINCT",
    "whether a and b are equal or both NULL",
    NullResult.NEVER,
    sig(SAME, SAME, gives=BOOLEAN),
    symbol="IS NOT DISTINCT FROM",
)
IS_NULL = own_nulls(
    "IS_NULL", "whether a is NULL", NullResult.NEVER, sig(ANY, gives=BOOLEAN), symbol="IS NULL"
)
IS_NOT_NULL = own_nulls(
    "IS_NOT_NULL",
    "whether a is not NULL",
    NullResult.NEVER,
    sig(ANY, gives=BOOLEAN),
    symbol="IS NOT NULL",
)
IS_TRUE = own_nulls(
    "IS_TRUE",
    "whether a is true (not false, not NULL)",
    NullResult.NEVER,
    sig(A_BOOL, gives=BOOLEAN),
    symbol="IS TRUE",
)
IS_FALSE = own_nulls(
    "IS_FALSE",
    "whether a is false (not true, not NULL)",
    NullResult.NEVER,
    sig(A_BOOL, gives=BOOLEAN),
    symbol="IS FALSE",
)

AND = own_nulls(
    "AND",
    "true if all are true, false if one is false, else NULL",
    NullResult.ANY,
    sig(A_BOOL, gives=BOOLEAN, variadic=True),
    symbol="AND",
)
OR = own_nulls(
    "OR",
    "true if one is true, false if all are false, else NULL",
    NullResult.ANY,
    sig(A_BOOL, gives=BOOLEAN, variadic=True),
    symbol="OR",
)
NOT = scalar("NOT", "the opposite; NULL stays NULL", sig(A_BOOL, gives=BOOLEAN), symbol="NOT")


def _sum_type(args: Sequence[SqlType]) -> SqlType:
    t = united(args)
    if t.kind is not Kind.DECIMAL:
        return t
    return decimal((t.precision or 38) + 1, t.scale or 0)


def _product_type(args: Sequence[SqlType]) -> SqlType:
    t = united(args)
    if t.kind is not Kind.DECIMAL:
        return t
    a, b = as_decimal(args[0]), as_decimal(args[1])
    return decimal((a.precision or 38) + (b.precision or 38), (a.scale or 0) + (b.scale or 0))


def _remainder_type(args: Sequence[SqlType]) -> SqlType:
    return united(args)


ADD = scalar(
    "ADD",
    "a + b; an integer overflow is an error; date + integer counts days",
    sig(SAME_NUMBER, SAME_NUMBER, gives=_sum_type),
    sig(A_DATE, INT, gives=DATE),
    sig(INT, A_DATE, gives=DATE),
    sig(A_TIMESTAMP, AN_INTERVAL, gives=first),
    sig(AN_INTERVAL, A_TIMESTAMP, gives=lambda args: args[1]),
    sig(AN_INTERVAL, AN_INTERVAL, gives=INTERVAL),
    sig(A_TIME, AN_INTERVAL, gives=TIME),
    sig(A_DATE, A_TIME, gives=TIMESTAMP),
    sig(A_TIME, A_DATE, gives=TIMESTAMP),
    symbol="+",
)
SUB = scalar(
    "SUB",
    "a - b; date - date counts days, timestamp - timestamp is an interval",
    sig(SAME_NUMBER, SAME_NUMBER, gives=_sum_type),
    sig(A_DATE, A_DATE, gives=INTEGER),
    sig(A_DATE, INT, gives=DATE),
    sig(A_TIMESTAMP, AN_INTERVAL, gives=first),
    sig(A_TIMESTAMP, A_TIMESTAMP, gives=INTERVAL),
    sig(AN_INTERVAL, AN_INTERVAL, gives=INTERVAL),
    sig(A_TIME, AN_INTERVAL, gives=TIME),
    sig(A_TIME, A_TIME, gives=INTERVAL),
    symbol="-",
)
MUL = scalar(
    "MUL",
    "a * b",
    sig(SAME_NUMBER, SAME_NUMBER, gives=_product_type),
    sig(AN_INTERVAL, INT, gives=INTERVAL),
    sig(INT, AN_INTERVAL, gives=INTERVAL),
    sig(AN_INTERVAL, A_DOUBLE, gives=INTERVAL),
    sig(A_DOUBLE, AN_INTERVAL, gives=INTERVAL),
    symbol="*",
)
DIV = scalar(
    "DIV",
    "a / b in double precision (decimals too); by zero is an error",
    sig(NUMBER, NUMBER, gives=DOUBLE),
    sig(AN_INTERVAL, A_DOUBLE, gives=INTERVAL),
    symbol="/",
)
DIV_INT = scalar(
    "DIV_INT",
    "integer a / b, cut towards zero; by zero is an error",
    sig(SAME_NUMBER, SAME_NUMBER, gives=united),
    symbol="/",
)
MOD = scalar(
    "MOD",
    "the remainder of a / b with the sign of a; by zero is an error",
    sig(SAME_NUMBER, SAME_NUMBER, gives=_remainder_type),
    symbol="%",
)
NEG = scalar(
    "NEG",
    "-a",
    sig(NUMBER, gives=lambda args: args[0]),
    sig(AN_INTERVAL, gives=INTERVAL),
    symbol="-",
)
CONCAT_OP = scalar(
    "CONCAT_OP",
    "a || b, of texts or of bytes; NULL if either is",
    sig(A_TEXT, A_TEXT, gives=TEXT),
    sig(SOME_BYTES, SOME_BYTES, gives=BYTES),
    symbol="||",
)
LIKE = scalar(
    "LIKE",
    "whether text matches a pattern of % and _; third: the escape character, '' for none",
    sig(A_TEXT, A_TEXT, A_TEXT, gives=BOOLEAN),
    symbol="LIKE",
)
ILIKE = scalar(
    "ILIKE",
    "LIKE without regard to case",
    sig(A_TEXT, A_TEXT, A_TEXT, gives=BOOLEAN),
    symbol="ILIKE",
)
