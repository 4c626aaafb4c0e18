"""Fields of documents whose type varies: a comparison sees the values of the other side's type.

In come the two sides or more of a comparison, out go the same, each varying value read as numbers,
texts, booleans or instants; a value of another type is NULL there. Called by `coerce`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions import operators as op
from sqlshim.functions.varying import READ_AS
from sqlshim.ir.scalar import Call, Scalar
from sqlshim.types import (
    BOOLEAN,
    DOUBLE,
    INSTANTS,
    NUMBERS,
    TEXT,
    TIMESTAMP,
    VARYING,
    Kind,
    SqlType,
)

COMPARING = frozenset({*op.COMPARISONS, op.IS_DISTINCT, op.IS_NOT_DISTINCT, op.LIKE})


def is_varying(e: Scalar) -> bool:
    """Whether `e` is a stored value of any type."""
    return e.type.kind is Kind.JSON and e.type.native == VARYING.native


def read_alike(args: Sequence[Scalar]) -> Sequence[Scalar]:
    """`args`, the varying ones read as the type of the others, if there are others."""
    others = [a.type for a in args if not is_varying(a)]
    if not others or len(others) == len(args):
        return args
    wanted = _read_as(others[0])
    if wanted is None:
        return args
    return [Call(READ_AS, (a,), wanted) if is_varying(a) else a for a in args]


def _read_as(t: SqlType) -> SqlType | None:
    """The type in which values that compare with `t` are read."""
    if t.kind in NUMBERS:
        return DOUBLE
    if t.kind in INSTANTS:
        return TIMESTAMP
    if t.kind is Kind.BOOLEAN:
        return BOOLEAN
    return TEXT if t.kind in (Kind.TEXT, Kind.UNKNOWN) else None
