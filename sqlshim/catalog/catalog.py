"""The catalog of a connection: finds tables by name in its stores and remembers them.

`version` grows whenever what is remembered is dropped, so that prepared statements know they
are stale; that happens also when a store tells that others changed its tables. Stores are asked
lazily, a table at a time. How many rows a table has is asked again once as many were written as it
had, and from time to time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import AmbiguousTable, FieldPath, ProgrammingError, UnknownTable


class Tables(Protocol):
    """The tables of one database."""

    def table_names(self) -> Sequence[str]:
        """All of them."""

    def load_table(self, name: str) -> Table | None:
        """One table by its exact name."""

    def row_count(self, table: Table) -> int | None:
        """How many rows a table that was loaded has now, roughly; None if that cannot be told."""


class Source(Tables, Protocol):
    """The part of a backend that the catalog needs; its own tables are those of its default
    database."""

    @property
    def schema_version(self) -> int:
        """Another number when a table that was loaded is known to have been changed by others."""

    def schemas(self) -> Sequence[str]:
        """The other databases whose tables can be read, too."""

    def schema(self, name: str) -> Tables:
        """One of `schemas`."""

    def look_for(self, field: FieldPath) -> TableColumn | None:
        """A field that is not known, as documents have it; None if none has it."""


COUNT_AGAIN = 300.0  # seconds that a number of rows is trusted
FEW = 100  # rows: so many more or less are no reason for another plan


@dataclass(frozen=True, slots=True)
class Home:
    """Where tables are: a store, and which of its databases ("" is the default one)."""

    store: str
    schema: str = ""

    def named(self, table: str) -> str:
        """The qualified name of a table."""
        return ".".join(filter(None, (self.store, self.schema, table)))


class Catalog:
    """Tables by name. Safe to use from several threads."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._tables: dict[tuple[Home, str], Table] = {}
        self._names: dict[Home, tuple[str, ...]] = {}
        self._fields: dict[FieldPath, TableColumn | None] = {}
        self._lock = threading.RLock()
        self._version = 0
        self._seen: tuple[int, ...] = ()
        self._written: dict[tuple[Home, str], float] = {}  # rows, since the table was counted
        self._changed: set[tuple[Home, str]] = set()  # those of which that was as many as it had
        self._trusted_until = 0.0

    @property
    def version(self) -> int:
        """Which state of the tables it is. What others have changed since is forgotten first."""
        if tuple([s.schema_version for s in self._sources.values()]) != self._seen:
            self.refresh()
        elif self._changed or time.monotonic() >= self._trusted_until:
            self._count_again()
        return self._version

    def _count_again(self) -> None:
        """Ask how many rows there are: of the tables that we changed much; of all, in time."""
        with self._lock:
            changed, self._changed = self._changed, set()
            if time.monotonic() >= self._trusted_until:
                changed = set(self._tables)
                self._trusted_until = time.monotonic() + COUNT_AGAIN
            for key in changed & set(self._tables):
                self._written.pop(key, None)
                table = self._tables[key]
                count = self._at(key[0]).row_count(table)
                if _is_another_size(table.row_count, count):
                    self._tables[key] = replace(table, row_count=count)
                    self._version += 1

    def wrote(self, table: Table, rows: float) -> None:
        """So many rows were inserted into a table or deleted from it."""
        written = (table.store, table.schema, table.name)
        with self._lock:
            for key, known in self._tables.items():
                if (known.store, known.schema, known.name) == written:
                    self._written[key] = self._written.get(key, 0) + rows
                    if self._written[key] > max(known.row_count or 0, FEW):
                        self._changed.add(key)

    def refresh(self) -> None:
        """Forget everything; the next use asks the stores again."""
        with self._lock:
            self._tables.clear()
            self._names.clear()
            self._fields.clear()
            self._written.clear()
            self._changed.clear()
            self._trusted_until = time.monotonic() + COUNT_AGAIN
            self._seen = tuple([s.schema_version for s in self._sources.values()])
            self._version += 1

    def names(self, store: str) -> tuple[str, ...]:
        """The table names of one store's default database, as they are now."""
        return self._names_in(Home(store), anew=True)

    def _names_in(self, home: Home, anew: bool = False) -> tuple[str, ...]:
        with self._lock:
            if anew or home not in self._names:
                self._names[home] = tuple(self._at(home).table_names())
            return self._names[home]

    def _at(self, home: Home) -> Tables:
        source = self._sources[home.store]
        return source.schema(home.schema) if home.schema else source

    def all_names(self) -> list[str]:
        """Every table, qualified by its store where the connection has several."""
        return [
            f"{store}.{name}" if store else name
            for store in self._sources
            for name in self.names(store)
        ]

    def find(self, parts: Sequence[tuple[str, bool]]) -> Table:
        """The table named by (identifier, quoted) parts: `table`, `store.table`, `database.table`
        or `store.database.table`.

        Raises UnknownTable with near names, AmbiguousTable.
        """
        with self._lock:
            homes = self._homes(parts)
            name, quoted = parts[-1]
            for anew in (False, True):  # a second look: the table may be new
                found = [(h, n) for h in homes for n in self._match(h, name, quoted, anew)]
                if found:
                    break
            own = [(h, n) for h, n in found if h.store == ""]
            found = own or found  # an attached store does not make a plain name ambiguous
            if not found:
                raise UnknownTable(".".join(p for p, _ in parts), self._known(homes))
            if len(found) > 1:
                raise AmbiguousTable(name, [h.named(n) for h, n in found])
            return self._load(*found[0])

    def look_for(self, field: FieldPath) -> TableColumn | None:
        """A field that is not among a table's columns, as its documents have it, or None."""
        with self._lock:
            if field not in self._fields:
                self._fields[field] = self._sources[field.store].look_for(field)
            return self._fields[field]

    def _homes(self, parts: Sequence[tuple[str, bool]]) -> list[Home]:
        """Where the table of a qualified name may be."""
        every = [Home(s) for s in self._sources]
        if len(parts) == 1:
            return every
        qualifier = parts[-2][0].casefold()
        named = [h for h in every if h.store.casefold() == qualifier]
        if len(parts) == 2 and not named and qualifier in ("public", "main"):
            return every
        found = named or self._databases(parts[:-1], every)
        if not found:
            raise UnknownTable(".".join(p for p, _ in parts), self._known(every))
        return found

    def _databases(self, parts: Sequence[tuple[str, bool]], stores: Sequence[Home]) -> list[Home]:
        """The databases that `database` or `store.database` names."""
        if len(parts) > 1:
            stores = [h for h in stores if h.store.casefold() == parts[-2][0].casefold()]
        name, quoted = parts[-1]
        known = [Home(h.store, s) for h in stores for s in self._sources[h.store].schemas()]
        exact = [h for h in known if h.schema == name]
        folded = [h for h in known if h.schema.casefold() == name.casefold() and not quoted]
        return exact or folded

    def _match(self, home: Home, name: str, quoted: bool, anew: bool) -> list[str]:
        names = self._names_in(home, anew)
        if name in names or quoted:
            return [name] if name in names else []
        return [n for n in names if n.casefold() == name.casefold()]

    def _known(self, homes: Sequence[Home]) -> list[str]:
        return [n for h in homes for n in self._names_in(h)]

    def _load(self, home: Home, name: str) -> Table:
        table = self._tables.get((home, name))
        if table is None:
            table = self._at(home).load_table(name)
            if table is None:
                self.refresh()
                raise UnknownTable(name, self._known([home]))
            self._tables[home, name] = table
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


def _is_another_size(known: int | None, now: int | None) -> bool:
    """Whether another plan may be the better one for a table of so many rows."""
    if known is None or now is None:
        return False
    return abs(now - known) > max(min(now, known), FEW)
