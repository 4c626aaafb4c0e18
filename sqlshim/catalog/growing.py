"""The catalog as one statement sees it under `schema="dynamic"`: with the fields it names.

The binder is run again whenever it meets a name that nothing has; before, `grow` adds the field
that was meant to the table, with the type that documents have there. What one statement named is
in no other's `SELECT *`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlshim.catalog.catalog import Catalog
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import FieldPath
from sqlshim.types import TEXT, Kind, SqlType, array, struct


class Growing:
    """The tables of one statement, which `bind` asks for instead of the catalog's."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._grown: dict[FieldPath, TableColumn] = {}

    def find(self, parts: Sequence[tuple[str, bool]]) -> Table:
        """The catalog's table with what has grown on it."""
        table = self._catalog.find(parts)
        for field, column in self._grown.items():
            if (field.store, field.schema, field.table) == (table.store, table.schema, table.name):
                table = widened(table, field.path, column)
        return table

    def grow(self, fields: Sequence[FieldPath]) -> bool:
        """Take those of `fields` that documents have, or all if none is found: they are NULL
        everywhere then. Whether there was anything to take."""
        new = [f for f in fields if f not in self._grown]
        looked = {f: self._catalog.look_for(f) for f in new}
        found = {f: column for f, column in looked.items() if column is not None}
        self._grown |= found or {f: TableColumn(f.path[-1], TEXT) for f in new}
        return bool(new)


def widened(table: Table, path: Sequence[str], column: TableColumn) -> Table:
    """`table` with a field at `path`: a column outside of every star, or a part of a column."""
    name, rest = path[0], path[1:]
    known = next((c for c in table.columns if c.name == name), None)
    if known is None:
        native = column.native if not rest else "object"
        made = TableColumn(name, _with(None, rest, column.type), native, starred=False)
        return replace(table, columns=(*table.columns, made))
    grown = replace(known, type=_with(known.type, rest, column.type))
    return replace(table, columns=tuple(grown if c is known else c for c in table.columns))


def _with(t: SqlType | None, path: Sequence[str], new: SqlType) -> SqlType:
    """`t` with a part of type `new` at `path`; a type that has no such parts stays what it is."""
    if not path:
        return new if t is None else t
    name, rest = path[0], path[1:]
    if name == "[]":
        inner = _with(None if t is None else t.element, rest, new)
        return array(inner) if t is None or t.kind is Kind.ARRAY else t
    if t is not None and t.kind is not Kind.STRUCT:
        return t
    fields = {} if t is None else dict(t.fields)
    fields[name] = _with(fields.get(name), rest, new)
    return struct(tuple(fields.items()), t is None or t.nullable)
