"""After the split: each store sends only the columns that the local engine reads.

`split` calls this with what a store says to a Project over what it runs; a store that does not
take the Project sends more than needed, which is slower but not wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sqlshim.ir import walk
from sqlshim.ir.relational import Project, Recursive, Rel, Remote, Scan, SetOp, Shared
from sqlshim.ir.scalar import Column, Subquery, SubqueryKind

Take = Callable[[str, Rel], Rel | None]


def narrow(rel: Rel, take: Take) -> Rel:
    """`rel` with its Remotes reduced to the columns read above them; the root keeps all."""
    if isinstance(rel, Remote):
        return rel
    needed = {c.id for c in rel.columns}
    for node in _local(rel):
        needed |= _needed_by(node)

    def reduce(remote: Remote) -> Remote:
        kept = tuple(c for c in remote.columns if c.id in needed) or remote.columns[:1]
        return remote if len(kept) == len(remote.columns) else _reduced(remote, kept, take)

    return _map_remotes(rel, reduce)


def _needed_by(rel: Rel) -> set[int]:
    """The columns that one local node reads, and those its subqueries must give."""
    needed: set[int] = set()
    for expr in walk.scalars(rel):
        needed |= walk.reads(expr)
    if isinstance(rel, SetOp | Shared | Recursive):  # matched by position
        needed |= {c.id for below in walk.inputs(rel) for c in below.columns}
    for subquery in _subqueries(rel):
        if subquery.kind is not SubqueryKind.EXISTS:
            needed |= {c.id for c in subquery.rel.columns}
    return needed


def _reduced(remote: Remote, kept: tuple[Column, ...], take: Take) -> Remote:
    if isinstance(remote.rel, Scan):
        return replace(remote, rel=replace(remote.rel, columns=kept))
    taken = take(remote.store, Project(remote.rel, tuple((c, c) for c in kept)))
    return remote if taken is None else replace(remote, rel=taken)


def _local(rel: Rel) -> Iterator[Rel]:
    """The nodes of the local part, those in its subqueries included."""
    if isinstance(rel, Remote):
        return
    yield rel
    for subquery in _subqueries(rel):
        yield from _local(subquery.rel)
    for child in walk.inputs(rel):
        yield from _local(child)


def _subqueries(rel: Rel) -> Iterator[Subquery]:
    for expr in walk.scalars(rel):
        if walk.has_subquery(expr):
            yield from (e for e in walk.every_scalar(expr) if isinstance(e, Subquery))


def _map_remotes(rel: Rel, change: Callable[[Remote], Remote]) -> Rel:
    if isinstance(rel, Remote):
        return change(rel)
    below = tuple(_map_remotes(child, change) for child in walk.inputs(rel))
    rel = walk.with_inputs(rel, below)
    return walk.map_subqueries(rel, lambda inner: _map_remotes(inner, change))
