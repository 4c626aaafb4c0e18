"""Conditions and numbers where a dialect takes one for the other: MySQL's and SQLite's `WHERE 1`,
`SUM(a > b)` and `TRUE + 1`. Elsewhere these are errors, as in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.bind.binds import int_literal
from sqlshim.bind.coerce import call, cast, condition
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.sql.dialects import traits_of
from sqlshim.types import BOOLEAN, INTEGER, NUMBERS, Kind


def truth(value: Scalar, clause: str, dialect: str) -> Scalar:
    """`value` as a condition; a number is true unless it is 0. TypeMismatch."""
    if value.type.kind in NUMBERS and traits_of(dialect).booleans_are_numbers:
        return call(op.NE, value, int_literal(0))
    return condition(value, clause)


def numeric(value: Scalar, dialect: str) -> Scalar:
    """`value`, TRUE as 1 and FALSE as 0."""
    if value.type.kind is Kind.BOOLEAN and traits_of(dialect).booleans_are_numbers:
        return cast(value, INTEGER)
    return value


def operands(values: Sequence[Scalar], dialect: str, compared: bool) -> Sequence[Scalar]:
    """The operands of arithmetic or of a comparison."""
    kinds = {v.type.kind for v in values}
    if Kind.BOOLEAN not in kinds or not traits_of(dialect).booleans_are_numbers:
        return values
    if not compared:
        return [numeric(v, dialect) for v in values]
    if not kinds & NUMBERS:
        return values
    if all(_is_bit(v) or v.type.kind is Kind.BOOLEAN for v in values):
        return [_as_boolean(v) for v in values]  # so that the column stays bare
    return [numeric(v, dialect) for v in values]


def _is_bit(value: Scalar) -> bool:
    return isinstance(value, Literal) and value.type.kind in NUMBERS and value.value in (0, 1)


def _as_boolean(value: Scalar) -> Scalar:
    if isinstance(value, Literal) and value.type.kind in NUMBERS:
        return Literal(value.value == 1, BOOLEAN.with_null(False))
    return value
