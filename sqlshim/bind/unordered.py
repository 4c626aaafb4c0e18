"""Types whose values are equal or not, but have no order: durations, and what holds them.

Asked by `coerce` before the overloads of a function are looked at, and for each key of an ORDER BY.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.errors import TypeMismatch
from sqlshim.functions import aggregates, conditional
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Scalar
from sqlshim.types import Kind, SqlType

_ORDERING = frozenset({
    op.LT, op.LE, op.GT, op.GE, conditional.GREATEST, conditional.LEAST,
    aggregates.MIN, aggregates.MAX, aggregates.PERCENTILE_CONT, aggregates.PERCENTILE_DISC,
    aggregates.MEDIAN,
})  # fmt: skip
_HINT = "Months, days and nanoseconds are not measured by one another; CAST it to INTERVAL."


def _is_unordered(t: SqlType) -> bool:
    inner = (t.element, t.key, *(field for _, field in t.fields))
    return t.kind is Kind.DURATION or any(_is_unordered(part) for part in inner if part)


def check_call(fn: Function, args: Sequence[Scalar]) -> None:
    """TypeMismatch where `fn` would put values in order that have none."""
    if fn not in _ORDERING:
        return
    for arg in args:
        if _is_unordered(arg.type):
            name = str(arg.type).lower()
            shown = f"operator does not exist: {name} {fn.symbol} {name}"
            if not fn.symbol:
                shown = f"function {fn.name.lower()}({name}) does not exist"
            raise TypeMismatch(shown, sqlstate="42883", hint=_HINT)


def check_key(value: Scalar) -> Scalar:
    """A key of ORDER BY. TypeMismatch if its values have no order."""
    if _is_unordered(value.type):
        name = str(value.type).lower()
        raise TypeMismatch(
            f"could not identify an ordering operator for type {name}", sqlstate="42883", hint=_HINT
        )
    return value
