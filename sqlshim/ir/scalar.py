"""Scalar nodes of the IR: frozen, hashable, each with its SQL type.

The binder makes them, rules rewrite them, backends compile them. Columns are known by a number
that is unique in the statement, never by name: names are for people (`show`) and for results.
A closed set: `match` over `Scalar` with `assert_never`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from sqlshim.functions.model import Function
from sqlshim.types import BOOLEAN, SqlType

if TYPE_CHECKING:
    from sqlshim.ir.relational import Rel


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules ask of an expression again and again: the columns it needs from outside,
    whether a subquery occurs in it, and whether it may give another value each time.

    `walk.facts` finds them when they are first asked for; they are no part of a node's value."""

    reads: frozenset[int]
    has_subquery: bool
    is_volatile: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column of some relation below (or outside, in a correlated subquery)."""

    id: int
    name: str = field(compare=False)
    type: SqlType = field(compare=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: a Python value of the type's kind (see `Kind`), or None for NULL."""

    value: object
    type: SqlType

    def __hash__(self) -> int:
        try:
            return hash(self.value)
        except TypeError:  # a list or dict
            return hash(repr(self.value))


@dataclass(frozen=True, slots=True)
class Param:
    """The parameter number `index` (from 0) of the execution; never NULL unless type says so."""

    index: int
    type: SqlType


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator applied to arguments that already have the types it wants.

    AND and OR are n-ary and flat.
    """

    fn: Function
    args: tuple[Scalar, ...]
    type: SqlType
    facts: Facts | None = field(default=None, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Cast:
    """`arg` converted to `type`; a value that cannot be is a DataError, or NULL if `safe`."""

    arg: Scalar
    type: SqlType
    safe: bool = False
    facts: Facts | None = field(default=None, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first arm whose condition is true, else `default`. All arms have `type`."""

    arms: tuple[tuple[Scalar, Scalar], ...]
    default: Scalar
    type: SqlType
    facts: Facts | None = field(default=None, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class InList:
    """`arg IN (items)`, SQL's three-valued sense; negation is NOT around it."""

    arg: Scalar
    items: tuple[Scalar, ...]
    type: SqlType = BOOLEAN
    facts: Facts | None = field(default=None, init=False, repr=False, compare=False)


class SubqueryKind(StrEnum):
    SCALAR = "scalar"  # one column; no row is NULL, two rows are an error
    EXISTS = "exists"
    QUANTIFIED = "quantified"  # arg <op> ANY|ALL (rel): IN is = ANY, NOT IN is NOT (= ANY)


@dataclass(frozen=True, slots=True)
class Subquery:
    """A query used as a value. Columns of outer queries may occur free in `rel`."""

    kind: SubqueryKind
    rel: Rel
    type: SqlType
    args: tuple[Scalar, ...] = ()  # left operands of QUANTIFIED, as many as rel has columns
    op: Function | None = None  # comparison of QUANTIFIED
    every: bool = False  # ALL instead of ANY
    facts: Facts | None = field(default=None, init=False, repr=False, compare=False)


Scalar: TypeAlias = Column | Literal | Param | Call | Cast | Case | InList | Subquery


@dataclass(frozen=True, slots=True)
class AggregateCall:
    """An aggregate function over a group; only inside `Aggregate`.

    `filter` keeps the rows it is true for; `order` matters to ordered aggregates only.
    COUNT(*) is COUNT without arguments.
    """

    fn: Function
    args: tuple[Scalar, ...]
    type: SqlType
    distinct: bool = False
    filter: Scalar | None = None
    order: tuple[SortKey, ...] = ()


class FrameUnit(StrEnum):
    ROWS = "ROWS"
    RANGE = "RANGE"  # offsets are distances of the only ORDER BY key
    GROUPS = "GROUPS"  # offsets count groups of peers


class BoundKind(StrEnum):
    UNBOUNDED_PRECEDING = "UNBOUNDED PRECEDING"
    PRECEDING = "PRECEDING"
    CURRENT_ROW = "CURRENT ROW"
    FOLLOWING = "FOLLOWING"
    UNBOUNDED_FOLLOWING = "UNBOUNDED FOLLOWING"


class Exclude(StrEnum):
    NO_OTHERS = "NO OTHERS"
    CURRENT_ROW = "CURRENT ROW"
    GROUP = "GROUP"
    TIES = "TIES"


@dataclass(frozen=True, slots=True)
class FrameBound:
    """One end of a frame; `offset` (a Literal or Param mostly, never a Column) if it has one."""

    kind: BoundKind
    offset: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows a window function looks at, relative to the current one."""

    unit: FrameUnit
    start: FrameBound
    end: FrameBound
    exclude: Exclude = Exclude.NO_OTHERS


# SQL's own: up to the last peer of the current row, which is all rows where nothing is ordered
DEFAULT_FRAME = Frame(
    FrameUnit.RANGE,
    FrameBound(BoundKind.UNBOUNDED_PRECEDING),
    FrameBound(BoundKind.CURRENT_ROW),
)


@dataclass(frozen=True, slots=True)
class WindowCall:
    """A window function or an aggregate over a window; only inside `Window`.

    The frame is always explicit and DEFAULT_FRAME where the function looks at none. `filter` is
    for aggregates, `ignore_nulls` for functions that pick a row.
    """

    fn: Function
    args: tuple[Scalar, ...]
    type: SqlType
    partition: tuple[Scalar, ...] = ()
    order: tuple[SortKey, ...] = ()
    frame: Frame = DEFAULT_FRAME
    filter: Scalar | None = None
    ignore_nulls: bool = False


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an ORDER BY, its direction and place of NULLs always explicit."""

    expr: Scalar
    descending: bool = False
    nulls_first: bool = False


TRUE = Literal(True, BOOLEAN.with_null(False))
FALSE = Literal(False, BOOLEAN.with_null(False))


def null_of(t: SqlType) -> Literal:
    """NULL of a type."""
    return Literal(None, t.with_null(True))
