"""What holds for one side of a join holds for the other: with `a.x = b.y` and `a.x = 5` also
`b.y = 5`, so that both inputs are read through their own filter.

Safe for columns of exactly the same type, and conditions that compare a column with constants.
Across inner joins it works in all directions, across an outer or anti join only from the kept
side to the other. A condition is added only where it is not known already. From
`(a.x = 1 AND b.y = 2) OR (a.x = 3 AND b.y = 4)` follows `a.x IN (1, 3)` for a.
Runs once: what it adds is pushed down by `push_filters`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, Filter, Join, JoinKind, Limit, Project, Rel, Sort
from sqlshim.ir.scalar import Call, Column, InList, Scalar
from sqlshim.plan.facts import column_ids, conjuncts, is_fixed, is_volatile, logical
from sqlshim.plan.regions import equal_columns, is_inner, region, with_leaves
from sqlshim.plan.rules.simplify_predicates import simplify

Fact = tuple[Column, Scalar]
Classes = dict[int, set[Column]]

_ONE_WAY = {JoinKind.LEFT: "right", JoinKind.ANTI: "right", JoinKind.RIGHT: "left"}


def transfer_filters(rel: Rel) -> Rel:
    """`rel` with the filters that follow from its joins added (not inside subqueries)."""
    return _transfer(rel, ())


def _transfer(rel: Rel, given: tuple[Scalar, ...]) -> Rel:
    """`given` are conditions that hold for the rows of `rel` that matter."""
    match rel:
        case Filter():
            return walk.with_inputs(rel, (_transfer(rel.input, given + rel.where),))
        case Join() if is_inner(rel):
            return _across_inner(rel, given)
        case Join():
            return _across_other(rel, given)
        case _:
            return walk.with_inputs(rel, tuple(_transfer(r, ()) for r in walk.inputs(rel)))


def _across_inner(rel: Join, given: tuple[Scalar, ...]) -> Rel:
    parts = region(rel)
    classes = _classes(parts.on)
    known = list(_usable((*given, *parts.on)))
    for leaf in parts.leaves:
        known += _facts(leaf)
    new = {}
    for leaf in parts.leaves:
        added = (*_inferred(known, classes, leaf), *_one_sided((*given, *parts.on), leaf))
        new[id(leaf)] = _transfer(_filtered(leaf, added), ())
    return with_leaves(rel, new)


def _across_other(rel: Join, given: tuple[Scalar, ...]) -> Rel:
    classes = _classes(rel.on)
    left, right = rel.left, rel.right
    if rel.kind is JoinKind.FULL:
        return walk.with_inputs(rel, (_transfer(left, ()), _transfer(right, ())))
    sides = (_ONE_WAY[rel.kind],) if rel.kind in _ONE_WAY else ("left", "right")
    on_facts = _usable(rel.on) if rel.kind is JoinKind.SEMI else ()
    known_left = [*_usable(given), *on_facts, *_facts(left)]
    known_right = [*_usable(given), *_facts(right)]
    if "right" in sides:
        right = _filtered(right, _inferred(known_left, classes, right))
    if "left" in sides:
        left = _filtered(left, _inferred(known_right, classes, left))
    return walk.with_inputs(rel, (_transfer(left, ()), _transfer(right, ())))


def _filtered(rel: Rel, where: Sequence[Scalar]) -> Rel:
    return Filter(rel, tuple(where)) if where else rel


# --- what is known -------------------------------------------------------------------------


def _usable(where: Iterable[Scalar]) -> Iterator[Fact]:
    """Conditions that compare one column with constants."""
    for expr in where:
        match expr:
            case Call(args=(Column() as column, *others)) if others and expr.fn in _COMPARES:
                if all(map(is_fixed, others)):
                    yield column, expr
            case InList(arg=Column() as column) if all(map(is_fixed, expr.items)):
                yield column, expr


_COMPARES = frozenset((*op.COMPARISONS, op.LIKE))


def _facts(rel: Rel) -> Iterator[Fact]:
    """What holds for every row of `rel`, in terms of its columns."""
    match rel:
        case Filter():
            yield from _usable(rel.where)
            yield from _facts(rel.input)
        case Sort() | Limit():
            yield from _facts(rel.input)
        case Project():
            yield from _renamed(_facts(rel.input), rel.items)
        case Aggregate() if rel.keys:
            yield from _renamed(_facts(rel.input), rel.keys)
        case Join(kind=JoinKind.INNER):
            yield from _facts(rel.left)
            yield from _facts(rel.right)
        case Join(kind=JoinKind.LEFT | JoinKind.SEMI | JoinKind.ANTI):
            yield from _facts(rel.left)
        case Join(kind=JoinKind.RIGHT):
            yield from _facts(rel.right)


def _renamed(facts: Iterable[Fact], items: tuple[tuple[Column, Scalar], ...]) -> Iterator[Fact]:
    new = {e.id: c for c, e in items if isinstance(e, Column)}
    for column, expr in facts:
        if column.id in new:
            yield new[column.id], _about(expr, new[column.id])


def _about(expr: Scalar, column: Column) -> Scalar:
    """The same condition about another column."""
    if isinstance(expr, InList):
        return expr if expr.arg is column else replace(expr, arg=column)
    assert isinstance(expr, Call)
    return expr if expr.args[0] is column else replace(expr, args=(column, *expr.args[1:]))


def _classes(on: Iterable[Scalar]) -> Classes:
    """Columns that are equal by the conditions, and of the same type."""
    classes: Classes = {}
    for expr in on:
        pair = equal_columns(expr)
        if pair is None or pair[0].type.with_null(True) != pair[1].type.with_null(True):
            continue
        merged = {*pair}.union(*(classes.get(c.id, set()) for c in pair))
        for column in merged:
            classes[column.id] = merged
    return classes


# --- what follows --------------------------------------------------------------------------


def _inferred(known: Sequence[Fact], classes: Classes, rel: Rel) -> list[Scalar]:
    """Conditions about columns of `rel` that follow and that it does not fulfil already."""
    have = {expr for _, expr in _facts(rel)}
    new: dict[Scalar, None] = {}
    own = column_ids(rel)
    for column, expr in known:
        for other in sorted(classes.get(column.id, ()), key=lambda c: c.id):
            if other.id != column.id and other.id in own:
                new[_about(expr, other)] = None
    return [expr for expr in new if expr not in have]


def _one_sided(on: Iterable[Scalar], rel: Rel) -> list[Scalar]:
    """What ORs over several inputs say about `rel` alone."""
    own = column_ids(rel)
    found = []
    for expr in on:
        if not isinstance(expr, Call) or expr.fn is not op.OR or walk.reads(expr) <= own:
            continue
        about: defaultdict[int, list[Scalar]] = defaultdict(list)
        for number, arm in enumerate(expr.args):
            for part in conjuncts(arm):
                reads = walk.reads(part)
                if reads and reads <= own and not is_volatile(part) and not walk.has_subquery(part):
                    about[number].append(part)
        if len(about) == len(expr.args):
            arms = tuple(logical(op.AND, tuple(parts)) for parts in about.values())
            found.append(simplify(logical(op.OR, arms)))
    return found
