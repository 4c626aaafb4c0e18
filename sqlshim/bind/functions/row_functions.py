"""Calls that only a store can answer, of its own rows: Cassandra's token, ttl and writetime.

A Scan reads them like columns (`catalog.model.RowFunction`); here a call finds its column.
"""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp

from sqlshim.bind.fields import find_value
from sqlshim.bind.scope import Scope, position
from sqlshim.catalog.model import Table
from sqlshim.errors import UnknownFunction
from sqlshim.ir.scalar import Column

_NAMES = frozenset({"token", "ttl", "writetime"})

RowCalls = dict[tuple[str, tuple[int, ...]], Column]  # by function and numbers of its arguments


@lru_cache(maxsize=8)  # asked for each table that a statement names
def names_row_function(text: str) -> bool:
    """Whether a statement may call one: their columns are not read for nothing."""
    folded = text.casefold()
    return any(name in folded for name in _NAMES)


def row_calls(table: Table, columns: dict[str, Column], made: dict[str, Column]) -> RowCalls:
    """The calls that `made`, columns read as row functions, answer over `columns`."""
    return {
        (f.fn, tuple(columns[a].id for a in f.args)): made[f.name]
        for f in table.row_functions
        if f.name in made
    }


def bind_row_function(node: exp.Anonymous, scope: Scope) -> Column | None:
    """The column of a call; None if no function of that name exists in any store."""
    name = str(node.this).lower()
    if name not in _NAMES:
        return None
    found = [find_value(scope, e) for e in node.expressions if isinstance(e, exp.Column)]
    numbers = tuple(c.id for c in found if isinstance(c, Column))
    column = scope.find_call((name, numbers)) if len(numbers) == len(node.expressions) else None
    if column is None:
        error = UnknownFunction(name, (), position(node))
        error.hint = "It takes columns of a table in Cassandra: " + (
            "all of the partition key, in order."
            if name == "token"
            else "one that is not in the primary key and is no collection."
        )
        raise error
    return column
