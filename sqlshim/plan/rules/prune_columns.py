"""Read only the columns that something above needs.

A pass over the whole tree from the top, with the set of needed columns. Safe because the root,
the arms of a set operation and the columns of a subquery's result keep all they have in their
order; keys of a grouping always stay. In between, order and surplus of columns do not matter,
so Projects that only drop or reorder columns go. Where nothing is needed (COUNT(*)), one narrow
column is still read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import compress
from typing import assert_never

from sqlshim.ir import mapping, walk
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
    SetKind,
    SetOp,
    Shared,
    Sort,
    Unnest,
    Values,
    Window,
    WorkingTable,
)
from sqlshim.ir.scalar import Column, Scalar, Subquery, SubqueryKind
from sqlshim.plan.facts import column_ids, passes_on
from sqlshim.types import Kind

Needed = frozenset[int]

_WIDTH = (
    Kind.BOOLEAN, Kind.SMALLINT, Kind.INTEGER, Kind.DATE, Kind.REAL, Kind.BIGINT, Kind.DOUBLE,
    Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.TIME, Kind.DECIMAL, Kind.UUID, Kind.TEXT,
)  # fmt: skip


def prune_columns(rel: Rel) -> Rel:
    """`rel` without columns that nobody reads; its own columns stay as they are."""
    return _exactly(rel, rel.columns)


def _exactly(rel: Rel, columns: tuple[Column, ...]) -> Rel:
    """`rel` pruned to exactly these columns in this order."""
    pruned = _prune(rel, frozenset(c.id for c in columns))
    if [c.id for c in pruned.columns] == [c.id for c in columns]:
        return pruned
    if isinstance(rel, Project) and [c.id for c in rel.columns] == [c.id for c in columns]:
        return walk.with_inputs(rel, (pruned,))  # one that only drops and reorders
    return Project(pruned, tuple((c, c) for c in columns))


def _prune(rel: Rel, needed: Needed) -> Rel:
    """`rel` with at least the `needed` columns, in any order."""
    match rel:
        case Scan():
            return _prune_scan(rel, needed)
        case Values():
            return _prune_values(rel, needed)
        case Project():
            return _prune_project(rel, needed)
        case Aggregate():
            return _prune_aggregate(rel, needed)
        case GroupingSets():
            return _prune_sets(rel, needed)
        case Unnest():
            wanted = (needed | _reads(rel)) & column_ids(rel.input)
            return _in_subqueries(walk.with_inputs(rel, (_prune(rel.input, wanted),)))
        case Window():
            return _prune_window(rel, needed)
        case Filter() | Sort() | Limit():
            needed = needed | _reads(rel)
            rel = walk.with_inputs(rel, (_prune(rel.input, needed),))
            return _in_subqueries(rel)
        case Join():
            needed = needed | _reads(rel)
            if rel.lateral:
                needed |= walk.free_columns(rel.right)
            below = tuple(_prune(side, needed & column_ids(side)) for side in walk.inputs(rel))
            return _in_subqueries(walk.with_inputs(rel, below))
        case SetOp():
            return _prune_set_operation(rel, needed)
        case Shared():  # what one reference needs, another may not: all is kept
            return walk.with_inputs(rel, (_exactly(rel.input, rel.input.columns),))
        case Recursive():  # both are matched by position, and UNION compares whole rows
            below = tuple(_exactly(r, r.columns) for r in walk.inputs(rel))
            return walk.with_inputs(rel, below)
        case Series() | WorkingTable() | Remote():
            return rel
        case _:
            assert_never(rel)


def _reads(rel: Rel) -> Needed:
    found: set[int] = set()
    for expr in walk.scalars(rel):
        found |= walk.reads(expr)
    return frozenset(found)


def _in_subqueries(rel: Rel) -> Rel:
    return mapping.map_scalars(rel, _in_scalar)


def _in_scalar(expr: Scalar) -> Scalar:
    return walk.rewrite(expr, _in_subquery) if walk.has_subquery(expr) else expr


def _in_subquery(expr: Scalar) -> Scalar:
    if not isinstance(expr, Subquery):
        return expr
    exists = expr.kind is SubqueryKind.EXISTS
    rel = _prune(expr.rel, frozenset()) if exists else prune_columns(expr.rel)
    return expr if rel is expr.rel else replace(expr, rel=rel)


# --- leaves --------------------------------------------------------------------------------


def _prune_scan(rel: Scan, needed: Needed) -> Rel:
    columns = tuple(c for c in rel.columns if c.id in needed)
    if not columns and rel.columns:
        columns = (_cheapest(rel),)
    return rel if len(columns) == len(rel.columns) else replace(rel, columns=columns)


def _cheapest(rel: Scan) -> Column:
    """The first key column, or the narrowest."""
    key = [c for c in rel.columns if c.name in rel.table.primary_key[:1]]
    return key[0] if key else min(rel.columns, key=_width)


def _width(column: Column) -> int:
    kind = column.type.kind
    return _WIDTH.index(kind) if kind in _WIDTH else len(_WIDTH)


def _prune_values(rel: Values, needed: Needed) -> Rel:
    keep = [c.id in needed for c in rel.columns]
    if rel.columns and not any(keep):
        keep[0] = True
    if all(keep):
        return rel
    rows = tuple(tuple(compress(row, keep)) for row in rel.rows)
    return Values(tuple(compress(rel.columns, keep)), rows)


# --- nodes that make columns ---------------------------------------------------------------


def _prune_project(rel: Project, needed: Needed) -> Rel:
    if passes_on(rel):
        return _prune(rel.input, needed)
    items = tuple((c, e) for c, e in rel.items if c.id in needed)
    if not items:
        return _prune(rel.input, frozenset())
    if len(items) < len(rel.items):
        rel = replace(rel, items=items)
    return _in_subqueries(walk.with_inputs(rel, (_prune(rel.input, _reads(rel)),)))


def _prune_aggregate(rel: Aggregate, needed: Needed) -> Rel:
    calls = tuple((c, a) for c, a in rel.calls if c.id in needed)
    if not calls and not rel.keys:
        calls = rel.calls[:1]
    if len(calls) < len(rel.calls):
        rel = replace(rel, calls=calls)
    return _in_subqueries(walk.with_inputs(rel, (_prune(rel.input, _reads(rel)),)))


def _prune_sets(rel: GroupingSets, needed: Needed) -> Rel:
    calls = tuple((c, a) for c, a in rel.calls if c.id in needed)
    masks = tuple((c, m) for c, m in rel.masks if c.id in needed)
    if len(calls) < len(rel.calls) or len(masks) < len(rel.masks):
        rel = replace(rel, calls=calls, masks=masks)
    return _in_subqueries(walk.with_inputs(rel, (_prune(rel.input, _reads(rel)),)))


def _prune_window(rel: Window, needed: Needed) -> Rel:
    calls = tuple((c, w) for c, w in rel.calls if c.id in needed)
    if not calls:
        return _prune(rel.input, needed)
    if len(calls) < len(rel.calls):
        rel = replace(rel, calls=calls)
    below = (needed | _reads(rel)) & column_ids(rel.input)
    return _in_subqueries(walk.with_inputs(rel, (_prune(rel.input, below),)))


def _prune_set_operation(rel: SetOp, needed: Needed) -> Rel:
    keep = [c.id in needed for c in rel.columns]
    if rel.kind is not SetKind.UNION_ALL:
        keep = [True] * len(keep)
    elif rel.columns and not any(keep):
        keep[0] = True
    arms = tuple(_exactly(arm, _chosen(arm.columns, keep)) for arm in rel.inputs)
    if all(keep):
        return walk.with_inputs(rel, arms)
    return replace(rel, inputs=arms, columns=_chosen(rel.columns, keep))


def _chosen(columns: Iterable[Column], keep: Iterable[bool]) -> tuple[Column, ...]:
    return tuple(compress(columns, keep))
