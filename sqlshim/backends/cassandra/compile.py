"""An accepted tree as a `CqlQuery`: the CQL text with bind markers and how rows become columns.

The query is data: frozen, picklable, without values of parameters. `run` fills the markers and
splits it into requests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sqlshim.backends.cassandra.accept import (
    clustering_order,
    group_prefix,
    lists_of,
    restriction_of,
    without_keys,
)
from sqlshim.backends.cassandra.names import quote
from sqlshim.backends.cassandra.paths.bounds import POINTS, Form, KeyPart, Op, Term, value_of
from sqlshim.backends.cassandra.paths.nearest import MOST, Vector, vector_of
from sqlshim.backends.cassandra.paths.restrict import Path, Restriction
from sqlshim.backends.cassandra.paths.views import answering
from sqlshim.backends.cassandra.servers import Feature
from sqlshim.backends.cassandra.shape import Shape, Source, aggregated, shape_of
from sqlshim.catalog.model import Table
from sqlshim.errors import InternalError
from sqlshim.functions import aggregates as agg
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import AggregateCall, Column, Literal, Param

MANY_KEYS = 20_000  # up to here they are looked up however small the table is
TokenRange = tuple[int, int]  # from (excluded) to (included)


@dataclass(frozen=True)
class Output:
    """How one output column comes from the cells of a CQL row: the cell `at`, or an aggregate of
    it over the requests. `count_at` counts what a SUM has summed: over nothing it is NULL, and
    AVG divides by it."""

    at: int
    fold: str = ""  # "", "count", "sum", "avg", "min", "max"
    count_at: int = -1


@dataclass(frozen=True)
class ListTest:
    """Rows are wanted whose cell in output `at` is in the list of `term`, which was not sent."""

    at: int
    term: Term


@dataclass(frozen=True)
class CqlQuery:
    """A compiled query. `columns` are the output; `natives` the CQL type of each (or "")."""

    table: Table
    columns: tuple[Column, ...]
    natives: tuple[str, ...]
    select: tuple[str, ...]
    outputs: tuple[Output, ...]
    restriction: Restriction
    grouped: bool = False
    group: tuple[str, ...] = ()
    distinct: bool = False
    order: tuple[tuple[str, bool], ...] = ()
    limit: Literal | Param | None = None
    token_range: TokenRange | None = None
    is_view: bool = False  # `table` is a view that answers for the statement's
    first: int | None = None  # rows of a partition
    vector: Vector | None = None  # rows in the order of likeness to it, approximately
    # instead, when a set of keys is not to be looked up or no vector to be searched
    unkeyed: CqlQuery | None = None
    tests: tuple[ListTest, ...] = ()  # of such a query: what its rows are tested for (`listed`)
    arms: tuple[CqlQuery, ...] = ()  # instead, for a union: they select the same cells
    key_at: tuple[int, ...] = ()  # the cells that tell the rows of a union apart
    _texts: dict[tuple[tuple[Form, ...], bool], str] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def access_path(self) -> str:
        if self.vector is not None:
            among = f" among {self.restriction.path_name}" if self.restriction.terms else ""
            return f"approximate search by index {self.vector.index}{among}"
        path = self.restriction.path_name
        return f"{path} of the view {self.table.name}" if self.is_view else path

    @property
    def is_global(self) -> bool:
        """Whether it gives exactly one row, folded from those of all requests."""
        return self.grouped and not self.group

    @property
    def by_ranges(self) -> bool:
        """Whether it is sent once for each token range."""
        if self.vector is not None or Feature.TOKEN_RANGES in self.table.lacks:
            return False
        path = self.restriction.path
        if path is Path.INDEX:
            return not any(t.op in POINTS for t in self.restriction.terms)
        return path is Path.RING

    @property
    def scans_ring(self) -> bool:
        """Whether it may read every row of the table."""
        if self.vector is not None:
            return False
        stops_early = self.limit is not None and not self.restriction.terms
        return self.restriction.path is Path.RING and not stops_early

    @cached_property
    def in_order(self) -> bool:
        """Whether the cells of a CQL row are the output columns as they are."""
        return [output.at for output in self.outputs] == list(range(len(self.select)))

    @cached_property
    def stamp(self) -> tuple[tuple[str, str], ...]:
        """What a prepared statement of the table depends on."""
        return tuple((c.name, c.native) for c in self.table.columns)

    def chosen(self, params: Sequence[object], worth: float = math.inf) -> CqlQuery:
        """The query to run with these parameters: by keys if they were found and are at most the
        share `worth` of the table's rows, by a vector if there is one."""
        if self.unkeyed is None:
            return self
        if self.vector is not None:
            count = None if self.limit is None else value_of(self.limit, params)
            few = isinstance(count, int) and 0 < count <= MOST
            return self if few and self.vector.value(params) else self.unkeyed
        lists = [params[t.keys.index] for t in self.restriction.terms if t.keys is not None]
        most = max((self.table.row_count or 0) * worth, MANY_KEYS)
        if self.unkeyed.tests:  # a list that is NULL has no rows, a set of keys is not known
            lists = [keys or [] for keys in lists]
        few = all(isinstance(keys, list) and len(keys) <= most for keys in lists)
        return self if few else self.unkeyed

    def native(self, column: str) -> str:
        """The CQL type of a column of the table."""
        return self.table.column(column).native

    def key_part(self, column: str) -> KeyPart:
        """What the column is in the key."""
        table = self.table
        return KeyPart(column in table.primary_key, (column,) == table.partition_key)

    def text(self, forms: tuple[Form, ...], ranged: bool) -> str:
        """The statement of one request. `forms` are those of the terms as they came out for
        this execution's values; markers follow their order, then the limit's."""
        found = self._texts.get((forms, ranged))
        if found is None:
            found = self._texts[forms, ranged] = _text(self, forms, ranged)
        return found

    def show(self) -> list[str]:
        """The statement with `?` for values, and how often it is sent."""
        if self.arms:
            return [line for arm in self.arms for line in arm.show()]
        terms = self.restriction.terms
        if self.restriction.path is Path.INDEX_KEYS:
            terms = (replace(terms[0], op=Op.EQ), *terms[1:])
        of_rows = any(t.part is not None for t in terms)
        forms = tuple(
            (t.op if t.part is None else Op.EQ, len(t.columns) if t.beside else 0) for t in terms
        )
        lines = [self.text(forms, self.by_ranges or self.token_range is not None)]
        if self.token_range is not None:
            lines.append(f"for the token range {self.token_range}")
        elif self.by_ranges:
            lines.append("for each token range of the ring, in parallel")
        elif of_rows:
            lines.append("for each key, in parallel")
        elif self.restriction.path is Path.PARTITIONS:
            lines.append("for batches of partition keys, in parallel")
        elif self.restriction.path is Path.INDEX_KEYS:
            lines.append("for each key, in parallel")
        if self.unkeyed is not None and self.unkeyed.tests:
            lines.append("(a list too long for that is looked for in the whole table)")
        return lines


