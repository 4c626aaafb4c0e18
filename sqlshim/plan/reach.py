"""Where a column comes from, and how far down a condition on it may go. For `key_sets`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlshim.backends.estimate import equals, renamed
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    LOCAL,
    Aggregate,
    Filter,
    Join,
    JoinKind,
    Limit,
    Project,
    Recursive,
    Rel,
    Remote,
    Shared,
    Sort,
    Unnest,
    Window,
    WorkingTable,
)
from sqlshim.ir.scalar import Column


def chain_end(rel: Rel) -> Remote | None:
    """The Remote at the end of a chain of local nodes with one input each, which read nothing but
    its rows; a Remote is a chain itself. None for any other tree."""
    while isinstance(rel, Filter | Project | Aggregate | Sort | Limit | Window | Unnest):
        made = {c.id for c in rel.input.columns}
        if any(walk.has_subquery(e) or not walk.reads(e) <= made for e in walk.scalars(rel)):
            return None
        rel = rel.input
    return rel if isinstance(rel, Remote) else None


def with_made(rel: Rel) -> Rel:
    """`rel` with the largest trees that read no store as Remotes of the local engine: rows written
    out, a series, what is computed from them. Not what several places read, or reads outer rows."""
    if isinstance(rel, Remote | Shared):
        return rel
    if _is_made(rel):
        return rel if walk.free_columns(rel) else Remote(LOCAL, rel)
    return walk.with_inputs(rel, tuple(map(with_made, walk.inputs(rel))))


def _is_made(rel: Rel) -> bool:
    """Whether all rows that `rel` reads are made in it, rounds of a recursion included."""
    nodes = list(walk.every_rel(rel))
    rounds = {node.number for node in nodes if isinstance(node, Recursive)}
    return not any(
        isinstance(node, Remote | Shared)
        or (isinstance(node, WorkingTable) and node.number not in rounds)
        for node in nodes
    )


def source_of(rel: Rel, column: Column) -> tuple[Remote, Column] | None:
    """The chain that gives `column`, with all of its values and perhaps more, by its Remote; and
    the column as it comes out of the chain."""
    remote = chain_end(rel)
    if remote is not None:
        mine = next((c for c in rel.columns if c.id == column.id), None)
        return None if mine is None else (remote, mine)
    below = renamed(rel, column)
    if below is None:
        return None
    found = (source_of(child, below) for child in walk.inputs(rel))
    return next(filter(None, found), None)


_KEEPS_LEFT = (JoinKind.INNER, JoinKind.LEFT, JoinKind.SEMI, JoinKind.ANTI)
_KEEPS_RIGHT = (JoinKind.INNER, JoinKind.RIGHT)


def reached(rel: Rel, column: Column) -> Iterator[tuple[Remote, Column]]:
    """The Remotes whose rows may be dropped by a condition on `column` that stands above `rel`,
    without another row changing. Not through Limit, through Window by what every call partitions
    by, and not through what is evaluated once for several references."""
    match rel:
        case Remote():
            yield from ((rel, c) for c in rel.columns if c.id == column.id)
        case Filter() | Sort():
            yield from reached(rel.input, column)
        case Project() | Aggregate():
            below = renamed(rel, column)
            if below is not None:
                yield from reached(rel.input, below)
        case Unnest() if column in rel.input.columns:
            yield from reached(rel.input, column)
        case Window() if all(column in call.partition for _, call in rel.calls):
            yield from reached(rel.input, column)
        case Join():
            if rel.kind in _KEEPS_LEFT:
                yield from reached(rel.left, column)
            if rel.kind in _KEEPS_RIGHT:
                yield from reached(rel.right, column)
        case _:
            return


def same_values(rel: Rel, column: Column) -> tuple[Column, ...]:
    """`column` of `rel`, and the columns below that are equal to it in every row of `rel`."""
    found = {column.id: column}
    while True:
        more = [e for c in found.values() for e in _equal_to(rel, c) if e.id not in found]
        if not more:
            return tuple(found.values())
        found |= {e.id: e for e in more}


def _equal_to(rel: Rel, column: Column) -> Iterator[Column]:
    match rel:
        case Filter() | Sort():
            yield from _equal_to(rel.input, column)
        case Join():
            yield from equals(rel, column)
            if rel.kind in _KEEPS_LEFT:
                yield from _equal_to(rel.left, column)
            if rel.kind in _KEEPS_RIGHT:
                yield from _equal_to(rel.right, column)
        case _:
            return
