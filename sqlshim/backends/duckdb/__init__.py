"""DuckDB, twice: the store behind `memory://` and `file:///directory`, and the local engine that
runs what the stores leave over. DuckDB itself is loaded when one of them is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlshim.backends.protocol import Backend, Options
from sqlshim.errors import InterfaceError, without_secrets

if TYPE_CHECKING:
    from sqlshim.backends.duckdb.engine import DuckEngine


def open_store(uri: str, alias: str, options: Options) -> Backend:
    """The store of a `memory://` or `file:///directory` URI."""
    from sqlshim.backends.duckdb.files import FileStore, directory_of
    from sqlshim.backends.duckdb.store import DuckStore

    scheme, _, rest = uri.partition("://")
    if scheme == "file":
        directory, new_format = directory_of(uri)
        return FileStore(directory, new_format, alias, options)
    if rest.strip("/"):
        raise InterfaceError(
            f"memory:// takes no name, but was given {without_secrets(uri)!r}",
            hint="Each connection has a memory:// of its own; for files write file:///directory.",
        )
    return DuckStore(alias, options)


def open_local_engine(options: Options) -> DuckEngine:
    """The engine that joins, groups and sorts what the stores only read."""
    from sqlshim.backends.duckdb.engine import DuckEngine

    return DuckEngine(options)
