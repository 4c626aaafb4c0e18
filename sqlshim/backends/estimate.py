"""How many rows a relation gives, roughly: for `accept` under pushdown="auto" and for key sets.

Counts come from the catalog. What share of a table a condition keeps is what the store measured
(`Known`), else the usual guess (System R's): an equality keeps a twentieth, a range a third, a
unique key one row.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlshim.catalog.model import Table
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
    Remote,
    Scan,
    SetOp,
    Values,
)
from sqlshim.ir.scalar import Call, Column, InList, Literal, Param, Scalar

UNKNOWN_ROWS = 10_000  # of a table without a count
_EQUAL, _RANGE, _OTHER = 0.05, 0.3, 0.3
_RANGES = frozenset({op.LT, op.LE, op.GT, op.GE, op.LIKE})


Known = Callable[[Filter], float | None]  # the measured share of a table's rows


def unmeasured(rel: Filter) -> float | None:
    """Nothing is known of any condition."""
    return None


def rows(rel: Rel, known: Known = unmeasured) -> float:
    """The estimated number of rows, at least 1."""
    match rel:
        case Remote():
            return rows(rel.rel, known)
        case Scan():
            count = rel.table.row_count
            return float(UNKNOWN_ROWS if count is None else max(count, 1))
        case Values():
            return float(max(len(rel.rows), 1))
        case Filter():
            return max(_filtered(rel, known), 1.0)
        case Aggregate():
            return max(rows(rel.input, known) / 10, 1.0) if rel.keys else 1.0
        case GroupingSets():
            return len(rel.sets) * max(rows(rel.input, known) / 10, 1.0)
        case Limit(count=Literal(value=int() as count)):
            return max(min(rows(rel.input, known), float(count)), 1.0)
        case Join():
            sides = rows(rel.left, known), rows(rel.right, known)
            one_sided = rel.kind in (JoinKind.SEMI, JoinKind.ANTI)
            return sides[0] if one_sided else max(sides)
        case SetOp():
            return sum(rows(part, known) for part in rel.inputs)
        case _:
            return rows(walk.inputs(rel)[0], known)


def stored(rel: Rel) -> float:
    """The rows of the largest table that `rel` reads."""
    return max((rows(r) for r in walk.every_rel(rel) if isinstance(r, Scan)), default=1.0)


def _filtered(rel: Filter, known: Known) -> float:
    if any(_finds_one(term, rel.input) for term in rel.where):
        return 1.0
    kept = rows(rel.input, known)
    measured = known(rel)
    if measured is not None:
        return kept * measured
    for term in rel.where:
        kept *= selectivity(term)
    return kept


def _finds_one(term: Scalar, rel: Rel) -> bool:
    """Whether `term` is an equality of a unique field with a constant."""
    if not (isinstance(term, Call) and term.fn is op.EQ and isinstance(rel, Scan)):
        return False
    names = {c.id: c.name for c in rel.columns}
    named = [names[a.id] for a in term.args if isinstance(a, Column) and a.id in names]
    fixed = any(isinstance(a, Literal | Param) for a in term.args)
    return fixed and any(is_unique(rel.table, name) for name in named)


def is_unique(table: Table, column: str) -> bool:
    """Whether no two rows agree in the column."""
    if table.primary_key == (column,):
        return True
    return any(
        index.unique and [name for name, _ in index.columns] == [column] for index in table.indexes
    )


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
