"""Compare a column in its own type: `CAST(d AS TIMESTAMP) < TIMESTAMP '1998-01-01 00:00:00'`
becomes `d < DATE '1998-01-01'`, which an index or a store's own operator can answer.

Safe because the casts undone here lose nothing and keep the order (date to timestamp, a narrow
number to a wider one), and only where the constant exists in the narrow type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import Call, Cast, Column, InList, Literal, Scalar, null_of
from sqlshim.plan.evaluate import convert
from sqlshim.types import INTEGERS, Kind, SqlType, as_decimal

_FNS: frozenset[Function] = frozenset((*op.COMPARISONS, op.IS_DISTINCT, op.IS_NOT_DISTINCT))


def unwrap_casts(rel: Rel) -> Rel:
    """`rel` with casts around columns undone where they are compared with constants."""
    return mapping.map_scalars(rel, unwrap)


def unwrap(expr: Scalar) -> Scalar:
    """`expr` with these casts undone, operands first."""
    if isinstance(expr, walk.LEAVES):
        return expr
    expr = walk.with_operands(expr, tuple(map(unwrap, walk.operands(expr))))
    match expr:
        case Call(args=(Cast() as cast, Literal() as other)) if expr.fn in _FNS:
            narrow = _narrowed(cast, (other,))
            return expr if narrow is None else replace(expr, args=(cast.arg, *narrow))
        case InList(arg=Cast() as cast):
            narrow = _narrowed(cast, expr.items)
            return expr if narrow is None else replace(expr, arg=cast.arg, items=narrow)
        case _:
            return expr


def _narrowed(cast: Cast, items: tuple[Scalar, ...]) -> tuple[Scalar, ...] | None:
    """`items` in the type that `cast` starts from, if each of them exists there."""
    source = cast.arg.type
    if not isinstance(cast.arg, Column) or not _widens(source, cast.type):
        return None
    narrow = []
    for item in items:
        below = _exactly(item, source)
        if below is None:
            return None
        narrow.append(below)
    return tuple(narrow)


def _exactly(item: Scalar, type_: SqlType) -> Literal | None:
    if not isinstance(item, Literal):
        return None
    if item.value is None:
        return null_of(type_)
    below = convert(Cast(item, type_))
    back = None if below is None else convert(Cast(below, item.type))
    return below if back is not None and back.value == item.value else None


def _widens(narrow: SqlType, wide: SqlType) -> bool:
    """Whether the cast loses nothing and keeps the order."""
    rule = _LOSSLESS.get((narrow.kind, wide.kind))
    return rule is not None and rule(narrow, wide)


def _always(narrow: SqlType, wide: SqlType) -> bool:
    return True


def _room(narrow: SqlType, wide: SqlType) -> bool:
    """Whether every narrow decimal or integer is one of the wide decimals."""
    a, b = as_decimal(narrow), as_decimal(wide)
    whole = (a.precision or 0) - (a.scale or 0) <= (b.precision or 0) - (b.scale or 0)
    return whole and (a.scale or 0) <= (b.scale or 0)


_LOSSLESS: dict[tuple[Kind, Kind], Callable[[SqlType, SqlType], bool]] = {
    (Kind.DATE, Kind.TIMESTAMP): _always,
    (Kind.SMALLINT, Kind.INTEGER): _always,
    (Kind.SMALLINT, Kind.BIGINT): _always,
    (Kind.INTEGER, Kind.BIGINT): _always,
    (Kind.SMALLINT, Kind.DOUBLE): _always,
    (Kind.INTEGER, Kind.DOUBLE): _always,  # a BIGINT may be rounded
    (Kind.DECIMAL, Kind.DECIMAL): _room,
    **{(kind, Kind.DECIMAL): _room for kind in INTEGERS},
}
