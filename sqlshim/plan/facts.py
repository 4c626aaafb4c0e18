"""Facts about relations and expressions that several rules ask for. Pure; they err on the side
of "unknown"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import is_

from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.functions.windows import ROW_NUMBER
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Scan,
    SetKind,
    SetOp,
    Sort,
    Values,
    Window,
)
from sqlshim.ir.scalar import FALSE, TRUE, Call, Column, Literal, Param, Scalar
from sqlshim.ir.walk import is_volatile as is_volatile
from sqlshim.types import BOOLEAN


def column_ids(rel: Rel) -> frozenset[int]:
    """The numbers of the columns `rel` makes."""
    known: frozenset[int] | None = rel.__dict__.get("column_ids")
    if known is None:
        known = rel.__dict__["column_ids"] = frozenset([c.id for c in rel.columns])
    return known


def is_fixed(expr: Scalar) -> bool:
    """A constant of the execution that costs nothing: a literal or a parameter."""
    return isinstance(expr, Literal | Param)


def is_simple(expr: Scalar) -> bool:
    """Free to compute any number of times."""
    return isinstance(expr, Column | Literal | Param)


def is_literal(expr: Scalar, value: object) -> bool:
    """Whether `expr` is a literal TRUE, FALSE or NULL as given."""
    return isinstance(expr, Literal) and expr.value is value


def is_empty(rel: Rel) -> bool:
    """Known to have no rows."""
    return isinstance(rel, Values) and not rel.rows


def empty(rel: Rel) -> Values:
    """No rows with the columns of `rel`."""
    return Values(rel.columns, ())


def conjuncts(expr: Scalar) -> tuple[Scalar, ...]:
    """The parts of a conjunction."""
    return expr.args if isinstance(expr, Call) and expr.fn is op.AND else (expr,)


def logical(fn: Function, parts: tuple[Scalar, ...]) -> Scalar:
    """AND or OR of `parts`, which may be one or none."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return TRUE if fn is op.AND else FALSE
    return Call(fn, parts, BOOLEAN.with_null(any(e.type.nullable for e in parts)))


def distinct(exprs: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """`exprs` without repetitions, except of what may give another value each time."""
    kept: list[Scalar] = []
    seen: set[Scalar] = set()
    for expr in exprs:
        before = len(seen)
        seen.add(expr)
        if len(seen) > before or is_volatile(expr):
            kept.append(expr)
    return tuple(kept)


def same_items(a: Sequence[object], b: Sequence[object]) -> bool:
    """Whether two sequences hold the very same objects: "nothing changed", cheaply."""
    return len(a) == len(b) and all(map(is_, a, b))


def whole_number(expr: Scalar | None) -> int | None:
    """The value of a LIMIT or OFFSET that is a literal."""
    if isinstance(expr, Literal) and isinstance(expr.value, int):
        return expr.value
    return None


def max_rows(rel: Rel) -> int | None:
    """An upper bound on the number of rows that follows from the plan alone."""
    match rel:
        case Values():
            return len(rel.rows)
        case Limit():
            below, own = max_rows(rel.input), whole_number(rel.count)
            return own if below is None else below if own is None else min(own, below)
        case Aggregate():
            return max_rows(rel.input) if rel.keys else 1
        case Filter() | Project() | Sort() | Window():
            return max_rows(rel.input)
        case Join(kind=JoinKind.SEMI | JoinKind.ANTI):
            return max_rows(rel.left)
        case SetOp(kind=SetKind.UNION_ALL):
            bounds = [max_rows(arm) for arm in rel.inputs]
            return None if None in bounds else sum(b for b in bounds if b is not None)
        case _:
            return None


def is_one_row(rel: Rel) -> bool:
    """Whether `rel` has one row for certain, neither none nor two."""
    match rel:
        case Values():
            return len(rel.rows) == 1
        case Aggregate():
            return not rel.keys
        case Project() | Sort() | Window():
            return is_one_row(rel.input)
        case Join(kind=JoinKind.INNER, on=()):
            return is_one_row(rel.left) and is_one_row(rel.right)
        case _:
            return False


def unique_sets(rel: Rel) -> tuple[frozenset[int], ...]:
    """Sets of output columns in which no two rows agree (NULLs being alike)."""
    match rel:
        case Scan():
            return _primary_key(rel)
        case Aggregate():
            return (frozenset(c.id for c, _ in rel.keys),)
        case Filter(Window(calls=((number, call),)) as window, where=where):
            first = call.fn is ROW_NUMBER and any(_is_first(e, number) for e in where)
            group = frozenset(e.id for e in call.partition if isinstance(e, Column))
            known = unique_sets(window)
            return (group, *known) if first and len(group) == len(call.partition) else known
        case Filter() | Sort() | Limit() | Window():
            return unique_sets(rel.input)
        case Join(kind=JoinKind.SEMI | JoinKind.ANTI):
            return unique_sets(rel.left)
        case Project():
            new = {e.id: c.id for c, e in rel.items if isinstance(e, Column)}
            return _renamed(unique_sets(rel.input), new)
        case _:
            return ()


def _is_first(condition: Scalar, number: Column) -> bool:
    """Whether it keeps the row numbered 1 only."""
    match condition:
        case Call(fn=op.LE | op.EQ, args=(Column(id=number.id), Literal(value=1))):
            return True
        case _:
            return False


def _primary_key(rel: Scan) -> tuple[frozenset[int], ...]:
    ids = {c.name: c.id for c in rel.columns}
    key = rel.table.primary_key
    if not key or not set(key) <= ids.keys():
        return ()
    return (frozenset(ids[name] for name in key),)


def _renamed(sets: Iterable[frozenset[int]], new: dict[int, int]) -> tuple[frozenset[int], ...]:
    return tuple(frozenset(new[i] for i in s) for s in sets if s <= new.keys())


def passes_on(rel: Project) -> bool:
    """Whether a Project only drops or reorders columns."""
    return all(isinstance(e, Column) and e.id == c.id for c, e in rel.items)
