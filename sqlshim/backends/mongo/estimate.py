"""How many documents a relation gives, roughly: for `accept` under pushdown="auto".

Counts come from the collection, selectivities are the usual guesses (System R's): an equality
keeps a twentieth, a range a third, a unique key one document.
"""

from __future__ import annotations

from sqlshim.backends.mongo.origins import origins
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    JoinKind,
    Limit,
    Rel,
    Scan,
    SetOp,
    Values,
)
from sqlshim.ir.scalar import Call, Column, InList, Literal, Param, Scalar

UNKNOWN_ROWS = 10_000  # of a collection without a count
_EQUAL, _RANGE, _OTHER = 0.05, 0.3, 0.3
_RANGES = frozenset({op.LT, op.LE, op.GT, op.GE, op.LIKE})


def rows(rel: Rel) -> float:
    """The estimated number of rows, at least 1."""
    match rel:
        case Scan():
            known = rel.table.row_count
            return float(UNKNOWN_ROWS if known is None else max(known, 1))
        case Values():
            return float(max(len(rel.rows), 1))
        case Filter():
            return max(_filtered(rel), 1.0)
        case Aggregate():
            return max(rows(rel.input) / 10, 1.0) if rel.keys else 1.0
        case GroupingSets():
            return len(rel.sets) * max(rows(rel.input) / 10, 1.0)
        case Limit(count=Literal(value=int() as count)):
            return max(min(rows(rel.input), float(count)), 1.0)
        case Join():
            sides = rows(rel.left), rows(rel.right)
            one_sided = rel.kind in (JoinKind.SEMI, JoinKind.ANTI)
            return sides[0] if one_sided else max(sides)
        case SetOp():
            return sum(map(rows, rel.inputs))
        case _:
            return rows(walk.inputs(rel)[0])


def stored(rel: Rel) -> float:
    """The documents of the largest collection that `rel` reads."""
    return max((rows(r) for r in walk.every_rel(rel) if isinstance(r, Scan)), default=1.0)


def _filtered(rel: Filter) -> float:
    if any(_finds_one(term, rel.input) for term in rel.where):
        return 1.0
    kept = rows(rel.input)
    for term in rel.where:
        kept *= selectivity(term)
    return kept


def _finds_one(term: Scalar, rel: Rel) -> bool:
    """Whether `term` is an equality of a unique field with a constant."""
    if not (isinstance(term, Call) and term.fn is op.EQ and isinstance(rel, Scan)):
        return False
    unique = {"_id"} | {
        index.columns[0][0]
        for index in rel.table.indexes
        if index.unique and len(index.columns) == 1
    }
    fields = origins(rel)
    named = {fields.get(a.id) for a in term.args if isinstance(a, Column)}
    return bool(named & unique) and any(isinstance(a, Literal | Param) for a in term.args)


def selectivity(term: Scalar) -> float:
    """The share of rows for which `term` is guessed to be true."""
    match term:
        case InList():
            return min(_EQUAL * len(term.items), 0.5)
        case Call(fn=op.AND):
            share = 1.0
            for part in term.args:
                share *= selectivity(part)
            return share
        case Call(fn=op.OR):
            return min(sum(map(selectivity, term.args)), 1.0)
        case Call(fn=op.EQ | op.IS_NULL):
            return _EQUAL
        case Call(fn=op.NE | op.IS_NOT_NULL):
            return 1 - _EQUAL
        case Call(fn=fn) if fn in _RANGES:
            return _RANGE
        case _:
            return _OTHER
