"""Window frames: ROWS, RANGE and GROUPS with their bounds. Called by `bind.windows`.

The checks and their messages are PostgreSQL's; a number that is wrong only at run time (a
parameter) is refused by the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sqlshim.bind.coerce import coerce
from sqlshim.errors import DataError, NotSupportedError, ProgrammingError, TypeMismatch
from sqlshim.ir import walk
from sqlshim.ir.scalar import (
    DEFAULT_FRAME,
    BoundKind,
    Column,
    Exclude,
    Frame,
    FrameBound,
    FrameUnit,
    Literal,
    Scalar,
    SortKey,
    Subquery,
)
from sqlshim.types import BIGINT, INTEGERS, INTERVAL, NUMBERS, Interval, Kind

if TYPE_CHECKING:
    from sqlshim.bind.scalars import ScalarBinder

_CURRENT = FrameBound(BoundKind.CURRENT_ROW)
_INSTANTS = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.TIME, Kind.INTERVAL})


def bind_frame(node: exp.Expr | None, order: tuple[SortKey, ...], binder: ScalarBinder) -> Frame:
    """The frame of a window whose rows are ordered by `order`."""
    if node is None:
        return DEFAULT_FRAME
    unit = FrameUnit(str(node.args.get("kind") or "RANGE").upper())
    start = _bound(node, "start", unit, order, binder)
    end = _bound(node, "end", unit, order, binder) if node.args.get("end") else _CURRENT
    _check(start.kind, end.kind)
    if unit is FrameUnit.GROUPS and not order:
        raise _wrong("GROUPS mode requires an ORDER BY clause")
    exclude = node.args.get("exclude")
    excluded = Exclude.NO_OTHERS if exclude is None else Exclude(_words(exclude))
    return Frame(unit, start, end, excluded)


def _wrong(message: str) -> ProgrammingError:
    return ProgrammingError(message, sqlstate="42P20")


def _words(value: exp.Expr | str) -> str:
    return (value if isinstance(value, str) else value.name).upper()


def _check(start: BoundKind, end: BoundKind) -> None:
    if start is BoundKind.UNBOUNDED_FOLLOWING:
        raise _wrong("frame start cannot be UNBOUNDED FOLLOWING")
    if end is BoundKind.UNBOUNDED_PRECEDING:
        raise _wrong("frame end cannot be UNBOUNDED PRECEDING")
    if start is BoundKind.CURRENT_ROW and end is BoundKind.PRECEDING:
        raise _wrong("frame starting from current row cannot have preceding rows")
    if start is BoundKind.FOLLOWING and end is BoundKind.PRECEDING:
        raise _wrong("frame starting from following row cannot have preceding rows")
    if start is BoundKind.FOLLOWING and end is BoundKind.CURRENT_ROW:
        raise _wrong("frame starting from following row cannot end with current row")


def _bound(
    node: exp.Expr, end: str, unit: FrameUnit, order: tuple[SortKey, ...], binder: ScalarBinder
) -> FrameBound:
    value, side = node.args[end], str(node.args.get(f"{end}_side") or "").upper()
    if isinstance(value, str):
        word = value.upper()
        return _CURRENT if word == "CURRENT ROW" else FrameBound(BoundKind(f"{word} {side}"))
    offset = binder.scalar(value)
    if not _is_fixed(offset):
        raise ProgrammingError(f"argument of {unit} must not contain variables", sqlstate="42P10")
    name = "starting" if end == "start" else "ending"
    offset = _distance(offset, order) if unit is FrameUnit.RANGE else _count(offset, unit)
    _check_value(offset, name, unit)
    return FrameBound(BoundKind(side), offset)


def _is_fixed(offset: Scalar) -> bool:
    return not any(isinstance(e, Column | Subquery) for e in walk.every_scalar(offset))


def _count(offset: Scalar, unit: FrameUnit) -> Scalar:
    if offset.type.kind not in NUMBERS | {Kind.UNKNOWN}:
        kind = str(offset.type).lower()
        raise TypeMismatch(f"argument of {unit} must be type bigint, not type {kind}")
    return coerce(offset, BIGINT)


def _distance(offset: Scalar, order: tuple[SortKey, ...]) -> Scalar:
    """A RANGE offset in a type that can be added to the only key."""
    if len(order) != 1:
        raise _wrong("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
    key, kind = order[0].expr.type, offset.type.kind
    if key.kind in NUMBERS:
        if kind is Kind.UNKNOWN:
            return coerce(offset, BIGINT if key.kind in INTEGERS else key)
        if kind in INTEGERS or (kind in NUMBERS and key.kind not in INTEGERS):
            return (
                offset if key.kind in INTEGERS or key.kind is Kind.DECIMAL else coerce(offset, key)
            )
    if key.kind in _INSTANTS and kind in (Kind.INTERVAL, Kind.UNKNOWN):
        return coerce(offset, INTERVAL)
    name = str(key).lower()
    if key.kind in NUMBERS | _INSTANTS:
        name += f" and offset type {str(offset.type).lower()}"
    raise NotSupportedError(
        f"RANGE with offset PRECEDING/FOLLOWING is not supported for column type {name}"
    )


def _check_value(offset: Scalar, name: str, unit: FrameUnit) -> None:
    if not isinstance(offset, Literal):
        return
    value = offset.value
    if value is None:
        raise DataError(f"frame {name} offset must not be null", sqlstate="22004")
    below = isinstance(value, Interval) and _is_negative(value)
    if below or (not isinstance(value, Interval | str) and value < 0):  # type: ignore[operator]
        message = f"frame {name} offset must not be negative"
        if unit is FrameUnit.RANGE:
            message = "invalid preceding or following size in window function"
        raise DataError(message, sqlstate="22013")


def _is_negative(value: Interval) -> bool:
    """Whether the whole of it points back, a month being 30 days as PostgreSQL compares."""
    days = value.months * 30 + value.days
    return days * 86_400_000_000 + value.microseconds < 0
