"""PostgreSQL itself, the authority on what the corpus expects; for developers, not for CI.

Needs psycopg (no dependency of the project) and `--uri postgresql://…/scratch`, a database in
which a schema called `slt` may be dropped and made again. With `--accept` the runner writes its
answers into the case files. Two documented deviations of sqlshim are made up for here: SUM of a
bigint is a bigint, and AVG of integers a double.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from conformance.backends import Adapter, Connection, Problem, Unavailable
from conformance.slt.values import WholeNumeric


class _Cursor:
    """A cursor whose numerics without a scale may be read as integers, and instants as UTC."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        count: int = self._cursor.rowcount
        return count

    def execute(self, operation: str, /) -> None:
        self._cursor.execute(operation, prepare=False)

    def fetchall(self) -> Sequence[Sequence[Any]]:
        return [tuple(map(_narrow, row)) for row in self._cursor.fetchall()]

    def close(self) -> None:
        self._cursor.close()


def _narrow(value: object) -> object:
    if isinstance(value, Decimal) and value.is_finite() and value.as_tuple().exponent == 0:
        return WholeNumeric(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def psycopg() -> Any:
    """The driver, which nothing else here needs."""
    try:
        return importlib.import_module("psycopg")
    except ImportError as error:
        raise Unavailable("PostgreSQL needs psycopg: pip install psycopg") from error


class Postgres:
    name = "postgres"
    pushdown = "never"
    names = frozenset({"postgres", "postgresql"})

    def __init__(self, uri: str) -> None:
        self._psycopg = psycopg()
        self._connection: Any = self._psycopg.connect(uri, autocommit=True)
        as_text = importlib.import_module("psycopg.types.string").TextLoader
        for name in ("json", "jsonb"):  # which psycopg would read
            self._connection.adapters.register_loader(name, as_text)

    def cursor(self) -> _Cursor:
        return _Cursor(self._connection.cursor())

    def fresh(self) -> Connection:
        self._connection.execute("DROP SCHEMA IF EXISTS slt CASCADE")
        self._connection.execute("CREATE SCHEMA slt")
        self._connection.execute("SET search_path = slt")
        return self

    def speak(self, dialect: str) -> bool:
        return dialect == "postgres"

    def problem(self, error: Exception) -> Problem:
        text = f"{getattr(error, 'sqlstate', '')} {type(error).__name__}: {error}"
        return Problem(text, text, foreign=not isinstance(error, self._psycopg.Error))

    def close(self) -> None:
        self._connection.close()


def open(pushdown: str, uri: str | None) -> Adapter:
    if uri is None:
        raise Unavailable("the postgres backend needs --uri postgresql://…")
    return Postgres(uri)
