"""Comparisons: what may be left out on either side, and the server's order against SQL's.

The server puts null below every value and NaN below every number, SQL answers NULL for null and
puts NaN above every number.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from sqlshim.backends.mongo.expressions.casts import keeps_value
from sqlshim.backends.mongo.expressions.instants import interval_of
from sqlshim.backends.mongo.expressions.mql import NAN, Mql, all_of, any_of, present
from sqlshim.backends.mongo.values.encode import cut_instant, equal_instant, raised_instant
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Cast, Literal, Param, Scalar
from sqlshim.types import FLOATS, INSTANTS, Kind

OPERATORS = {
    op.EQ: "$eq",
    op.NE: "$ne",
    op.LT: "$lt",
    op.LE: "$lte",
    op.GT: "$gt",
    op.GE: "$gte",
}
# Which side would pass for true if it were null: null is below everything.
_GUARDED = {op.LT: (True, False), op.LE: (True, False), op.GT: (False, True), op.GE: (False, True)}
_EXACT = 2**53  # doubles below are all the integers there are


def stripped(side: Scalar, call: Call) -> Scalar:
    """One side of a comparison without a cast that the comparison does not see."""
    if not isinstance(side, Cast) or side.safe:
        return side
    if keeps_value(side.arg.type, side.type):
        return stripped(side.arg, call)
    if side.arg.type.kind is Kind.BIGINT and side.type.kind is Kind.DOUBLE:
        # The other side tells whether rounding the integer to a double could matter.
        others = [a for a in call.args if a is not side]
        if all(_is_small_double(o) for o in others):
            return side.arg
    return side


def _is_small_double(e: Scalar) -> bool:
    if not isinstance(e, Literal) or not isinstance(e.value, int | float):
        return False
    return abs(e.value) < _EXACT


def rounding(fn: Function) -> Callable[[object], Mql]:
    """How an instant finer than milliseconds is rounded if a column of instants `fn` it."""
    if fn in (op.LT, op.GE):
        return raised_instant
    return cut_instant if fn in (op.GT, op.LE) else equal_instant


def is_constant_instant(e: Scalar) -> bool:
    """A literal or parameter, cast between kinds of instant or moved by a constant INTERVAL."""
    if isinstance(e, Cast):
        return keeps_value(e.arg.type, e.type) and is_constant_instant(e.arg)
    if isinstance(e, Call):
        return is_shifted_constant(e)
    return isinstance(e, Literal | Param) and e.type.kind in INSTANTS


def is_shifted_constant(e: Call) -> bool:
    """A constant instant plus or minus a constant INTERVAL."""
    if e.fn not in (op.ADD, op.SUB) or len(e.args) != 2:
        return False
    left, right = e.args
    return interval_of(right) is not None and is_constant_instant(left)


def may_be_nan(e: Scalar) -> bool:
    if e.type.kind not in FLOATS:
        return False
    if isinstance(e, Literal):
        return isinstance(e.value, float) and math.isnan(e.value)
    return not (isinstance(e, Cast) and e.arg.type.kind not in FLOATS | {Kind.TEXT})


def guards(
    fn: Function, risky: tuple[bool, bool], sides: tuple[Scalar, Scalar]
) -> tuple[bool, bool]:
    """Which sides must be tested for null, if those that are `risky` may be NULL."""
    if fn is op.EQ:
        return all(risky), False  # one side that is never null is enough for $eq
    if fn is op.NE or any(map(may_be_nan, sides)):
        return risky
    needed = _GUARDED[fn]
    return risky[0] and needed[0], risky[1] and needed[1]


def compared(
    fn: Function, x: Mql, y: Mql, guarded: tuple[bool, bool], sides: tuple[Scalar, Scalar]
) -> Mql:
    """`x fn y` as a condition; on the `guarded` sides null makes it not true."""
    nans = may_be_nan(sides[0]), may_be_nan(sides[1])
    if any(nans) and fn not in (op.EQ, op.NE):
        return _guarded(_with_nan(fn, x, y, nans), x, y, guarded)
    return _guarded({OPERATORS[fn]: [x, y]}, x, y, guarded)


def _guarded(test: Mql, x: Mql, y: Mql, guarded: tuple[bool, bool]) -> Mql:
    there = [present(side) for side, guard in zip((x, y), guarded, strict=True) if guard]
    return all_of([*there, test])


def _with_nan(fn: Function, x: Mql, y: Mql, nans: tuple[bool, bool]) -> Mql:
    """An order comparison of doubles, NaN being the largest and equal to itself."""
    if fn in (op.GT, op.GE):
        return _with_nan(op.MIRRORED[fn], y, x, (nans[1], nans[0]))
    if fn is op.LE:
        return {"$not": [_below(y, x, (nans[1], nans[0]))]}
    return _below(x, y, nans)


def _below(x: Mql, y: Mql, nans: tuple[bool, bool]) -> Mql:
    test: Mql = {"$lt": [x, y]}
    if nans[1]:
        test = any_of([test, {"$eq": [y, NAN]}])
    return all_of([{"$ne": [x, NAN]}, test]) if nans[0] else test
