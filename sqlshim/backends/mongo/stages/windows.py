"""Window functions as $setWindowFields.

The server ranks by one key only, and its ranges know neither NULL nor text. So the rows are
numbered in the order of all keys first; rows that agree in all keys (peers) share the least of
their numbers, which is the rank, and frames of peers are ranges of ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlshim.backends.mongo.expressions.mql import Mql, absent, cond, or_null, projected
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages import aggregates
from sqlshim.backends.mongo.stages.aggregates import Group, accumulate
from sqlshim.backends.mongo.stages.frames import (
    DISTANCES,
    GROUPS,
    PEERS,
    ROWS,
    WHOLE,
    Reach,
    distance,
    reach,
)
from sqlshim.backends.mongo.stages.ordering import sort_fields
from sqlshim.backends.mongo.stages.query import Query, Stage
from sqlshim.backends.mongo.stages.scope import Place
from sqlshim.backends.mongo.stages.scope import field as place_of
from sqlshim.functions import aggregates as fa
from sqlshim.functions import windows as win
from sqlshim.ir.relational import Window
from sqlshim.ir.scalar import AggregateCall, Column, Literal, Scalar, SortKey, WindowCall

_NUMBER, _FIRST, _LAST, _TOTAL, _DENSE = "__number", "__first", "__last", "__total", "__dense"
_PARTITION, _PEERS, _APART = "__partition", "__peers", "__apart"
_DISTANCE = "__distance"
_ANY_ORDER = "__unordered"  # no document has it: the order stays as it is

_RANKS: dict[object, tuple[str, ...]] = {
    win.ROW_NUMBER: (_NUMBER,),
    win.RANK: (_FIRST,),
    win.DENSE_RANK: (_DENSE,),
    win.PERCENT_RANK: (_FIRST, _TOTAL),
    win.CUME_DIST: (_LAST, _TOTAL),
    win.NTILE: (_NUMBER, _TOTAL),
}
_SHIFTS = {win.LAG: -1, win.LEAD: 1}
_ENDS = {win.FIRST_VALUE: "$first", win.LAST_VALUE: "$last"}
_PICKS = {*_SHIFTS, *_ENDS, fa.MIN, fa.MAX}
_UNSTABLE = {fa.STDDEV_SAMP, fa.STDDEV_POP}  # what leaves a moving frame is subtracted


def windowed(query: Query, rel: Window) -> Query:
    """The rows of `query`, each with the values of the window calls of `rel`."""
    scope = query.scope
    for partition, order in dict.fromkeys((w.partition, w.order) for _, w in rel.calls):
        calls = [(c, w) for c, w in rel.calls if (w.partition, w.order) == (partition, order)]
        query = _Over(query, Expressions(scope), partition, order).add(calls)
    return query


@dataclass
class _Over:
    """One PARTITION BY and ORDER BY: the stages for all calls over it."""

    query: Query
    scalars: Expressions
    partition: tuple[Scalar, ...]
    order: tuple[SortKey, ...]
    by: dict[str, int] = field(init=False)
    own: int = 0  # in the names of what is partitioned by

    def add(self, calls: Sequence[tuple[Column, WindowCall]]) -> Query:
        # Where two partitions have one name, the server (6.0) takes rows that are sorted by the
        # first to be sorted by the second.
        self.own = calls[0][0].id
        made, self.by = sort_fields(self.scalars, self.order)
        made[self._name(_PARTITION)] = self._key(self.partition)
        self._set(made)
        self._rank({need for _, w in calls for need in _needs(w)})
        for column, call in calls:
            self._call(column, call)
        return self.query

    def _name(self, partition: str) -> str:
        return f"{partition}{self.own}"

    def _key(self, exprs: Sequence[Scalar]) -> Mql:
        """Values that are compared together, NULL and a missing field being alike."""
        values = {f"k{n}": or_null(self.scalars.raw(e)) for n, e in enumerate(exprs)}
        return values or {"$literal": None}

    def _set(self, made: dict[str, Mql]) -> None:
        self._then({"$set": made}, made)

    def _then(self, stage: Stage, made: Iterable[str]) -> None:
        shape = self.query.shape
        new = [name for name in made if shape is not None and name not in shape]
        shape = None if shape is None else (*shape, *new)
        self.query = replace(self.query.then(stage), shape=shape)

    def _fields(
        self, output: dict[str, Mql], by: dict[str, int] | None, partition: str = _PARTITION
    ) -> None:
        stage: Stage = {"partitionBy": f"${self._name(partition)}"}
        if by is not None:
            stage["sortBy"] = by or {_ANY_ORDER: 1}
        self._then({"$setWindowFields": {**stage, "output": output}}, output)

    def _rank(self, needs: set[str]) -> None:
        """The numbers that `needs` names, for every row."""
        if needs & {_NUMBER, _FIRST, _LAST, _DENSE}:
            # $documentNumber takes one key only.
            before = {"$sum": 1, "window": {"documents": ["unbounded", "current"]}}
            self._fields({_NUMBER: before}, self.by)
        if needs & {_FIRST, _LAST, _DENSE}:
            keys = {f"k{n}": or_null(f"${name}") for n, name in enumerate(self.by)}
            self._set({self._name(_PEERS): {"of": f"${self._name(_PARTITION)}", **keys}})
            ends = {_FIRST: {"$min": f"${_NUMBER}"}, _LAST: {"$max": f"${_NUMBER}"}}
            self._fields(ends, None, _PEERS)
        if _TOTAL in needs:
            self._fields({_TOTAL: {"$sum": 1}}, None)
        if _DENSE in needs:
            self._fields({_DENSE: {"$denseRank": {}}}, {_FIRST: 1})

    # --- calls

    def _call(self, column: Column, call: WindowCall) -> None:
        name = f"__w{column.id}"
        if call.fn in _RANKS:
            self._set({name: projected(_RANK_VALUES[call.fn](call))})
            known = True
        elif call.fn in _SHIFTS:
            self._fields({name: {"$shift": self._shift(call)}}, self.by)
            known = False
        else:
            known = self._framed(name, call)
        native = self._native(call)
        places: dict[int, Place] = {**self.query.scope, column.id: place_of(name, native, known)}
        self.query = replace(self.query, scope=places)

    def _native(self, call: WindowCall) -> str:
        """The store's own type of a value that is one of the first argument's."""
        arg = call.args[0] if call.fn in _PICKS else None
        return self.scalars.scope[arg.id].native if isinstance(arg, Column) else ""

    def _shift(self, call: WindowCall) -> Mql:
        value, *rest = call.args
        by = rest[0].value if rest and isinstance(rest[0], Literal) else 1
        assert isinstance(by, int)
        shift: Mql = {"output": or_null(self.scalars.raw(value)), "by": _SHIFTS[call.fn] * by}
        return {**shift, "default": self.scalars.raw(rest[1])} if len(rest) > 1 else shift

    def _framed(self, name: str, call: WindowCall) -> bool:
        """An aggregate, or the first or last value of the frame; whether it is never NULL."""
        seen = reach(call)
        assert isinstance(seen, Reach)
        by = self._order_of(seen)
        window = {} if seen == WHOLE else {"window": {seen.unit: list(seen.bounds)}}
        ordered = None if seen == WHOLE and call.fn not in _ENDS else by
        partition = _APART if seen.of == DISTANCES else _PARTITION
        if call.fn in _ENDS:
            value = or_null(self.scalars.raw(call.args[0]))
            self._fields({name: {_ENDS[call.fn]: value, **window}}, ordered, partition)
            return False
        group = Group()
        of = AggregateCall(call.fn, call.args, call.type, filter=call.filter)
        result = accumulate(of, name, group, self.scalars, maybe_empty=not seen.holds_its_row)
        self._fields({n: {**a, **window} for n, a in group.fields.items()}, ordered, partition)
        if result != f"${name}":
            self._set({name: projected(result)})
        return not call.type.nullable

    def _order_of(self, seen: Reach) -> dict[str, int]:
        """What the frame's bounds count: rows, ranks, groups of peers, or distances of the key."""
        if seen.of == DISTANCES:
            self._distances()
            return {_DISTANCE: 1}
        return {ROWS: self.by, PEERS: {_FIRST: 1}, GROUPS: {_DENSE: 1}}[seen.of]

    def _distances(self) -> None:
        """The key as a growing number, rows without one in a partition of their own."""
        (key,) = self.order
        value = self.scalars.raw(key.expr)
        number = distance(value, key)
        apart = {"of": f"${self._name(_PARTITION)}", "null": absent(value)}
        self._set({_DISTANCE: cond(absent(value), 0, number), self._name(_APART): apart})


