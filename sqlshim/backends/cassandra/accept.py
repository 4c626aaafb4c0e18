"""What Cassandra runs of a plan: `accept(rel, pushdown)`, asked by `split` from the leaves up.

Refusing is a value, with the reason in words for EXPLAIN.
"""

from __future__ import annotations

from dataclasses import replace

from sqlshim.backends.cassandra.paths.bounds import Op
from sqlshim.backends.cassandra.paths.restrict import NOT_HASHED, Path, Restriction
from sqlshim.backends.cassandra.paths.terms import ORDERED, Columns, as_list, is_list
from sqlshim.backends.cassandra.paths.union import choose
from sqlshim.backends.cassandra.servers import Feature
from sqlshim.backends.cassandra.shape import Shape, aggregated, shape_of
from sqlshim.backends.protocol import Accepted, Pushdown
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.functions import aggregates as agg
from sqlshim.ir.keys import is_key_test
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    Limit,
    Project,
    Rel,
    Remote,
    Scan,
    SetOp,
    Sort,
    Values,
)
from sqlshim.ir.scalar import AggregateCall, Column, Param, Scalar, SortKey
from sqlshim.types import INTEGERS, Kind

_NOT_CQL: dict[type, str] = {
    GroupingSets: "CQL has no grouping sets",
    Join: "CQL has no joins",
    SetOp: "CQL has no UNION, INTERSECT or EXCEPT",
    Values: "CQL has no VALUES",
    Remote: "",
}
OF_LIST = "of a long list the rows may be read first and tested then"


def accept(rel: Rel, pushdown: Pushdown) -> Accepted:
    """Whether `rel`, over inputs that were accepted, is still one CQL SELECT."""
    if isinstance(rel, Scan):
        known = {c.name for c in rel.table.columns}
        return Accepted(rel if all(c.name in known for c in rel.columns) else None)
    if pushdown is Pushdown.NEVER:
        return Accepted(None, why="pushdown is off")
    match rel:
        case Filter():
            return _filter(rel)
        case Project():
            return _whole(rel, "" if shape_of(rel) else "CQL computes no such expressions")
        case Limit():
            return _whole(rel, _why_no_limit(rel))
        case Sort():
            return _whole(rel, _why_no_sort(rel))
        case Aggregate():
            return _whole(rel, _why_no_aggregate(rel))
        case _:
            return Accepted(None, why=_NOT_CQL.get(type(rel), ""))


def _whole(rel: Rel, why: str) -> Accepted:
    return Accepted(None, why=why) if why else Accepted(rel)


def restriction_of(shape: Shape) -> Restriction:
    """The access path of a shape."""
    return choose(shape.where, columns_of(shape), shape.scan.table)


def without_keys(shape: Shape) -> Restriction:
    """The access path when the sets of keys turn out to be too large to be looked up."""
    where = tuple(term for term in shape.where if not _may_be_dropped(term))
    return choose(where, columns_of(shape), shape.scan.table)


def _may_be_dropped(term: Scalar) -> bool:
    return is_key_test(term) or is_list(term)


def lists_of(shape: Shape) -> list[tuple[Column, Param]]:
    """The columns that are looked for in lists, with these. If a list is too long to be looked up
    the rows are tested when they have been read, so that nothing may be counted or cut before."""
    return [found for term in shape.where if (found := as_list(term)) is not None]


def columns_of(shape: Shape) -> Columns:
    """The table's columns by the numbers they have in the tree; no row functions, which CQL only
    selects."""
    table = shape.scan.table
    stored = {column.name: column for column in table.columns}
    return {number: stored[name] for number, name in shape.names.items() if name in stored}


# --- filter --------------------------------------------------------------------------------


def _filter(rel: Filter) -> Accepted:
    shape, below = shape_of(rel), shape_of(rel.input)
    if shape is None or below is None:
        return Accepted(None, rel.where, "CQL filters rows of a table only")
    restriction = restriction_of(shape)
    left = dict(restriction.left)
    if any(term in left for term in below.where):
        return Accepted(None, rel.where, "CQL takes one restriction a column")
    sent = replace(shape, where=tuple(term for term in shape.where if term not in left))
    if any(map(_may_be_dropped, sent.where)):
        left |= {t: "CQL could not say it without the keys" for t, _ in without_keys(sent).left}
        sent = replace(sent, where=tuple(term for term in sent.where if term not in left))
        if any(term in left for term in below.where) or restriction_of(sent).left:
            return Accepted(None, rel.where, "without its keys it would be another query")
    again = left | dict(restriction.checked)
    why = "; ".join(dict.fromkeys(again.values()))
    taken = tuple(term for term in rel.where if term not in left)
    if not taken:
        return Accepted(None, rel.where, why)
    kept = tuple(term for term in rel.where if term in again)
    return Accepted(replace(rel, where=taken), kept, why)


# --- limit and sort ------------------------------------------------------------------------


def _why_no_limit(rel: Limit) -> str:
    if rel.offset is not None:
        return "CQL has no OFFSET"
    shape = shape_of(rel)
    if shape is None:
        return "CQL limits rows by a constant, once"
    if lists_of(shape):
        return OF_LIST
    return "one row needs no limit" if shape.grouped and not shape.keys else ""


