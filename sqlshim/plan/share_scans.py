"""One scan for several: Remotes that read the same table are read once where that is cheaper.

In comes a plan with its key sets, out goes the same plan in which some Remotes have become
`Shared`: one Remote gives the rows and the columns that any of them wants, and each place filters
what is its own. TPC-H Q21 reads the lines of the orders it found once, for EXISTS and NOT EXISTS.
Safe because
- a condition that is tested locally means what it means in the store; volatile ones stay there;
- what is shared are scans, filtered and projected: no LIMIT, window or group;
- the one scan keeps the key sets that all of them have, which only remove rows that joins drop;
- a Remote whose keys others wait for stays as it is: nothing comes to wait for itself.

What is shared is read to its end and held by the local engine: nothing, then, that a LIMIT may
leave half read or that would go on to the cursor as it comes (`scan_uses`); nor where the number
of rows is unknown or large. Called by `planning.Planner` after `pass_keys`; does nothing under
pushdown="always".
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sqlshim.backends import estimate
from sqlshim.backends.estimate import Known
from sqlshim.backends.protocol import Backend, Pushdown
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.keys import is_key_test, key_test
from sqlshim.ir.relational import Filter, KeySet, Project, Recursive, Rel, Remote, Scan, Shared
from sqlshim.ir.scalar import Call, Column, InList, Scalar
from sqlshim.plan.facts import logical
from sqlshim.plan.scan_uses import Use, uses_by_table
from sqlshim.plan.split import split
from sqlshim.types import NESTED

MOST_ROWS = 2_000_000  # that the local engine holds for several readers
# Costs, in rows of four columns that are sent (about 2 microseconds).
REQUEST = 100.0  # asking at all
EXAMINED, FOUND = 0.25, 1.0  # a row that a scan goes through, one that an index leads to
SENT, CELL, DOCUMENT = 0.4, 0.15, 2.0  # a row, each plain column of it, each nested one
HELD = 0.1  # a row that is held, and each time it is read


def share_scans(rel: Rel, stores: Mapping[str, Backend], pushdown: Pushdown) -> Rel:
    """`rel` with scans that are read once for several places."""
    groups = [] if pushdown is Pushdown.ALWAYS else uses_by_table(rel)
    if not groups:
        return rel
    columns = max(c.id for node in walk.every_rel(rel) for c in node.columns)
    names = [n.number for n in walk.every_rel(rel) if isinstance(n, Shared | Recursive)]
    numbers = itertools.count(columns + 1), itertools.count(max(names, default=0) + 1)
    sharer = _Sharer(stores, pushdown, *numbers)
    for uses in groups:
        sharer.share(uses)
    return _replaced(rel, sharer.new) if sharer.new else rel


def _replaced(rel: Rel, new: Mapping[Remote, Rel]) -> Rel:
    if isinstance(rel, Remote):
        return new.get(rel, rel)
    below = tuple(_replaced(child, new) for child in walk.inputs(rel))
    return walk.map_subqueries(walk.with_inputs(rel, below), lambda inner: _replaced(inner, new))


@dataclass(slots=True)
class _Sharer:
    """`new` collects what Remotes become; `numbers` are for columns, `names` for what is shared."""

    stores: Mapping[str, Backend]
    pushdown: Pushdown
    numbers: Iterator[int]
    names: Iterator[int]
    new: dict[Remote, Rel] = field(default_factory=dict)

    def share(self, uses: Sequence[Use]) -> None:
        """Put together what is cheaper together, the dearest first."""
        table = uses[0].scan.table
        columns: dict[str, Column] = {}
        for column in (c for use in uses for c in use.scan.columns):
            if column.name not in columns:
                columns[column.name] = replace(column, id=next(self.numbers))
        known = self.stores[table.store].share
        left = [together((use,), columns, known) for use in uses]
        while left:
            left.sort(key=lambda scan: scan.cost)
            best = left.pop()
            for other in tuple(reversed(left)):
                both = together((*best.uses, *other.uses), columns, known)
                if both.pays(best, other):
                    best = both
                    left.remove(other)
            if len(best.uses) > 1:
                self._take(best)

    def _take(self, scan: _Scan) -> None:
        shared = self._read(scan)
        if shared is None:
            return
        number = next(self.names)
        for use in scan.uses:
            own = {c.name: c for c in use.scan.columns}
            columns = (
                own[c.name] if c.name in own else replace(c, id=next(self.numbers))
                for c in shared.columns
            )
            rows = Shared(number, shared, tuple(columns))
            self.new[use.remote] = use.over(rows, partial(scan.leaves, use))

    def _read(self, scan: _Scan) -> Remote | None:
        """The one Remote; None if the store does not take all of it."""
        found = split(scan.rel, self.stores, self.pushdown)
        if not isinstance(found, Remote):
            return None
        why = next((u.remote.why_not_more for u in scan.uses if u.remote.why_not_more), "")
        return replace(found, keys=tuple(scan.keys.values()), why_not_more=why)


# --- what one scan for several is, and costs -----------------------------------------------


@dataclass(frozen=True)
class _Scan:
    """The rows that any of `uses` wants: those of `where`, among the keys of `keys`."""

    uses: tuple[Use, ...]
    columns: Mapping[str, Column]  # the table's columns by name, as they are numbered here
    where: tuple[Scalar, ...]
    keys: Mapping[tuple[str, int], KeySet]
    rows: float
    looked_at: float
    cost: float = 0.0

    def leaves(self, use: Use, term: Scalar) -> bool:
        """Whether a condition of `use` does not hold of all rows and must be tested again."""
        return not is_key_test(term) and _named(use, term, self.columns) not in self.where

    @property
    def given(self) -> tuple[Column, ...]:
        """The columns that any use reads."""
        read = {name for use in self.uses for name in use.read(partial(self.leaves, use))}
        return tuple(c for name, c in self.columns.items() if name in read)

    @property
    def rel(self) -> Rel:
        """The scan, for the store to take."""
        tests = tuple(
            key_test(self.columns[name], key.param) for (name, _), key in self.keys.items()
        )
        where = (*self.where, *tests)
        given = self.given
        tested = {i for term in where for i in walk.reads(term)} | {c.id for c in given}
        read = tuple(c for c in self.columns.values() if c.id in tested)
        scan = Scan(self.uses[0].scan.table, read)
        filtered = Filter(scan, where) if where else scan
        if len(given) == len(read):
            return filtered
        return Project(filtered, tuple((c, c) for c in given))

    def pays(self, a: _Scan, b: _Scan) -> bool:
        """Whether it is cheaper than the two that it is made of."""
        if self.rows > MOST_ROWS or self.looked_at > a.looked_at + b.looked_at:
            return False
        return bool(self.given) and self.cost < a.cost + b.cost


def together(uses: tuple[Use, ...], columns: Mapping[str, Column], known: Known) -> _Scan:
    """One scan for all of `uses`: the conditions that all have, and one of what else each has."""
    terms = [tuple(_named(use, term, columns) for term in use.where) for use in uses]
    where = tuple(t for t in terms[0] if all(t in others for others in terms[1:]))
    rests = [tuple(t for t in own if t not in where) for own in terms]
    counts = [estimate.rows(Filter(use.scan, use.where), known) for use in uses]
    rows = max((n for n, rest in zip(counts, rests, strict=True) if not rest), default=0.0)
    looked_at, price = _looked_at(uses[0], where, keys := _common_keys(uses))
    if not rows:
        arms = (logical(op.AND, rest) for rest in rests)
        where += (logical(op.OR, tuple(arm for rest in arms for arm in _arms(rest))),)
        rows = min(sum(counts), estimate.stored(uses[0].scan))
    rows *= math.prod(key.share for key in keys.values())
    scan = _Scan(uses, columns, where, keys, rows, looked_at)
    widths = (DOCUMENT if c.type.kind in NESTED else CELL for c in scan.given)
    held = HELD * (len(uses) + 1) if len(uses) > 1 else 0.0
    return replace(scan, cost=REQUEST + price + rows * (SENT + sum(widths) + held))


def _named(use: Use, term: Scalar, columns: Mapping[str, Column]) -> Scalar:
    """A condition of `use` over the columns that all uses share."""
    return walk.substitute(term, {c.id: columns[c.name] for c in use.scan.columns})


def _arms(term: Scalar) -> tuple[Scalar, ...]:
    return term.args if isinstance(term, Call) and term.fn is op.OR else (term,)


def _common_keys(uses: Sequence[Use]) -> dict[tuple[str, int], KeySet]:
    first, *others = uses
    return {at: key for at, key in first.keys.items() if all(at in use.keys for use in others)}


def _looked_at(
    use: Use, where: Sequence[Scalar], keys: Mapping[tuple[str, int], KeySet]
) -> tuple[float, float]:
    """How many rows of its table the store goes through, and what that costs: all, or those that
    an index leads to."""
    table = use.scan.table
    stored = estimate.stored(use.scan)
    indexed = {i.columns[0][0] for i in table.indexes if i.columns} | set(table.primary_key[:1])
    shares = [key.share for (name, _), key in keys.items() if name in indexed]
    shares += [
        estimate.selectivity(term)
        for term in where
        if isinstance(term, Call | InList) and {c.name for c in _columns(term)} <= indexed
    ]
    found = stored * min(shares, default=1.0)
    scanned, looked_up = EXAMINED * stored, FOUND * found
    return (found, looked_up) if looked_up < scanned else (stored, scanned)


def _columns(term: Scalar) -> Iterator[Column]:
    return (e for e in walk.every_scalar(term) if isinstance(e, Column))
