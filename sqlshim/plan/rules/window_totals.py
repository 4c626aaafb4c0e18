"""A shared query joined with a total of itself: `revenue, (SELECT MAX(total) FROM revenue)`.

The total becomes a window function over the rows it is joined with, so that nothing refers to the
query twice and one store can run it all. Safe because a total over everything has one row, and
where there are no rows to be joined with it the inner join has none either. The values are the
very same ones: a sum of doubles that is evaluated twice may differ in its last bits.
"""

from __future__ import annotations

from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, Filter, Join, Project, Rel, Shared, Window
from sqlshim.ir.scalar import AggregateCall, Scalar, WindowCall
from sqlshim.ir.sharing import unshare_single
from sqlshim.plan.facts import is_volatile
from sqlshim.plan.regions import is_inner, region


def window_totals(rel: Rel) -> Rel:
    """`rel` with totals of what they are joined with made window functions."""
    changed = walk.transform(rel, _in_joins)
    return rel if changed is rel else unshare_single(changed)


def _in_joins(rel: Rel) -> Rel:
    if not isinstance(rel, Join) or not is_inner(rel):
        return rel
    leaves = region(rel).leaves
    for total in leaves:
        if isinstance(total, Aggregate) and _is_total(total):
            for leaf in leaves:
                if _shared(leaf) == _shared(total.input):
                    return _without(rel, total, leaf)
    return rel


def _is_total(rel: Aggregate) -> bool:
    plain = not any(call.distinct or call.order for _, call in rel.calls)
    safe = plain and not any(map(is_volatile, walk.scalars(rel)))
    return safe and not rel.keys and isinstance(rel.input, Shared)


def _shared(rel: Rel) -> int | None:
    """Which shared query `rel` is, perhaps filtered."""
    if isinstance(rel, Filter):
        return _shared(rel.input)
    return rel.number if isinstance(rel, Shared) else None


def _without(rel: Join, total: Aggregate, leaf: Rel) -> Rel:
    """The joins with the calls of `total` computed over `leaf`."""
    joined = _replaced(rel, total, leaf, _widened(leaf, total))
    assert joined is not None
    return Project(joined, tuple((c, c) for c in rel.columns))


def _replaced(rel: Rel, gone: Rel, old: Rel, new: Rel) -> Rel | None:
    if rel is gone:
        return None
    if rel is old:
        return new
    if not isinstance(rel, Join) or not is_inner(rel):
        return rel
    left, right = (_replaced(side, gone, old, new) for side in (rel.left, rel.right))
    if left is None or right is None:
        kept = left or right
        return Filter(kept, rel.on) if kept is not None and rel.on else kept
    return Join(rel.kind, left, right, rel.on)


def _widened(leaf: Rel, total: Aggregate) -> Rel:
    """The window stands below the leaf's filters: a total is of all rows."""
    if isinstance(leaf, Filter):
        return Filter(_widened(leaf.input, total), leaf.where)
    pairs = zip(total.input.columns, leaf.columns, strict=True)
    values: dict[int, Scalar] = {theirs.id: own for theirs, own in pairs}
    return Window(leaf, tuple((c, _over_all(call, values)) for c, call in total.calls))


def _over_all(call: AggregateCall, values: dict[int, Scalar]) -> WindowCall:
    args = tuple(walk.substitute(e, values) for e in call.args)
    where = None if call.filter is None else walk.substitute(call.filter, values)
    return WindowCall(call.fn, args, call.type, filter=where)
