"""The requests of one execution: texts and values for the markers, made one at a time.

`plan(query, params, ranges, groups)` decides each term for this execution's values and yields one
`Request` for a key or an index, one a batch of partition keys that one node has, or one a token
range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sqlshim.backends.cassandra.compile import CqlQuery, TokenRange
from sqlshim.backends.cassandra.paths.bounds import (
    FLOORS,
    OF_COLLECTIONS,
    Bound,
    Form,
    Op,
    Term,
    decide,
    decide_contained,
    value_of,
)
from sqlshim.backends.cassandra.paths.restrict import Path
from sqlshim.backends.cassandra.paths.rows import decide_slice
from sqlshim.backends.cassandra.replicas import Groups, together
from sqlshim.backends.cassandra.values.cqltypes import collection
from sqlshim.errors import DataError

BATCH_KEYS = 25  # partition keys in one request: more would load one coordinator
MAX_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Request:
    """One statement to send; `routing_key` where the driver cannot tell it."""

    text: str
    values: tuple[object, ...]
    routing_key: bytes | None = None


def limit_of(query: CqlQuery, params: Sequence[object]) -> int | None:
    """The number of rows wanted, or None for all."""
    if query.limit is None or (value := value_of(query.limit, params)) is None:
        return None
    count: int = int(value)  # type: ignore[call-overload]
    if count < 0:
        raise DataError("LIMIT must not be negative", sqlstate="2201W")
    return count


def plan(
    query: CqlQuery,
    params: Sequence[object],
    ranges: Callable[[], Sequence[TokenRange]],
    groups: Groups = together,
) -> Iterator[Request]:
    """The requests; none at all when no row can match. `ranges` is asked only by scans, `groups`
    only for lists of keys."""
    if query.arms:
        for arm in query.arms:
            yield from plan(arm, params, ranges, groups)
        return
    terms = query.restriction.terms
    bounds = []
    for term in terms:
        bound = _bound(term, query, params) if term.part is None else Bound(Op.IN, [])
        if bound is None:
            return
        bounds.append(bound)
    last = _limit_values(query, params)
    if any(term.part is not None for term in terms):
        yield from _rows(query, bounds, params, last, groups)
        return
    if query.token_range is not None:
        yield _ranged(query, bounds, query.token_range, last)
    elif query.by_ranges:
        for token_range in ranges():
            yield _ranged(query, bounds, token_range, last)
    elif query.restriction.path is Path.PARTITIONS:
        yield from _keyed(query, bounds, last, groups)
    elif query.restriction.path is Path.INDEX_KEYS:
        keys, *rest = bounds
        for key in keys.value if isinstance(keys.value, list) else [keys.value]:
            yield _request(query, [Bound(Op.EQ, key), *rest], last)
    else:
        yield _request(query, bounds, last)


def _bound(term: Term, query: CqlQuery, params: Sequence[object]) -> Bound | None:
    key = query.key_part(term.column)
    if term.beside:
        return decide_slice(term, [query.native(name) for name in term.columns], params, key)
    native = query.native(term.column)
    if term.op in OF_COLLECTIONS:
        of = collection(native)
        assert of is not None
        return decide_contained(term, of.elements, params)
    return decide(term, native, params, key)


def _limit_values(query: CqlQuery, params: Sequence[object]) -> tuple[object, ...]:
    if query.limit is None:
        return ()
    count = limit_of(query, params)
    last = MAX_LIMIT if count is None else min(count, MAX_LIMIT)
    return (last,) if query.vector is None else (query.vector.value(params), last)


def _request(query: CqlQuery, bounds: Sequence[Bound], last: tuple[object, ...]) -> Request:
    return Request(query.text(_forms(bounds), False), (*_cells(bounds), *last))


def _ranged(
    query: CqlQuery, bounds: Sequence[Bound], token_range: TokenRange, last: tuple[object, ...]
) -> Request:
    values = (*_cells(bounds), *token_range, *last)
    return Request(query.text(_forms(bounds), True), values)


def _forms(bounds: Sequence[Bound]) -> tuple[Form, ...]:
    return tuple(b.form for b in bounds)


def _cells(bounds: Sequence[Bound]) -> Iterator[object]:
    return (cell for b in bounds for cell in b.cells)


def _keyed(
    query: CqlQuery, bounds: list[Bound], last: tuple[object, ...], groups: Groups
) -> Iterator[Request]:
    """Every combination of partition keys, those of the longest list in batches."""
    width = len(query.table.partition_key)
    lists = [b.value if isinstance(b.value, list) else [b.value] for b in bounds[:width]]
    longest = max(range(width), key=lambda i: len(lists[i]))
    varying, lists[longest] = lists[longest], [None]
    for one in product(*lists):
        before, after = one[:longest], one[longest + 1 :]
        keys = [(*before, value, *after) for value in varying]
        for routing_key, group in groups(query.table, keys):
            for batch in _batches([key[longest] for key in group]):
                equal = [Bound(Op.EQ, value) for value in one]
                equal[longest] = batch
                request = _request(query, [*equal, *bounds[width:]], last)
                yield replace(request, routing_key=routing_key) if batch.op is Op.IN else request


def _rows(
    query: CqlQuery,
    bounds: list[Bound],
    params: Sequence[object],
    last: tuple[object, ...],
    groups: Groups,
) -> Iterator[Request]:
    """Partition keys of several columns: in batches those that differ in the last one only."""
    width = len(query.table.partition_key)
    keys = list(dict.fromkeys(_whole_keys(query, bounds[:width], params)))
    for routing_key, group in groups(query.table, keys):
        alike: dict[tuple[object, ...], list[object]] = {}
        for *first, varying in group:
            alike.setdefault(tuple(first), []).append(varying)
        for prefix, values in alike.items():
            for batch in _batches(values):
                equal = [*(Bound(Op.EQ, value) for value in prefix), batch, *bounds[width:]]
                request = _request(query, equal, last)
                yield replace(request, routing_key=routing_key) if batch.op is Op.IN else request


def _whole_keys(
    query: CqlQuery, bounds: Sequence[Bound], params: Sequence[object]
) -> Iterator[tuple[object, ...]]:
    """The keys that the rows of a set of keys name, with what else is fixed."""
    terms = query.restriction.terms[: len(bounds)]
    varying = [
        (place, term.part, FLOORS[query.native(term.column)], query.key_part(term.column))
        for place, term in enumerate(terms)
        if term.part is not None
    ]
    (given,) = {t.keys for t in terms if t.keys is not None}
    rows: Any = params[given.index]
    key = [bound.value for bound in bounds]
    for row in rows:
        for place, part, floor, in_key in varying:
            found = floor(row[part])
            if found is None or not found.exact or not in_key.may_be(found.value):
                break
            key[place] = found.value
        else:
            yield tuple(key)


def _batches(values: Sequence[object]) -> Iterator[Bound]:
    for start in range(0, len(values), BATCH_KEYS):
        batch = list(values[start : start + BATCH_KEYS])
        yield Bound(Op.IN, batch) if len(batch) > 1 else Bound(Op.EQ, batch[0])
