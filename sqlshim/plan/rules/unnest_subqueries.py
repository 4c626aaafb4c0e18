"""Subqueries become joins, which every store and the local engine run better.

As a condition of a Filter, EXISTS and = ANY are semi joins, their negations anti joins; used as a
value, a subquery becomes a column of a join that keeps every row exactly once
(`plan.scalar_joins`); a lateral join becomes one whose right side stands alone. Safe because
- only "true" counts in a Filter: `a NOT IN (b ...)` is true where no b makes `a = b` true or
  unknown, `a < ALL (b ...)` where none makes it false or unknown;
- a semi or anti join neither drops nor repeats rows otherwise, whatever NULLs there are;
- correlated conditions move only where they keep their meaning (`plan.correlation`);
- volatile queries, and those whose operands hold subqueries, stay.
Runs once for the whole tree, from the top: what stays a subquery keeps its inside as it is if it
is correlated, so that no join's condition reads columns of an outer query.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlshim.functions import operators as op
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Shared,
    Sort,
    Unnest,
    Window,
)
from sqlshim.ir.scalar import Call, Scalar, Subquery, SubqueryKind
from sqlshim.plan.correlation import Decorrelated, Decorrelation
from sqlshim.plan.facts import column_ids, is_volatile, logical
from sqlshim.plan.scalar_joins import ValueJoins, comparisons, is_safe, source
from sqlshim.types import BOOLEAN

_SURE = BOOLEAN.with_null(False)


def unnest_subqueries(rel: Rel) -> Rel:
    """`rel` with joins in place of subqueries wherever that is exact."""
    last = max((c.id for node in walk.every_rel(rel) for c in node.columns), default=0)
    return _Unnesting(itertools.count(last + 1)).everywhere(rel)


@dataclass(frozen=True, slots=True)
class _Unnesting:
    """`shared` bodies are rewritten once, so that all their references stay equal."""

    numbers: Iterator[int]
    shared: dict[int, Rel] = field(default_factory=dict)

    def everywhere(self, rel: Rel) -> Rel:
        if isinstance(rel, Shared):
            if rel.number not in self.shared:
                self.shared[rel.number] = self.everywhere(rel.input)
            return walk.with_inputs(rel, (self.shared[rel.number],))
        if isinstance(rel, Join) and rel.lateral:
            rel = self._lateral(rel)
        elif any(map(walk.has_subquery, walk.scalars(rel))):
            rel = self._node(rel)
        rel = walk.with_inputs(rel, tuple(map(self.everywhere, walk.inputs(rel))))
        return walk.map_subqueries(rel, self._independent)

    def _independent(self, rel: Rel) -> Rel:
        return rel if walk.free_columns(rel) else self.everywhere(rel)

    def _node(self, rel: Rel) -> Rel:
        match rel:
            case Filter():
                return self._filter(rel)
            case Project() | Aggregate() | Window() | Sort() if not _is_ordered(rel.input):
                joins = ValueJoins(rel.input, self.numbers, column_ids(rel.input))
                made = mapping.map_scalars(rel, joins.unnest)
                return _exactly(walk.with_inputs(made, (joins.base,)), rel)
            case _:
                return rel

    def _lateral(self, rel: Join) -> Rel:
        """A lateral join as one whose right side stands alone, if it can."""
        outer = column_ids(rel.left)
        asked = (e for node in walk.every_rel(rel.right) for e in walk.scalars(node))
        if any(map(is_volatile, asked)) or not walk.free_columns(rel.right) <= outer:
            return rel
        right: Rel = rel.right
        made: dict[int, Scalar] = {}
        if rel.kind is JoinKind.INNER and isinstance(right, Project):
            # Computed above the join, so of the rows that are found only.
            made = {c.id: e for c, e in right.items}
            right = right.input
        elif rel.kind is not JoinKind.INNER and not is_safe(right):
            return self._one_row(rel)
        found = Decorrelation(outer, self.numbers).lift(right)
        if found is None:
            return self._one_row(rel)
        on = tuple(walk.substitute(e, made) for e in rel.on)
        joined = Join(rel.kind, rel.left, found.rel, on + found.on)
        return Project(joined, tuple((c, made.get(c.id, c)) for c in rel.columns))

    def _one_row(self, rel: Join) -> Rel:
        """The same where there is always one row on the right, an aggregate."""
        joins = ValueJoins(rel.left, self.numbers, column_ids(rel.left))
        values = None if rel.on else joins.of_one_row(rel.right)
        if values is None:
            return rel
        right = zip(rel.right.columns, values, strict=True)
        return Project(joins.base, (*((c, c) for c in rel.left.columns), *right))

    def _filter(self, rel: Filter) -> Rel:
        """Conditions without subqueries first, then semi and anti joins, then values."""
        rest: list[Scalar] = []
        plain = tuple(e for e in rel.where if not walk.has_subquery(e))
        base = Filter(rel.input, plain) if plain else rel.input
        for expr in rel.where:
            if walk.has_subquery(expr):
                joined = self._joined(base, expr)
                base = joined or base
                rest += [] if joined else [expr]
        joins = ValueJoins(base, self.numbers, column_ids(base))
        where = tuple([joins.unnest(e, truth=True) for e in rest])
        if len(plain) + len(where) == len(rel.where) and not joins.values:
            return rel
        return _exactly(Filter(joins.base, where) if where else joins.base, rel)

    def _joined(self, base: Rel, expr: Scalar) -> Join | None:
        """`base` where a condition that is a subquery, or its negation, is true."""
        negated = isinstance(expr, Call) and expr.fn is op.NOT
        query = expr.args[0] if isinstance(expr, Call) and negated else expr
        if not isinstance(query, Subquery) or query.kind is SubqueryKind.SCALAR:
            return None
        outer = column_ids(base)
        movable = walk.free_columns(query.rel) <= outer and not is_volatile(query)
        if not movable or any(map(walk.has_subquery, query.args)):
            return None
        lifting = Decorrelation(outer, self.numbers)
        if query.kind is SubqueryKind.EXISTS:
            terms: tuple[Scalar, ...] = ()
            found = lifting.lift(source(query.rel))
            kind = JoinKind.ANTI if negated else JoinKind.SEMI
        else:
            found, terms, kind = _quantified(query, negated, lifting)
        if found is None:
            return None
        return Join(kind, base, found.rel, found.on + terms)


def _quantified(
    query: Subquery, negated: bool, lifting: Decorrelation
) -> tuple[Decorrelated | None, tuple[Scalar, ...], JoinKind]:
    """ANY and NOT ALL ask for a row, NOT ANY and ALL for the lack of one."""
    kind = JoinKind.SEMI if negated is query.every else JoinKind.ANTI
    compared = comparisons(query, query.rel.columns)
    if compared is None or (query.every and len(compared) > 1):
        return None, (), kind
    terms: tuple[Scalar, ...] = compared
    if query.every:
        opposite = _not_true if kind is JoinKind.ANTI else _opposite
        terms = tuple(map(opposite, compared))
    elif kind is JoinKind.ANTI:
        terms = (_not_false(logical(op.AND, terms)),)
    return lifting.lift(query.rel), terms, kind


def _opposite(term: Call) -> Scalar:
    return Call(op.NEGATED[term.fn], term.args, term.type)


def _not_true(term: Call) -> Scalar:
    if not term.type.nullable:
        return _opposite(term)
    return Call(op.NOT, (Call(op.IS_TRUE, (term,), _SURE),), _SURE)


def _not_false(term: Scalar) -> Scalar:
    if not term.type.nullable:
        return term
    return Call(op.NOT, (Call(op.IS_FALSE, (term,), _SURE),), _SURE)


def _is_ordered(rel: Rel) -> bool:
    """Whether the local engine keeps an order of `rel` that a join would lose."""
    match rel:
        case Sort():
            return True
        case Filter() | Project() | Limit() | Window() | Unnest():
            return _is_ordered(rel.input)
        case _:
            return False


def _exactly(new: Rel, old: Rel) -> Rel:
    """`new` with the columns of `old` only."""
    if [c.id for c in new.columns] == [c.id for c in old.columns]:
        return new
    return Project(new, tuple((c, c) for c in old.columns))
