"""Filter as early as possible, and turn outer joins into inner ones where a filter allows.

Conditions travel from the top down until they meet what they need. Safe because
- a condition passes a Project or Aggregate only rewritten in terms of what is below, and only if
  no volatile function or subquery would run more often for it;
- through GroupingSets goes only what reads keys of every set;
- through an Unnest goes only what reads nothing of the elements;
- through a Window goes only what reads nothing but partition keys of every call;
- nothing passes a Limit, and nothing that is volatile moves;
- into the null-making side of an outer join goes only its own ON condition; a condition above
  that is never true for NULLs (`plan.nulls`) makes the join an inner one first;
- where conditions meet, those from below stay first;
- a condition with a subquery stays above joins, so that the join can go to a store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    JoinKind,
    Project,
    Rel,
    SetKind,
    SetOp,
    Sort,
    Unnest,
    Window,
)
from sqlshim.ir.scalar import Column, Scalar
from sqlshim.plan.facts import column_ids, is_volatile, same_items
from sqlshim.plan.nulls import reject_nulls

Where = tuple[Scalar, ...]

_KEEPS_LEFT = (JoinKind.LEFT, JoinKind.SEMI, JoinKind.ANTI)


def push_filters(rel: Rel) -> Rel:
    """`rel` with its filters as far down as they can go (not inside subqueries)."""
    return _push(rel, ())


def _push(rel: Rel, where: Where) -> Rel:
    """`rel` filtered by `where`; `rel` itself if there is nothing to do."""
    match rel:
        case Filter():
            result = _push(rel.input, rel.where + where)
            return rel if not where and _is_same_filter(result, rel) else result
        case Project() if where:
            return _through(rel, where, _once(rel.items))
        case Aggregate() if where and rel.keys:  # without keys its one row comes of nothing too
            return _through(rel, where, _once(rel.keys))
        case GroupingSets() if where and (common := set.intersection(*map(set, rel.sets))):
            return _through(rel, where, _once(rel.keys[i] for i in common))
        case Sort() if where:
            return _through(rel, where, {c.id: c for c in rel.columns})
        case Unnest() if where:
            return _through(rel, where, {c.id: c for c in rel.input.columns})
        case Window() if where:
            return _through(rel, where, _partition_keys(rel))
        case Join():
            return _push_join(rel, where)
        case SetOp(kind=SetKind.UNION_ALL):
            return _push_union(rel, where)
        case _:
            below = tuple(_push(child, ()) for child in walk.inputs(rel))
            return _filtered(walk.with_inputs(rel, below), where)


def _filtered(rel: Rel, where: Where) -> Rel:
    return Filter(rel, where) if where else rel


def _is_same_filter(new: Rel, old: Filter) -> bool:
    return isinstance(new, Filter) and new.input is old.input and same_items(new.where, old.where)


def _split(where: Where, test: Callable[[Scalar], bool]) -> tuple[Where, Where]:
    yes: list[Scalar] = []
    no: list[Scalar] = []
    for expr in where:
        (yes if test(expr) else no).append(expr)
    return tuple(yes), tuple(no)


# --- through nodes with one input ----------------------------------------------------------


def _through(
    rel: Project | Aggregate | GroupingSets | Sort | Unnest | Window,
    where: Where,
    values: dict[int, Scalar],
) -> Rel:
    """Conditions that read only columns in `values` go below, rewritten so."""
    hidden = column_ids(rel) - values.keys()

    def goes(expr: Scalar) -> bool:
        return not is_volatile(expr) and not walk.reads(expr) & hidden

    down, up = _split(where, goes)
    below = _push(rel.input, tuple(walk.substitute(e, values) for e in down))
    return _filtered(walk.with_inputs(rel, (below,)), up)


def _once(items: Iterable[tuple[Column, Scalar]]) -> dict[int, Scalar]:
    """The items that may be computed again in a condition."""
    return {c.id: e for c, e in items if not walk.has_subquery(e) and not is_volatile(e)}


def _partition_keys(rel: Window) -> dict[int, Scalar]:
    """The columns by which every call partitions: a condition on these keeps whole partitions."""
    shared = set.intersection(
        *({e for e in w.partition if isinstance(e, Column)} for _, w in rel.calls)
    )
    return {c.id: c for c in shared}


def _push_union(rel: SetOp, where: Where) -> Rel:
    """Into every arm; a subquery is not copied (its columns' numbers occur once)."""
    down, up = _split(where, lambda e: not is_volatile(e) and not walk.has_subquery(e))
    arms = []
    for arm in rel.inputs:
        values: dict[int, Scalar] = {c.id: a for c, a in zip(rel.columns, arm.columns, strict=True)}
        arms.append(_push(arm, tuple(walk.substitute(e, values) for e in down)))
    return _filtered(walk.with_inputs(rel, tuple(arms)), up)


# --- joins ---------------------------------------------------------------------------------


def _push_join(rel: Join, where: Where) -> Rel:
    kind = _stricter(rel, where)
    if kind is not rel.kind:
        rel = replace(rel, kind=kind)
    left, right = column_ids(rel.left), column_ids(rel.right)
    above, to_left, to_right, on = _sorted_out(rel, where, left, right)
    new_left, new_right = _push(rel.left, to_left), _push(rel.right, to_right)
    if new_left is not rel.left or new_right is not rel.right or not same_items(on, rel.on):
        rel = replace(rel, left=new_left, right=new_right, on=on)
    return _filtered(rel, above)


def _stricter(rel: Join, where: Where) -> JoinKind:
    """The kind of join that remains when rows made up of NULLs do not pass `where`."""
    keeps_left = rel.kind in (JoinKind.LEFT, JoinKind.FULL)
    keeps_right = rel.kind in (JoinKind.RIGHT, JoinKind.FULL)
    if keeps_left and _rejected(where, rel.right):
        keeps_left = False
    if keeps_right and _rejected(where, rel.left):
        keeps_right = False
    match rel.kind, keeps_left, keeps_right:
        case ((JoinKind.LEFT | JoinKind.RIGHT | JoinKind.FULL), False, False):
            return JoinKind.INNER
        case JoinKind.FULL, True, False:
            return JoinKind.LEFT
        case JoinKind.FULL, False, True:
            return JoinKind.RIGHT
        case _:
            return rel.kind


def _rejected(where: Where, side: Rel) -> bool:
    columns = column_ids(side)
    return any(reject_nulls(expr, columns) for expr in where)


def _sorted_out(
    rel: Join, where: Where, left: frozenset[int], right: frozenset[int]
) -> tuple[Where, Where, Where, Where]:
    """Where each condition goes: above, into the left input, into the right one, ON."""
    above: list[Scalar] = []
    to_left: list[Scalar] = []
    to_right: list[Scalar] = []
    on: list[Scalar] = []
    inner = rel.kind is JoinKind.INNER
    for expr in rel.on:
        side = _side(expr, left, right)
        if side == "left" and rel.kind in (JoinKind.INNER, JoinKind.SEMI, JoinKind.RIGHT):
            to_left.append(expr)
        elif side == "right" and rel.kind not in (JoinKind.RIGHT, JoinKind.FULL):
            to_right.append(expr)
        elif inner and side == "none":
            above.append(expr)
        else:
            on.append(expr)
    for expr in where:
        side = _side(expr, left, right)
        if side == "left" and (inner or rel.kind in _KEEPS_LEFT):
            to_left.append(expr)
        elif side == "right" and (inner or rel.kind is JoinKind.RIGHT):
            to_right.append(expr)
        elif side == "both" and inner:
            on.append(expr)
        else:
            above.append(expr)
    return tuple(above), tuple(to_left), tuple(to_right), tuple(on)


def _side(expr: Scalar, left: frozenset[int], right: frozenset[int]) -> str:
    """Which input a condition reads: left, right, both, or none (then it cannot move either)."""
    if walk.has_subquery(expr) or is_volatile(expr):
        return "none"
    reads = walk.reads(expr)
    if reads & left:
        return "both" if reads & right else "left"
    return "right" if reads & right else "none"
