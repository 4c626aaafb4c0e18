"""Arithmetic and mathematical functions as aggregation expressions."""

from __future__ import annotations

import math
from decimal import Decimal

from bson.decimal128 import Decimal128

from sqlshim.backends.mongo.expressions.mql import NAN, Mql, cond, fail, let
from sqlshim.backends.mongo.expressions.rows import Nulls, Row, checked, literal, needs_literals, op
from sqlshim.functions import math as fm
from sqlshim.functions import operators as fo
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call
from sqlshim.types import FLOATS, INTEGERS, NUMBERS, Kind, SqlType

DIGITS = 34  # of a Decimal128
_MOST_PLACES = 22  # the powers of ten up to here are doubles


def _numbers_only(call: Call) -> str:
    """Why this arithmetic cannot be done exactly, or ""."""
    if call.type.kind is Kind.REAL:
        return "MongoDB has no 32-bit floats"
    if not all(arg.type.kind in NUMBERS for arg in call.args):
        return f"{call.fn.name} of {', '.join(str(a.type) for a in call.args)} has no MongoDB form"
    return ""


def _product(call: Call) -> str:
    why = _numbers_only(call)
    if not why and call.type.kind is Kind.DECIMAL and (call.type.precision or 38) > DIGITS:
        return f"MongoDB rounds products of more than {DIGITS} digits"
    return why


def _arithmetic(name: str) -> Row:
    """+, - and unary minus: the operator, checked for overflow of integers."""
    return Row(
        lambda call, *a: checked(call.type, {name: list(a)}), Nulls.NATIVE, True, _numbers_only
    )


def _negated(call: Call, value: Mql) -> Mql:
    return checked(call.type, {"$multiply": [value, -1]})


def _divided(call: Call, a: Mql, b: Mql) -> Mql:
    """In double precision; the server's own error says "divide by zero"."""
    return {"$divide": [_as_double(a, call.args[0].type), _as_double(b, call.args[1].type)]}


def _as_double(value: Mql, t: SqlType) -> Mql:
    # Two integers divide to a double anyway; a decimal would stay one.
    return {"$toDouble": value} if t.kind is Kind.DECIMAL else value


def _int_divided(call: Call, a: Mql, b: Mql) -> Mql:
    if call.type.kind is not Kind.BIGINT:
        return checked(call.type, {"$toInt": {"$trunc": {"$divide": [a, b]}}})
    # A double has too few digits for int64; the 34 of a decimal are enough to cut exactly.
    return {"$toLong": {"$trunc": {"$divide": [{"$toDecimal": a}, b]}}}


def _ints_only(call: Call) -> str:
    return (
        "" if call.type.kind in INTEGERS else "DIV_INT of other than integers has no MongoDB form"
    )


def round_decimal(value: Mql, places: int = 0) -> Mql:
    """A decimal rounded, halves away from zero ($round goes to even)."""
    half = Decimal128(Decimal(5).scaleb(-places - 1))
    minus = Decimal128(Decimal(-5).scaleb(-places - 1))

    def away(x: Mql) -> Mql:
        return {"$trunc": [{"$add": [x, cond({"$lt": [x, 0]}, minus, half)]}, places]}

    return let(away, value)


def round_double(value: Mql, places: int) -> Mql:
    """A double rounded, halves away from zero, by the very steps of the local engine."""
    scale = float(10**places)

    def rounded(x: Mql) -> Mql:
        # No variables for the parts: the server's time doubles with each $let in another.
        moved = {"$multiply": [x, scale]}
        whole = {"$trunc": moved}
        rest = {"$subtract": [moved, whole]}
        down = cond({"$lte": [rest, -0.5]}, {"$subtract": [whole, 1.0]}, whole)
        nearest = cond({"$gte": [rest, 0.5]}, {"$add": [whole, 1.0]}, down)
        return cond({"$lt": [{"$abs": moved}, math.inf]}, {"$divide": [nearest, scale]}, x)

    return let(rounded, value)


def _rounded(call: Call, value: Mql) -> Mql:
    kind = call.args[0].type.kind
    if kind in INTEGERS:
        return value
    return round_decimal(value) if kind is Kind.DECIMAL else {"$round": value}


def _round_to(call: Call, value: Mql, _: Mql) -> Mql:
    places = literal(call.args[1])
    assert isinstance(places, int)
    match call.args[0].type.kind:
        case Kind.DECIMAL:
            return round_decimal(value, places)
        case Kind.DOUBLE:
            return round_double(value, places)
        case _:
            return value  # an integer, and places is not negative


