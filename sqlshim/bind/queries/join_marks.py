"""Oracle's outer joins: `WHERE a.id = b.id (+)` as `LEFT JOIN b ON a.id = b.id`. Called by `query`
before it reads a SELECT."""

from __future__ import annotations

import re

from sqlglot import exp

from sqlshim.bind.context import Context
from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError, ProgrammingError

_MARK = re.compile(r"\(\s*\+\s*\)")


def without_marks(node: exp.Select, context: Context) -> exp.Select:
    """The SELECT with a LEFT JOIN for each table that WHERE marks; itself if it marks none."""
    where = node.args.get("where")
    if where is None or not _MARK.search(context.text) or not _marks(where, node):
        return node
    node = node.copy()
    where, joins = node.args["where"], node.args.get("joins") or []
    for join in joins:
        if any(join.args.get(a) for a in ("on", "using", "side", "method")):
            raise NotSupportedError(
                "(+) beside JOIN is not supported", position=position(join), hint="Write LEFT JOIN."
            )
    tables = {_key(t): t for t in (node.args["from_"].this, *(j.this for j in joins))}
    optional: dict[str, list[exp.Expr]] = {}
    rest: list[exp.Expr] = []
    for term in _terms(where.this):
        marked = _marks(term, node)
        (optional.setdefault(_marked(marked, tables), []) if marked else rest).append(term)
        for column in marked:
            column.set("join_mark", None)
    order = _in_order(tables, optional)
    _spell_out_star(node, list(tables), order)
    node.set("from_", exp.From(this=tables[order[0]]))
    node.set("joins", [_join(tables[name], optional.get(name)) for name in order[1:]])
    node.set("where", exp.Where(this=exp.and_(*rest, copy=False)) if rest else None)
    return node


def _marks(part: exp.Expr, node: exp.Select) -> list[exp.Column]:
    """The marked columns of this SELECT itself."""
    found = part.find_all(exp.Column)
    return [c for c in found if c.args.get("join_mark") and c.parent_select is node]


def _terms(condition: exp.Expr) -> list[exp.Expr]:
    condition = condition.unnest()
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]


def _key(table: exp.Expr) -> str:
    return str(table.alias_or_name).casefold()


def _marked(columns: list[exp.Column], tables: dict[str, exp.Expr]) -> str:
    """The one table that a condition marks."""
    names = {c.table.casefold() for c in columns}
    if "" in names or not names <= set(tables):
        raise NotSupportedError(
            "a column with (+) needs the name of its table here",
            position=position(columns[0]),
            hint="Write t.c (+), or LEFT JOIN … ON.",
        )
    if len(names) > 1:
        raise ProgrammingError(
            "a condition may mark the columns of one table only with (+)",
            sqlstate="42601",
            position=position(columns[-1]),
        )
    return names.pop()


def _in_order(tables: dict[str, exp.Expr], optional: dict[str, list[exp.Expr]]) -> list[str]:
    """The tables, each marked one behind those that its conditions read."""
    order = [name for name in tables if name not in optional]
    waiting = [name for name in tables if name in optional]
    while waiting:
        ready = [n for n in waiting if _asked(n, optional[n], tables) <= set(order)]
        if not ready or not order or not _asked(ready[0], optional[ready[0]], tables):
            raise NotSupportedError(
                "tables that are outer joined by (+) to each other, or to none, are not supported",
                position=position(optional[waiting[0]][0]),
                hint="Write LEFT JOIN … ON.",
            )
        order.append(ready[0])
        waiting.remove(ready[0])
    return order


def _asked(name: str, terms: list[exp.Expr], tables: dict[str, exp.Expr]) -> set[str]:
    """The other tables of a marked table's conditions."""
    read = {c.table.casefold() for term in terms for c in term.find_all(exp.Column)}
    return (read & set(tables)) - {name}


def _join(table: exp.Expr, terms: list[exp.Expr] | None) -> exp.Join:
    if terms is None:
        return exp.Join(this=table)
    return exp.Join(this=table, side="LEFT", on=exp.and_(*terms, copy=False))


def _spell_out_star(node: exp.Select, before: list[str], after: list[str]) -> None:
    """`*` has the columns in the order of FROM as it is written."""
    if before == after:
        return
    items: list[exp.Expr] = []
    for item in node.expressions:
        plain = isinstance(item, exp.Star) and not any(item.args.values())
        items += [exp.column(exp.Star(), table=name) for name in before] if plain else [item]
    node.set("expressions", items)
