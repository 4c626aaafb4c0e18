"""A relation as one DuckDB SELECT whose output columns are named `c<number>`.

Called by the store (tables are its own) and by the local engine (leaves are `Remote`, inputs named
`r0`, `r1`, …). What does not fit into a `Draft` any more goes around it as a subquery. Numbers are
unique in a statement, so names need no qualifier at any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

import sqlglot
from sqlglot import exp

from sqlshim.backends.duckdb.compile.aggregates import grouping_masks, grouping_sets, unbounded
from sqlshim.backends.duckdb.compile.casts import DIALECT, E, call, cast, literal
from sqlshim.backends.duckdb.compile.correlated import (
    with_aggregates_as_values,
    with_own_arguments,
)
from sqlshim.backends.duckdb.compile.draft import NO_COLUMN, Draft, item
from sqlshim.backends.duckdb.compile.joins import JOIN_WORDS, as_not_in, needs_select
from sqlshim.backends.duckdb.compile.lists import as_queries
from sqlshim.backends.duckdb.compile.scalars import Scalars, column
from sqlshim.backends.duckdb.compile.series import series
from sqlshim.backends.duckdb.compile.sets import combined_sets
from sqlshim.backends.duckdb.compile.unnest import elements
from sqlshim.backends.duckdb.compile.windows import window
from sqlshim.catalog.model import Table
from sqlshim.errors import StatementTooComplex
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    JoinKind,
    Limit,
    Project,
    Recursive,
    Rel,
    Remote,
    Scan,
    Series,
    SetOp,
    Shared,
    Sort,
    Unnest,
    Values,
    Window,
    WorkingTable,
)
from sqlshim.ir.scalar import Column, Literal, Param, Scalar
from sqlshim.types import SqlType

Physical = Callable[[Table, str], tuple[str, str]]  # table, column -> their names in DuckDB


def _same_name(table: Table, name: str) -> tuple[str, str]:
    return table.name, name


@dataclass(frozen=True)
class Query:
    """A compiled relation: SQL, the parameters it uses with their types, and its inputs.

    `bounds` are the parameters that stand in LIMIT (False) and OFFSET (True).
    """

    sql: str
    columns: tuple[Column, ...]
    params: tuple[tuple[int, SqlType], ...]
    inputs: tuple[Remote, ...]
    bounds: tuple[tuple[int, bool], ...] = ()

    def pretty(self) -> list[str]:
        """The SQL, a clause a line."""
        tree = sqlglot.parse_one(self.sql, dialect=DIALECT)
        return tree.sql(dialect=DIALECT, pretty=True).splitlines()


def compile_query(rel: Rel, physical: Physical = _same_name) -> Query:
    """`rel` as DuckDB SQL. StatementTooComplex if it is nested beyond what can be compiled."""
    relations = Relations(physical)
    try:
        select = relations.draft(rel).select(rel.columns)
        for name, body in relations.shared.items():
            select = select.with_(name, as_=body, materialized=True, copy=False)
        sql = select.sql(dialect=DIALECT)
    except RecursionError as error:
        raise StatementTooComplex("the statement is nested too deeply") from error
    params = tuple(sorted(relations.scalars.params.items()))
    return Query(sql, rel.columns, params, tuple(relations.inputs), tuple(relations.bounds))


class Relations:
    """Compiles the relations of one statement."""

    def __init__(self, physical: Physical) -> None:
        self.scalars = Scalars(self._subselect)
        self.inputs: list[Remote] = []
        self.bounds: list[tuple[int, bool]] = []
        self.shared: dict[str, exp.Select] = {}  # bodies of CTEs, inner ones first
        self._physical = physical
        self._aliases = 0
        self._columns = -1  # made here have numbers below
        self._steps = 0  # of recursions that we are inside of

    def draft(self, rel: Rel) -> Draft:
        """The relation as a SELECT in the making."""
        match rel:
            case Scan():
                return self._scan(rel)
            case Values():
                return self._values(rel)
            case Series():
                return Draft(exp.Subquery(this=series(self.scalars, rel), alias=self._alias()))
            case Filter():
                return self._filter(rel)
            case Project():
                return self._project(rel)
            case Join():
                return self._join(rel)
            case Aggregate() | GroupingSets():
                return self._aggregate(rel)
            case Window():
                return self._window(rel)
            case Unnest():
                return self._unnest(rel)
            case Sort():
                return self._sort(rel)
            case Limit():
                return self._limit(rel)
            case SetOp():
                return self._set_op(rel)
            case Shared():
                return self._shared(rel)
            case Recursive():
                return self._recursive(rel)
            case WorkingTable():
                return self._named(f"w{rel.number}", rel.columns)
            case Remote():
                return self._input(rel)
            case _:
                assert_never(rel)

    def _subselect(self, rel: Rel, only: str) -> exp.Select:
        draft = self.draft(rel)
        if only and draft.items is not None and draft.group is None:
            draft.items = [exp.Literal.number(only)]
        return draft.select(rel.columns)

    # --- wrapping

    def _alias(self, columns: Sequence[Column] = ()) -> exp.TableAlias:
        self._aliases += 1
        names = [exp.to_identifier(f"c{c.id}") for c in columns]
        return exp.TableAlias(this=exp.to_identifier(f"t{self._aliases}"), columns=names)

    def _wrapped(self, draft: Draft, columns: Sequence[Column]) -> Draft:
        return Draft(exp.Subquery(this=draft.select(columns), alias=self._alias()))

    def _bare(self, rel: Rel) -> Draft:
        draft = self.draft(rel)
        return (
            draft if draft.bare and draft.source is not None else self._wrapped(draft, rel.columns)
        )

    # --- leaves

    def _scan(self, rel: Scan) -> Draft:
        items = []
        name = rel.table.name
        for c in rel.columns:
            name, stored = self._physical(rel.table, c.name)
            source = exp.Column(this=exp.to_identifier(stored, quoted=True))
            items.append(exp.alias_(source, f"c{c.id}", copy=False))
        if not rel.columns:
            name, _ = self._physical(rel.table, "")
        return Draft(exp.Table(this=exp.to_identifier(name, quoted=True)), items=items)

    def _input(self, rel: Remote) -> Draft:
        name = f"r{len(self.inputs)}"
        self.inputs.append(rel)
        source = exp.Table(this=exp.to_identifier(name))
        if not self._steps:
            return Draft(source)
        held = f"h{name}"  # a store's answer can be read once, a step runs many times
        self.shared[held] = exp.select(exp.Star()).from_(source)
        return self._named(held, ())

    def _shared(self, rel: Shared) -> Draft:
        """A reference to a CTE; the first one compiles its body."""
        name = f"s{rel.number}"
        if name not in self.shared:
            self.shared[name] = self.draft(rel.input).select(rel.input.columns)
        return self._named(name, rel.columns)

    def _named(self, name: str, columns: Sequence[Column]) -> Draft:
        """A CTE under its name, with other names for its columns."""
        return Draft(exp.Table(this=exp.to_identifier(name), alias=self._alias(columns)))

    def _values(self, rel: Values) -> Draft:
        if not rel.rows:
            nothing = [item(c, literal(None, c.type)) for c in rel.columns]
            return Draft(None, items=nothing, where=[exp.false()])
        if not rel.columns and len(rel.rows) == 1:
            return Draft(None, items=[])
        if len(rel.rows) == 1:
            cells = zip(rel.columns, rel.rows[0], strict=True)
            return Draft(None, items=[item(c, self._cell(e, c.type)) for c, e in cells])
        rows = [
            exp.Tuple(
                expressions=[self._cell(e, c.type) for c, e in zip(rel.columns, row, strict=True)]
                or [exp.true()]
            )
            for row in rel.rows
        ]
        return Draft(exp.Values(expressions=rows, alias=self._alias(rel.columns)))

    def _cell(self, expr: Scalar, t: SqlType) -> E:
        built = self.scalars.compile(expr)
        typed = isinstance(built, exp.Cast)
        return built if typed and expr.type.with_null(True) == t.with_null(True) else cast(built, t)

    # --- nodes with one input

    def _filter(self, rel: Filter) -> Draft:
        draft = self.draft(rel.input)
        if not draft.open:
            draft = self._wrapped(draft, rel.input.columns)
        where = as_queries(rel.where, self._new_column)
        draft.where.append(self.scalars.condition(where))
        return draft

    def _new_column(self) -> int:
        """A number that no column of the plan has."""
        self._columns -= 1
        return self._columns

    def _project(self, rel: Project) -> Draft:
        draft = self.draft(rel.input)
        if draft.items:
            draft = self._renamed(draft, rel) or self._wrapped(draft, rel.input.columns)
        if draft.items is None or not draft.items:
            draft.items = [item(c, self.scalars.compile(e)) for c, e in rel.items]
        return draft

    def _renamed(self, draft: Draft, rel: Project) -> Draft | None:
        """A projection that only picks columns of a projection needs no SELECT of its own."""
        if draft.group is not None or draft.order or not draft.items:
            return None
        if not all(isinstance(e, Column) for _, e in rel.items):
            return None
        known = {i.alias_or_name: i for i in draft.items}
        picked = [(c, known.get(f"c{e.id}")) for c, e in rel.items if isinstance(e, Column)]
        if any(value is None for _, value in picked) or not picked:
            return None
        draft.items = [item(c, v.unalias().copy()) for c, v in picked if v is not None]
        return draft

    def _aggregate(self, given: Aggregate | GroupingSets) -> Draft:
        rel = with_own_arguments(given, self._new_column)
        draft = self.draft(rel.input)
        if not draft.open:
            draft = self._wrapped(draft, rel.input.columns)
        plain = {e for _, e in rel.keys if isinstance(e, Column)}
        if len(plain) < len(rel.keys):
            draft = self._keys_first(draft, rel)
            keys = [(c, column(c)) for c, _ in rel.keys]
        else:
            keys = [(c, self.scalars.compile(e)) for c, e in rel.keys]
        draft.items = [item(c, e) for c, e in keys]
        draft.items += [item(c, self.scalars.aggregate(unbounded(a, rel))) for c, a in rel.calls]
        draft.group = [e.copy() for _, e in keys]
        if isinstance(rel, GroupingSets):
            draft.items += [item(c, e) for c, e in grouping_masks(rel, draft.group)]
            draft.group = [grouping_sets(rel, draft.group)]
            if not draft.items:  # where nothing is selected, DuckDB gives one row for all the ()
                draft.items = [exp.alias_(call("count", exp.Star()), NO_COLUMN)]
        elif not keys and not rel.calls:  # one row whatever the input holds
            return Draft(None, items=[])
        return draft

    def _keys_first(self, draft: Draft, rel: Aggregate | GroupingSets) -> Draft:
        """Compute the keys in a SELECT below: a constant or parameter is no name to group by, and
        grouping sets cannot tell two keys of one name apart."""
        below = [c for c in rel.input.columns if c.id not in {k.id for k, _ in rel.keys}]
        draft.items = [item(c, self.scalars.compile(e)) for c, e in rel.keys]
        draft.items += [column(c) for c in below]
        return self._wrapped(draft, rel.input.columns)

    def _window(self, rel: Window) -> Draft:
        draft = self.draft(rel.input)
        if not draft.open:
            draft = self._wrapped(draft, rel.input.columns)
        draft.items = [column(c) for c in rel.input.columns]
        draft.items += [item(c, window(self.scalars, w)) for c, w in rel.calls]
        return draft

    def _unnest(self, rel: Unnest) -> Draft:
        draft = self.draft(rel.input)
        if not draft.open:
            draft = self._wrapped(draft, rel.input.columns)
        draft.items = [column(c) for c in rel.input.columns] + elements(self.scalars, rel)
        return self._wrapped(draft, rel.columns)  # no item may go: together they make the rows

    def _sort(self, rel: Sort) -> Draft:
        draft = self.draft(rel.input)
        plain = all(isinstance(k.expr, Column) for k in rel.keys)
        if draft.order or draft.limited or (draft.items is not None and not plain):
            draft = self._wrapped(draft, rel.input.columns)
        draft.order = [self.scalars.sort_key(k) for k in rel.keys]
        return draft

    def _limit(self, rel: Limit) -> Draft:
        draft = self.draft(rel.input)
        if draft.limited:
            draft = self._wrapped(draft, rel.input.columns)
        draft.limit = self._bound(rel.count, False)
        draft.offset = self._bound(rel.offset, True)
        return draft

    def _bound(self, expr: Scalar | None, is_offset: bool) -> E | None:
        if expr is None or (isinstance(expr, Literal) and expr.value is None):
            return None
        if isinstance(expr, Param):
            self.bounds.append((expr.index, is_offset))
        return self.scalars.compile(expr)

    # --- nodes with several inputs

    def _join(self, rel: Join) -> Draft:
        not_in = as_not_in(rel)
        if not_in is not None:
            return self.draft(not_in)
        draft = self._bare(rel.left)
        if rel.lateral:
            draft.joins.append(self._lateral(rel))
            return draft
        right = self._bare(rel.right)
        if right.joins:
            right = self._wrapped(right, rel.right.columns)
        join = exp.Join(this=right.source)
        if rel.kind is JoinKind.INNER and not rel.on:
            join.set("kind", "CROSS")
        else:
            join.set("on", self.scalars.condition(rel.on))
            side, kind = JOIN_WORDS[rel.kind]
            join.set("side", side)
            join.set("kind", kind)
        draft.joins.append(join)
        return self._wrapped(draft, rel.columns) if needs_select(rel) else draft

    def _lateral(self, rel: Join) -> exp.Join:
        """Its conditions stand in the right side, which reads the left one anyway: DuckDB takes
        no others for a LEFT JOIN LATERAL."""
        right = self.draft(Filter(rel.right, rel.on) if rel.on else rel.right)
        inner = exp.Subquery(this=right.select(rel.right.columns))
        join = exp.Join(this=exp.Lateral(this=inner, alias=self._alias()), on=exp.true())
        side, kind = JOIN_WORDS[rel.kind]
        join.set("side", side)
        join.set("kind", kind)
        return join

    def _set_op(self, rel: SetOp) -> Draft:
        rel = with_aggregates_as_values(rel)
        selects = [self.draft(child) for child in rel.inputs]
        parts = [self._set_input(d, r) for d, r in zip(selects, rel.inputs, strict=True)]
        combined = combined_sets(rel.kind, parts)
        return Draft(exp.Subquery(this=combined, alias=self._alias(rel.columns)))

    def _recursive(self, rel: Recursive) -> Draft:
        """A query with a WITH of its own: its base may read columns of an outer query."""
        base = self._set_input(self.draft(rel.base), rel.base)
        self._steps += 1
        step = self._set_input(self.draft(rel.step), rel.step)
        self._steps -= 1
        name = f"w{rel.number}"
        names = [exp.to_identifier(f"c{c.id}") for c in rel.columns]
        body = exp.Union(this=base, expression=step, distinct=rel.distinct)
        alias = exp.TableAlias(this=exp.to_identifier(name), columns=names)
        clause = exp.With(expressions=[exp.CTE(this=body, alias=alias)], recursive=True)
        rows = exp.select(*map(column, rel.columns)).from_(exp.to_identifier(name))
        rows.set("with_", clause)
        return Draft(exp.Subquery(this=rows, alias=self._alias()))

    def _set_input(self, draft: Draft, rel: Rel) -> E:
        select = draft.select(rel.columns)
        return exp.Subquery(this=select) if draft.order or draft.limited else select
