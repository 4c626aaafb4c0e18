"""DuckDB itself, without sqlshim: checks the part of the corpus in which it and PostgreSQL agree.

Records where DuckDB's own meaning differs carry `skipif reference` and a reason.
"""

from __future__ import annotations

import duckdb

from conformance.backends import Adapter, Connection, Problem


class Reference:
    name = "reference"
    pushdown = "never"
    names = frozenset({"reference", "postgresql"})

    def __init__(self) -> None:
        self._connection: duckdb.DuckDBPyConnection | None = None

    def fresh(self) -> Connection:
        self.close()
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET TimeZone = 'UTC'")
        connection: Connection = self._connection
        return connection

    def speak(self, dialect: str) -> bool:
        return dialect in ("postgres", "duckdb")

    def problem(self, error: Exception) -> Problem:
        shown = f"{type(error).__name__}: {error}"
        return Problem(None, shown, foreign=not isinstance(error, duckdb.Error))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open(pushdown: str, uri: str | None) -> Adapter:
    return Reference()
