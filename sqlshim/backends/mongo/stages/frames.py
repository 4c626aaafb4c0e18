"""Window frames in the server's terms: what the bounds count, and from where to where.

`documents` counts rows in any order; `range` needs one growing number to measure distances in.
Called by `windows`; pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.ir.scalar import (
    BoundKind,
    Exclude,
    FrameBound,
    FrameUnit,
    Literal,
    Scalar,
    SortKey,
    WindowCall,
)
from sqlshim.types import INTEGERS, Interval, Kind

ROWS, PEERS, GROUPS, DISTANCES = "rows", "peers", "groups", "distances"
_UNBOUNDED = (BoundKind.UNBOUNDED_PRECEDING, BoundKind.UNBOUNDED_FOLLOWING)
_INSTANTS = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ})
_MILLISECONDS_OF_DAY = 86_400_000

_FARTHEST = 2**31 - 1  # the server takes no larger offset

Bound = int | str


@dataclass(frozen=True, slots=True)
class Reach:
    """The frame of a call: `of` what the bounds count, the server's word for it, and the bounds."""

    of: str
    unit: OneOf["documents", "range"]
    bounds: tuple[Bound, Bound]

    @property
    def holds_its_row(self) -> bool:
        """Whether the row itself is always in it."""
        start, end = self.bounds
        before = isinstance(start, str) or start <= 0
        return before and (isinstance(end, str) or end >= 0)


WHOLE = Reach(ROWS, "documents", ("unbounded", "unbounded"))


def reach(call: WindowCall) -> Reach | str:
    """The frame of `call`, or why the server has none like it."""
    frame = call.frame
    if frame.exclude is not Exclude.NO_OTHERS:
        return "EXCLUDE has no MongoDB form"
    ends = (frame.start, frame.end)
    start, end = map(_bound, ends)
    if start is None or end is None:
        return "a frame's offset must be a whole constant for MongoDB"
    if isinstance(start, int) and isinstance(end, int) and start > end:
        return "an empty frame has no MongoDB form"
    unordered = frame.unit is FrameUnit.RANGE and not call.order  # all rows are peers
    if unordered or all(end.kind in _UNBOUNDED for end in ends):
        return WHOLE
    if frame.unit is FrameUnit.ROWS:
        return Reach(ROWS, "documents", (start, end))
    if frame.unit is FrameUnit.GROUPS:
        return Reach(GROUPS, "range", (start, end))
    if all(end.offset is None for end in ends):
        return Reach(PEERS, "range", (start, end))
    why = _no_distance(call, start, end)
    return why or Reach(DISTANCES, "range", (start, end))


def _bound(end: FrameBound) -> Bound | None:
    if end.offset is None:
        # Not "current": of a range that is the document itself, without its later peers.
        return "unbounded" if end.kind in _UNBOUNDED else 0
    size = _size(end.offset)
    if size is None or not 0 <= size <= _FARTHEST:
        return None
    return -size if end.kind is BoundKind.PRECEDING else size


def _size(offset: Scalar) -> int | None:
    """An offset as a number; an interval in milliseconds, if it is a fixed time."""
    value = offset.value if isinstance(offset, Literal) else None
    if isinstance(value, Interval):
        fixed = not value.months and not value.microseconds % 1000
        return value.days * _MILLISECONDS_OF_DAY + value.microseconds // 1000 if fixed else None
    return value if isinstance(value, int) else None


def _no_distance(call: WindowCall, start: Bound, end: Bound) -> str:
    """Why the order's key has no distances the server can measure."""
    (key,) = call.order
    if key.expr.type.kind not in INTEGERS | {Kind.DECIMAL} | _INSTANTS:
        return f"a RANGE of {key.expr.type} has no exact MongoDB form"
    # A row without a key sees all such rows, and no others unless the frame is unbounded.
    around = isinstance(start, int) and isinstance(end, int) and start <= 0 <= end
    if key.expr.type.nullable and not around:
        return "a RANGE that leaves out its row has no MongoDB form where that may be NULL"
    return ""


def distance(value: Mql, key: SortKey) -> Mql:
    """The key as a number that grows along the order."""
    number = {"$toLong": value} if key.expr.type.kind in _INSTANTS else value
    return {"$multiply": [number, -1]} if key.descending else number
