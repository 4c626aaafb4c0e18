"""A table in DuckDB: its names there, how it is created, and what finds one of its rows again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlshim.backends.duckdb.compile.casts import quoted, type_text
from sqlshim.backends.protocol import TableDefinition
from sqlshim.catalog.model import RowFunction, Table
from sqlshim.types import BIGINT

ROW = RowFunction("rowid", (), BIGINT.with_null(False), "BIGINT")


@dataclass(frozen=True)
class Stored:
    """A table and what it is called in DuckDB, where names that differ in case only collide."""

    table: Table
    name: str
    columns: dict[str, str]


def locatable(table: Table) -> Table:
    """`table` with DuckDB's number of a row, unless a column of that name hides it."""
    if any(c.name.casefold() == ROW.fn for c in table.columns):
        return table
    return replace(table, row_functions=(ROW,), locator=ROW.name)


def distinct_names(wanted: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """Names for DuckDB, which does not tell `a` from `A`."""
    used = {name.casefold() for name in taken}
    chosen = []
    for name in wanted:
        free, n = name, 1
        while free.casefold() in used:
            n += 1
            free = f"{name}~{n}"
        used.add(free.casefold())
        chosen.append(free)
    return chosen


def create_statement(definition: TableDefinition, stored: Stored) -> str:
    """CREATE TABLE with the constraints of the definition."""
    parts = [
        f"{quoted(stored.columns[c.name])} {type_text(c.type)}"
        + ("" if c.type.nullable else " NOT NULL")
        for c in definition.columns
    ]
    if definition.primary_key:
        parts.append(f"PRIMARY KEY ({_listed(stored, definition.primary_key)})")
    parts += [f"UNIQUE ({_listed(stored, names)})" for names in definition.unique]
    return f"CREATE TABLE {quoted(stored.name)} ({', '.join(parts)})"


def _listed(stored: Stored, names: Sequence[str]) -> str:
    return ", ".join(quoted(stored.columns[name]) for name in names)