def _round_to_refuses(call: Call) -> str:
    why = needs_literals(1)(call)
    kind, places = call.args[0].type.kind, literal(call.args[1])
    if why or not isinstance(places, int):
        return why
    if kind is Kind.REAL:
        return "ROUND to places of a REAL has no MongoDB form"
    if kind is Kind.DOUBLE and not 0 <= places <= _MOST_PLACES:
        return "ROUND to so many places has no MongoDB form"
    if kind in INTEGERS and places < 0:
        return "ROUND of integers to tens has no MongoDB form"
    return "" if -20 < places < 100 else "ROUND to so many places has no MongoDB form"


def _trunc_to(call: Call, value: Mql, _: Mql) -> Mql:
    return {"$trunc": [value, literal(call.args[1])]}


def _trunc_to_refuses(call: Call) -> str:
    places = literal(call.args[1])
    fits = isinstance(places, int) and -20 < places < 100
    return needs_literals(1)(call) or (
        "" if fits else "TRUNC to so many places has no MongoDB form"
    )


def _to_whole(name: str) -> Row:
    """CEIL, FLOOR, TRUNC: the operators keep the type."""
    return Row(op(name), Nulls.NATIVE, refuses=_numbers_only)


def _sign(call: Call, value: Mql) -> Mql:
    def sign(x: Mql) -> Mql:
        return cond({"$gt": [x, 0]}, 1.0, cond({"$lt": [x, 0]}, -1.0, 0.0))

    if call.args[0].type.kind not in FLOATS:
        return let(sign, value)
    # NaN is below zero for the server; in SQL it has no sign.
    return let(lambda x: cond({"$eq": [x, NAN]}, 0.0, sign(x)), value)


def _power(call: Call, base: Mql, exponent: Mql) -> Mql:
    def powered(b: Mql, e: Mql) -> Mql:
        complex_ = {"$and": [{"$lt": [b, 0]}, {"$ne": [e, {"$trunc": e}]}, {"$ne": [b, NAN]}]}
        message = "a negative number raised to a non-integer power yields a complex result"
        return cond(complex_, fail("2201F", message, b), {"$pow": [b, e]})

    return let(powered, base, exponent)


def _double(name: str, fallible: bool = False) -> Row:
    return Row(op(name), Nulls.NATIVE, fallible, _doubles_only)


def _doubles_only(call: Call) -> str:
    return (
        ""
        if call.type.kind is Kind.DOUBLE
        else f"{call.fn.name} of {call.type} has no MongoDB form"
    )


def _absolute(call: Call, value: Mql) -> Mql:
    # The lowest int64 is an error of $abs itself; the lowest int32 would widen.
    return {"$abs": value} if call.type.kind is Kind.BIGINT else checked(call.type, {"$abs": value})


def _remainder(call: Call, a: Mql, b: Mql) -> Mql:
    return {"$mod": [a, b]}


ROWS: dict[Function, Row] = {
    fo.ADD: _arithmetic("$add"),
    fo.SUB: _arithmetic("$subtract"),
    fo.MUL: Row(
        lambda call, a, b: checked(call.type, {"$multiply": [a, b]}), Nulls.NATIVE, True, _product
    ),
    fo.NEG: Row(_negated, Nulls.NATIVE, True, _numbers_only),
    fo.DIV: Row(_divided, Nulls.NATIVE, True, _numbers_only),
    fo.DIV_INT: Row(_int_divided, Nulls.NATIVE, True, _ints_only),
    fo.MOD: Row(_remainder, Nulls.NATIVE, True, _numbers_only),
    fm.ABS: Row(_absolute, Nulls.NATIVE, True, _numbers_only),
    fm.CEIL: _to_whole("$ceil"),
    fm.FLOOR: _to_whole("$floor"),
    fm.TRUNC: _to_whole("$trunc"),
    fm.ROUND: Row(_rounded, Nulls.NATIVE, refuses=_numbers_only),
    fm.ROUND_TO: Row(_round_to, Nulls.NATIVE, refuses=_round_to_refuses),
    fm.TRUNC_TO: Row(_trunc_to, Nulls.NATIVE, refuses=_trunc_to_refuses),
    fm.SIGN: Row(_sign, Nulls.GUARD, refuses=_doubles_only),
    fm.SQRT: _double("$sqrt", fallible=True),
    fm.POWER: Row(_power, Nulls.GUARD, True, _doubles_only),
    fm.EXP: _double("$exp"),
    fm.LN: _double("$ln", fallible=True),
    fm.LOG10: _double("$log10", fallible=True),
    fm.PI: Row(lambda call: math.pi, Nulls.OWN),
    fm.SIN: _double("$sin", fallible=True),
    fm.COS: _double("$cos", fallible=True),
    fm.TAN: _double("$tan", fallible=True),
    fm.ASIN: _double("$asin", fallible=True),
    fm.ACOS: _double("$acos", fallible=True),
    fm.ATAN: _double("$atan"),
    fm.ATAN2: _double("$atan2"),
    fm.DEGREES: _double("$radiansToDegrees"),
    fm.RADIANS: _double("$degreesToRadians"),
}
