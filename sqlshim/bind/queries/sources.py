"""The FROM clause: tables, derived tables, VALUES and joins, into a relation and a scope."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from sqlshim.bind.coerce import call, coerce, conjuncts, settle, unify
from sqlshim.bind.context import Context
from sqlshim.bind.functions.row_functions import names_row_function, row_calls
from sqlshim.bind.queries.ctes import reference
from sqlshim.bind.queries.lateral import bind_function, is_outer_apply, reads_left
from sqlshim.bind.queries.oracle import is_dual
from sqlshim.bind.queries.pivots import rotated
from sqlshim.bind.queries.samples import sampled
from sqlshim.bind.queries.unnest import joined, unnest_in, unnested
from sqlshim.bind.scalars import BindQuery, ScalarBinder
from sqlshim.bind.scope import Bound, Scope, Source, matching, position
from sqlshim.bind.unread import check_read
from sqlshim.errors import (
    Error,
    FieldPath,
    NotSupportedError,
    ProgrammingError,
    TypeMismatch,
    UnknownColumn,
)
from sqlshim.functions import conditional
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Join, JoinKind, Project, Rel, Scan, Values
from sqlshim.ir.scalar import Column, Scalar
from sqlshim.sql.kept import join_alias
from sqlshim.types import common

_KINDS = {"": JoinKind.INNER, "LEFT": JoinKind.LEFT, "RIGHT": JoinKind.RIGHT, "FULL": JoinKind.FULL}


class SourceBinder:
    """Binds one FROM clause into `scope`."""

    def __init__(self, context: Context, scope: Scope, query: BindQuery) -> None:
        self.context = context
        self.scope = scope
        self.query = query

    def from_clause(self, select: exp.Expr) -> Rel:
        """FROM and its joins; the single empty row where there is none."""
        clause = select.args.get("from_")
        if clause is None:
            return Values((), ((),))
        rel = self.source(clause.this)
        for join in select.args.get("joins") or ():
            rel = self.join(rel, join)
        for lateral in select.args.get("laterals") or ():
            raise NotSupportedError("LATERAL is not supported yet", position=position(lateral))
        return rel

    def source(self, node: exp.Expr) -> Rel:
        """One table expression, with the joins nested in it; adds to the scope."""
        if node.args.get("pivots"):
            rel = self._derived(rotated(node, self.columns_of), self.scope.parent)
        else:
            check_read(node)
            rel = self._plain(node)
        for join in node.args.get("joins") or ():
            rel = self.join(rel, join)
        return rel

    def columns_of(self, node: exp.Expr) -> list[Column]:
        """The columns of a table expression that is not put into the scope."""
        inner = SourceBinder(self.context, Scope(self.scope.parent), self.query)
        inner.source(node)
        return inner.scope.star()

    def _plain(self, node: exp.Expr) -> Rel:
        match node:
            case exp.Table(this=exp.Identifier()):
                return self._table(node)
            case exp.Subquery(this=exp.Table()) if node.args.get("alias") is not None:
                inner = SourceBinder(self.context, Scope(self.scope.parent), self.query)
                rel = inner.source(node.this)
                self._add_source(Source("", inner.scope.star()), node)
                return rel
            case exp.Subquery(this=exp.Table()):
                return self.source(node.this)  # a parenthesised join
            case exp.Subquery():
                return self._derived(node, self.scope.parent)
            case exp.Values():
                return self._derived(node, self.scope.parent)
            case exp.Paren():
                return self.source(node.this)
            case exp.Unnest():
                rel, source = unnested(Values((), ((),)), node, node, self._binder("FROM"))
                self._add_source(source, node)
                return rel
            case exp.Lateral(this=exp.Subquery()):
                return self._derived(node, self.scope)
            case exp.Table() if (call := unnest_in(node)) is not None:
                rel, source = unnested(Values((), ((),)), node, call, self._binder("FROM"))
                self._add_source(source, node)
                return rel
            case exp.Table() | exp.Lateral():
                return self._add(bind_function(node, self._binder("FROM")), node, "")
            case _:
                raise NotSupportedError(
                    f"{node.sql()[:60]} is not supported in FROM", position=position(node)
                )

    def _table(self, node: exp.Table) -> Rel:
        parts = [
            (part.name, bool(part.args.get("quoted")))
            for part in (node.args.get("catalog"), node.args.get("db"), node.this)
            if part is not None and part.name
        ]
        cte = self.context.find_cte(*parts[0]) if len(parts) == 1 else None
        if cte is not None and node.args.get("sample") is not None:
            raise NotSupportedError(
                "TABLESAMPLE clause can only be applied to tables and materialized views",
                position=position(node),
            )
        if cte is not None:
            return self._add(reference(cte, self.context, self.query), node, cte.name)
        try:
            table = self.context.tables.find(parts)
        except Error as error:
            if is_dual(node, self.context):
                return Values((), ((),))
            if error.position is None:
                error.position = position(node)
            raise
        columns = {c.name: self.context.column(c.name, c.type) for c in table.columns}
        asked = table.row_functions if names_row_function(self.context.text) else ()
        target = node is self.context.target
        wanted = [f.name for f in asked if f.name != table.locator] + [table.locator] * target
        made = {n: self.context.column(n, f.type) for n in wanted if (f := table.row_function(n))}
        if target:
            self.context.located = made[table.locator]
        scan = Scan(table, (*columns.values(), *made.values()))
        visible = [columns[c.name] for c in table.columns if not c.hidden]
        key = frozenset(columns[n].id for n in table.primary_key if n in columns)
        source = Source(table.name, visible, key, calls=row_calls(table, columns, made))
        source.unstarred = frozenset(columns[c.name].id for c in table.columns if not c.starred)
        if table.open:
            source.documents = FieldPath(table.store, table.schema, table.name, ())
            source.paths = {c.id: source.documents.inside(n) for n, c in columns.items()}
        self._add_source(source, node)
        return sampled(scan, node, self._binder("TABLESAMPLE"))

    def _derived(self, node: exp.Expr, seen: Scope | None) -> Rel:
        """A query in FROM; without LATERAL it sees what is around the whole SELECT only."""
        inner = node.this if isinstance(node, exp.Subquery) else node
        inner = inner.this.this if isinstance(inner, exp.Lateral) else inner
        bound = self.query(inner, seen)
        return self._add(bound, node, "")

    def _add(self, bound: Bound, node: exp.Expr, name: str) -> Rel:
        columns = bound.columns
        if name:
            names = self.context.cte_columns(name)
            if len(names) > len(columns):
                raise _too_many_names(name, len(columns), len(names), node)
            columns = Source("", columns).renamed(names).columns
        self._add_source(Source(name, columns), node)
        return bound.rel

    def _add_source(self, source: Source, node: exp.Expr) -> None:
        alias = node.args.get("alias")
        if alias is not None:
            if alias.name:
                source.alias = _plain_alias(alias.this)
            names = [c.name for c in alias.args.get("columns") or ()]
            if len(names) > len(source.columns):
                raise _too_many_names(source.alias, len(source.columns), len(names), node)
            source = source.renamed(names)
        if source.alias and any(s.alias == source.alias for s in self.scope.sources):
            raise ProgrammingError(
                f"table name {source.alias!r} specified more than once",
                sqlstate="42712",
                position=position(node),
                hint="Give one of them an alias.",
            )
        self.scope.add(source)

    # --- joins

    def join(self, left: Rel, node: exp.Expr) -> Rel:
        """`left` joined with what a Join node says."""
        side, kind = (node.args.get("side") or "").upper(), (node.args.get("kind") or "").upper()
        check_read(node)
        if side not in _KINDS:
            raise NotSupportedError(f"{side} {kind} JOIN is not supported", position=position(node))
        with_elements = joined(left, node, self._binder, lambda s: self._add_source(s, node.this))
        if with_elements is not None:
            return with_elements
        before = len(self.scope.sources)
        seen = self.scope.star()
        right = self.source(node.this)
        new = self.scope.sources[before:]
        how = JoinKind.LEFT if is_outer_apply(node) else _KINDS[side]
        lateral = reads_left(how, left, right, node)
        using = node.args.get("using")
        if (node.args.get("method") or "").upper() == "NATURAL":
            shared = {c.name for s in new for c in s.columns}
            using = [exp.to_identifier(c.name, quoted=True) for c in seen if c.name in shared]
        if using:
            alias = join_alias(using[-1].name)
            pairs = self._pairs(list(using if alias is None else using[:-1]), seen, new)
            equal = tuple(call(op.EQ, a, b) for a, b in pairs)
            rel = self._merged(Join(how, left, right, equal, lateral), pairs, new)
            if alias is not None:
                self._name_merged(alias, len(pairs))
            return rel
        on: tuple[Scalar, ...] = ()
        if node.args.get("on") is not None:
            binder = ScalarBinder(self.context, self.scope, self.query, "JOIN/ON")
            on = conjuncts(binder.condition(node.args["on"]))
        self._make_nullable(how, before)
        return Join(how, left, right, on, lateral)

    def _binder(self, clause: str) -> ScalarBinder:
        return ScalarBinder(self.context, self.scope, self.query, clause)

    def _make_nullable(self, how: JoinKind, before: int) -> None:
        sources = self.scope.sources
        if how in (JoinKind.LEFT, JoinKind.FULL):
            for source in sources[before:]:
                source.columns = [_nullable(c) for c in source.columns]
        if how in (JoinKind.RIGHT, JoinKind.FULL):
            for source in sources[:before]:
                source.columns = [_nullable(c) for c in source.columns]
            self.scope.merged = [_nullable(c) for c in self.scope.merged]

    def _pairs(
        self, names: list[exp.Identifier], seen: list[Column], new: list[Source]
    ) -> list[tuple[Column, Column]]:
        """The columns of both sides that USING equates."""
        rights = [c for s in new for c in s.columns]
        return [(_named(ident, seen), _named(ident, rights)) for ident in names]

    def _merged(self, join: Join, pairs: list[tuple[Column, Column]], new: list[Source]) -> Rel:
        """The join with one column in sight for each pair."""
        how = join.kind
        rel: Rel = join
        self._make_nullable(how, len(self.scope.sources) - len(new))
        merged: list[Column] = []
        made: list[tuple[Column, Scalar]] = []
        for a, b in pairs:
            if how is JoinKind.FULL:
                t = common(a.type, b.type) or a.type
                both = call(conditional.COALESCE, _nullable(a), _nullable(b))
                column = self.context.column(a.name, t)
                made.append((column, both))
            else:
                column = b if how is JoinKind.RIGHT else a
            merged.append(column)
            self.scope.hidden |= {a.id, b.id}
        if made:
            rel = Project(rel, tuple((c, c) for c in rel.columns) + tuple(made))
        kept = [c for c in self.scope.merged if c.id not in {a.id for a, _ in pairs}]
        self.scope.merged = merged + kept
        return rel

    def _name_merged(self, alias: str, size: int) -> None:
        """USING (…) AS alias: its columns are those that the join has merged, in no star."""
        columns = self.scope.merged[:size]
        self.scope.hidden |= {c.id for c in columns}
        self._add_source(Source(alias, columns), exp.Subquery())


def _nullable(column: Column) -> Column:
    return Column(column.id, column.name, column.type.with_null(True))


def _named(ident: exp.Identifier, columns: Sequence[Column]) -> Column:
    found = matching(ident.name, bool(ident.args.get("quoted")), columns, lambda c: c.name)
    if len(found) != 1:
        if found:
            raise ProgrammingError(
                f"common column name {ident.name!r} appears more than once in a table of USING",
                sqlstate="42702",
                position=position(ident),
            )
        raise UnknownColumn(ident.name, [c.name for c in columns], position(ident))
    return found[0]


_RESERVED = frozenset(
    [
        "ALL",
        "AND",
        "AS",
        "ASC",
        "BETWEEN",
        "CASE",
        "CROSS",
        "DESC",
        "DISTINCT",
        "ELSE",
        "END",
        "EXCEPT",
        "FETCH",
        "FROM",
        "FULL",
        "GROUP",
        "HAVING",
        "IN",
        "INNER",
        "INTERSECT",
        "INTO",
        "IS",
        "JOIN",
        "LEFT",
        "LIKE",
        "LIMIT",
        "NATURAL",
        "NOT",
        "NULL",
        "OFFSET",
        "ON",
        "OR",
        "ORDER",
        "RIGHT",
        "SELECT",
        "THEN",
        "UNION",
        "USING",
        "WHEN",
        "WHERE",
        "WITH",
    ]
)


def _plain_alias(ident: exp.Identifier) -> str:
    """An alias; sqlglot takes reserved words for aliases where a clause was left unfinished."""
    if not ident.args.get("quoted") and ident.name.upper() in _RESERVED:
        raise ProgrammingError(
            f'syntax error at or near "{ident.name}"', sqlstate="42601", position=position(ident)
        )
    return ident.name


def _too_many_names(alias: str, have: int, given: int, node: exp.Expr) -> ProgrammingError:
    return ProgrammingError(
        f"table {alias!r} has {have} columns available but {given} columns specified",
        sqlstate="42P10",
        position=position(node),
    )


def values_rel(node: exp.Values, binder: ScalarBinder, context: Context) -> Bound:
    """VALUES: columns `column1` … with the common types of their cells."""
    rows = []
    for entry in node.expressions:
        cells = entry.expressions if isinstance(entry, exp.Tuple) else [entry]
        rows.append([binder.scalar(c) for c in cells])
    if len({len(row) for row in rows}) > 1:
        raise ProgrammingError(
            "VALUES lists must all be the same length", sqlstate="42601", position=position(node)
        )
    columns: list[Column] = []
    fitted: list[list[Scalar]] = []
    for index, column_cells in enumerate(zip(*rows, strict=True), 1):
        try:
            same = unify(column_cells)
        except Error as error:
            error.position = position(node)
            raise
        if same is None:
            raise TypeMismatch(
                f"VALUES types of column {index} cannot be matched", position=position(node)
            )
        target = same[0].type
        for cell in same[1:]:
            target = common(target, cell.type) or target
        cast = [coerce(settle(c), target) for c in same]
        fitted.append(cast)
        columns.append(context.column(f"column{index}", target))
    made = tuple(tuple(row) for row in zip(*fitted, strict=True))
    return Bound(Values(tuple(columns), made), columns)
