"""Who runs what: in comes an optimized plan, out goes the same plan with `Remote` leaves.

Each store is asked from the bottom up whether it also runs the next node (`Backend.accept`); the
largest subtrees it takes become `Remote`, everything above stays for the local engine. Called by
`engine.prepare`; the only stage that talks to stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlshim.backends.protocol import Backend, Pushdown
from sqlshim.errors import InternalError
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Join, Rel, Remote, Scan, Series, Values, WorkingTable
from sqlshim.ir.scalar import Scalar, Subquery
from sqlshim.plan.narrow import narrow

_OFF = 'pushdown="never"'
_OUTER = "reads columns of the outer query"


def split(rel: Rel, stores: Mapping[str, Backend], pushdown: Pushdown) -> Rel:
    """`rel` with every maximal subtree that one store runs wrapped in a Remote.

    A Remote below the local part gives only the columns that part reads.
    """
    rel = _Splitter(stores, pushdown).split(rel)

    def take(store: str, candidate: Rel) -> Rel | None:
        if pushdown is Pushdown.NEVER:
            return None
        answer = stores[store].accept(candidate, pushdown)
        return None if answer.left else answer.taken

    return narrow(rel, take)


@dataclass(frozen=True, slots=True)
class _Splitter:
    """`nested` inside a subquery or the right side of a lateral join, where columns from outside
    may occur."""

    stores: Mapping[str, Backend]
    pushdown: Pushdown
    nested: bool = False

    def split(self, rel: Rel) -> Rel:
        match rel:
            case Scan():
                return Remote(rel.table.store, rel)
            case Values() | Series() | WorkingTable() | Remote():
                return self._local(rel, (), "")
            case Join(lateral=True):
                sides = (self.split(rel.left), replace(self, nested=True).split(rel.right))
                return self._local(rel, sides, "the right side of a lateral join reads the left")
        below = tuple(self.split(child) for child in walk.inputs(rel))
        if self.pushdown is Pushdown.NEVER:
            return self._local(rel, below, _OFF)
        remotes = [child for child in below if isinstance(child, Remote)]
        if len(remotes) < len(below):
            return self._local(rel, below, "the other input is local")
        if len({child.store for child in remotes}) > 1:
            return self._local(rel, below, "the inputs are in different stores")
        return self._ask(rel, remotes)

    def _ask(self, rel: Rel, below: Sequence[Remote]) -> Rel:
        """Offer the node to the store that runs all of its inputs."""
        store = below[0].store
        candidate = walk.with_inputs(rel, tuple(child.rel for child in below))
        kept: tuple[Scalar, ...] = ()
        why = self._obstacle(candidate, store)
        if why and isinstance(rel, Filter) and isinstance(candidate, Filter):
            offered, kept = self._offered(candidate, store)
            if offered:
                candidate, why = replace(candidate, where=offered), ""
        if why:
            return self._local(rel, below, why)
        answer = self.stores[store].accept(candidate, self.pushdown)
        if answer.taken is None:
            return self._local(rel, below, answer.why)
        _check_columns(rel, answer.taken, store)
        taken = Remote(store, answer.taken, answer.why)
        left = answer.left + kept
        return self._local(Filter(taken, left), (taken,), answer.why) if left else taken

    def _local(self, rel: Rel, below: Sequence[Rel], why: str) -> Rel:
        """`rel` for the local engine; the stores below learn why it did not go to them."""
        told = tuple(_with_reason(child, why) for child in below)
        rel = walk.with_inputs(rel, told)
        inner = replace(self, nested=True)
        return walk.map_subqueries(rel, inner.split)

    def _obstacle(self, rel: Rel, store: str) -> str:
        """Why `rel` cannot even be offered to `store`; "" if it can."""
        made = {c.id for child in walk.inputs(rel) for c in child.columns}
        reasons = (self._foreign(expr, store, made) for expr in walk.scalars(rel))
        return next((reason for reason in reasons if reason), "")

    def _foreign(self, expr: Scalar, store: str, made: set[int]) -> str:
        for rel in _subqueries(expr):
            if any(table_store != store for table_store in _stores_read(rel)):
                return "a subquery reads another store"
        if self.nested and not walk.reads(expr) <= made:
            return _OUTER
        return ""

    def _offered(self, rel: Filter, store: str) -> tuple[tuple[Scalar, ...], tuple[Scalar, ...]]:
        """The conjuncts that can be offered to `store`, and those that cannot."""
        made = {c.id for c in rel.columns}
        offered = tuple(e for e in rel.where if not self._foreign(e, store, made))
        kept = tuple(e for e in rel.where if self._foreign(e, store, made))
        return offered, kept


def _with_reason(rel: Rel, why: str) -> Rel:
    if isinstance(rel, Remote) and why and not rel.why_not_more:
        return replace(rel, why_not_more=why)
    return rel


def _check_columns(asked: Rel, taken: Rel, store: str) -> None:
    """A store may rewrite a node, but the rows must keep their columns."""
    if [c.id for c in asked.columns] != [c.id for c in taken.columns]:
        node = type(asked).__name__
        raise InternalError(f"store {store!r} changed the columns of a {node} it accepted")


def _subqueries(expr: Scalar) -> Iterator[Rel]:
    return (e.rel for e in walk.every_scalar(expr) if isinstance(e, Subquery))


def _stores_read(rel: Rel) -> Iterator[str]:
    return (node.table.store for node in walk.every_rel(rel) if isinstance(node, Scan))
