"""A connection over DuckDB with just the face the REPL needs, and statements that misbehave."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from threading import Event
from typing import Any

import duckdb

from sqlshim.errors import Error, ProgrammingError, QueryCanceled, UnknownColumn

PEOPLE = """
CREATE TABLE people (id BIGINT PRIMARY KEY, name VARCHAR NOT NULL, city VARCHAR);
INSERT INTO people VALUES (1, 'Ann', 'Oslo'), (2, 'Bo', NULL), (3, '王芳', '北京');
CREATE TABLE "Order Lines" (n INTEGER);
"""


class FakeConnection:
    def __init__(self) -> None:
        self.pushdown = "auto"
        self.dialect = "postgres"
        self.duck = duckdb.connect()
        self.duck.execute(PEOPLE)
        self.canceled = Event()
        self.closed = False
        self.executed: list[str] = []
        self.biggest_fetch = 0

    def cursor(self) -> FakeCursor:
        return FakeCursor(self)

    def tables(self) -> list[str]:
        rows = self.duck.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
        return [name for (name,) in rows]

    def columns(self, table: str) -> list[tuple[str, str, bool, str]]:
        rows = self.duck.execute(f'DESCRIBE "{table}"').fetchall()
        keys = {"PRI": "primary key"}
        return [(row[0], row[1].lower(), row[2] == "YES", keys.get(row[3], "")) for row in rows]

    def cancel(self) -> None:
        self.canceled.set()

    def progress(self) -> None:
        return None

    def close(self) -> None:
        self.closed = True
        self.duck.close()


class FakeCursor:
    def __init__(self, connection: FakeConnection) -> None:
        self._connection = connection
        self._duck = connection.duck.cursor()
        self.description: Sequence[tuple[Any, ...]] | None = None
        self.rowcount = -1

    def execute(self, sql: str, params: Sequence[object] = ()) -> None:
        self._connection.executed.append(sql)
        if "nmae" in sql:
            raise UnknownColumn("nmae", ["name"], sql.index("nmae") + 1)
        if "unexpected" in sql:
            raise RuntimeError("mongodb://ann:hunter2@h/ is on fire")
        if "pg_sleep" in sql:  # runs until cancelled; here Ctrl-C comes at once
            os.kill(os.getpid(), signal.SIGINT)
            assert self._connection.canceled.wait(10)
            raise QueryCanceled("cancelled by the user")
        try:
            self._duck.execute(sql, params)
        except duckdb.Error as error:
            raise _as_ours(error) from error
        self._describe(sql)

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        self._connection.biggest_fetch = max(size, self._connection.biggest_fetch)
        return self._duck.fetchmany(size)

    def close(self) -> None:
        self._duck.close()

    def _describe(self, sql: str) -> None:
        verb = sql.split()[0].upper()
        if verb in {"INSERT", "UPDATE", "DELETE"}:
            (self.rowcount,) = self._duck.fetchone() or (-1,)
        elif verb not in {"CREATE", "DROP"}:
            self.description = self._duck.description


def _as_ours(error: duckdb.Error) -> Error:
    return ProgrammingError(str(error).splitlines()[0])
