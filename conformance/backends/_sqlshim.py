"""What the adapters of sqlshim's own stores share: how to connect, and what its errors mean."""

from __future__ import annotations

from typing import Any

import sqlshim
from conformance.backends import Connection, Problem, Unavailable


def connect(uri: str, pushdown: str) -> Any:
    try:
        return sqlshim.connect(uri, pushdown=pushdown, full_scan="allow", autocommit=True)
    except sqlshim.OperationalError as error:
        raise Unavailable(str(error)) from error


def names_of(store: str, pushdown: str) -> frozenset[str]:
    """sqlshim means what PostgreSQL means, so it runs the records meant for PostgreSQL."""
    return frozenset({"sqlshim", "postgresql", store, f"pushdown_{pushdown}"})


def problem_of(error: Exception) -> Problem:
    shown = f"{type(error).__name__}: {error}"
    if not isinstance(error, sqlshim.Error) or isinstance(error, sqlshim.InternalError):
        return Problem(None, shown, foreign=True)
    text = f"{error.sqlstate} {shown}"
    return Problem(text, text, refused=isinstance(error, sqlshim.NotSupportedError))


class Store:
    """The common half of an adapter: the last connection, and closing it."""

    def __init__(self, name: str, pushdown: str) -> None:
        self.name = name
        self.pushdown = pushdown
        self.names = names_of(name, pushdown)
        self._connection: Any = None

    def speak(self, dialect: str) -> bool:
        self._connection.dialect = dialect
        return True

    def problem(self, error: Exception) -> Problem:
        return problem_of(error)

    def _open(self, uri: str) -> Connection:
        self._hang_up()
        self._connection = connect(uri, self.pushdown)
        connection: Connection = self._connection
        return connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
