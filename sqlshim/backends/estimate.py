"""How many rows a relation gives, roughly: for `accept` under pushdown="auto" and for key sets.

Counts come from the catalog. What share of a table a condition keeps is what the store measured
(`Known`), else the usual guess (System R's): an equality or a pattern keeps a twentieth, a
range a third, a unique key one row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from sqlshim.catalog.model import Table
from sqlshim.functions import arrays
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Remote,
    Scan,
    Series,
    SetOp,
    Unnest,
    Values,
    WorkingTable,
)
from sqlshim.ir.scalar import Call, Cast, Column, InList, Literal, Param, Scalar
from sqlshim.types import INTEGERS, Kind

UNKNOWN_ROWS = 10_000  # of a table without a count
ELEMENTS = 10  # of an array
_MADE_ROWS = 100.0  # of a series whose bounds are no constants, of one step of a recursion
_LISTED = 100  # values of a list that is a parameter
_MOST_IN_A_PARTITION = 100  # rows, where nothing says how many
_EQUAL, _RANGE, _OTHER = 0.05, 0.3, 0.3
_RANGES = frozenset({op.LT, op.LE, op.GT, op.GE})


Known = Callable[[Filter], float | None]  # the measured share of a table's rows


def unmeasured(rel: Filter) -> float | None:
    """Nothing is known of any condition."""
    return None


def remembered(known: Known) -> Known:
    """`known`, asked once for each Filter."""
    answers: dict[int, tuple[Filter, float | None]] = {}

    def ask(rel: Filter) -> float | None:
        if id(rel) not in answers:
            answers[id(rel)] = rel, known(rel)
        return answers[id(rel)][1]

    return ask


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
        case Series():
            return max(_length(rel), 1.0)
        case WorkingTable():
            return _MADE_ROWS
        case Filter():
            return max(_filtered(rel, known), 1.0)
        case Aggregate():
            return max(rows(rel.input, known) / 10, 1.0) if rel.keys else 1.0
        case GroupingSets():
            return len(rel.sets) * max(rows(rel.input, known) / 10, 1.0)
        case Limit(count=Literal(value=int() as count)):
            return max(min(rows(rel.input, known), float(count)), 1.0)
        case Join():
            return max(_joined(rel, known), 1.0)
        case Unnest():
            return rows(rel.input, known) * ELEMENTS
        case SetOp():
            return sum(rows(part, known) for part in rel.inputs)
        case _:
            return rows(walk.inputs(rel)[0], known)


def _length(rel: Series) -> float:
    match rel.start, rel.stop, rel.step:
        case Literal(value=int(start)), Literal(value=int(stop)), Literal(value=int(step)) if step:
            return float((stop - start) // step + 1)
        case _:
            return _MADE_ROWS


def _joined(rel: Join, known: Known) -> float:
    """A key that is unique on one side finds at most one row there: as many rows of the other
    side find theirs as were left of it."""
    left, right = rows(rel.left, known), rows(rel.right, known)
    if rel.kind in (JoinKind.LEFT, JoinKind.ANTI):
        return left
    if rel.kind is JoinKind.RIGHT:
        return right
    shares = [
        (share, is_left)
        for a, b in equalities(rel)
        for is_left, side, column in ((True, rel.left, a), (False, rel.right, b))
        if (share := _left_of_unique(side, column, left if is_left else right)) is not None
    ]
    if rel.kind is JoinKind.SEMI:
        return left * min((share for share, is_left in shares if not is_left), default=1.0)
    found = [(right if is_left else left) * share for share, is_left in shares]
    return min(found, default=max(left, right))


def _left_of_unique(side: Rel, column: Column, kept: float) -> float | None:
    base = base_column(side, column)
    if base is None or not is_unique(*base):
        return None
    return min(kept / rows(Scan(base[0], ())), 1.0)


def found_for_each(rel: Join) -> float:
    """How many rows of the right side's table a row of the left one finds, before filters."""
    if any(
        (base := base_column(rel.right, b)) is not None and is_unique(*base)
        for _, b in equalities(rel)
    ):
        return 1.0
    return max(stored(rel.right) / stored(rel.left), 1.0)


def equalities(rel: Join) -> Iterator[tuple[Column, Column]]:
    """The equalities of ON between a column of the left input and one of the right, also of
    integers that are compared in a wider type."""
    ours = {c.id for c in rel.left.columns}
    theirs = {c.id for c in rel.right.columns}
    for term in rel.on:
        if not (isinstance(term, Call) and term.fn is op.EQ):
            continue
        match tuple(map(uncast, term.args)):
            case (Column() as a, Column() as b):
                a, b = (a, b) if a.id in ours else (b, a)
                if a.id in ours and b.id in theirs:
                    yield a, b


_INTEGER_WIDTHS = (Kind.SMALLINT, Kind.INTEGER, Kind.BIGINT)


def uncast(expr: Scalar) -> Scalar:
    """`expr`, or the integer that it makes a wider one of: the same number."""
    if not isinstance(expr, Cast) or not {expr.type.kind, expr.arg.type.kind} <= INTEGERS:
        return expr
    narrow, wide = (_INTEGER_WIDTHS.index(e.type.kind) for e in (expr.arg, expr))
    return uncast(expr.arg) if narrow <= wide else expr


def partitions(rel: Rel, columns: Sequence[Column]) -> float:
    """How many partitions `columns` name, at the least: 0 if they are not the partition key, or
    what constants leave of it."""
    found = [base for column in columns if (base := base_column(rel, column)) is not None]
    table = found[0][0] if found else None
    names = {name for of, name in found if of == table}
    if table is None or not names | fixed(rel, table) >= set(table.partition_key or ("",)):
        return 0.0
    return rows(Scan(table, ())) / _MOST_IN_A_PARTITION


