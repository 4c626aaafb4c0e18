"""What MongoDB can be given to run: `accept` answers for one node over accepted inputs.

Refusing is a value: the reason goes to EXPLAIN. Inputs that read no collection, the right side of
a lateral join and the queries inside subqueries were not asked about before: `_Asked.whole` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlshim.backends.estimate import Known, unmeasured
from sqlshim.backends.mongo.costs import why_not_lookup
from sqlshim.backends.mongo.expressions.mql import is_plain_name
from sqlshim.backends.mongo.expressions.refusals import OPAQUE, UNORDERED, first, kind, refusal
from sqlshim.backends.mongo.origins import origins, reads_nothing
from sqlshim.backends.mongo.stages import aggregates, limits, rows_made, sharing, windows
from sqlshim.backends.mongo.stages.collecting import COLLECTING
from sqlshim.backends.mongo.stages.joins import oriented
from sqlshim.backends.mongo.stages.repeating import why_not_twice
from sqlshim.backends.protocol import Accepted, Pushdown
from sqlshim.functions import aggregates as fa
from sqlshim.ir import walk
from sqlshim.ir.keys import is_key_test
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    JoinKind,
    Limit,
    Project,
    Recursive,
    Rel,
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
from sqlshim.ir.scalar import AggregateCall, Column, Literal, Param, Scalar, Subquery, WindowCall
from sqlshim.types import INTEGERS, SqlType

_MOST_SORT_KEYS = 16  # of the server's 32: a key may need another one for its NULLs
_SEVERAL = "a pipeline reads one database"


def accept(rel: Rel, pushdown: Pushdown, known: Known = unmeasured) -> Accepted:
    """Whether MongoDB runs `rel`, whose inputs it runs already. `known` are measured shares."""
    if isinstance(rel, Scan):
        return Accepted(rel)
    if pushdown is Pushdown.NEVER:
        return Accepted(None, why='pushdown="never"')
    asked = _Asked(pushdown, known)
    if isinstance(rel, Filter):
        return asked.filter(rel)
    why = asked.inputs(rel) or asked.node(rel) or limits.excess(rel)
    return Accepted(None, why=why) if why else Accepted(rel)


def _key_test(term: Scalar, rel: Filter) -> str:
    """Keys are looked for in a field of the collection itself, where an index may help."""
    names = origins(rel.input)
    column = walk.operands(term)[0]  # or what a projection below makes of it
    plain = isinstance(column, Column) and is_plain_name(names.get(column.id, ""))
    return "" if plain else "keys are looked for in plain fields only"


def _subqueries(e: Scalar) -> Iterator[Subquery]:
    if walk.has_subquery(e):
        yield from (part for part in walk.every_scalar(e) if isinstance(part, Subquery))


def _reads_several(rel: Rel) -> bool:
    """Whether the collections under `rel` are in several databases."""
    scans = (r for r in walk.every_rel(rel) if isinstance(r, Scan))
    return len({scan.table.schema for scan in scans}) > 1


def _many_keys(count: int) -> str:
    return f"MongoDB sorts by few keys, not by {count}" if count > _MOST_SORT_KEYS else ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question; the methods give reasons, "" where there is none."""

    pushdown: Pushdown
    known: Known

    def filter(self, rel: Filter) -> Accepted:
        """Conjunct by conjunct."""
        whole = self.inputs(rel)
        reasons = [whole or self._term(t, rel) for t in rel.where]
        taken = tuple(t for t, why in zip(rel.where, reasons, strict=True) if not why)
        left = tuple(t for t, why in zip(rel.where, reasons, strict=True) if why)
        why = first(reasons)
        return Accepted(Filter(rel.input, taken) if taken else None, left if taken else (), why)

    def _term(self, term: Scalar, rel: Filter) -> str:
        if is_key_test(term):
            return _key_test(term, rel)
        why = self._reason(term)
        if not why and walk.has_subquery(term):
            one = Filter(rel.input, (term,))
            return _SEVERAL if _reads_several(one) else limits.excess(one)
        return why

    def inputs(self, rel: Rel) -> str:
        """What is below `rel` and was not asked about yet."""
        lateral = rel.right if isinstance(rel, Join) and rel.lateral else None
        new = (r for r in walk.inputs(rel) if r is lateral or reads_nothing(r))
        return first(map(self.whole, new))

    def whole(self, rel: Rel) -> str:
        """Why not all of a tree, none of which was asked about."""
        if isinstance(rel, Scan):
            return ""
        below = first(map(self.whole, walk.inputs(rel)))
        if below or not isinstance(rel, Filter):
            return below or self.node(rel)
        return first(map(self._reason, rel.where))

    def _only_always(self, what: str) -> str:
        """The local engine is never slower at this, and often much faster."""
        if self.pushdown is Pushdown.ALWAYS:
            return ""
        return f'{what} goes to the server with pushdown="always" only'

    def _reason(self, e: Scalar) -> str:
        why = limits.too_deep(e) or refusal(e)
        return why or first(map(self._subquery, _subqueries(e)))

    def _subquery(self, e: Subquery) -> str:
        return self._only_always("a subquery") or self.whole(e.rel)

    # --- relations

    def node(self, rel: Rel) -> str:
        """Why not `rel` over its inputs."""
        several = isinstance(rel, Join | SetOp) or any(map(walk.has_subquery, walk.scalars(rel)))
        if several and _reads_several(rel):
            return _SEVERAL
        match rel:
            case Project():
                return first(self._reason(e) for _, e in rel.items)
            case Aggregate():
                return self._aggregate(rel)
            case GroupingSets():
                return self._grouping_sets(rel)
            case Unnest():
                return first(self._reason(e) for _, e in rel.arrays)
            case Sort():
                return self._sort(rel)
            case Limit():
                bounds = (rel.count, rel.offset)
                known = all(isinstance(e, Literal | Param | None) for e in bounds)
                return "" if known else "the number of rows is computed"
            case Join():
                return self._join(rel)
            case Window():
                return first(self._window(call) for _, call in rel.calls)
            case SetOp():
                return self._combined(rel)
            case Values() | Series():
                why = self._only_always("a list of rows") or rows_made.refusal(rel)
                return why or first(map(self._reason, walk.scalars(rel)))
            case Shared():
                return self._only_always("a shared query") or sharing.refusal(rel, self.known)
            case Recursive() | WorkingTable():
                return "recursion has no MongoDB form"
            case _:
                return f"{type(rel).__name__} has no MongoDB form"

    def _aggregate(self, rel: Aggregate) -> str:
        for _, key in rel.keys:
            why = self._reason(key) or kind(key.type, OPAQUE, "grouped by")
            if why:
                return why
        return first(self._aggregate_call(call) for _, call in rel.calls)

    def _aggregate_call(self, call: AggregateCall) -> str:
        why = aggregates.refusal(call) or first(map(self._reason, walk.call_scalars(call)))
        if not why and call.fn in COLLECTING:
            why = self._collecting(call)
        if not why and call.fn is not fa.COUNT:
            kinds = UNORDERED if call.fn in (fa.MIN, fa.MAX) else OPAQUE
            why = first(kind(arg.type, kinds, "aggregated") for arg in call.args)
        if not why and call.distinct:
            why = first(kind(arg.type, OPAQUE, "made distinct") for arg in call.args)
        return why

    def _collecting(self, call: AggregateCall) -> str:
        if self.pushdown is not Pushdown.ALWAYS:
            return f"what {call.fn.name} collects may pass the 16 MB of a document"
        return first(_ordered(key.expr.type) for key in call.order)

    def _sort(self, rel: Sort) -> str:
        reasons = (self._reason(k.expr) or _ordered(k.expr.type) for k in rel.keys)
        return _many_keys(len(rel.keys)) or first(reasons)

    def _grouping_sets(self, rel: GroupingSets) -> str:
        """One $group a set, each over the input read again: it must be the same rows again."""
        if any(isinstance(r, Limit) for r in walk.every_rel(rel.input)):
            return "grouping sets over a LIMIT have no MongoDB form"
        return self._aggregate(Aggregate(rel.input, rel.keys, rel.calls))

    def _window(self, call: WindowCall) -> str:
        exprs = (*call.args, *call.partition, *(k.expr for k in call.order))
        collects = self._only_always(call.fn.name) if call.fn in COLLECTING else ""
        return (
            windows.refusal(call)
            or collects
            or _many_keys(len(call.order) + 1)  # it sorts by the partition first
            or first(kind(e.type, OPAQUE, "used in a window") for e in exprs)
            or first(_ordered(k.expr.type) for k in call.order)
            or first(map(self._reason, exprs if call.filter is None else (*exprs, call.filter)))
        )

    def _combined(self, rel: SetOp) -> str:
        for part in rel.inputs:
            for mine, theirs in zip(rel.columns, part.columns, strict=True):
                if not _alike(mine.type, theirs.type):
                    return f"the inputs of {rel.kind.upper()} have different types"
        if rel.kind is SetKind.UNION_ALL:
            return ""
        compared = first(kind(c.type, OPAQUE, "compared") for c in rel.columns)
        return self._only_always(rel.kind.upper()) or compared

    def _join(self, rel: Join) -> str:
        if rel.kind is JoinKind.FULL:
            both = first(map(why_not_twice, (rel.left, rel.right)))
            why = self._only_always("FULL JOIN") or both
        else:
            why = self._only_always("LATERAL") if rel.lateral else ""
        why = why or first(map(self._reason, rel.on))
        if why or self.pushdown is Pushdown.ALWAYS:
            return why
        return why_not_lookup(oriented(rel), self.known)


def _ordered(t: SqlType) -> str:
    return kind(t, UNORDERED, "sorted")


def _alike(mine: SqlType, theirs: SqlType) -> bool:
    """Whether values of two types are the same in documents."""
    return mine.kind is theirs.kind or {mine.kind, theirs.kind} <= INTEGERS
