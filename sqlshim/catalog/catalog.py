"""The catalog of a connection: finds tables by name in its stores and remembers them.

`version` grows whenever what is remembered is dropped, so that prepared statements know they
are stale. Stores are asked lazily, a table at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import AmbiguousTable, FieldPath, ProgrammingError, UnknownTable


class Source(Protocol):
    """The part of a backend that the catalog needs."""

    def table_names(self) -> Sequence[str]:
        """All tables of the default schema."""

    def load_table(self, name: str) -> Table | None:
        """One table by its exact name."""

    def look_for(self, field: FieldPath) -> TableColumn | None:
        """A field that is not known, as documents have it; None if none has it."""


class Catalog:
    """Tables by name. Safe to use from several threads."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._tables: dict[tuple[str, str], Table] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._fields: dict[FieldPath, TableColumn | None] = {}
        self._lock = threading.RLock()
        self.version = 0

    def refresh(self) -> None:
        """Forget everything; the next use asks the stores again."""
        with self._lock:
            self._tables.clear()
            self._names.clear()
            self._fields.clear()
            self.version += 1

    def names(self, store: str, anew: bool = False) -> tuple[str, ...]:
        """The table names of one store."""
        with self._lock:
            if anew or store not in self._names:
                self._names[store] = tuple(self._sources[store].table_names())
            return self._names[store]

    def all_names(self) -> list[str]:
        """Every table, qualified by its store where the connection has several."""
        return [
            f"{store}.{name}" if store else name
            for store in self._sources
            for name in self.names(store, anew=True)
        ]

    def find(self, parts: Sequence[tuple[str, bool]]) -> Table:
        """The table named by (identifier, quoted) parts: `table` or `store.table`.

        Raises UnknownTable with near names, AmbiguousTable.
        """
        with self._lock:
            stores = self._stores_named(parts)
            name, quoted = parts[-1]
            for anew in (False, True):  # a second look: the table may be new
                found = [(s, n) for s in stores for n in self._match(s, name, quoted, anew)]
                if found:
                    break
            own = [(s, n) for s, n in found if s == ""]
            found = own or found  # an attached store does not make a plain name ambiguous
            if not found:
                raise UnknownTable(".".join(p for p, _ in parts), self._known(stores))
            if len(found) > 1:
                raise AmbiguousTable(name, [f"{s}.{n}" if s else n for s, n in found])
            return self._load(*found[0])

    def look_for(self, field: FieldPath) -> TableColumn | None:
        """A field that is not among a table's columns, as its documents have it, or None."""
        with self._lock:
            if field not in self._fields:
                self._fields[field] = self._sources[field.store].look_for(field)
            return self._fields[field]

    def _stores_named(self, parts: Sequence[tuple[str, bool]]) -> list[str]:
        if len(parts) == 1:
            return list(self._sources)
        qualifier = parts[-2][0]
        named = [s for s in self._sources if s.casefold() == qualifier.casefold()]
        if named:
            return named
        if qualifier.casefold() in ("public", "main") and len(parts) == 2:
            return list(self._sources)
        raise UnknownTable(".".join(p for p, _ in parts), self._known(list(self._sources)))

    def _match(self, store: str, name: str, quoted: bool, anew: bool) -> list[str]:
        names = self.names(store, anew)
        if name in names or quoted:
            return [name] if name in names else []
        return [n for n in names if n.casefold() == name.casefold()]

    def _known(self, stores: list[str]) -> list[str]:
        return [n for s in stores for n in self.names(s)]

    def _load(self, store: str, name: str) -> Table:
        table = self._tables.get((store, name))
        if table is None:
            table = self._sources[store].load_table(name)
            if table is None:
                self.refresh()
                raise UnknownTable(name, self._known([store]))
            self._tables[store, name] = table
        return table

    def store_for_new(self, qualifier: str) -> str:
        """The store in which CREATE TABLE makes a table. ProgrammingError if it is not clear."""
        for store in self._sources:
            if store.casefold() == qualifier.casefold():
                return store
        if len(self._sources) == 1 and qualifier.casefold() in ("", "public", "main"):
            return next(iter(self._sources))
        known = ", ".join(self._sources)
        raise ProgrammingError(
            f"no store named {qualifier!r}"
            if qualifier
            else "in which store is the table to be made?",
            sqlstate="3F000",
            hint=f"Write store.table; the stores are {known}.",
        )