def stored(rel: Rel) -> float:
    """The rows of the largest table that `rel` reads."""
    return max((rows(r) for r in walk.every_rel(rel) if isinstance(r, Scan)), default=1.0)


def _filtered(rel: Filter, known: Known) -> float:
    found = _found_by_key(rel)
    if found == 1.0:
        return found
    kept = rows(rel.input, known)
    measured = known(rel)
    if measured is not None:
        return min(kept * measured, found)
    for term in rel.where:
        kept *= selectivity(term)
    return min(kept, found)


def _found_by_key(rel: Filter) -> float:
    """How many rows the keys find that the conditions name, at the most: one for each value of a
    unique column, some for each partition."""
    if not isinstance(rel.input, Scan):
        return math.inf
    table, named = rel.input.table, _named(rel, rel.input)
    found = [float(values) for name, values in named.items() if is_unique(table, name)]
    if table.partition_key and named.keys() >= set(table.partition_key):
        several = math.prod(named[name] for name in table.partition_key)
        found.append(float(several * _MOST_IN_A_PARTITION))
    return min(found, default=math.inf)


def fixed(rel: Rel, table: Table) -> set[str]:
    """The columns of a table below that are equal to constants."""
    return {
        name
        for node in walk.every_rel(rel)
        if isinstance(node, Filter) and isinstance(node.input, Scan) and node.input.table == table
        for name, values in _named(node, node.input).items()
        if values == 1
    }


def _named(rel: Filter, scan: Scan) -> dict[str, int]:
    """With how many constants columns are compared at the most."""
    names = {c.id: c.name for c in scan.columns}
    named: dict[str, int] = {}
    for term in rel.where:
        column, values = _named_values(term)
        if column is not None and column.id in names:
            name = names[column.id]
            named[name] = min(values, named.get(name, values))
    return named


def _named_values(term: Scalar) -> tuple[Column | None, int]:
    """The column that `term` compares with constants, and with how many."""
    match term:
        case Call(fn=op.EQ, args=(Column() as column, Literal() | Param())):
            return column, 1
        case Call(fn=op.EQ, args=(Literal() | Param(), Column() as column)):
            return column, 1
        case Call(fn=arrays.EQ_ANY, args=(Column() as column, Param())):
            return column, _LISTED
        case InList(arg=Column() as column, items=items):
            constant = all(isinstance(item, Literal | Param) for item in items)
            return (column, len(items)) if constant else (None, 0)
        case _:
            return None, 0


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
        case Call(fn=op.EQ | op.IS_NULL | op.LIKE):
            return _EQUAL
        case Call(fn=op.NE | op.IS_NOT_NULL):
            return 1 - _EQUAL
        case Call(fn=fn) if fn in _RANGES:
            return _RANGE
        case _:
            return _OTHER


def keys(rel: Rel, column: Column, known: Known = unmeasured) -> float:
    """How many different values `column` of `rel` has at most: no more than there are rows where
    it comes from, nor than rows on the other side of an inner join by it."""
    most = rows(rel, known)
    if isinstance(rel, Remote):
        return keys(rel.rel, column, known)
    for other in equals(rel, column):
        for side in (rel.left, rel.right) if isinstance(rel, Join) else ():
            if _has(side, other):
                most = min(most, keys(side, other, known))
    below = renamed(rel, column)
    if below is not None:
        for child in walk.inputs(rel):
            if _has(child, below):
                most = min(most, keys(child, below, known))
    return most


def all_keys(rel: Rel, column: Column) -> float | None:
    """How many different values `column` could have: the rows of a table in which it, or what an
    inner join says it equals, is unique. None if there is no such table."""
    counts: list[float] = []
    if isinstance(rel, Scan):
        base = base_column(rel, column)
        return rows(Scan(rel.table, ())) if base and is_unique(*base) else None
    below = renamed(rel, column)
    for wanted in (below, *equals(rel, column)):
        for child in (rel.rel,) if isinstance(rel, Remote) else walk.inputs(rel):
            if wanted is not None and _has(child, wanted):
                counts += filter(None, [all_keys(child, wanted)])
    return min(counts, default=None)


def _has(rel: Rel, column: Column) -> bool:
    return any(c.id == column.id for c in rel.columns)


def equals(rel: Rel, column: Column) -> list[Column]:
    """The columns that an inner join at the root of `rel` says are equal to `column`."""
    if not isinstance(rel, Join) or rel.kind not in (JoinKind.INNER, JoinKind.SEMI):
        return []
    return [b if a.id == column.id else a for a, b in equalities(rel) if column.id in (a.id, b.id)]


# --- where columns come from ---------------------------------------------------------------


def renamed(rel: Rel, column: Column) -> Column | None:
    """The column of an input that `column` of `rel` is; None if it is computed here."""
    items: tuple[tuple[Column, object], ...] = ()
    match rel:
        case Project():
            items = rel.items
        case Aggregate():
            items = (*rel.keys, *rel.calls)
        case _:
            return column
    found = next((e for c, e in items if c.id == column.id), None)
    return found if isinstance(found, Column) else None


def base_column(rel: Rel, column: Column) -> tuple[Table, str] | None:
    """The table and the name of the column that `column` is."""
    if isinstance(rel, Scan):
        return next(((rel.table, c.name) for c in rel.columns if c.id == column.id), None)
    below = renamed(rel, column)
    if below is None:
        return None
    found = (base_column(child, below) for child in walk.inputs(rel))
    return next(filter(None, found), None)
