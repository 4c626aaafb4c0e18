"""Subqueries used as values, made columns of joins that keep every row exactly once.

Called by `rules.unnest_subqueries` for one node: `ValueJoins` replaces the subqueries in its
expressions and collects the joins its input needs. What a join could not say exactly stays a
subquery: two rows where one is allowed, an error in an arm of CASE that is never taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlshim.functions import aggregates as fa
from sqlshim.functions import conditional as fc
from sqlshim.functions import operators as op
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
    Values,
)
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Case,
    Cast,
    Column,
    Literal,
    Param,
    Scalar,
    Subquery,
    SubqueryKind,
    null_of,
)
from sqlshim.plan.correlation import Decorrelated, Decorrelation
from sqlshim.plan.facts import is_one_row, is_volatile, logical, max_rows, unique_sets
from sqlshim.types import BIGINT, BOOLEAN, INTEGERS, SqlType, common

_CANNOT_FAIL = {*op.COMPARISONS, op.AND, op.OR, op.NOT, op.IS_NULL, op.IS_NOT_NULL}
_COUNTED = (fa.COUNT, fa.MIN, fa.MAX)


@dataclass(slots=True)
class ValueJoins:
    """`base` grows by a join for each subquery whose value becomes an expression."""

    base: Rel
    numbers: Iterator[int]
    outer: frozenset[int]
    values: dict[Subquery, Scalar] = field(default_factory=dict)

    def unnest(self, expr: Scalar, truth: bool = False, reached: bool = True) -> Scalar:
        """`expr` with its subqueries replaced where that is exact.

        `truth` where only "true" counts; not `reached` where another operand may make it skipped.
        """
        if isinstance(expr, Subquery):
            return self._value(expr, truth, reached)
        if not walk.has_subquery(expr):
            return expr
        truth = truth and isinstance(expr, Call) and expr.fn in (op.AND, op.OR)
        lazy = isinstance(expr, Case) or (isinstance(expr, Call) and expr.fn is fc.COALESCE)
        new = (
            self.unnest(e, truth, reached and not (lazy and place))
            for place, e in enumerate(walk.operands(expr))
        )
        return walk.with_operands(expr, tuple(new))

    def _value(self, expr: Subquery, truth: bool, reached: bool) -> Scalar:
        known = self.values.get(expr)
        if known is not None:
            return known
        free = walk.free_columns(expr.rel)
        movable = free <= self.outer and not is_volatile(expr) and (reached or is_safe(expr.rel))
        if not movable or any(map(walk.has_subquery, expr.args)):
            return expr
        value = self._joined(expr, truth, bool(free))
        if value is None:
            return expr
        self.values[expr] = value
        return value

    def _joined(self, expr: Subquery, truth: bool, correlated: bool) -> Scalar | None:
        match expr.kind:
            case SubqueryKind.SCALAR if correlated:
                return self._of_group(expr.rel) or self._of_unique(expr.rel)
            case SubqueryKind.SCALAR:
                return self._of_one(expr.rel)
            case SubqueryKind.EXISTS:
                rel = source(expr.rel)
                return self._found(rel, ()) if correlated else self._any(rel)
            case SubqueryKind.QUANTIFIED if truth and not expr.every and expr.op is op.EQ:
                return self._found(expr.rel, comparisons(expr, expr.rel.columns))
        return None

    # --- subqueries of one row

    def _of_one(self, rel: Rel) -> Scalar | None:
        """Independent of the outer row: a product with one row, or with none or one."""
        if is_one_row(rel):
            self._cross(rel)
        elif (max_rows(rel) or 2) <= 1:
            self.base = Join(JoinKind.LEFT, self.base, rel, ())
        else:
            return None
        return _nullable(rel.columns[0])

    def _any(self, rel: Rel) -> Scalar:
        number = BIGINT.with_null(False)
        count = Column(next(self.numbers), "count", number)
        first = Limit(rel, Literal(1, number), None)
        call = AggregateCall(fa.COUNT, (), number)
        self._cross(Aggregate(first, (), ((count, call),)))
        return Call(op.GT, (count, Literal(0, number)), BOOLEAN.with_null(False))

    def _cross(self, rel: Rel) -> None:
        unit = isinstance(self.base, Values) and not self.base.columns
        unit = unit and max_rows(self.base) == 1
        self.base = rel if unit else Join(JoinKind.INNER, self.base, rel, ())

    # --- correlated ones

    def _of_group(self, rel: Rel) -> Scalar | None:
        total = _total(rel)
        found = None if total is None else self._totals(total, rel.columns[:1])
        return None if found is None else found[0]

    def of_one_row(self, rel: Rel) -> list[Scalar] | None:
        """The values of all columns of an aggregate without groups."""
        total = _total(rel)
        return None if total is None or total.where else self._totals(total, rel.columns)

    def _totals(self, total: _Total, columns: Sequence[Column]) -> list[Scalar] | None:
        """An aggregate over the rows that belong to the outer row: one group each, or none."""
        found = Decorrelation(self.outer, self.numbers).group(total.group)
        if found is None:
            return None
        results = [_value_of(total, column) for column in columns]
        values: dict[int, Scalar] = {}
        for column, call in total.group.calls:
            over_nothing = _over_nothing(column, call)
            if over_nothing is None:
                return None
            values[column.id] = over_nothing
        if not found.on:
            self._cross(found.rel)
            return results
        self.base = Join(JoinKind.LEFT, self.base, found.rel, found.on)
        return [walk.substitute(value, values) for value in results]

    def _of_unique(self, rel: Rel) -> Scalar | None:
        """A row found by a key: there is no second one."""
        found = Decorrelation(self.outer, self.numbers).lift(rel)
        if found is None or not self._finds_one(found):
            return None
        self.base = Join(JoinKind.LEFT, self.base, found.rel, found.on)
        return _nullable(rel.columns[0])

    def _finds_one(self, found: Decorrelated) -> bool:
        equal = set()
        for term in found.on:
            if isinstance(term, Call) and term.fn is op.EQ:
                columns = [a.id for a in term.args if isinstance(a, Column)]
                own = [n for n in columns if n not in self.outer]
                if len(own) == 1 and all(walk.reads(a) <= self.outer | {own[0]} for a in term.args):
                    equal.add(own[0])
        return any(key <= equal for key in unique_sets(found.rel))

    def _found(self, rel: Rel, on: Sequence[Scalar] | None) -> Scalar | None:
        """Whether a row belongs to the outer one: its distinct keys, joined at most once."""
        if on is None:
            return None
        rows = Filter(rel, tuple(on)) if on else rel
        found = Decorrelation(self.outer, self.numbers).group(Aggregate(rows, (), ()))
        if found is None or not found.on:
            return None
        self.base = Join(JoinKind.LEFT, self.base, found.rel, found.on)
        key = _nullable(found.rel.columns[0])
        return Call(op.IS_NOT_NULL, (key,), BOOLEAN.with_null(False))


def source(rel: Rel) -> Rel:
    """What decides whether `rel` has rows: values, order, groups and a first row do not."""
    match rel:
        case Project() | Sort():
            return source(rel.input)
        case Aggregate() if rel.keys:
            return source(rel.input)
        case Limit(count=Literal(value=int() as count), offset=None) if count > 0:
            return source(rel.input)
        case _:
            return rel


def comparisons(expr: Subquery, columns: Sequence[Scalar]) -> tuple[Call, ...] | None:
    """The comparisons of a quantified subquery's operands with its columns.

    None for rows compared other than by equality, and for operands of different types but integers.
    """
    fn = expr.op or op.EQ
    if len(columns) != 1 and fn is not op.EQ:
        return None
    pairs = [_alike(a, c) for a, c in zip(expr.args, columns, strict=True)]
    if any(a.type.kind is not c.type.kind for a, c in pairs):
        return None
    return tuple(
        Call(fn, (a, c), BOOLEAN.with_null(a.type.nullable or c.type.nullable)) for a, c in pairs
    )


def _alike(a: Scalar, b: Scalar) -> tuple[Scalar, Scalar]:
    """The two as they are, or integers both in the wider type, as the binder compares them."""
    if not {a.type.kind, b.type.kind} <= INTEGERS or (wide := common(a.type, b.type)) is None:
        return a, b
    return _as(a, wide), _as(b, wide)


def _as(expr: Scalar, wide: SqlType) -> Scalar:
    if expr.type.kind is wide.kind:
        return expr
    return Cast(expr, wide.with_null(expr.type.nullable))


def _nullable(column: Column) -> Column:
    return replace(column, type=column.type.with_null(True))


@dataclass(frozen=True, slots=True)
class _Total:
    """An aggregate without keys and what stands above it, in terms of its columns."""

    group: Aggregate
    values: dict[int, Scalar]
    where: tuple[Scalar, ...] = ()

    def of(self, expr: Scalar) -> Scalar:
        return walk.substitute(expr, self.values)


def _total(rel: Rel) -> _Total | None:
    match rel:
        case Aggregate(keys=()):
            return _Total(rel, {})
        case Project() | Filter() | Sort():
            below = _total(rel.input)
        case _:
            return None
    if below is None or any(is_volatile(e) or walk.has_subquery(e) for e in walk.scalars(rel)):
        return None
    if isinstance(rel, Project):
        return replace(below, values={c.id: below.of(e) for c, e in rel.items})
    if isinstance(rel, Filter):
        return replace(below, where=below.where + tuple(map(below.of, rel.where)))
    return below


def _value_of(total: _Total, column: Column) -> Scalar:
    value = total.of(column)
    if not total.where:
        return value
    null = null_of(value.type)
    return Case(((logical(op.AND, total.where), value),), null, null.type)


def _over_nothing(column: Column, call: AggregateCall) -> Scalar | None:
    """The value of an aggregate after an outer join: without a group it is one over nothing."""
    if call.fn is fa.COUNT:
        return Call(fc.COALESCE, (_nullable(column), Literal(0, call.type)), call.type)
    return _nullable(column) if call.type.nullable else None


def is_safe(rel: Rel) -> bool:
    """Whether evaluating `rel` for nothing could not raise an error."""
    for node in walk.every_rel(rel):
        for expr in walk.scalars(node):
            for part in walk.every_scalar(expr):
                if isinstance(part, Call) and part.fn not in _CANNOT_FAIL:
                    return False
                if not isinstance(part, Call | Column | Literal | Param | Subquery):
                    return False
        if isinstance(node, Aggregate) and any(c.fn not in _COUNTED for _, c in node.calls):
            return False
    return True