def _why_no_sort(rel: Sort) -> str:
    shape = shape_of(rel)
    if shape is None:
        return "CQL sorts rows of a table only"
    restriction = restriction_of(shape)
    if restriction.path not in (Path.KEY, Path.SLICE, Path.PARTITION):
        return "CQL sorts within one partition only"
    table = shape.scan.table
    indexed = {i.columns[0][0] for i in table.indexes}
    if any(t.column in indexed for t in restriction.terms):
        return "CQL sorts no rows found by an index"
    if clustering_order(shape, restriction) is None:
        return "CQL sorts by the clustering columns only"
    return ""


def clustering_order(shape: Shape, restriction: Restriction) -> tuple[tuple[str, bool], ...] | None:
    """The ORDER BY that gives the shape's sort: the clustering columns, all as declared or all
    reversed. Columns fixed by `=` say nothing about order and may be left out of either."""
    table = shape.scan.table
    fixed = {t.column for t in restriction.terms if t.op is Op.EQ}
    wanted = [_sort_name(key, shape) for key in shape.sort]
    keys = [(n, k.descending) for n, k in zip(wanted, shape.sort, strict=True) if n not in fixed]
    order: list[tuple[str, bool]] = []
    reverse: bool | None = None
    rest = iter(table.clustering)
    for name, descending in keys:
        found = next((c for c in rest if c[0] not in fixed), None)
        if found is None or found[0] != name or not sorts_as_sql(table.column(name)):
            return None
        if reverse is None:
            reverse = descending != found[1]
        if reverse != (descending != found[1]):
            return None
        order.append((name, descending))
    return _with_fixed(order, table, bool(reverse))


def _with_fixed(
    order: list[tuple[str, bool]], table: Table, reverse: bool
) -> tuple[tuple[str, bool], ...]:
    """ORDER BY names the clustering columns from the first on, without a gap."""
    if not order:
        return ()
    last = [name for name, _ in table.clustering].index(order[-1][0])
    return tuple((name, descending != reverse) for name, descending in table.clustering[: last + 1])


def _sort_name(key: SortKey, shape: Shape) -> str | None:
    return shape.names.get(key.expr.id) if isinstance(key.expr, Column) else None


def sorts_as_sql(column: TableColumn) -> bool:
    """Whether CQL sorts the column as SQL does."""
    # A clustering column that may be NULL stands beside static columns: NULL would come first.
    return column.native in ORDERED | {"time", "boolean"} and not column.type.nullable


# --- aggregate -----------------------------------------------------------------------------


def _why_no_aggregate(rel: Aggregate) -> str:
    shape = shape_of(rel)
    if shape is None:
        return "CQL groups and aggregates plain columns of a table only"
    if lists_of(shape):
        return OF_LIST
    table = shape.scan.table
    if any(c.type.nullable for c in _key_columns(table)):
        return "partitions that hold static values only would count as rows"
    restriction = restriction_of(shape)
    if restriction.path is Path.UNION:
        return "a row that several statements find is to be counted once"
    for _, call in rel.calls:
        if why := _why_no_call(call, shape):
            return why
    if not rel.keys:
        return ""
    if Feature.GROUP_BY in table.lacks:
        return f"the server is too old for {Feature.GROUP_BY}"
    return _why_no_groups(shape, restriction)


def _key_columns(table: Table) -> list[TableColumn]:
    return [table.column(name) for name in table.primary_key]


def _why_no_call(call: AggregateCall, shape: Shape) -> str:
    if call.filter is not None or call.order:
        return "CQL aggregates have no FILTER and no ORDER BY"
    if call.distinct and call.fn not in (agg.MIN, agg.MAX):
        return "CQL aggregates have no DISTINCT"
    if call.fn is agg.COUNT:
        return ""
    column = columns_of(shape)[aggregated(call.args[0]).id]  # type: ignore[union-attr]
    casts = call.fn in (agg.SUM, agg.AVG) and column.native not in ("decimal", "varint")
    if casts and Feature.CASTS in shape.scan.table.lacks:
        return f"the server is too old for {Feature.CASTS}"
    if call.fn is agg.SUM:
        exact = column.type.kind in INTEGERS | {Kind.DECIMAL, Kind.NUMERIC}
        return "" if exact else "a sum of floats depends on the order of the rows"
    if call.fn is agg.AVG and column.type.kind in INTEGERS:
        return ""
    if call.fn in (agg.MIN, agg.MAX):
        return "" if column.native in ORDERED else f"CQL orders {column.native} differently"
    return f"CQL has no exact {call.fn.name}"


def _why_no_groups(shape: Shape, restriction: Restriction) -> str:
    """GROUP BY takes a prefix of the primary key that holds the whole partition key."""
    table = shape.scan.table
    if restriction.path is Path.INDEX_KEYS:
        return "rows of one partition are found by several statements"
    if any(table.column(name).native in NOT_HASHED | {"time"} for name in shape.keys):
        return "equal keys can be different groups in Cassandra"
    return "" if group_prefix(shape, restriction) else "CQL groups by a prefix of the key only"


def group_prefix(shape: Shape, restriction: Restriction) -> tuple[str, ...]:
    """The key columns of GROUP BY; those fixed by `=` are added where they are needed."""
    table = shape.scan.table
    fixed = {t.column for t in restriction.terms if t.op is Op.EQ}
    prefix: list[str] = []
    missing = set(shape.keys)
    for name in table.primary_key:
        if not missing and name not in table.partition_key:
            break
        if name not in shape.keys and name not in fixed:
            return ()
        prefix.append(name)
        missing.discard(name)
    return () if missing else tuple(prefix)
