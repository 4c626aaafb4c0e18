"""Slices over several clustering columns: `(c, d) > (?, ?)`.

The binder makes `c > 1 OR (c = 1 AND d > 2)` of a comparison of rows, and people write that by
hand to read on from a row. `as_slice` (for `restrict`) sees the slice in it; `decide_slice` (for
`requests`) is what `bounds.decide` is for one column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlshim.backends.cassandra.paths.bounds import FLOORS, Bound, KeyPart, Op, Term, value_of
from sqlshim.backends.cassandra.paths.terms import FLOATING, Columns, as_terms, conjuncts_of
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Scalar

_STRICT = {Op.GT: Op.GT, Op.GE: Op.GT, Op.LT: Op.LT, Op.LE: Op.LT}


def as_slice(conjunct: Scalar, columns: Columns) -> Term | None:
    """The conjunct as one term over several columns, the first that differs deciding."""
    parts = _parts(conjunct, columns)
    if parts is None or len(parts) < 2:
        return None
    *before, last = parts
    distinct = {term.column for term in parts}
    if len(distinct) < len(parts) or any(t.op is not _STRICT[last.op] for t in before):
        return None
    values = tuple(value for term in parts for value in term.values)
    return replace(before[0], op=last.op, values=values, beside=tuple(t.column for t in parts[1:]))


def _parts(condition: Scalar, columns: Columns) -> list[Term] | None:
    """The comparisons of the columns in turn; each but the last is strict."""
    match condition:
        case Call(fn=op.OR, args=(strict, rest)):
            first = _range(strict, columns)
            equal, *others = conjuncts_of(rest)
            if first is None or len(others) != 1:
                return None
            after = _parts(others[0], columns)
            same = as_terms(equal, columns) == (replace(first, op=Op.EQ),)
            return [first, *after] if after is not None and same else None
        case _:
            last = _range(condition, columns)
            return None if last is None else [last]


def _range(condition: Scalar, columns: Columns) -> Term | None:
    """A range of a column; -0.0 and 0.0 are two values in Cassandra: of no floating column."""
    terms = as_terms(condition, columns)
    if isinstance(terms, str) or len(terms) != 1 or terms[0].op not in _STRICT:
        return None
    natives = {column.name: column.native for column in columns.values()}
    plain = natives[terms[0].column] not in FLOATING and not terms[0].of_time
    return terms[0] if plain else None


def decide_slice(
    term: Term, natives: Sequence[str], params: Sequence[object], key: KeyPart
) -> Bound | None:
    """The comparison to send, of as many of the columns as matter; None if no row can match."""
    strict, lower = _STRICT[term.op], term.op in (Op.GT, Op.GE)
    sent: list[object] = []
    for native, scalar in zip(natives, term.values, strict=True):
        value = value_of(scalar, params)
        floor = None if value is None else FLOORS[native](value)
        if floor is None:  # rows that are equal up to here do not match
            return Bound(strict, tuple(sent)) if sent else None
        key.check_length(floor.value)
        if floor.below and not lower:
            return Bound(Op.LT, tuple(sent)) if sent else None
        sent.append(floor.value)
        if floor.below:
            return Bound(Op.GE, tuple(sent))
        if not floor.exact:
            return Bound(Op.GT if lower else Op.LE, tuple(sent))
    return Bound(term.op, tuple(sent))
