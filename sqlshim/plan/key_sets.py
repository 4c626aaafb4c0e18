"""Dynamic filters: which Remotes run first and pass the keys they found to which others.

In comes a split plan, out goes the same plan in which some Remotes have `keys`: for each the
parameter that will hold the distinct values of a column found before, and in its tree a
condition `IN_KEYS` over that parameter (see `functions.keys`). `execute.run` fills them.

The keys come out of chains: a Remote and the local nodes right above it (a LIKE, a HAVING), which
together become a Remote of the local engine, run once and read by all. Rows that no store reads
(VALUES, a series) are such a Remote from the beginning. The chain with the fewest rows comes
first, so that what it finds makes the next ones smaller; a Remote takes keys only from a chain
before it. Keys that a store does not take, or that are too many to be looked up, still reduce the
rows as they come (`sieves`) where these give keys to others. Called by `planning.Planner` after
`split`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from sqlshim.backends import estimate
from sqlshim.backends.protocol import Backend, Pushdown
from sqlshim.ir import walk
from sqlshim.ir.keys import is_key_test, key_test, row_test
from sqlshim.ir.relational import (
    LOCAL,
    Filter,
    KeySet,
    Rel,
    Remote,
    Shared,
    Sieve,
)
from sqlshim.ir.scalar import Call, Param
from sqlshim.plan.join_keys import key_type, with_join_keys
from sqlshim.plan.key_edges import Edge, edges_of
from sqlshim.plan.reach import chain_end, with_made
from sqlshim.plan.rules.push_filters import push_filters
from sqlshim.plan.split import split
from sqlshim.types import array, struct

MOST_KEYS = 20_000  # above this a plain scan is faster (measured)
MOST_SOURCE_ROWS = 200_000  # of a Remote that is read before the others
ROWS_OF_A_KEY = 10  # in a column of which nothing is known
WORTH_A_SIEVE = 0.5  # of all keys: up to there rows are dropped by them as they come


def pass_keys(rel: Rel, stores: Mapping[str, Backend], pushdown: Pushdown, params: int) -> Rel:
    """`rel` with key sets, whose parameters are numbered from `params` on."""
    if pushdown is Pushdown.NEVER or isinstance(rel, Remote):
        return rel
    marked = with_join_keys(with_made(rel))
    edges = tuple(dict.fromkeys(edges_of(marked)))
    if not edges:
        return rel
    planner = _Planner(stores, pushdown, edges, dict(_chains(marked)), params)
    planner.choose()
    return _rebuilt(marked, planner) if planner.new else rel


def _chains(rel: Rel) -> Iterator[tuple[Remote, Rel]]:
    """The chains of local nodes that give keys, by the Remotes that they read."""
    remote = chain_end(rel)
    if remote is not None:
        yield remote, rel
        return
    for child in walk.inputs(rel):
        yield from _chains(child)


# --- which keys are passed -----------------------------------------------------------------


@dataclass(slots=True)
class _Planner:
    """`chains` are the plan's, by their Remotes. `new` collects what the Remotes become."""

    stores: Mapping[str, Backend]
    pushdown: Pushdown
    edges: tuple[Edge, ...]
    chains: Mapping[Remote, Rel]
    params: int
    new: dict[Remote, Rel] = field(default_factory=dict)
    sources: set[Remote] = field(default_factory=set)
    most: dict[int, float] = field(default_factory=dict)  # different values of a column
    passed: set[Edge] = field(default_factory=set)
    domains: dict[Edge, float] = field(default_factory=dict)
    shares: dict[str, estimate.Known] = field(default_factory=dict)  # what each store measured

    def choose(self) -> None:
        """Pass keys along the edges that are worth it, in the order in which their sources run."""
        rows = {remote: self._rows(remote) for remote in self._remotes()}
        reduced: list[Edge] = []
        while rows:
            source = min(rows, key=lambda remote: rows[remote])
            found = rows.pop(source)
            for edge in self.edges:
                if edge.source != source or edge.target not in rows or self._is_told(edge):
                    continue
                if not self._few(edge, found) or self._comes_better(edge, found, rows):
                    continue
                share = min(self._keys(edge, found) / self._domain(edge), 1.0)
                if share <= self._worth(edge) and self._push(edge, share):
                    self.sources.add(source)
                elif share <= WORTH_A_SIEVE and not edge.beside:
                    reduced.append(edge)
                else:
                    continue
                self.passed.add(edge)
                rows[edge.target] = max(rows[edge.target] * share, 1.0)
        # A chain that gives no keys is not worth reducing.
        for edge in reversed(reduced):
            if edge.target in self.sources:
                self.sources.add(edge.source)
                self._reduce(edge)

    def _is_told(self, edge: Edge) -> bool:
        """Whether the target gets rows of which the edge's columns are a part already."""
        return any(
            other.beside and other.target == edge.target and set(edge.columns) <= set(other.columns)
            for other in self.passed
        )

    def _comes_better(self, edge: Edge, found: float, rows: Mapping[Remote, float]) -> bool:
        """Whether the target gets fewer of the same keys from a source that takes them first."""
        return not edge.beside and any(
            rows[other.source] * self._still(step, found) < found
            for other in self.edges
            if (other.target, other.columns) == (edge.target, edge.columns) and other.source in rows
            for step in self.edges
            if (step.source, step.key) == (edge.source, edge.key)
            and (step.target, step.column.id) == (other.source, other.key.id)
            and not step.beside
        )

    def _still(self, step: Edge, found: float) -> float:
        """The share of its target's rows that an edge keeps which has not reduced them yet."""
        return 1.0 if step in self.passed else self._keys(step, found) / self._domain(step)

    def _remotes(self) -> dict[Remote, None]:
        return dict.fromkeys(r for edge in self.edges for r in (edge.source, edge.target))

    def _rows(self, remote: Remote) -> float:
        chain = _replaced(self.chains[remote], {remote: remote.rel})
        return estimate.rows(chain, self._share(remote))

    def _share(self, remote: Remote) -> estimate.Known:
        """What the store knows of its rows, asked once for each Filter."""
        if remote.store == LOCAL:
            return estimate.unmeasured
        if remote.store not in self.shares:
            self.shares[remote.store] = estimate.remembered(self.stores[remote.store].share)
        return self.shares[remote.store]

    def _few(self, edge: Edge, found: float) -> bool:
        if self.pushdown is Pushdown.ALWAYS:
            return True
        return self._keys(edge, found) <= MOST_KEYS and found <= MOST_SOURCE_ROWS

    def _worth(self, edge: Edge) -> float:
        """The share of all keys up to which they are looked up rather than the table read."""
        if self.pushdown is Pushdown.ALWAYS:
            return 1.0
        return self.stores[edge.target.store].worth_of_keys(edge.target.rel, edge.column)

    def _push(self, edge: Edge, share: float) -> bool:
        """Have the target's store look up the keys; False if it does not take them."""
        old = self.new.get(edge.target, edge.target)
        (remote,) = _remotes_of(old)
        test = self._test(edge)
        wanted = push_filters(Filter(remote.rel, (test,)))
        run = {id(rel): Remote(remote.store, rel) for rel in _plain_rels(remote.rel)}
        found = split(wanted, self.stores, self.pushdown, run)
        remotes = list(_remotes_of(found))
        if len(remotes) != 1 or _has_key_test(found):
            return False
        *_, param = test.args
        assert isinstance(param, Param)
        passed = KeySet(param, edge.key, self._most(edge), share, edge.keys[1:])
        keys = (*remote.keys, passed)
        taken = replace(remotes[0], keys=keys, why_not_more=remote.why_not_more)
        self.new[edge.target] = _replaced(old, {remote: _replaced(found, {remotes[0]: taken})})
        self.params += 1
        return True

    def _test(self, edge: Edge) -> Call:
        """The condition by which the target's rows are reduced."""
        if not edge.beside:
            keys = array(key_type(edge.key.type).with_null(False))
            return key_test(edge.column, Param(self.params, keys))
        row = struct(tuple((key.name, key.type.with_null(False)) for key in edge.keys), False)
        return row_test(edge.columns, Param(self.params, array(row)))

    def _reduce(self, edge: Edge) -> None:
        old = self.new.get(edge.target, edge.target)
        (remote,) = _remotes_of(old)
        sieves = (Sieve(edge.column, edge.key), *remote.sieves)
        self.new[edge.target] = _replaced(old, {remote: replace(remote, sieves=sieves)})

    def _keys(self, edge: Edge, found: float) -> float:
        """How many different keys are found in as many rows of the source."""
        if edge.beside:
            return min(found, self._domain(edge))
        most = self.most.get(edge.key.id)
        if most is None:
            most = estimate.keys(self.chains[edge.source], edge.key, self._share(edge.source))
            self.most[edge.key.id] = most
        if edge.is_list:
            most, found = most * estimate.ELEMENTS, found * estimate.ELEMENTS
        return min(found, most, self._domain(edge))

    def _domain(self, edge: Edge) -> float:
        """How many different keys there are, roughly."""
        found = self.domains.get(edge)
        if found is None:
            found = self.domains[edge] = self._found_domain(edge)
        return found

    def _found_domain(self, edge: Edge) -> float:
        """A unique target has as many as rows; another no more than the unique columns that it is
        joined with, as a foreign key, but one for each of its partitions. Rows that no table has
        say nothing of it."""
        own = estimate.all_keys(edge.target.rel, edge.column)
        if own is not None and not edge.beside:
            return own
        if edge.source.store == LOCAL:
            found = estimate.stored(edge.target.rel) / ROWS_OF_A_KEY
            return max(found, estimate.partitions(edge.target.rel, edge.columns), 1.0)
        counts = [
            estimate.all_keys(self.chains[other.source], other.key)
            for other in self.edges
            if (other.target, other.columns) == (edge.target, edge.columns) and not edge.beside
        ]
        found = min(filter(None, counts), default=estimate.stored(self.chains[edge.source]))
        return max(found, estimate.partitions(edge.target.rel, edge.columns))

    def _most(self, edge: Edge) -> int:
        """The keys above which they are not worth looking for."""
        if self.pushdown is Pushdown.ALWAYS:
            return MOST_KEYS
        return min(MOST_KEYS, int(self._domain(edge) * self._worth(edge)) + 1)


def _rebuilt(rel: Rel, planner: _Planner) -> Rel:
    """`rel` with the new Remotes; a chain whose keys are passed on is run once, before the rest."""
    remote = chain_end(rel)
    if remote is None:
        below = tuple(_rebuilt(child, planner) for child in walk.inputs(rel))
        return walk.with_inputs(rel, below)
    if remote.store == LOCAL and remote not in planner.sources:
        return _replaced(rel, {remote: remote.rel})
    chain = _replaced(rel, planner.new)
    if remote not in planner.sources or isinstance(chain, Remote):
        return chain
    return Remote(LOCAL, chain)


# --- trees ---------------------------------------------------------------------------------


def _plain_rels(rel: Rel) -> Iterator[Rel]:
    """The relations of a tree but for shared queries, of which all must be in one place."""
    if not isinstance(rel, Shared):
        yield rel
    for child in walk.inputs(rel):
        yield from _plain_rels(child)


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
