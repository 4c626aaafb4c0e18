"""Simplify conditions where only "true" counts: WHERE, ON, FILTER and the WHENs of CASE.

Safe because there NULL and FALSE mean the same. Conjunctions become flat and lose repetitions;
OR chains of equalities become IN; what all arms of an OR have in common comes out of it (so that
`(a = b AND x) OR (a = b AND y)` shows its join key).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlshim.functions import conditional
from sqlshim.functions import operators as op
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Aggregate, Filter, GroupingSets, Join, JoinKind, Rel
from sqlshim.ir.scalar import FALSE, TRUE, AggregateCall, Call, Case, InList, Literal, Param, Scalar
from sqlshim.plan.facts import (
    conjuncts,
    distinct,
    empty,
    is_fixed,
    is_literal,
    is_volatile,
    logical,
    same_items,
)
from sqlshim.types import BOOLEAN

_MANY = 50  # inequalities of one value


def simplify_predicates(rel: Rel) -> Rel:
    """`rel` with its own conditions simplified."""
    rel = mapping.map_scalars(rel, _in_cases)
    match rel:
        case Filter():
            return _filter(rel)
        case Join():
            return _join(rel)
        case Aggregate() | GroupingSets():
            return _aggregate(rel)
        case _:
            return rel


def _filter(rel: Filter) -> Rel:
    where = simplify_all(rel.where)
    if any(is_literal(e, False) for e in where):
        return empty(rel)
    if where is rel.where:
        return rel
    return replace(rel, where=where) if where else rel.input


def _join(rel: Join) -> Rel:
    on = simplify_all(rel.on)
    if rel.kind in (JoinKind.INNER, JoinKind.SEMI) and any(is_literal(e, False) for e in on):
        return empty(rel)
    return rel if on is rel.on else replace(rel, on=on)


def _aggregate(rel: Aggregate | GroupingSets) -> Rel:
    calls = tuple((c, _aggregate_call(a)) for c, a in rel.calls)
    same = all(a is b for (_, a), (_, b) in zip(calls, rel.calls, strict=True))
    return rel if same else replace(rel, calls=calls)


def _aggregate_call(call: AggregateCall) -> AggregateCall:
    if call.filter is None:
        return call
    simple = simplify(call.filter)
    if is_literal(simple, True):
        return replace(call, filter=None)
    return call if simple is call.filter else replace(call, filter=simple)


def _in_cases(expr: Scalar) -> Scalar:
    def change(e: Scalar) -> Scalar:
        if not isinstance(e, Case):
            return e
        arms = tuple((simplify(condition), value) for condition, value in e.arms)
        same = all(a is b for (a, _), (b, _) in zip(arms, e.arms, strict=True))
        return e if same else replace(e, arms=arms)

    return walk.rewrite(expr, change)


def simplify_all(where: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """A conjunction, flat; `(FALSE,)` if it can never be true; `where` itself if unchanged."""
    parts: list[Scalar] = []
    for expr in where:
        for part in conjuncts(simplify(expr)):
            if is_literal(part, False):
                return where if len(where) == 1 and where[0] is FALSE else (FALSE,)
            if not is_literal(part, True):
                parts.append(part)
    kept = _inequalities_as_lists(distinct(parts))
    return where if same_items(kept, where) else kept


def _inequalities_as_lists(parts: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Very many of `x <> 1 AND x <> 2` as `NOT (x IN (1, 2))`, which stores look through once."""
    if len(parts) < _MANY:
        return parts
    found: dict[Scalar, list[Scalar]] = {}
    for part in parts:
        if (x := _excluded_from(part)) is not None:
            found.setdefault(x[0], []).append(x[1])
    found = {arg: items for arg, items in found.items() if len(items) >= _MANY}
    kept = [e for e in parts if (x := _excluded_from(e)) is None or x[0] not in found]
    for arg, items in found.items():
        listed = InList(arg, tuple(items), BOOLEAN.with_null(arg.type.nullable))
        kept.append(Call(op.NOT, (listed,), listed.type))
    return tuple(kept)


def _excluded_from(expr: Scalar) -> tuple[Scalar, Scalar] | None:
    """What is compared, and with which constant, if `expr` is an inequality."""
    match expr:
        case Call(fn=op.NE, args=(arg, Literal(value=value) as item)) if value is not None:
            return None if isinstance(arg, Literal | Param) or is_volatile(arg) else (arg, item)
        case _:
            return None