# --- ranks ---------------------------------------------------------------------------------


def _needs(call: WindowCall) -> tuple[str, ...]:
    """The numbers of rows that a call is made of."""
    if call.fn in _RANKS:
        return _RANKS[call.fn]
    seen = reach(call) if call.fn not in _SHIFTS else WHOLE
    return {PEERS: (_FIRST,), GROUPS: (_DENSE,)}.get(seen.of, ()) if isinstance(seen, Reach) else ()


def _percent(call: WindowCall) -> Mql:
    rest = {"$subtract": [f"${_TOTAL}", 1]}
    before = {"$subtract": [f"${_FIRST}", 1]}
    return cond({"$eq": [f"${_TOTAL}", 1]}, 0.0, {"$divide": [before, {"$max": [rest, 1]}]})


def _bucket(call: WindowCall) -> Mql:
    """The first `total % n` buckets have one row more than the others."""
    (count,) = call.args
    assert isinstance(count, Literal)
    n = count.value
    size = {"$toLong": {"$floor": {"$divide": [f"${_TOTAL}", n]}}}
    larger = {"$mod": [f"${_TOTAL}", n]}
    place = {"$subtract": [f"${_NUMBER}", 1]}
    split = {"$multiply": [larger, {"$add": [size, 1]}]}
    first = {"$floor": {"$divide": [place, {"$add": [size, 1]}]}}
    above = {"$floor": {"$divide": [{"$subtract": [place, split]}, {"$max": [size, 1]}]}}
    bucket = cond({"$lt": [place, split]}, first, {"$add": [larger, above]})
    return {"$toInt": {"$add": [bucket, 1]}}


