"""Index or scan: whether a range on an indexed column finds so much that reading all is cheaper;
and what share of a table conditions keep (`filtered_share`, for the order of key sets).

An index reads row by row, a scan page by page: a row through the index costs several times one of
a scan. `Samples.share(table, terms)` judges by a few hundred values of the column, read once in a
while; `rather_scan` is asked by the backend after `accept`, under pushdown="auto" only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlshim.backends.cassandra.accept import columns_of, restriction_of
from sqlshim.backends.cassandra.names import quote
from sqlshim.backends.cassandra.paths.bounds import (
    OF_COLLECTIONS,
    POINTS,
    Bound,
    KeyPart,
    Op,
    Term,
    decide,
)
from sqlshim.backends.cassandra.paths.restrict import Path, Restriction
from sqlshim.backends.cassandra.paths.terms import as_terms
from sqlshim.backends.cassandra.paths.union import is_either
from sqlshim.backends.cassandra.ring import KEEP_LARGE, LOW, PROBE_ROWS
from sqlshim.backends.cassandra.session import Session
from sqlshim.backends.cassandra.shape import shape_of
from sqlshim.backends.cassandra.values.readers import readers
from sqlshim.backends.estimate import selectivity
from sqlshim.backends.protocol import Accepted
from sqlshim.catalog.model import Table
from sqlshim.errors import Error
from sqlshim.ir.relational import Filter, Scan
from sqlshim.ir.scalar import Column, Literal, Scalar

PLACES, ROWS_A_PLACE = 4, 200  # of a sample
# The share of the rows from which on a scan is cheaper: measured 0.4 where all rows are sent, and
# half of it where the server leaves most of them out by other conditions.
MOST, MOST_BESIDE_FILTERS = 0.4, 0.22

Share = Callable[[Table, Sequence[Term]], float | None]


def rather_scan(rel: Filter, answer: Accepted, share: Share) -> Accepted:
    """The answer for `rel` without the ranges whose index would find too much of the table."""
    shape = shape_of(answer.taken) if isinstance(answer.taken, Filter) else None
    if shape is None or not isinstance(answer.taken, Filter):
        return answer
    restriction, table, columns = restriction_of(shape), shape.scan.table, columns_of(shape)
    if restriction.path is Path.UNION:
        ranges = tuple(c for c in answer.taken.where if is_either(c))
        found = sum(share(table, _ranges(arm, table)) or 0 for arm in restriction.arms)
    else:
        served = _ranges(restriction, table)
        ranges = tuple(
            c for c in answer.taken.where if any(t in served for t in as_terms(c, columns))
        )
        found = share(table, served) or 0
    rest = tuple(c for c in answer.taken.where if c not in ranges)
    if not ranges or found <= (MOST_BESIDE_FILTERS if rest else MOST):
        return answer
    return _without(rel, answer, ranges, rest, f"the index would find {found:.0%} of the rows")


def _ranges(restriction: Restriction, table: Table) -> list[Term]:
    """The ranges on indexed columns, if nothing narrower leads to the rows."""
    indexed = {i.columns[0][0] for i in table.indexes}
    served = [t for t in restriction.terms if t.column in indexed]
    if restriction.path is not Path.INDEX or any(t.op in POINTS | {Op.IN} for t in served):
        return []
    return served


def filtered_share(rel: Filter, share: Share) -> float | None:
    """The share of a table's rows that a Filter keeps, by samples; conditions that cannot be
    judged so are guessed. None if none can be."""
    shape = shape_of(rel.input)
    if shape is None or shape.where or not isinstance(rel.input, Scan):
        return None
    table, columns = shape.scan.table, columns_of(shape)
    kept, known = 1.0, False
    ranges: list[Term] = []
    for conjunct in rel.where:
        terms = as_terms(conjunct, columns)
        if isinstance(terms, str) or any(t.op in OF_COLLECTIONS for t in terms):
            kept *= selectivity(conjunct)
        else:
            ranges += terms
    for name in dict.fromkeys(t.column for t in ranges):
        found = share(table, [t for t in ranges if t.column == name])
        if found is not None:
            known = True
            kept *= found
    return kept if known else None


def _without(
    rel: Filter, answer: Accepted, ranges: tuple[Scalar, ...], rest: tuple[Scalar, ...], why: str
) -> Accepted:
    if not rest:
        return Accepted(None, rel.where, why)
    assert isinstance(answer.taken, Filter)
    taken = replace(answer.taken, where=rest)
    shape = shape_of(taken)
    if shape is None or restriction_of(shape).left:
        return answer  # the other conditions need the index
    left = tuple(dict.fromkeys((*answer.left, *ranges)))
    return Accepted(taken, left, "; ".join(filter(None, (answer.why, why))))


class Samples:
    """Values of columns, some of each, remembered for a while."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._values: dict[tuple[str, str, str], tuple[float, list[Any]]] = {}
        self._lock = threading.Lock()

    def share(self, table: Table, terms: Sequence[Term]) -> float | None:
        """What share of the rows satisfies the terms; None where that cannot be told: a small
        table, a parameter, a server that does not answer."""
        known = all(isinstance(v, Literal) for t in terms for v in t.values)
        if any(t.of_time for t in terms):
            return None
        if not terms or not known or (table.row_count or 0) < PROBE_ROWS:
            return None
        try:
            return min(self._share(table, name, terms) for name in {t.column for t in terms})
        except (Error, TypeError):  # values that do not compare: the statement will say it
            return None

    def _share(self, table: Table, name: str, terms: Sequence[Term]) -> float:
        values = self._sample(table, name)
        native = table.column(name).native
        bounds = [decide(t, native, (), KeyPart()) for t in terms if t.column == name]
        hits = sum(all(b is not None and _holds(b, v) for b in bounds) for v in values)
        return max(hits, 0.5) / max(len(values), 1)

    def _sample(self, table: Table, name: str) -> list[Any]:
        key = (table.schema, table.name, name)
        with self._lock:
            until, values = self._values.get(key, (0.0, []))
        if time.monotonic() < until:
            return values
        token = f"TOKEN({', '.join(map(quote, table.partition_key))})"
        text = (
            f"SELECT {quote(name)} FROM {quote(table.schema)}.{quote(table.name)} "
            f"WHERE {token} > ? LIMIT {ROWS_A_PLACE}"
        )
        places = [LOW + i * (2**64 // PLACES) for i in range(PLACES)]
        cells = [row[0] for p in places for row in self._session.read(text, (p,), stamp=key)]
        values = _comparable(table, name, cells)
        with self._lock:
            self._values[key] = (time.monotonic() + KEEP_LARGE, values)
        return values


def _comparable(table: Table, name: str, cells: list[Any]) -> list[Any]:
    """Cells as `decide` has the values of bounds: dates as dates, the rest as the driver's."""
    column = table.column(name)
    if column.native != "date":
        return cells
    (read,) = readers([Column(0, name, column.type)])
    return cells if read is None else [read(cell) for cell in cells]


def _holds(bound: Bound, value: Any) -> bool:
    if value is None:
        return False
    limit: Any = bound.value
    match bound.op:
        case Op.LT:
            return bool(value < limit)
        case Op.LE:
            return bool(value <= limit)
        case Op.GT:
            return bool(value > limit)
        case Op.GE:
            return bool(value >= limit)
        case Op.IN:
            return value in limit
        case _:
            return bool(value == limit)