def compile_query(rel: Rel, views: bool = False) -> CqlQuery:
    """The query of an accepted tree. `views`: materialized views may answer for their tables."""
    shape = shape_of(rel)
    if shape is None:
        raise InternalError(f"not a tree that Cassandra accepted: {type(rel).__name__}")
    restriction = restriction_of(shape)
    if views and (found := answering(shape, restriction)) is not None:
        view, by_key = found
        return replace(_query(shape, by_key), table=view, is_view=True)
    if restriction.left:
        raise InternalError(f"accepted, but cannot be restricted: {restriction.left[0][1]}")
    query = _query(shape, restriction)
    if query.vector is not None:
        return replace(query, unkeyed=_query(replace(shape, sort=(), limit=None), restriction))
    if any(term.keys is not None for term in restriction.terms):
        return replace(query, unkeyed=_unkeyed(shape))
    return query


def _unkeyed(shape: Shape) -> CqlQuery:
    """The query that looks no keys up. What a set of keys leaves out the join above it does; for
    a list the rows are tested, by columns that stand behind those of the shape if they must."""
    items, tests = list(shape.items), []
    for column, keys in lists_of(shape):
        name = shape.names[column.id]
        if all(source != name for _, source in items):
            items.append((column, name))
        at = next(i for i, (_, source) in enumerate(items) if source == name)
        tests.append(ListTest(at, Term(name, Op.IN, (keys,))))
    wide = replace(shape, items=tuple(items))
    return replace(_query(wide, without_keys(shape)), tests=tuple(tests))


def _query(shape: Shape, restriction: Restriction) -> CqlQuery:
    table = shape.scan.table
    group = group_prefix(shape, restriction) if shape.keys else ()
    cells, outputs = _cells(shape)
    key_at = _key_cells(cells, table) if restriction.arms else ()
    if not shape.grouped:
        cells += _beside_statics(cells, restriction, table)
    query = CqlQuery(
        table=table,
        columns=tuple(column for column, _ in shape.items),
        natives=tuple(_native(source, shape) for _, source in shape.items),
        select=tuple(cells) or (quote(table.primary_key[0]),),
        outputs=tuple(outputs),
        restriction=restriction,
        grouped=shape.grouped,
        group=group,
        distinct=_is_distinct(shape, restriction, group),
        order=clustering_order(shape, restriction) or () if shape.sort else (),
        first=shape.first,
        vector=vector_of(shape.sort[0], shape) if shape.sort else None,
        limit=shape.limit,
        key_at=key_at,
    )
    arms = (replace(query, restriction=arm, key_at=()) for arm in restriction.arms)
    return replace(query, arms=tuple(arms))


def _key_cells(cells: list[str], table: Table) -> tuple[int, ...]:
    """Where the primary key is among the cells; it is added where it is not."""
    key = [quote(name) for name in table.primary_key]
    cells += [name for name in key if name not in cells]
    return tuple(cells.index(name) for name in key)