_RANK_VALUES: dict[object, Callable[[WindowCall], Mql]] = {
    win.ROW_NUMBER: lambda call: f"${_NUMBER}",
    win.RANK: lambda call: f"${_FIRST}",
    win.DENSE_RANK: lambda call: f"${_DENSE}",
    win.PERCENT_RANK: _percent,
    win.CUME_DIST: lambda call: {"$divide": [f"${_LAST}", f"${_TOTAL}"]},
    win.NTILE: _bucket,
}


# --- what can be said ----------------------------------------------------------------------


def refusal(call: WindowCall) -> str:
    """Why `call` has no form here, apart from its arguments; "" if it has."""
    if call.ignore_nulls:
        return "IGNORE NULLS has no MongoDB form"
    if call.fn in _RANKS:
        return "" if _are_constants(call.args, 1) else "NTILE needs a constant for MongoDB"
    if call.fn in _SHIFTS:
        fixed = _are_constants(call.args[1:2]) and all(map(_is_literal, call.args[2:]))
        return "" if fixed else f"{call.fn.name} needs constants for MongoDB"
    seen = reach(call)
    if isinstance(seen, str):
        return seen
    if call.fn in _ENDS:
        return ""
    if call.fn in _UNSTABLE and seen.bounds[0] != "unbounded":
        return f"{call.fn.name} over a moving frame is not exact in MongoDB"
    return aggregates.refusal(AggregateCall(call.fn, call.args, call.type, filter=call.filter))


def _are_constants(args: Sequence[Scalar], least: int | None = None) -> bool:
    values = [a.value for a in args if isinstance(a, Literal) and isinstance(a.value, int)]
    return len(values) == len(args) and all(least is None or v >= least for v in values)


def _is_literal(arg: Scalar) -> bool:
    return isinstance(arg, Literal)
