"""Connections: open stores behind one catalog, with transactions, cancellation and inspection."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

from sqlshim import engine
from sqlshim.backends.protocol import (
    Backend,
    FullScan,
    LocalEngine,
    Options,
    Progress,
    Pushdown,
    RunContext,
)
from sqlshim.backends.registry import open_store
from sqlshim.catalog.catalog import Catalog
from sqlshim.dbapi.cursor import Cursor
from sqlshim.dbapi.forgotten import watch
from sqlshim.errors import Error, InterfaceError, NotSupportedError, Warning  # noqa: A004
from sqlshim.sql.dialects import canonical
from sqlshim.sql.params import Arguments


class Connection:
    """A PEP 249 connection, made by `sqlshim.connect`.

    As a context manager it commits at the end, or rolls back after an exception, and stays open
    (as psycopg2 and sqlite3 do).
    """

    def __init__(
        self,
        stores: dict[str, Backend],
        local: Callable[[Options], LocalEngine],
        options: Options,
        dialect: str,
        autocommit: bool,
    ) -> None:
        self.autocommit = autocommit
        self._local: list[LocalEngine] = []  # one, once it has been needed
        self._release = partial(_close_all, stores, self._local)
        self._forgotten = watch(self, self._release)
        self._open_local = local
        self._lock = threading.Lock()
        self._running: set[RunContext] = set()
        self._closed = False
        self._world = engine.World(
            Catalog(stores), stores, self._local_engine, options, dialect, options.pushdown
        )

    def _local_engine(self) -> LocalEngine:
        with self._lock:
            if not self._local:
                self._local.append(self._open_local(self._world.options))
            return self._local[0]

    # --- PEP 249

    def cursor(self) -> Cursor:
        """A new cursor."""
        self._check_open()
        return Cursor(self)

    def execute(self, operation: str, parameters: Arguments | None = None) -> Cursor:
        """A new cursor that has executed the statement (as in sqlite3 and psycopg 3)."""
        return self.cursor().execute(operation, parameters)

    def commit(self) -> None:
        """Make all writes since the last commit permanent."""
        self._check_open()
        for store in self._world.stores.values():
            store.commit()

    def rollback(self) -> None:
        """Undo all writes since the last commit. NotSupportedError if a store has made them
        permanent already."""
        self._check_open()
        for store in self._world.stores.values():
            store.rollback()
        self._world.catalog.refresh()

    def close(self) -> None:
        """Close; writes that were not committed are rolled back where the store can."""
        if self._closed:
            return
        self._closed = True
        self.cancel()
        self._forgotten.detach()
        self._release()

    @property
    def closed(self) -> bool:
        return self._closed

    def cancel(self) -> None:
        """Cancel whatever this connection is running; callable from any thread."""
        for context in tuple(self._running):
            context.cancel()

    def progress(self) -> Progress | None:
        """How far the local engine is with what this connection is running, None if it has no part
        in it; callable from any thread. `connect(progress=True)` gives percentages."""
        found = [p for context in tuple(self._running) if (p := context.progress())]
        return found[-1] if found else None

    def __enter__(self) -> Connection:
        self._check_open()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._closed:
            return
        if error is None:
            self.commit()
            return
        try:
            self.rollback()
        except NotSupportedError as refusal:
            error.add_note(f"Not rolled back: {refusal}")

    # --- settings and inspection

    @property
    def pushdown(self) -> str:
        """ "auto", "always" or "never"; may be set between statements."""
        return self._world.pushdown.value

    @pushdown.setter
    def pushdown(self, value: str) -> None:
        self._world.pushdown = _choice(Pushdown, "pushdown", value)

    @property
    def dialect(self) -> str:
        """The sqlglot dialect statements are read in; may be set between statements."""
        return self._world.dialect

    @dialect.setter
    def dialect(self, value: str) -> None:
        self._world.dialect = canonical(value)

    def tables(self) -> list[str]:
        """The names of all tables; `store.table` where the connection has several stores."""
        self._check_open()
        return self._world.catalog.all_names()

    def columns(self, table: str) -> list[tuple[str, str, bool, str]]:
        """(name, type, nullable, key) of a table's columns; key is "primary key", "partition key",
        "clustering key", "index" or ""."""
        self._check_open()
        parts = [(part, False) for part in table.split(".")]
        found = self._world.catalog.find(parts)
        indexed = {index.columns[0][0] for index in found.indexes if index.columns}
        result = []
        for column in found.columns:
            if column.hidden:
                continue
            role = "index" if column.name in indexed else ""
            if column.name in found.primary_key:
                role = "primary key"
            if column.name in found.partition_key:
                role = "partition key"
            if column.name in [name for name, _ in found.clustering]:
                role = "clustering key"
            result.append((column.name, str(column.type), column.type.nullable, role))
        return result

    def refresh(self) -> None:
        """Forget what is known of the tables; the next statement asks the stores again."""
        self._world.catalog.refresh()

    # --- for cursors

    def _new_context(self) -> RunContext:
        options = self._world.options
        context = RunContext(
            timeout=options.timeout, full_scan=options.full_scan, warn=_warn, on_cancel=[]
        )
        self._running.add(context)
        return context

    def _wrote(self) -> None:
        if self.autocommit:
            for store in self._world.stores.values():
                store.commit()

    def _check_open(self) -> None:
        if self._closed:
            raise InterfaceError("the connection is closed")

    def __repr__(self) -> str:
        stores = ", ".join(repr(s) for s in self._world.stores.values())
        return f"<sqlshim.Connection {'closed' if self._closed else 'to'} {stores}>"

    # PEP 249 optional extension: the exceptions as attributes
    Error = Error
    InterfaceError = InterfaceError
    NotSupportedError = NotSupportedError


def _close_all(stores: Mapping[str, Backend], local: list[LocalEngine]) -> None:
    for store in stores.values():
        store.close()
    for engine_ in local:
        engine_.close()


def _warn(message: str) -> None:
    warnings.warn(message, Warning, stacklevel=4)


def _choice(kind: type[Any], name: str, value: object) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(repr(str(member.value)) for member in kind)
        raise InterfaceError(f"{name} must be one of {known}, not {value!r}") from error


def connect(
    uri: str | Mapping[str, str],
    *,
    dialect: str = "postgres",
    schema: Mapping[str, object] | str | None = None,
    pushdown: str = "auto",
    full_scan: str = "warn",
    read_only: bool = False,
    timeout: float | None = None,
    retry_for: float = 300,
    autocommit: bool = False,
    connect_timeout: float = 10,
    truncate_microseconds: bool = False,
    sample_size: int = 1000,
    memory_limit: str | None = None,
    spill_directory: str | None = None,
    progress: bool = False,
) -> Connection:
    """Open one store, or several under names.

    `uri` is memory://, file:///directory, mongodb://…/db or cassandra://…/keyspace, or a dict of
    name to URI, whose tables are then `name.table`. Times are seconds; `timeout` limits each
    statement. `dialect` is any of sqlglot's. `pushdown` is "auto", "always" or "never",
    `full_scan` "allow", "warn" or "forbid". `schema` declares types ({table: {column: type}} or a
    JSON file with it), or is "dynamic": fields that are not known may be named.
    Raises InterfaceError for wrong options and OperationalError when a store cannot be reached.
    """
    dialect = canonical(dialect)
    options = Options(
        pushdown=_choice(Pushdown, "pushdown", pushdown),
        full_scan=_choice(FullScan, "full_scan", full_scan),
        read_only=read_only,
        timeout=timeout,
        connect_timeout=connect_timeout,
        retry_for=retry_for,
        truncate_microseconds=truncate_microseconds,
        sample_size=sample_size,
        schema=schema,
        memory_limit=memory_limit,
        spill_directory=spill_directory,
        progress=progress,
    )
    stores = _opened({"": uri} if isinstance(uri, str) else uri, options)
    return Connection(stores, _local_engine, options, dialect, autocommit)


def _opened(wanted: Mapping[str, str], options: Options) -> dict[str, Backend]:
    """The stores by their names; all of them, or none."""
    if not wanted:
        raise InterfaceError("no store given", hint="Pass a URI, or a dict of name to URI.")
    stores: dict[str, Backend] = {}
    with ExitStack() as unless_all_open:
        for alias, each in wanted.items():
            stores[alias] = open_store(each, alias, options)
            unless_all_open.callback(stores[alias].close)
        unless_all_open.pop_all()
    return stores


def _local_engine(options: Options) -> LocalEngine:
    from sqlshim.backends.duckdb import open_local_engine

    return open_local_engine(options)