def simplify(expr: Scalar) -> Scalar:
    """`expr` where only "true" counts: TRUE, FALSE or something simpler, never NULL."""
    if is_literal(expr, None):
        return FALSE
    if isinstance(expr, InList):
        return _in_list(expr)
    if not isinstance(expr, Call):
        return expr
    if expr.fn is op.AND:
        parts = simplify_all(expr.args)
        return expr if parts is expr.args else logical(op.AND, parts)
    if expr.fn is op.OR:
        return _disjunction(expr)
    if expr.fn is op.IS_TRUE:
        return simplify(expr.args[0])
    if expr.fn is conditional.COALESCE and len(expr.args) == 2 and is_literal(expr.args[1], False):
        return simplify(expr.args[0])
    return _self_comparison(expr)


def _self_comparison(expr: Call) -> Scalar:
    """`x = x` asks whether x is not NULL, `x < x` is never true."""
    if expr.fn not in op.NEGATED or expr.args[0] != expr.args[1] or is_volatile(expr.args[0]):
        return expr
    if expr.fn in (op.EQ, op.LE, op.GE):
        value = expr.args[0]
        if not value.type.nullable:
            return TRUE
        return Call(op.IS_NOT_NULL, (value,), BOOLEAN.with_null(False))
    return FALSE


def _in_list(expr: InList) -> Scalar:
    """Without NULLs and repetitions; one item is an equality."""
    if is_volatile(expr):
        return expr
    items = distinct(e for e in expr.items if not is_literal(e, None))
    if not items:
        return FALSE
    if len(items) == 1:
        return Call(op.EQ, (expr.arg, items[0]), expr.type)
    return expr if len(items) == len(expr.items) else replace(expr, items=items)


# --- OR ------------------------------------------------------------------------------------


def _disjunction(expr: Call) -> Scalar:
    parts: list[Scalar] = []
    for arg in expr.args:
        simple = simplify(arg)
        if is_literal(simple, True):
            return TRUE
        if not is_literal(simple, False):
            parts += simple.args if isinstance(simple, Call) and simple.fn is op.OR else (simple,)
    common, arms = _factored(_equalities_as_lists(distinct(parts)))
    if not common:
        return expr if same_items(arms, expr.args) else logical(op.OR, arms)
    return logical(op.AND, (*common, *((logical(op.OR, arms),) if arms else ())))


def _equalities_as_lists(arms: Sequence[Scalar]) -> tuple[Scalar, ...]:
    """`x = 1 OR x = 2 OR x IN (3, 4)` as `x IN (1, 2, 3, 4)`."""
    found: dict[Scalar, list[Scalar]] = {}
    for arm in arms:
        choice = _choice(arm)
        if choice is not None:
            found.setdefault(choice[0], []).extend(choice[1])
    if len(found) == len(arms):
        return tuple(arms)
    result: list[Scalar] = []
    for arm in arms:
        choice = _choice(arm)
        if choice is None:
            result.append(arm)
            continue
        items = found.pop(choice[0], None)
        if items is not None:
            alone = len(items) == len(choice[1])
            result.append(arm if alone else InList(choice[0], distinct(items), BOOLEAN))
    return tuple(result)


def _choice(expr: Scalar) -> tuple[Scalar, tuple[Scalar, ...]] | None:
    """What is compared, and with which constants, if `expr` is an equality or an IN list."""
    match expr:
        case Call(fn=op.EQ, args=(arg, item)) if is_fixed(item) and not is_fixed(arg):
            choice: tuple[Scalar, tuple[Scalar, ...]] = (arg, (item,))
        case InList() if all(map(is_fixed, expr.items)):
            choice = (expr.arg, expr.items)
        case _:
            return None
    return None if is_volatile(choice[0]) else choice


def _factored(arms: tuple[Scalar, ...]) -> tuple[tuple[Scalar, ...], tuple[Scalar, ...]]:
    """What all arms have in common, and the arms without it (none if an arm is nothing else)."""
    if len(arms) < 2:
        return (), arms
    parts = [conjuncts(arm) for arm in arms]
    common = _shared(parts)
    if not common:
        return (), arms
    rests = [tuple(e for e in part if e not in common) for part in parts]
    if not all(rests):
        return common, ()
    return common, tuple(logical(op.AND, rest) for rest in rests)


def _shared(parts: Iterable[tuple[Scalar, ...]]) -> tuple[Scalar, ...]:
    first, *others = parts
    sets = [frozenset(other) for other in others]
    return tuple(e for e in first if all(e in s for s in sets) and not is_volatile(e))
