"""New nodes out of old ones: a change applied to each expression that stands in a node itself.

The counterpart of `walk.scalars`: a new node means one more arm here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import is_
from typing import TypeVar, assert_never

from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    Limit,
    Project,
    Recursive,
    Rel,
    Remote,
    Scan,
    Series,
    SetOp,
    Shared,
    Sort,
    Unnest,
    Values,
    Window,
    WorkingTable,
)
from sqlshim.ir.scalar import (
    AggregateCall,
    Column,
    FrameBound,
    Scalar,
    SortKey,
    WindowCall,
)

T = TypeVar("T")
ScalarMap = Callable[[Scalar], Scalar]


def map_scalars(rel: Rel, change: ScalarMap) -> Rel:
    """`rel` with `change` applied to each expression that stands in this node itself.

    `rel` itself if nothing changed: rules tell "done" by identity.
    """
    match rel:
        case Scan() | SetOp() | Shared() | Recursive() | WorkingTable() | Remote():
            return rel
        case Values():
            rows = _same(rel.rows, tuple(_each(row, change) for row in rel.rows))
            return rel if rows is rel.rows else replace(rel, rows=rows)
        case Series():
            start, stop, step = change(rel.start), change(rel.stop), change(rel.step)
            same = start is rel.start and stop is rel.stop and step is rel.step
            return rel if same else replace(rel, start=start, stop=stop, step=step)
        case Filter():
            where = _each(rel.where, change)
            return rel if where is rel.where else replace(rel, where=where)
        case Project():
            items = _each_named(rel.items, change)
            return rel if items is rel.items else replace(rel, items=items)
        case Join():
            on = _each(rel.on, change)
            return rel if on is rel.on else replace(rel, on=on)
        case Aggregate() | GroupingSets():
            keys = _each_named(rel.keys, change)
            calls = _each_call(rel.calls, change)
            same = keys is rel.keys and calls is rel.calls
            return rel if same else replace(rel, keys=keys, calls=calls)
        case Unnest():
            arrays = _each_named(rel.arrays, change)
            return rel if arrays is rel.arrays else replace(rel, arrays=arrays)
        case Window():
            made = tuple((c, map_window(w, change)) for c, w in rel.calls)
            same = all(a is b for (_, a), (_, b) in zip(made, rel.calls, strict=True))
            return rel if same else replace(rel, calls=made)
        case Sort():
            order = _each_key(rel.keys, change)
            return rel if order is rel.keys else replace(rel, keys=order)
        case Limit():
            count = None if rel.count is None else change(rel.count)
            offset = None if rel.offset is None else change(rel.offset)
            same = count is rel.count and offset is rel.offset
            return rel if same else replace(rel, count=count, offset=offset)
        case _:
            assert_never(rel)


def _same(old: tuple[T, ...], new: tuple[T, ...]) -> tuple[T, ...]:
    """`old` where `new` holds the very same objects."""
    return old if all(map(is_, old, new)) else new


def _each(exprs: tuple[Scalar, ...], change: ScalarMap) -> tuple[Scalar, ...]:
    return _same(exprs, tuple(map(change, exprs)))


def _each_named(
    items: tuple[tuple[Column, Scalar], ...], change: ScalarMap
) -> tuple[tuple[Column, Scalar], ...]:
    new = tuple(change(e) for _, e in items)
    if all(a is e for a, (_, e) in zip(new, items, strict=True)):
        return items
    return tuple((c, e) for (c, _), e in zip(items, new, strict=True))


def _each_call(
    calls: tuple[tuple[Column, AggregateCall], ...], change: ScalarMap
) -> tuple[tuple[Column, AggregateCall], ...]:
    new = tuple(_map_call(a, change) for _, a in calls)
    if all(a is b for a, (_, b) in zip(new, calls, strict=True)):
        return calls
    return tuple((c, a) for (c, _), a in zip(calls, new, strict=True))


def _map_call(call: AggregateCall, change: ScalarMap) -> AggregateCall:
    args = _each(call.args, change)
    where = None if call.filter is None else change(call.filter)
    order = _each_key(call.order, change)
    same = args is call.args and where is call.filter and order is call.order
    return call if same else replace(call, args=args, filter=where, order=order)


def map_window(call: WindowCall, change: ScalarMap) -> WindowCall:
    """`call` with `change` applied to each of its expressions; itself if nothing changed."""
    args, partition = _each(call.args, change), _each(call.partition, change)
    order = _each_key(call.order, change)
    start, end = _map_bound(call.frame.start, change), _map_bound(call.frame.end, change)
    same_frame = start is call.frame.start and end is call.frame.end
    frame = call.frame if same_frame else replace(call.frame, start=start, end=end)
    where = None if call.filter is None else change(call.filter)
    new = (args, partition, order, frame, where)
    if all(map(is_, new, (call.args, call.partition, call.order, call.frame, call.filter))):
        return call
    return replace(call, args=args, partition=partition, order=order, frame=frame, filter=where)


def _map_bound(bound: FrameBound, change: ScalarMap) -> FrameBound:
    offset = None if bound.offset is None else change(bound.offset)
    return bound if offset is bound.offset else FrameBound(bound.kind, offset)


def _each_key(keys: tuple[SortKey, ...], change: ScalarMap) -> tuple[SortKey, ...]:
    new = tuple(change(key.expr) for key in keys)
    if all(e is key.expr for e, key in zip(new, keys, strict=True)):
        return keys
    return tuple(replace(key, expr=e) for key, e in zip(keys, new, strict=True))
