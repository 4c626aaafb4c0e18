"""PIVOT and UNPIVOT of T-SQL, Oracle, Snowflake, BigQuery: as the query that they stand for.

PIVOT is an aggregate FILTER (WHERE …) for each new column, grouped by the columns that it does not
name; UNPIVOT a join with the UNNEST of an array of its columns. Called by `sources` before it reads
a table expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from sqlglot import exp

from sqlshim.bind.scope import matching, position
from sqlshim.errors import AmbiguousColumn, NotSupportedError, ProgrammingError, UnknownColumn
from sqlshim.ir.scalar import Column

ColumnsOf = Callable[[exp.Expr], Sequence[Column]]
_MADE = "unpivoted"  # the alias of what UNPIVOT makes


def rotated(node: exp.Expr, columns_of: ColumnsOf) -> exp.Expr:
    """The derived table that a table expression with PIVOT or UNPIVOT is. `columns_of` tells the
    columns of one without."""
    made = node.copy()
    pivots = made.args["pivots"]
    made.set("pivots", None)
    made.set("joins", None)
    for pivot in pivots:
        rotate = _unpivoted if pivot.args.get("unpivot") else _pivoted
        query = rotate(made, pivot, columns_of(made))
        made = exp.Subquery(this=query, alias=pivot.args.get("alias"))
    return made


def _field(pivot: exp.Expr, node: exp.Expr) -> exp.In:
    """FOR column IN (values)."""
    fields = pivot.args.get("fields") or []
    listed = len(fields) == 1 and isinstance(fields[0], exp.In) and fields[0].expressions
    if not listed or any(isinstance(e, exp.PivotAny | exp.Query) for e in fields[0].expressions):
        raise NotSupportedError(
            "PIVOT is supported with one FOR column IN (values)",
            position=position(pivot) or position(node),
            hint="List the values, or write an aggregate FILTER (WHERE …) for each column.",
        )
    found: exp.In = fields[0]
    return found


def _named(ident: exp.Expr, columns: Sequence[Column]) -> Column:
    """The column that a name means."""
    quoted = bool(ident.this.args.get("quoted")) if isinstance(ident, exp.Column) else False
    found = matching(ident.name, quoted, columns, lambda c: c.name)
    if not found:
        raise UnknownColumn(ident.name, [c.name for c in columns], position(ident))
    if len(found) > 1:
        raise AmbiguousColumn(ident.name, [c.name for c in found], position(ident))
    return found[0]


def _as_written(columns: Sequence[Column]) -> list[exp.Expr]:
    return [exp.column(exp.to_identifier(c.name, quoted=True)) for c in columns]


def _parts(node: exp.Expr) -> list[exp.Expr]:
    node = node.unnest()
    return list(node.expressions) if isinstance(node, exp.Tuple) else [node]


# --- PIVOT -----------------------------------------------------------------------------------


def _pivoted(source: exp.Expr, pivot: exp.Expr, columns: Sequence[Column]) -> exp.Expr:
    field = _field(pivot, source)
    read = [c for part in (field.this, *pivot.expressions) for c in part.find_all(exp.Column)]
    used = {_named(c, columns).id for c in read if not isinstance(c.this, exp.Star)}
    keys = _as_written([c for c in columns if c.id not in used])
    made = list(product(field.expressions, pivot.expressions))
    items: list[exp.Expr] = list(keys)
    for name, (value, aggregate) in zip(_names(pivot, made), made, strict=True):
        test = exp.Where(this=_test(field.this, value))
        found = exp.Filter(this=aggregate.unalias().copy(), expression=test)
        items.append(exp.alias_(found, exp.to_identifier(name, quoted=True)))
    query = exp.Select(expressions=items, from_=exp.From(this=source))
    if keys:
        query.set("group", exp.Group(expressions=[key.copy() for key in keys]))
    return query


def _names(pivot: exp.Expr, made: Sequence[tuple[exp.Expr, exp.Expr]]) -> Iterator[str]:
    """The names of the new columns, as the dialect makes them of values and aggregates."""
    given = pivot.args.get("columns") or []
    if len(given) != len(made):
        raise NotSupportedError("this form of PIVOT is not supported", position=position(pivot))
    for ident, (value, _) in zip(given, made, strict=True):
        yield ident.name or "_".join(part.name for part in _parts(value))


def _test(field: exp.Expr, value: exp.Expr) -> exp.Expr:
    """Whether a row's values belong to a new column."""
    value = value.this if isinstance(value, exp.PivotAlias) else value.unalias()
    names, values = _parts(field), _parts(value)
    if len(names) != len(values):
        raise ProgrammingError(
            f"PIVOT has {len(names)} columns but {len(values)} values",
            sqlstate="42601",
            position=position(value),
        )
    tests = [
        exp.EQ(this=name.copy(), expression=_constant(part))
        for name, part in zip(names, values, strict=True)
    ]
    return exp.and_(*tests, copy=False)


def _constant(value: exp.Expr) -> exp.Expr:
    """T-SQL writes the values as names: [2024]."""
    if isinstance(value, exp.Column):
        return exp.Literal.string(value.name)
    return value.copy()


# --- UNPIVOT ---------------------------------------------------------------------------------


def _unpivoted(source: exp.Expr, pivot: exp.Expr, columns: Sequence[Column]) -> exp.Expr:
    field = _field(pivot, source)
    values = [part.name for given in pivot.expressions for part in _parts(given)]
    read = [[_named(c, columns) for c in _read_by(entry)] for entry in field.expressions]
    if any(len(group) != len(values) for group in read):
        raise ProgrammingError(
            "UNPIVOT needs as many columns as it makes values",
            sqlstate="42601",
            position=position(field),
        )
    used = {c.id for group in read for c in group}
    labels = [_label(e, group) for e, group in zip(field.expressions, read, strict=True)]
    arrays = [labels, *(_as_written(each) for each in zip(*read, strict=True))]
    names = [field.this.name, *values]
    alias = exp.TableAlias(
        this=exp.to_identifier(_MADE), columns=[exp.to_identifier(n, quoted=True) for n in names]
    )
    unnest = exp.Unnest(expressions=[exp.Array(expressions=a) for a in arrays], alias=alias)
    made = [exp.column(exp.to_identifier(n, quoted=True), table=_MADE) for n in names]
    if pivot.args.get("value_columns_first"):
        made = [*made[1:], made[0]]
    query = exp.Select(
        expressions=[*_as_written([c for c in columns if c.id not in used]), *made],
        from_=exp.From(this=source),
        joins=[exp.Join(this=unnest, kind="CROSS")],
    )
    if not pivot.args.get("include_nulls"):
        known = (exp.column(exp.to_identifier(n, quoted=True), table=_MADE) for n in values)
        tests = [exp.Not(this=exp.Is(this=c, expression=exp.Null())) for c in known]
        query.set("where", exp.Where(this=exp.or_(*tests, copy=False)))
    return query


def _read_by(entry: exp.Expr) -> list[exp.Expr]:
    return _parts(entry.this if isinstance(entry, exp.PivotAlias) else entry.unalias())


def _label(entry: exp.Expr, columns: Sequence[Column]) -> exp.Expr:
    """What the rows of a column are called: its alias or its name."""
    alias = entry.args.get("alias")
    if isinstance(alias, exp.Literal):
        return alias.copy()
    return exp.Literal.string(alias.name if alias else "_".join(c.name for c in columns))
