"""SEARCH and CYCLE of WITH RECURSIVE: columns that a recursive query carries along. The clause is
rewritten as PostgreSQL's manual writes it by hand, before the query is bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.sql.kept import several

_ROW = "sqlshim_row"  # what the derived tables around the two terms are called


@dataclass(frozen=True, slots=True)
class _Carried:
    """A column: its name, what it begins with, and what follows from its value in the row before,
    which is `{before}`; as PostgreSQL's text, `{key}` being the row of the columns named."""

    name: str
    first: str
    next: str


def expanded(clause: exp.With) -> list[exp.CTE]:
    """The queries of a WITH, the last one with the columns of its SEARCH and CYCLE."""
    *others, last = clause.expressions
    search, cycle = clause.args.get("search"), clause.args.get("cycle")
    if search is None and cycle is None:
        return [*others, last]
    if search is not None and search.args["kind"] == "CYCLE":
        search, cycle = None, search
    union = last.this
    if not isinstance(union, exp.Union) or not isinstance(union.expression, exp.Select):
        raise NotSupportedError(
            "SEARCH and CYCLE are supported of base UNION [ALL] SELECT …", position=position(last)
        )
    names = _names(last, union)
    carried = [] if search is None else _searched(search, names)
    stop = ""
    if cycle is not None:
        carried += _cycle(cycle, names)
        stop = carried[-2].first
    return [*others, _rewritten(last, union, names, carried, stop)]


def _names(cte: exp.CTE, union: exp.Union) -> list[str]:
    given = [c.name for c in cte.args["alias"].args.get("columns") or ()]
    base = union.left.named_selects
    if not given and ("*" in base or "" in base):
        raise NotSupportedError(
            "SEARCH and CYCLE need names of the columns",
            position=position(cte),
            hint=f"Write WITH RECURSIVE {cte.alias}(a, b) AS ….",
        )
    return [*given, *base[len(given) :]]


def _key(node: exp.Expr, names: Sequence[str]) -> str:
    """The row of the columns that a clause is about."""
    asked = several(node.this.name)
    for name in asked:
        if name not in names:
            raise ProgrammingError(
                f"search or cycle column {name!r} is not in the WITH query's column list",
                sqlstate="42601",
                position=position(node.this),
            )
    return f"ROW({', '.join(f'{_ROW}.{_quoted(name)}' for name in asked)})"


def _searched(node: exp.Expr, names: Sequence[str]) -> list[_Carried]:
    key, name = _key(node, names), node.expression.name
    if node.args["kind"] == "DEPTH":
        return [_Carried(name, f"ARRAY[{key}]", f"{{before}} || {key}")]
    inner = key.removeprefix("ROW(")
    return [_Carried(name, f"ROW(0::bigint, {inner}", f"ROW(({{before}}).f1 + 1, {inner}")]


def _cycle(node: exp.Expr, names: Sequence[str]) -> list[_Carried]:
    """Whether a row closes a circle, and the path to it."""
    key = _key(node, names)
    to, default = node.args.get("to"), node.args.get("default")
    yes = to.sql(dialect="postgres") if to else "TRUE"
    no = default.sql(dialect="postgres") if default else "FALSE"
    path = _Carried(node.args["using"].name, f"ARRAY[{key}]", f"{{before}} || {key}")
    walked = f"{_ROW}.{_quoted(_hidden(path.name))}"
    mark = f"CASE WHEN {key} = ANY({walked}) THEN {yes} ELSE {no} END"
    return [_Carried(node.expression.name, no, mark), path]


def _hidden(name: str) -> str:
    return f"sqlshim_{name}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _rewritten(
    cte: exp.CTE, union: exp.Union, names: Sequence[str], carried: Sequence[_Carried], stop: str
) -> exp.CTE:
    step = union.right.copy()
    assert isinstance(step, exp.Select)
    alias = _reference(step, cte)
    for column in carried:
        value = exp.column(exp.to_identifier(column.name, quoted=True), table=alias)
        step.append("expressions", exp.alias_(value, _hidden(column.name), quoted=True))
    if stop:
        mark = exp.column(exp.to_identifier(carried[-2].name, quoted=True), table=alias)
        step = step.where(exp.EQ(this=mark, expression=_parsed(stop)), copy=False)
    first = [_parsed(c.first) for c in carried]
    later = [_parsed(c.next.format(before=f"{_ROW}.{_quoted(_hidden(c.name))}")) for c in carried]
    before = [_hidden(c.name) for c in carried]
    base = _around(union.left.copy(), names, names, first, carried)
    made = exp.Union(
        this=base,
        expression=_around(step, names, [*names, *before], later, carried),
        distinct=union.args.get("distinct"),
        with_=union.args.get("with_"),
    )
    return exp.CTE(this=made, alias=_alias(cte.alias, [*names, *(c.name for c in carried)]))


def _reference(step: exp.Select, cte: exp.CTE) -> exp.Identifier:
    """How the step calls the recursive query in its FROM clause."""
    clause = step.args.get("from_")
    tables = [clause.this] if clause is not None else []
    tables += [join.this for join in step.args.get("joins") or ()]
    for table in tables:
        if isinstance(table, exp.Table) and table.name.casefold() == cte.alias.casefold():
            return exp.to_identifier(table.alias_or_name, quoted=True)
    raise NotSupportedError(
        "with SEARCH or CYCLE the recursive query must be named in the step's own FROM clause",
        position=position(cte),
    )


def _around(
    query: exp.Expr,
    names: Sequence[str],
    columns: Sequence[str],
    values: Sequence[exp.Expr],
    carried: Sequence[_Carried],
) -> exp.Select:
    """SELECT the columns called `names` and the values of those carried, from `query`."""
    items: list[exp.Expr] = [
        exp.column(exp.to_identifier(n, quoted=True), table=_ROW) for n in names
    ]
    items += [exp.alias_(v, c.name, quoted=True) for v, c in zip(values, carried, strict=True)]
    source = exp.Subquery(this=query, alias=_alias(_ROW, columns))
    return exp.select(*items).from_(source)


def _alias(name: str, columns: Sequence[str]) -> exp.TableAlias:
    idents = [exp.to_identifier(c, quoted=True) for c in columns]
    return exp.TableAlias(this=exp.to_identifier(name, quoted=True), columns=idents)


def _parsed(text: str) -> exp.Expr:
    made = sqlglot.parse_one(text, dialect="postgres")
    for node in made.walk():
        node.meta.clear()  # positions in this text mean nothing in the statement's
    return made
