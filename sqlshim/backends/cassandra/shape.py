"""An accepted tree as one flat CQL SELECT would have it: `shape_of(rel)`.

The trees are chains over one Scan: filters, then at most one aggregate, then a sort, then a
limit, with plain projections anywhere; or, instead of these three, the first rows of each group.
None for any other tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlshim.functions import operators as op
from sqlshim.functions import windows
from sqlshim.ir.relational import Aggregate, Filter, Limit, Project, Rel, Scan, Sort, Window
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Cast,
    Column,
    Literal,
    Param,
    Scalar,
    SortKey,
    WindowCall,
)
from sqlshim.types import DEFAULT_SCALE, MAX_PRECISION, Kind

_IMPLICIT = {(MAX_PRECISION, 0), (MAX_PRECISION, DEFAULT_SCALE)}
Source = str | AggregateCall  # a column of the table, or an aggregate over such


@dataclass(frozen=True)
class Shape:
    """What a chain asks for, read from the bottom up."""

    scan: Scan
    items: tuple[tuple[Column, Source], ...]
    names: Mapping[int, str]  # every column number below, to the table's column
    where: tuple[Scalar, ...] = ()
    grouped: bool = False
    keys: tuple[str, ...] = ()  # of GROUP BY
    sort: tuple[SortKey, ...] = ()
    limit: Literal | Param | None = None
    first: int | None = None  # so many rows of each group in which they are numbered
    numbered: WindowCall | None = None


def shape_of(rel: Rel) -> Shape | None:
    """The shape of a chain, or None if `rel` is none."""
    match rel:
        case Scan():
            items = tuple((c, c.name) for c in rel.columns)
            return Shape(rel, items, {c.id: c.name for c in rel.columns})
        case Filter(Window(inner, calls=((number, call),)), where=(few,)):
            return _first(shape_of(inner), number, call, few)
        case Filter() | Project() | Aggregate() | Sort() | Limit():
            below = shape_of(rel.input)
            return None if below is None else _on_top(rel, below)
        case _:
            return None


def _first(below: Shape | None, number: Column, call: WindowCall, few: Scalar) -> Shape | None:
    """Rows numbered within groups, the first of each kept."""
    if below is None or below.limit is not None or below.sort or below.grouped or below.first:
        return None
    match few:
        case Call(fn=op.LE, args=(Column(id=number.id), Literal(value=int() as most))):
            if call.fn is windows.ROW_NUMBER:
                return replace(below, first=most, numbered=call)
    return None


def _on_top(rel: Filter | Project | Aggregate | Sort | Limit, below: Shape) -> Shape | None:
    ended = below.limit is not None or below.first is not None
    match rel:
        case Project():
            return _project(rel, below)
        case Limit(count=Literal() | Param() as count, offset=None) if not ended:
            return replace(below, limit=count)
        case Sort() if not (ended or below.sort or below.grouped):
            return replace(below, sort=rel.keys)
        case Filter() if not (ended or below.sort or below.grouped):
            return replace(below, where=below.where + rel.where)
        case Aggregate() if not (ended or below.sort or below.grouped):
            return _aggregate(rel, below)
        case _:
            return None


def _project(rel: Project, below: Shape) -> Shape | None:
    """Columns left out, in another order or renamed; nothing computed."""
    sources = {column.id: source for column, source in below.items}
    items: list[tuple[Column, Source]] = []
    names = dict(below.names)
    for column, expr in rel.items:
        if not isinstance(expr, Column) or expr.id not in sources:
            return None
        items.append((column, sources[expr.id]))
        if expr.id in names:
            names[column.id] = names[expr.id]
    return replace(below, items=tuple(items), names=names)


def _aggregate(rel: Aggregate, below: Shape) -> Shape | None:
    """Grouped by plain columns, over plain columns."""
    keys: list[tuple[Column, str]] = []
    for column, expr in rel.keys:
        if not isinstance(expr, Column) or not _is_plain(expr, below):
            return None
        keys.append((column, below.names[expr.id]))
    if not all(_is_plain(aggregated(arg), below) for _, call in rel.calls for arg in call.args):
        return None
    return replace(
        below,
        items=(*keys, *rel.calls),
        names=dict(below.names) | {column.id: name for column, name in keys},
        grouped=True,
        keys=tuple(name for _, name in keys),
    )


def aggregated(arg: Scalar) -> Scalar:
    """What is aggregated, seen through the cast that makes a decimal of a number of any size: the
    server computes with the number, and a result that is none is a DataError all the same."""
    if isinstance(arg, Cast) and arg.arg.type.kind is Kind.NUMERIC and not arg.safe:
        is_implicit = (arg.type.precision, arg.type.scale) in _IMPLICIT
        return arg.arg if is_implicit else arg
    return arg


def _is_plain(arg: Scalar, below: Shape) -> bool:
    """Whether it is a column; CQL aggregates and groups by no row functions."""
    if not isinstance(arg, Column) or arg.id not in below.names:
        return False
    return below.scan.table.row_function(below.names[arg.id]) is None
