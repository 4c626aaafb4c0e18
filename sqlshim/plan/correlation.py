"""Taking the correlation out of a query: what it reads of an outer row becomes join conditions.

Called by `rules.unnest_subqueries` and `plan.scalar_joins`. Pure; None where the conditions cannot
move without changing the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlshim.backends.estimate import base_column, uncast
from sqlshim.functions import operators as op
from sqlshim.functions import windows
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Sort,
    Window,
)
from sqlshim.ir.scalar import Call, Column, Literal, Param, Scalar, WindowCall
from sqlshim.plan.facts import column_ids, is_volatile
from sqlshim.types import BIGINT, BOOLEAN, FLOATS

_LEFT_ONLY = (JoinKind.LEFT, JoinKind.SEMI, JoinKind.ANTI)


@dataclass(frozen=True, slots=True)
class Decorrelated:
    """A query that reads nothing from outside, and which of its rows belong to an outer row.

    `rel` has all columns of the original, and those that `on` reads.
    """

    rel: Rel
    on: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Decorrelation:
    """Moves conditions that read `outer` columns upwards; `numbers` are for new columns."""

    outer: frozenset[int]
    numbers: Iterator[int]

    def lift(self, rel: Rel) -> Decorrelated | None:
        """`rel` without its correlation, None if it is needed where it stands."""
        if not walk.free_columns(rel) & self.outer:
            return Decorrelated(rel, ())
        match rel:
            case Filter():
                return self._filter(rel)
            case Project():
                return self._project(rel)
            case Sort():
                return self.lift(rel.input)  # no Limit above depends on the order
            case Join():
                return self._join(rel)
            case Aggregate() if rel.keys:
                return self.group(rel)
            case Limit(count=Param() | Literal(value=int()) as count, offset=None):
                return self._first(rel.input, count)
            case _:
                return None

    def _reads_outer(self, expr: Scalar) -> bool:
        return bool(walk.reads(expr) & self.outer)

    def _filter(self, rel: Filter) -> Decorrelated | None:
        below = self.lift(rel.input)
        lifted = tuple(e for e in rel.where if self._reads_outer(e))
        if below is None or not all(map(_moves, lifted)):
            return None
        kept = tuple(e for e in rel.where if not self._reads_outer(e))
        return Decorrelated(Filter(below.rel, kept) if kept else below.rel, below.on + lifted)

    def _project(self, rel: Project) -> Decorrelated | None:
        below = self.lift(rel.input)
        if below is None or any(self._reads_outer(e) for _, e in rel.items):
            return None
        wanted = {n for e in below.on for n in walk.reads(e)} - column_ids(rel)
        passed = tuple((c, c) for c in below.rel.columns if c.id in wanted)
        return Decorrelated(Project(below.rel, rel.items + passed), below.on)

    def _join(self, rel: Join) -> Decorrelated | None:
        """Both inputs of an inner join may be correlated, the kept one of others only."""
        left = self.lift(rel.left)
        right = self.lift(rel.right)
        lifted = tuple(e for e in rel.on if self._reads_outer(e))
        if rel.lateral or left is None or right is None or not all(map(_moves, lifted)):
            return None
        one_sided = rel.kind in _LEFT_ONLY and not right.on and not lifted
        if rel.kind is not JoinKind.INNER and not one_sided:
            return None
        kept = tuple(e for e in rel.on if not self._reads_outer(e))
        joined = Join(rel.kind, left.rel, right.rel, kept)
        return Decorrelated(joined, left.on + right.on + lifted)

    def group(self, rel: Aggregate) -> Decorrelated | None:
        """Grouping also by what is equated with the outer row: each group then belongs to the
        rows with that value. A group of no rows is not there, whatever `rel` gives for it."""
        below = self.lift(rel.input)
        if below is None or any(map(self._reads_outer, walk.scalars(rel))):
            return None
        keys = list(rel.keys)
        on: list[Scalar] = []
        for term in below.on:
            pair = self._equated(term)
            if pair is None:
                return None
            key = next((c for c, e in keys if e == pair[0]), None)
            if key is None:
                key = Column(next(self.numbers), "key", pair[0].type)
                keys.append((key, pair[0]))
            on.append(Call(op.EQ, (key, pair[1]), term.type))
        return Decorrelated(replace(rel, input=below.rel, keys=tuple(keys)), tuple(on))

    def _first(self, rel: Rel, count: Scalar) -> Decorrelated | None:
        """The first rows that belong to an outer row are the first of those with its key. Only
        where the key is a table's partition key, by which its store finds the rows of all outer
        rows: others are better looked for one by one."""
        order = rel.keys if isinstance(rel, Sort) else ()
        below = self.lift(rel.input if isinstance(rel, Sort) else rel)
        if below is None:
            return None
        pairs = [self._equated(term) for term in below.on]
        partition = [uncast(pair[0]) for pair in pairs if pair is not None]
        own = column_ids(below.rel)
        movable = all(isinstance(key.expr, Column) and key.expr.id in own for key in order)
        if len(partition) < len(pairs) or not movable or not _is_partition(below.rel, partition):
            return None
        number = Column(next(self.numbers), "row_number", BIGINT.with_null(False))
        call = WindowCall(windows.ROW_NUMBER, (), number.type, tuple(partition), order)
        few = Call(op.LE, (number, count), BOOLEAN.with_null(False))
        return Decorrelated(Filter(Window(below.rel, ((number, call),)), (few,)), below.on)

    def _equated(self, term: Scalar) -> tuple[Scalar, Scalar] | None:
        """The inner and the outer side of an equality."""
        if not isinstance(term, Call) or term.fn is not op.EQ:
            return None
        for inner, outer in (term.args, term.args[::-1]):
            if not self._reads_outer(inner) and walk.reads(outer) <= self.outer:
                return inner, outer
        return None


def _is_partition(rel: Rel, key: Sequence[Scalar]) -> bool:
    """Whether `key` is made of columns of one table, its whole partition key among them."""
    named = [base_column(rel, e) for e in key if isinstance(e, Column)]
    exact = all(e.type.kind not in FLOATS for e in key)
    tables = [found[0] for found in named if found is not None]
    if not exact or len(tables) < len(key) or any(table != tables[0] for table in tables):
        return False
    names = {found[1] for found in named if found is not None}
    return bool(tables) and names >= set(tables[0].partition_key or ("",))


def _moves(expr: Scalar) -> bool:
    return not is_volatile(expr) and not walk.has_subquery(expr)
