"""Whether tables that were loaded have been changed since, by whomever.

The server tells the driver of every change, which then has another metadata object for the table,
view or user-defined type: `Loaded` remembers the objects that the catalog was made from.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any


class Loaded:
    """The metadata of the tables that were loaded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._tables: dict[tuple[str, str], Any] = {}
        self._types: dict[str, tuple[Any, ...]] = {}  # of a keyspace

    def add(self, keyspace: Any, meta: Any) -> None:
        """A table or view was loaded."""
        with self._lock:
            self._tables[keyspace.name, meta.name] = meta
            self._types[keyspace.name] = tuple(keyspace.user_types.values())

    def version(self, keyspaces: Mapping[str, Any]) -> int:
        """A number that grows when one of them is not what it was."""
        with self._lock:
            if any(self._is_stale(keyspaces.get(name), name) for name in self._types):
                self._tables.clear()
                self._types.clear()
                self._version += 1
            return self._version

    def _is_stale(self, keyspace: Any, name: str) -> bool:
        if keyspace is None:
            return True
        types = tuple(keyspace.user_types.values())
        if len(types) != len(self._types[name]) or any(map(_differs, types, self._types[name])):
            return True
        return any(
            (keyspace.tables.get(table) or keyspace.views.get(table)) is not meta
            for (schema, table), meta in self._tables.items()
            if schema == name
        )


def _differs(a: Any, b: Any) -> bool:
    return a is not b