def _beside_statics(cells: list[str], restriction: Restriction, table: Table) -> list[str]:
    """A clustering column: none is restricted where only static columns are selected."""
    clustering = [name for name, _ in table.clustering]
    has_statics = any(table.column(name).type.nullable for name in clustering)
    arms = restriction.arms or (restriction,)
    restricted = any(set(t.columns) & set(clustering) for arm in arms for t in arm.terms)
    first = quote(clustering[0]) if clustering else ""
    return [first] if has_statics and restricted and first not in cells else []


def _is_distinct(shape: Shape, restriction: Restriction, group: Sequence[str]) -> bool:
    """Whether SELECT DISTINCT does, which looks at one row a partition."""
    table = shape.scan.table
    only_keys = all(isinstance(source, str) for _, source in shape.items)
    by_key = all(t.column in table.partition_key for t in restriction.terms)
    whole = set(shape.keys) == set(group) == set(table.partition_key)
    return only_keys and by_key and whole


def _native(source: Source, shape: Shape) -> str:
    if isinstance(source, str):
        return shape.scan.table.native_of(source)
    if source.fn in (agg.MIN, agg.MAX):
        return shape.scan.table.column(_argument(source, shape)).native
    return ""


def _argument(call: AggregateCall, shape: Shape) -> str:
    arg = aggregated(call.args[0])
    return shape.names[arg.id] if isinstance(arg, Column) else ""


# --- the select list -----------------------------------------------------------------------


def _cells(shape: Shape) -> tuple[list[str], list[Output]]:
    """The expressions to fetch, each once, and the outputs made of them."""
    cells: list[str] = []

    def cell(expr: str) -> int:
        if expr not in cells:
            cells.append(expr)
        return cells.index(expr)

    outputs = []
    for _, source in shape.items:
        if isinstance(source, str):
            outputs.append(Output(cell(_selected(shape.scan.table, source))))
            continue
        arg = quote(_argument(source, shape)) if source.args else ""
        fold = source.fn.name.lower()
        if source.fn is agg.COUNT:
            outputs.append(Output(cell(f"COUNT({arg or '*'})"), fold))
        elif source.fn in (agg.SUM, agg.AVG):
            outputs.append(Output(cell(_sum(source, shape, arg)), fold, cell(f"COUNT({arg})")))
        else:
            outputs.append(Output(cell(f"{source.fn.name}({arg})"), fold))
    return cells, outputs


def _selected(table: Table, name: str) -> str:
    """A column or row function in the select list."""
    function = table.row_function(name)
    if function is None:
        return quote(name)
    return f"{function.fn.upper()}({', '.join(map(quote, function.args))})"


def _sum(call: AggregateCall, shape: Shape, arg: str) -> str:
    """CQL's SUM of integers has the type of the column and overflows without a word."""
    if shape.scan.table.column(_argument(call, shape)).native in ("decimal", "varint"):
        return f"SUM({arg})"
    return f"SUM(CAST({arg} AS varint))"


# --- the statement -------------------------------------------------------------------------


def _text(query: CqlQuery, forms: tuple[Form, ...], ranged: bool) -> str:
    table = query.table
    select = "DISTINCT " if query.distinct else ""
    parts = [f"SELECT {select}{', '.join(query.select)}"]
    parts.append(f"FROM {quote(table.schema)}.{quote(table.name)}")
    where = _where(query, forms, ranged)
    if where:
        parts.append("WHERE " + " AND ".join(where))
    if query.group and not query.distinct:
        parts.append("GROUP BY " + ", ".join(map(quote, query.group)))
    if query.order:
        parts.append("ORDER BY " + ", ".join(map(_sort_key, query.order)))
    if query.vector is not None:
        parts.append(f"ORDER BY {quote(query.vector.column)} ANN OF ?")
    if query.first is not None:
        parts.append(f"PER PARTITION LIMIT {query.first}")
    if query.limit is not None:
        parts.append("LIMIT ?")
    if query.restriction.filtering:
        parts.append("ALLOW FILTERING")
    return " ".join(parts)


def _where(query: CqlQuery, forms: Sequence[Form], ranged: bool) -> list[str]:
    where = [_condition(t, *form) for t, form in zip(query.restriction.terms, forms, strict=True)]
    if ranged:
        token = f"TOKEN({', '.join(map(quote, query.table.partition_key))})"
        where += [f"{token} > ?", f"{token} <= ?"]
    return where


def _condition(term: Term, op: Op, width: int) -> str:
    if op is Op.ENTRY:
        return f"{quote(term.column)}[?] = ?"
    if not width:
        return f"{quote(term.column)} {op.value} ?"
    names = ", ".join(map(quote, term.columns[:width]))
    return f"({names}) {op.value} ({', '.join('?' * width)})"


def _sort_key(key: tuple[str, bool]) -> str:
    name, descending = key
    return quote(name) + (" DESC" if descending else " ASC")
