"""`* EXCEPT (a)`, `* EXCLUDE (a)`, `* REPLACE (x AS a)` and `* RENAME (a AS b)` of BigQuery,
Snowflake and DuckDB. Called by `fields` with the items of the star."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import Binds
from sqlshim.bind.coerce import settle
from sqlshim.bind.queries.output import Items
from sqlshim.bind.scope import matching, position
from sqlshim.errors import UnknownColumn
from sqlshim.ir.scalar import Column


def changed(items: Items, entry: exp.Expr, binds: Binds) -> Items:
    """The items without some, or with other values or names. UnknownColumn for a name of none."""
    star = entry.this if isinstance(entry, exp.Column) else entry
    for node in star.args.get("except_") or ():
        dropped = [items[i][0].id for i in _places(node, items)]
        items = [(c, e) for c, e in items if c.id not in dropped]
    for node in star.args.get("replace") or ():
        value = settle(binds.scalar(node.this))
        for i in _places(node.args["alias"], items):
            items[i] = (binds.context.column(items[i][0].name, value.type), value)
    for node in star.args.get("rename") or ():
        for i in _places(node.this, items):
            old, value = items[i]
            items[i] = (binds.context.column(node.alias, old.type), value)
    return items


def _places(node: exp.Expr, items: Items) -> list[int]:
    """Where the items of a name stand."""
    ident = node.this if isinstance(node, exp.Column) else node
    named: list[tuple[int, Column]] = [(i, c) for i, (c, _) in enumerate(items)]
    quoted = bool(ident.args.get("quoted"))
    found = matching(ident.name, quoted, named, lambda n: n[1].name)
    if not found:
        raise UnknownColumn(ident.name, [c.name for c, _ in items], position(ident))
    return [i for i, _ in found]
