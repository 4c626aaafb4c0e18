"""Dynamic filters: which Remotes run first and pass the keys they found to which others.

In comes a split plan, out goes the same plan in which some Remotes have `keys`: for each the
parameter that will hold the distinct values of another Remote's column, and in its tree a
condition `IN_KEYS` over that parameter (see `functions.keys`). `execute.run` fills them. The
Remote with the fewest rows comes first, so that what it finds makes the next ones smaller; a
Remote takes keys only from one before it. Called by `engine.prepare` after `split`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sqlshim.backends import estimate
from sqlshim.backends.protocol import Backend, Pushdown
from sqlshim.ir import walk
from sqlshim.ir.keys import is_key_test, key_test
from sqlshim.ir.relational import Filter, Join, JoinKind, KeySet, Rel, Remote, Scan
from sqlshim.ir.scalar import Column, Param
from sqlshim.plan.reach import reached, source_of
from sqlshim.plan.rules.push_filters import push_filters
from sqlshim.plan.split import split
from sqlshim.types import INTEGERS, Kind, SqlType, array

MOST_KEYS = 20_000  # above this a plain scan is faster (measured)
MOST_SOURCE_ROWS = 200_000  # of a Remote that is read before the others
_SAME = frozenset({Kind.TEXT, Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.UUID})


@dataclass(frozen=True, slots=True)
class _Edge:
    """Rows of `target` matter only if their `column` is a value of `key` in `source`."""

    source: Remote
    key: Column
    target: Remote
    column: Column


def pass_keys(rel: Rel, stores: Mapping[str, Backend], pushdown: Pushdown, params: int) -> Rel:
    """`rel` with key sets, whose parameters are numbered from `params` on."""
    if pushdown is Pushdown.NEVER or isinstance(rel, Remote):
        return rel
    edges = tuple(dict.fromkeys(_edges(rel)))
    if not edges:
        return rel
    planner = _Planner(stores, pushdown, edges)
    new: dict[Remote, Rel] = {}
    for edge in planner.chosen():
        param = Param(params, array(edge.key.type.with_null(False)))
        taken = planner.keyed(new.get(edge.target, edge.target), edge, param)
        if taken is not None:
            new[edge.target] = taken
            params += 1
    return _replaced(rel, new)


# --- which keys could be passed ------------------------------------------------------------

# For each kind of join: may the right side's rows be reduced by the left's keys, and the left's
# by the right's? Rows that an outer join keeps without a match must all be there.
_DIRECTIONS: dict[JoinKind, tuple[bool, bool]] = {
    JoinKind.INNER: (True, True),
    JoinKind.SEMI: (True, True),
    JoinKind.LEFT: (True, False),
    JoinKind.ANTI: (True, False),
    JoinKind.RIGHT: (False, True),
}


def _edges(rel: Rel) -> Iterator[_Edge]:
    """Every pair of Remotes of which one can be reduced by the keys of the other."""
    if isinstance(rel, Remote):
        return
    if isinstance(rel, Join):
        to_right, to_left = _DIRECTIONS.get(rel.kind, (False, False))
        for left, right in estimate.equalities(rel):
            if not _meet(left.type, right.type):
                continue
            if to_right:
                yield from _between(rel.left, left, rel.right, right)
            if to_left:
                yield from _between(rel.right, right, rel.left, left)
    for child in walk.inputs(rel):
        yield from _edges(child)


def _meet(a: SqlType, b: SqlType) -> bool:
    """Whether every store says of two values of these types what the join says. Floats and
    decimals are left out: 0.1 is several values there."""
    return (a.kind in INTEGERS and b.kind in INTEGERS) or (a.kind is b.kind and a.kind in _SAME)


def _between(from_: Rel, key: Column, to: Rel, column: Column) -> Iterator[_Edge]:
    found = source_of(from_, key)
    if found is not None:
        for target, theirs in reached(to, column):
            yield _Edge(*found, target, theirs)


# --- which keys are passed -----------------------------------------------------------------


@dataclass(slots=True)
class _Planner:
    stores: Mapping[str, Backend]
    pushdown: Pushdown
    edges: tuple[_Edge, ...]

    def chosen(self) -> Iterator[_Edge]:
        """The edges to use, in the order in which their sources run."""
        rows = {remote: self._rows(remote) for remote in self._remotes()}
        while rows:
            source = min(rows, key=lambda remote: rows[remote])
            found = rows.pop(source)
            for edge in self.edges:
                if edge.source != source or edge.target not in rows:
                    continue
                share = min(found / _domain(edge), 1.0)
                if self._pays(edge, found, share):
                    yield edge
                    rows[edge.target] = max(rows[edge.target] * share, 1.0)

    def _remotes(self) -> dict[Remote, None]:
        return dict.fromkeys(r for edge in self.edges for r in (edge.source, edge.target))

    def _rows(self, remote: Remote) -> float:
        return estimate.rows(remote.rel, self.stores[remote.store].share)

    def _pays(self, edge: _Edge, found: float, share: float) -> bool:
        if self.pushdown is Pushdown.ALWAYS:
            return True
        worth = self.stores[edge.target.store].worthwhile_keys
        few = min(found, _domain(edge)) <= MOST_KEYS and found <= MOST_SOURCE_ROWS
        return few and share <= worth

    def keyed(self, target: Rel, edge: _Edge, param: Param) -> Rel | None:
        """`target` reduced by one more key set; None if its store does not take it."""
        (remote,) = _remotes_of(target)
        wanted = push_filters(Filter(remote.rel, (key_test(edge.column, param),)))
        found = split(wanted, self.stores, self.pushdown)
        remotes = list(_remotes_of(found))
        if len(remotes) != 1 or _has_key_test(found):
            return None
        keys = (*remote.keys, KeySet(param, edge.key, self._most(edge)))
        taken = replace(remotes[0], keys=keys, why_not_more=remote.why_not_more)
        return _replaced(target, {remote: _replaced(found, {remotes[0]: taken})})

    def _most(self, edge: _Edge) -> int:
        """The keys above which they are not worth looking for."""
        if self.pushdown is Pushdown.ALWAYS:
            return MOST_KEYS
        worth = self.stores[edge.target.store].worthwhile_keys
        return min(MOST_KEYS, int(_domain(edge) * worth) + 1)


def _domain(edge: _Edge) -> float:
    """How many different keys there are, roughly: a unique column has as many as rows."""
    ends = [
        estimate.base_column(edge.source.rel, edge.key),
        estimate.base_column(edge.target.rel, edge.column),
    ]
    counts = [
        estimate.rows(Scan(table, ()))
        for table, name in filter(None, ends)
        if estimate.is_unique(table, name)
    ]
    return min(counts, default=estimate.stored(edge.source.rel))


# --- trees ---------------------------------------------------------------------------------


def _remotes_of(rel: Rel) -> Iterator[Remote]:
    return (node for node in walk.every_rel(rel) if isinstance(node, Remote))


def _has_key_test(rel: Rel) -> bool:
    """Whether a local node would have to test keys."""
    if isinstance(rel, Remote):
        return False
    tests = (e for expr in walk.scalars(rel) for e in walk.every_scalar(expr))
    return any(map(is_key_test, tests)) or any(map(_has_key_test, walk.inputs(rel)))


def _replaced(rel: Rel, new: Mapping[Remote, Rel]) -> Rel:
    if isinstance(rel, Remote):
        return new.get(rel, rel)
    return walk.with_inputs(rel, tuple(map(partial(_replaced, new=new), walk.inputs(rel))))
