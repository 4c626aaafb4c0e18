"""What a row of the backend's function table says, and the commonest builders.

A builder gets the call (for types and literal arguments) and its compiled arguments, and thinks
of NULL only if the row says so: `expressions` guards the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from sqlshim.backends.mongo.expressions.mql import Mql, any_of, cond, fail, let, present
from sqlshim.ir.scalar import Call, Literal, Scalar
from sqlshim.types import INT_RANGE, Kind, SqlType

Build: TypeAlias = Callable[..., Mql]


class Nulls(Enum):
    """Who sees to it that NULL in gives NULL out."""

    GUARD = auto()  # the caller: the operator fails on null or gives something else
    NATIVE = auto()  # the operator itself gives null
    OWN = auto()  # the function has a NULL rule of its own, written in its builder


@dataclass(frozen=True, slots=True)
class Row:
    """How one function is said. `refuses(call)` gives a reason, or "" where the row applies;
    `fallible` operators may raise, so the server must not fold them over constants."""

    build: Build
    nulls: Nulls = Nulls.GUARD
    fallible: bool = False
    refuses: Callable[[Call], str] = lambda call: ""


def op(name: str) -> Build:
    """An operator that takes its arguments in an array (one alone as it is)."""
    return lambda call, *args: {name: args[0] if len(args) == 1 else list(args)}


def needs_literals(*places: int) -> Callable[[Call], str]:
    """Refuse unless the arguments at these places are literals other than NULL."""

    def refuses(call: Call) -> str:
        ok = all(is_given(call.args[i]) for i in places if i < len(call.args))
        return "" if ok else f"{call.fn.name} with a computed argument has no MongoDB form"

    return refuses


def is_given(expr: Scalar) -> bool:
    """Whether `expr` is a literal other than NULL."""
    return isinstance(expr, Literal) and expr.value is not None


def literal(expr: Scalar) -> object:
    """The value of a literal, None for anything else."""
    return expr.value if isinstance(expr, Literal) else None


def checked(t: SqlType, expr: Mql) -> Mql:
    """The integer `expr`, or an error where it left the range of `t`; NULL stays NULL.

    The server turns int32 into int64 and that into a double without a word.
    """
    match t.kind:
        case Kind.BIGINT:
            return let(_checked_long, expr)
        case Kind.INTEGER:
            return {"$toInt": expr}
        case Kind.SMALLINT:
            return let(_checked_small, expr)
        case _:
            return expr


def _checked_long(value: Mql) -> Mql:
    is_double = {"$eq": [{"$type": value}, "double"]}
    return cond(is_double, fail("22003", "bigint out of range", value), value)


def _checked_small(value: Mql) -> Mql:
    low, high = INT_RANGE[Kind.SMALLINT]
    outside = any_of([{"$gt": [value, high]}, {"$and": [present(value), {"$lt": [value, low]}]}])
    return cond(outside, fail("22003", "smallint out of range", value), value)
