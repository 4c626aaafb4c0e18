"""Relational nodes of the IR: frozen, hashable, each with its output columns.

The binder makes them, rules rewrite them, `split` wraps what a store runs in `Remote`, backends
compile them. A column number occurs in the output of one node only (and of those that pass it on).
A closed set: `match` over `Rel` with `assert_never`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from sqlshim.catalog.model import Table
from sqlshim.ir.scalar import AggregateCall, Column, Param, Scalar, SortKey, WindowCall


@dataclass(frozen=True)
class Scan:
    """The rows of a table. `columns` are the wanted ones; each one's `name` is the table's."""

    table: Table
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Values:
    """Literal rows; each row has one scalar for each of `columns`. Under the right side of a
    lateral join they may read columns of the left one.

    `Values((), ((),))` is the single empty row under a SELECT without FROM.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Scalar, ...], ...]


@dataclass(frozen=True)
class Series:
    """One row for each of `start`, `start + step`, … up to `stop`, in one column; none if one of
    the three is NULL. They may read columns of the other side of a lateral join."""

    start: Scalar
    stop: Scalar
    step: Scalar
    columns: tuple[Column]


@dataclass(frozen=True)
class Filter:
    """The rows for which every one of `where` (a conjunction) is true."""

    input: Rel
    where: tuple[Scalar, ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return self.input.columns


@dataclass(frozen=True)
class Project:
    """New rows made of `items`: the output column and what it is computed from.

    A plain pass-through keeps its number: `(c, c)`.
    """

    input: Rel
    items: tuple[tuple[Column, Scalar], ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(column for column, _ in self.items)


class JoinKind(StrEnum):
    INNER = "inner"  # with `on` empty: the cross product
    LEFT = "left"
    RIGHT = "right"
    FULL = "full"
    SEMI = "semi"  # rows of left with a match; columns of left only
    ANTI = "anti"  # rows of left without a match (NOT EXISTS)


@dataclass(frozen=True)
class Join:
    """`left` and `right` joined on a conjunction of conditions.

    `lateral`: `right` reads columns of `left` and is evaluated for each row of it (inner and left
    joins only).
    """

    kind: JoinKind
    left: Rel
    right: Rel
    on: tuple[Scalar, ...]
    lateral: bool = False

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        left, right = self.left.columns, self.right.columns
        if self.kind in (JoinKind.SEMI, JoinKind.ANTI):
            return left
        if self.kind in (JoinKind.RIGHT, JoinKind.FULL):
            left = _made_nullable(left)
        if self.kind in (JoinKind.LEFT, JoinKind.FULL):
            right = _made_nullable(right)
        return left + right


def _made_nullable(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(Column(c.id, c.name, c.type.with_null(True)) for c in columns)


@dataclass(frozen=True)
class Aggregate:
    """One row a group: its keys, then its aggregates.

    NULLs form one group. Without keys there is always exactly one row, even over nothing.
    Without calls it is DISTINCT.
    """

    input: Rel
    keys: tuple[tuple[Column, Scalar], ...]
    calls: tuple[tuple[Column, AggregateCall], ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(c for c, _ in self.keys) + tuple(c for c, _ in self.calls)


@dataclass(frozen=True)
class GroupingSets:
    """The groups of several GROUP BYs over one input, all of them (UNION ALL).

    `sets` are indices into `keys`; where a set lacks a key, its column is NULL. The set () gives
    one row even over nothing. `masks` are the values of GROUPING(...): a bit for each of these
    keys, the last one lowest, 1 where the row's set lacks it.
    """

    input: Rel
    keys: tuple[tuple[Column, Scalar], ...]
    sets: tuple[tuple[int, ...], ...]
    calls: tuple[tuple[Column, AggregateCall], ...]
    masks: tuple[tuple[Column, tuple[int, ...]], ...] = ()

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(c for c, _ in (*self.keys, *self.calls, *self.masks))


@dataclass(frozen=True)
class Window:
    """Every row of `input` with the value of each window function added."""

    input: Rel
    calls: tuple[tuple[Column, WindowCall], ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return self.input.columns + tuple(c for c, _ in self.calls)


@dataclass(frozen=True)
class Unnest:
    """Each row of `input` as often as its longest array has elements, with those of each array
    in `arrays` as a column (NULL beyond a shorter one's end) and their number, counted from 1.

    A row whose arrays are all NULL or empty goes, or stays with NULLs if `keep_empty`.
    """

    input: Rel
    arrays: tuple[tuple[Column, Scalar], ...]
    ordinality: Column | None = None
    keep_empty: bool = False

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        number = () if self.ordinality is None else (self.ordinality,)
        return self.input.columns + tuple(c for c, _ in self.arrays) + number


@dataclass(frozen=True)
class Sort:
    """The rows in the order of `keys`."""

    input: Rel
    keys: tuple[SortKey, ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return self.input.columns


@dataclass(frozen=True)
class Limit:
    """At most `count` rows (None: all) after the first `offset`; Literal or Param, BIGINT.

    The order of a Sort directly below is kept.
    """

    input: Rel
    count: Scalar | None
    offset: Scalar | None

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return self.input.columns


class SetKind(StrEnum):
    UNION_ALL = "union all"
    INTERSECT_ALL = "intersect all"
    EXCEPT_ALL = "except all"
    INTERSECT = "intersect"
    EXCEPT = "except"


@dataclass(frozen=True)
class SetOp:
    """Rows of `inputs` matched by position; `columns` are new numbers, inputs have their types.

    UNION (distinct) is an Aggregate without calls over UNION_ALL.
    """

    kind: SetKind
    inputs: tuple[Rel, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Shared:
    """One of several references to a CTE that is evaluated once.

    All references have the same `number` and equal `input`s; `columns` are new numbers, matched
    by position with the input's.
    """

    number: int
    input: Rel
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class KeySet:
    """The distinct values of the column `source` of another Remote, found before this one runs;
    the list is parameter `param`, or None when there are more than `most`. With other columns
    `beside` it they are distinct rows. `share` is the estimated part of the rows that have one of
    them."""

    param: Param
    source: Column
    most: int
    share: float = field(default=1.0, compare=False)
    beside: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Sieve:
    """Rows whose `column` is no value of the column `source` of another Remote are dropped as they
    come from the store, which was not asked to."""

    column: Column
    source: Column


LOCAL = "(local)"  # the store of a Remote that the local engine runs before the rest of the plan


@dataclass(frozen=True)
class Recursive:
    """The rows of `base`, then those of `step` over the rows of the round before, until a round
    gives none.

    `step` names the rows of the round before by a WorkingTable of the same `number`. `columns` are
    new numbers, matched by position with the two inputs, which have their types. With `distinct`
    (UNION) a row that occurred before is dropped and not looked at again.
    """

    number: int
    base: Rel
    step: Rel
    columns: tuple[Column, ...]
    distinct: bool


@dataclass(frozen=True)
class WorkingTable:
    """The rows of the round before, inside the step of the Recursive of this number."""

    number: int
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Remote:
    """`rel` is run by the store called `store`; made by `split`, and given `keys` and `sieves` by
    `key_sets`. The store LOCAL is the local engine: `rel` is over other Remotes, and read once."""

    store: str
    rel: Rel
    why_not_more: str = field(default="", compare=False)
    keys: tuple[KeySet, ...] = ()
    sieves: tuple[Sieve, ...] = ()

    def __hash__(self) -> int:  # looked up at each execution: not over the whole tree
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.store, tuple([c.id for c in self.columns])))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return self.rel.columns


Rel: TypeAlias = (
    Scan
    | Values
    | Series
    | Filter
    | Project
    | Join
    | Aggregate
    | GroupingSets
    | Window
    | Unnest
    | Sort
    | Limit
    | SetOp
    | Shared
    | Recursive
    | WorkingTable
    | Remote
)
