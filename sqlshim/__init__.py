"""sqlshim: SQL over MongoDB, Cassandra, files and memory, behind PEP 249.

    import sqlshim

    connection = sqlshim.connect("memory://")
    connection.execute("SELECT 1 + 1").fetchone()

Importing this package loads no driver and no engine; they load when first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlshim.dbapi.types import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)
from sqlshim.durations import Duration
from sqlshim.errors import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,  # noqa: A004 - the name is PEP 249's
)

if TYPE_CHECKING:
    from sqlshim.dbapi.connection import Connection
    from sqlshim.dbapi.cursor import Cursor

__version__ = "0.1.0"

apilevel = "2.0"
threadsafety = 1  # threads may share the module, not connections (but for Connection.cancel)
paramstyle = "qmark"


def connect(uri: str | Mapping[str, str], **options: Any) -> Connection:
    """Open a store, or several; see `sqlshim.dbapi.connection.connect` for the options."""
    from sqlshim.dbapi import connection

    return connection.connect(uri, **options)


def __getattr__(name: str) -> Any:
    """`Connection` and `Cursor`, loaded when first asked for."""
    if name == "Connection":
        from sqlshim.dbapi.connection import Connection

        return Connection
    if name == "Cursor":
        from sqlshim.dbapi.cursor import Cursor

        return Cursor
    raise AttributeError(f"module 'sqlshim' has no attribute {name!r}")


__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Duration",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]
