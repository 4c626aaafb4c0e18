"""Who runs what: in comes an optimized plan, out goes the same plan with `Remote` leaves.

Each store is asked from the bottom up whether it also runs the next node (`Backend.accept`); the
largest subtrees it takes become `Remote`, everything above stays for the local engine. Called by
`planning.Planner`; the only stage that talks to stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from sqlshim.backends.protocol import Backend, Pushdown
from sqlshim.errors import InternalError
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Filter,
    Join,
    JoinKind,
    Recursive,
    Rel,
    Remote,
    Scan,
    Series,
    Shared,
    Values,
    WorkingTable,
)
from sqlshim.ir.scalar import Scalar, Subquery
from sqlshim.plan.facts import is_volatile
from sqlshim.plan.narrow import narrow

_OFF = 'pushdown="never"'
_OUTER = "reads columns of the outer query"
_LATERAL = "the right side of a lateral join reads the left"
# Whether a condition on the left input, or the right one, may as well be asked of the joined rows.
_KEEPS_CONDITIONS = {
    JoinKind.INNER: (True, True),
    JoinKind.LEFT: (True, False),
    JoinKind.RIGHT: (False, True),
    JoinKind.FULL: (False, False),
    JoinKind.SEMI: (True, False),
    JoinKind.ANTI: (True, False),
}
_BARRED = "the local engine reads the shared query too"
_READING = (Scan, Remote, Shared, Recursive, WorkingTable)


def split(
    rel: Rel,
    stores: Mapping[str, Backend],
    pushdown: Pushdown,
    taken: Mapping[int, Remote] = MappingProxyType({}),
) -> Rel:
    """`rel` with every maximal subtree that one store runs wrapped in a Remote.

    A Remote below the local part gives only the columns that part reads. `taken` are relations
    that were split before, by identity, and what became of them.
    """
    rel = _divided(rel, stores, pushdown, taken)

    def take(store: str, candidate: Rel) -> Rel | None:
        if pushdown is Pushdown.NEVER:
            return None
        answer = stores[store].accept(candidate, pushdown)
        return None if answer.left else answer.taken

    return narrow(rel, take)


def _divided(
    rel: Rel, stores: Mapping[str, Backend], pushdown: Pushdown, taken: Mapping[int, Remote]
) -> Rel:
    """All references to a shared query end up in one place: evaluated in two, it could differ."""
    barred: frozenset[int] = frozenset()
    while True:
        divided = _Splitter(stores, pushdown, barred, taken).split(rel)
        places: dict[int, set[Remote | None]] = {}
        _add_shared(divided, None, places)
        torn = {number for number, found in places.items() if len(found) > 1}
        if not torn:
            return divided
        barred |= torn


def _add_shared(rel: Rel, inside: Remote | None, places: dict[int, set[Remote | None]]) -> None:
    """For each shared query the Remotes that name it, None for the local engine."""
    if isinstance(rel, Shared):
        places.setdefault(rel.number, set()).add(inside)
    inside = rel if isinstance(rel, Remote) else inside
    for expr in walk.scalars(rel):
        for query in _subqueries(expr):
            _add_shared(query, inside, places)
    for child in walk.inputs(rel):
        _add_shared(child, inside, places)


@dataclass(frozen=True, slots=True)
class _Splitter:
    """`barred` are shared queries that no store is given; `nested` inside a subquery or the right
    side of a lateral join, where columns from outside may occur."""

    stores: Mapping[str, Backend]
    pushdown: Pushdown
    barred: frozenset[int]
    taken: Mapping[int, Remote]
    nested: bool = False

    def split(self, rel: Rel) -> Rel:
        if (known := self.taken.get(id(rel))) is not None:
            return known
        match rel:
            case Scan():
                return Remote(rel.table.store, rel)
            case Values() | Series() | WorkingTable() | Remote():
                return rel
            case Join(lateral=True):
                return self._lateral(rel)
        below = tuple(self.split(child) for child in walk.inputs(rel))
        if self.pushdown is Pushdown.NEVER:
            return self._local(rel, below, _OFF)
        if isinstance(rel, Shared) and rel.number in self.barred:
            return self._local(rel, below, _BARRED)
        if isinstance(rel, Join) and self.pushdown is Pushdown.ALWAYS:
            lifted = self._lifted(rel, below)
            if lifted is not None:
                return lifted
        if not all(map(_may_be_offered, below)):
            return self._local(rel, below, "the other input is local")
        return self._ask(rel, below)

    def _lifted(self, rel: Join, below: Sequence[Rel]) -> Rel | None:
        """The join run by the store, below the conditions on its inputs that are local."""
        kept: tuple[Scalar, ...] = ()
        bases: list[Rel] = []
        why = ""
        for child, may in zip(below, _KEEPS_CONDITIONS[rel.kind], strict=True):
            local = child.where if may and isinstance(child, Filter) else ()
            if local and not any(map(is_volatile, local)):
                (child,) = walk.inputs(child)
                kept += local
                why = why or getattr(child, "why_not_more", "")
            bases.append(child)
        if not kept or not all(map(_may_be_offered, bases)):
            return None
        answer = self._answer(rel, bases)
        return Filter(_with_reason(answer, why), kept) if isinstance(answer, Remote) else None

    def _lateral(self, rel: Join) -> Rel:
        """The right side is offered with the join, as a whole: it reads the left one."""
        left = self.split(rel.left)
        why = _LATERAL
        if self.pushdown is not Pushdown.NEVER and _may_be_offered(left):
            answer = self._answer(rel, (left, rel.right))
            if not isinstance(answer, str):
                return answer
            why = answer or _LATERAL
        right = replace(self, nested=True).split(rel.right)
        return self._local(rel, (left, right), why)

    def _ask(self, rel: Rel, below: Sequence[Rel]) -> Rel:
        answer = self._answer(rel, below)
        return self._local(rel, below, answer) if isinstance(answer, str) else answer

    def _answer(self, rel: Rel, below: Sequence[Rel]) -> Rel | str:
        """The node offered to the store that runs those of its inputs which read anything: what
        became of it, or why it stays."""
        candidate = walk.with_inputs(rel, tuple(map(_native, below)))
        stores = {child.store for child in below if isinstance(child, Remote)}
        stores = stores or set(_stores_read(candidate))
        if len(stores) != 1:
            return "the inputs are in different stores" if stores else ""
        (store,) = stores
        kept: tuple[Scalar, ...] = ()
        why = self._obstacle(candidate, below, store)
        if why and isinstance(rel, Filter) and isinstance(candidate, Filter):
            offered, kept = self._offered(candidate, store)
            if offered:
                candidate, why = replace(candidate, where=offered), ""
        if why:
            return why
        answer = self.stores[store].accept(candidate, self.pushdown)
        if answer.taken is None or next(_stores_read(answer.taken), None) is None:
            return answer.why  # a part that reads nothing is no store's
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

    def _obstacle(self, rel: Rel, below: Sequence[Rel], store: str) -> str:
        """Why `rel` cannot even be offered to `store`; "" if it can."""
        made = {c.id for child in walk.inputs(rel) for c in child.columns}
        for child in below:
            if not isinstance(child, Remote):
                if any(other != store for other in _stores_read(child)):
                    return "the inputs are in different stores"
                if self._names_barred(child):
                    return _BARRED
                if self.nested and not walk.free_columns(child) <= made:
                    return _OUTER
        reasons = (self._foreign(expr, store, made) for expr in walk.scalars(rel))
        return next((reason for reason in reasons if reason), "")

    def _foreign(self, expr: Scalar, store: str, made: set[int]) -> str:
        for rel in _subqueries(expr):
            if any(table_store != store for table_store in _stores_read(rel)):
                return "a subquery reads another store"
            if self._names_barred(rel):
                return _BARRED
        if self.nested and not walk.reads(expr) <= made:
            return _OUTER
        return ""

    def _names_barred(self, rel: Rel) -> bool:
        nodes = walk.every_rel(rel) if self.barred else ()
        return any(isinstance(r, Shared) and r.number in self.barred for r in nodes)

    def _offered(self, rel: Filter, store: str) -> tuple[tuple[Scalar, ...], tuple[Scalar, ...]]:
        """The conjuncts that can be offered to `store`, and those that cannot."""
        made = {c.id for c in rel.columns}
        offered = tuple(e for e in rel.where if not self._foreign(e, store, made))
        kept = tuple(e for e in rel.where if self._foreign(e, store, made))
        return offered, kept


def _native(rel: Rel) -> Rel:
    """What the store runs already, or rows that nobody runs yet."""
    return rel.rel if isinstance(rel, Remote) else rel


def _may_be_offered(rel: Rel) -> bool:
    """Whether a store may be asked to run a node over `rel`: it runs `rel`, or no store reads
    anything for it."""
    nodes = walk.every_rel(rel)
    return isinstance(rel, Remote) or not any(isinstance(node, _READING) for node in nodes)


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
