"""SQLite itself, without sqlshim: a third opinion on `cases/portable`, whose SQL means the same in
SQLite, DuckDB and PostgreSQL. The rest of the corpus uses types that SQLite does not have.
"""

from __future__ import annotations

import sqlite3

from conformance.backends import Adapter, Connection, Problem


class SQLite:
    name = "sqlite"
    pushdown = "never"
    names = frozenset({"sqlite"})

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None

    def fresh(self) -> Connection:
        self.close()
        self._connection = sqlite3.connect(":memory:")
        return self._connection

    def speak(self, dialect: str) -> bool:
        return dialect in ("postgres", "sqlite")

    def problem(self, error: Exception) -> Problem:
        shown = f"{type(error).__name__}: {error}"
        return Problem(None, shown, foreign=not isinstance(error, sqlite3.Error))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open(pushdown: str, uri: str | None) -> Adapter:
    return SQLite()
