"""Which Remotes of a plan are scans of one table, and how far the local engine reads each: for
`share_scans` and `ahead`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from sqlshim.ir import walk
from sqlshim.ir.keys import is_key_test
from sqlshim.ir.relational import (
    LOCAL,
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    KeySet,
    Limit,
    Project,
    Recursive,
    Rel,
    Remote,
    Scan,
    SetKind,
    SetOp,
    Shared,
    Sort,
)
from sqlshim.ir.scalar import Call, Column, Param, Scalar, Subquery, SubqueryKind
from sqlshim.plan.facts import is_volatile

MOST_USES = 16  # of a table that are compared with one another
Keep = Callable[[Scalar], bool]


@dataclass(frozen=True)
class Use:
    """A Remote that is one scan, filtered and projected; `where` is without the tests of `keys`,
    which are by the table's column and the column that they come from."""

    remote: Remote
    scan: Scan
    where: tuple[Scalar, ...]
    keys: Mapping[tuple[str, int], KeySet]

    def read(self, keep: Keep) -> set[str]:
        """The table's columns that are needed where only some of the conditions are tested."""
        needed = _needed(self.remote.rel, {c.id for c in self.remote.columns}, keep)
        return {c.name for c in self.scan.columns if c.id in needed}

    def over(self, rows: Rel, keep: Keep) -> Rel:
        """The same over `rows` in place of the scan, with only some of the conditions."""
        needed = {c.id for c in self.remote.columns}
        rel = _over(self.remote.rel, rows, needed, keep)
        items = tuple((c, c) for c in self.remote.columns)
        return rel if isinstance(rel, Project) else Project(rel, items)


def uses_by_table(rel: Rel) -> list[list[Use]]:
    """The scans that the main query reads to their ends and holds anyway, and that none waits for;
    of each table at least two. Not of tables without a count of their rows."""
    remotes = [node for node in walk.every_rel(rel) if isinstance(node, Remote)]
    sources = {key.source.id for remote in remotes for key in remote.keys}
    sources |= {sieve.source.id for remote in remotes for sieve in remote.sieves}
    places: dict[Remote, _Read] = {}
    for remote, how in _places(rel, _Read.STREAMED):
        places[remote] = max(how, places.get(remote, how))
    found: dict[tuple[str, str, str], list[Use]] = {}
    for remote, how in places.items():
        waited_for = any(c.id in sources for c in remote.columns)
        use = None if how is not _Read.WHOLE or waited_for else _use(remote)
        if use is None or use.scan.table.row_count is None:
            continue
        table = use.scan.table
        alike = found.setdefault((table.store, table.schema, table.name), [use])
        if alike[0].scan.table == table and use not in alike and len(alike) < MOST_USES:
            alike.append(use)
    return [uses for uses in found.values() if len(uses) > 1]


def read_whole(rel: Rel) -> list[Remote]:
    """The Remotes that the local engine reads to their ends wherever it reads them."""
    places = list(_places(rel, _Read.STREAMED))
    cut = {remote for remote, how in places if how is not _Read.WHOLE}
    return [remote for remote, _ in places if remote not in cut]


# --- how far a place reads -----------------------------------------------------------------


class _Read(IntEnum):
    WHOLE = 0  # to the end, before anything is given
    STREAMED = 1  # as its rows are asked for
    CUT = 2  # perhaps not to the end


def _places(rel: Rel, how: _Read) -> Iterator[tuple[Remote, _Read]]:
    """The Remotes that the local engine reads, and how far."""
    if isinstance(rel, Remote):
        yield rel, how
        return
    for expr in walk.scalars(rel):
        for part in walk.every_scalar(expr) if walk.has_subquery(expr) else ():
            if isinstance(part, Subquery):
                stops = part.kind is SubqueryKind.EXISTS
                yield from _places(part.rel, _Read.CUT if stops else _Read.WHOLE)
    for child in walk.inputs(rel):
        yield from _places(child, _below(rel, how))


def _below(rel: Rel, how: _Read) -> _Read:
    match rel:
        case Limit():
            return how if isinstance(rel.input, Sort) else _Read.CUT
        case Sort() | Aggregate() | GroupingSets() | Shared() | Recursive():
            return _Read.WHOLE
        case SetOp() if rel.kind is not SetKind.UNION_ALL:
            return _Read.WHOLE
        case Join() if how is _Read.STREAMED:  # one side is held anyway
            return _Read.WHOLE
        case _:
            return how


# --- what a place reads --------------------------------------------------------------------


def _use(remote: Remote) -> Use | None:
    if remote.store == LOCAL or remote.sieves or any(key.beside for key in remote.keys):
        return None
    where: list[Scalar] = []
    rel = remote.rel
    while isinstance(rel, Filter | Project):
        if any(is_volatile(e) or walk.has_subquery(e) for e in walk.scalars(rel)):
            return None
        if isinstance(rel, Filter):
            where += rel.where
        rel = rel.input
    if not isinstance(rel, Scan):
        return None
    names = {c.id: c.name for c in rel.columns}
    if not all(walk.reads(e) <= names.keys() for e in where):
        return None
    given = {key.param: key for key in remote.keys}
    keys = {
        (names[column.id], given[param].source.id): given[param]
        for column, param in map(_tested, filter(is_key_test, where))
    }
    return Use(remote, rel, tuple(e for e in where if not is_key_test(e)), keys)


def _tested(test: Scalar) -> tuple[Column, Param]:
    match test:
        case Call(args=(Column() as column, Param() as param)):
            return column, param
    raise AssertionError(test)


def _needed(rel: Rel, wanted: set[int], keep: Keep) -> set[int]:
    match rel:
        case Filter():
            read = {i for e in rel.where if keep(e) for i in walk.reads(e)}
            return _needed(rel.input, wanted | read, keep)
        case Project():
            read = {i for c, e in rel.items if c.id in wanted for i in walk.reads(e)}
            return _needed(rel.input, read, keep)
        case _:
            return wanted


def _over(rel: Rel, rows: Rel, wanted: set[int], keep: Keep) -> Rel:
    match rel:
        case Filter():
            where = tuple(filter(keep, rel.where))
            read = {i for e in where for i in walk.reads(e)}
            below = _over(rel.input, rows, wanted | read, keep)
            return Filter(below, where) if where else below
        case Project():
            items = tuple((c, e) for c, e in rel.items if c.id in wanted)
            read = {i for _, e in items for i in walk.reads(e)}
            return Project(_over(rel.input, rows, read, keep), items)
        case _:
            return rows
