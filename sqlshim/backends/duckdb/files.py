"""The store behind `file:///directory`: CSV, NDJSON and Parquet files are tables.

A table is a view over its file until a statement writes to it; then it is copied into the
transaction, and `commit` writes a new file beside the old one and renames it into place. Only
files inside the directory are tables: a link that leads out of it is none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from sqlshim.backends.duckdb.compile.casts import quoted, type_text
from sqlshim.backends.duckdb.formats import FORMATS, Layout, format_of, layout_of, new_layout
from sqlshim.backends.duckdb.session import OPENED_ANEW, Database
from sqlshim.backends.duckdb.store import DuckStore
from sqlshim.backends.duckdb.stored import (
    Stored,
    create_statement,
    distinct_names,
    locatable,
)
from sqlshim.backends.protocol import Options, TableDefinition
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import (
    InterfaceError,
    OperationalError,
    ProgrammingError,
    TableExists,
    without_secrets,
)
from sqlshim.ir import walk
from sqlshim.ir.relational import Rel, Scan
from sqlshim.types import Kind

Signature = tuple[int, int, int]  # of a file's content: inode, size, time of change


@dataclass(frozen=True)
class FileTable(Stored):
    """A table that is a file. `changed`: the transaction holds its rows, the file is out of date;
    `seen` is what the file was when it was last looked at (None: there was none)."""

    file: Path = field(default_factory=Path)
    layout: Layout = field(default_factory=lambda: Layout("csv", ()))
    seen: Signature | None = None
    changed: bool = False
    definition: TableDefinition | None = None  # of a table made here: a file keeps no constraints


def directory_of(uri: str) -> tuple[Path, str]:
    """The directory of a `file:` URI and the format of new tables (`?format=csv`)."""
    parts = urlsplit(uri)
    if parts.netloc not in ("", "localhost") or not parts.path:
        raise InterfaceError(
            f"not the URI of a directory: {without_secrets(uri)!r}",
            hint="Write file:///path/to/directory.",
        )
    asked = parse_qs(parts.query)
    chosen = asked.pop("format", ["csv"])[-1]
    if asked or chosen not in FORMATS:
        raise InterfaceError(
            f"unknown option in {without_secrets(uri)!r}",
            hint=f"The only one is format={'|'.join(FORMATS)}.",
        )
    directory = Path(unquote(parts.path))
    if not directory.is_dir():
        raise OperationalError(f"there is no directory {str(directory)!r}", sqlstate="58P01")
    return directory.resolve(), chosen


class FileStore(DuckStore):
    """The tables of one directory."""

    loss = f"{OPENED_ANEW} What was not committed is lost."

    def __init__(self, directory: Path, new_format: str, alias: str, options: Options) -> None:
        super().__init__(alias, options, directory)
        self._directory = directory
        self._new_format = new_format
        self._dropped: list[Path] = []

    def _reopen(self) -> None:
        self._database.close()
        self._database = Database(self._options, self._directory, self.loss)
        self._tables = {n: t for n, t in self._file_tables().items() if t.file.exists()}
        with self._database.translated():
            for table in self._file_tables().values():
                self._database.connection.execute(_view(table)).fetchall()

    # --- catalog

    def _files(self) -> dict[str, Path]:
        """The tables on disk: by stem, or by the whole name where a stem occurs twice."""
        found: dict[str, Path] = {}
        for path in sorted(self._directory.iterdir()):
            if path.name.startswith(".") or format_of(path) is None:
                continue
            file = path.resolve()
            if file.is_file() and file.is_relative_to(self._directory):
                found[path.stem if path.stem not in found else path.name] = file
        return found

    def table_names(self) -> Sequence[str]:
        with self._lock:
            on_disk = {n for n, f in self._files().items() if f not in self._dropped}
            return sorted(on_disk | {n for n, t in self._file_tables().items() if t.changed})

    def _file_tables(self) -> dict[str, FileTable]:
        return {n: t for n, t in self._tables.items() if isinstance(t, FileTable)}

    def load_table(self, name: str) -> Table | None:
        with self._lock:
            known = self._file_tables().get(name)
            if known is not None and known.changed:
                return replace(known.table, row_count=self._count(known))
            file = self._files().get(name)
            if file is None or file in self._dropped:
                return None
            if known is None or known.seen != _signature(file):
                with self._live().translated():
                    known = self._look_at(name, file)
                self._tables[name] = known
            return known.table

    def row_count(self, table: Table) -> int | None:
        with self._lock:
            known = self._file_tables().get(table.name)
            if known is None or not known.changed:
                return table.row_count  # counting a file would read it
            return self._count(known)

    def _look_at(self, name: str, file: Path) -> FileTable:
        connection = self._catalog_connection()
        seen = _signature(file)
        layout, types = layout_of(file, connection)
        columns = tuple(
            TableColumn(column, t, native=native)
            for (column, native), t in zip(layout.columns, types, strict=True)
        )
        others = [t.name for n, t in self._tables.items() if n != name]
        (physical,) = distinct_names([name], others)
        names = [c.name for c in columns]
        stored = dict(zip(names, distinct_names(names), strict=True))
        table = locatable(Table(self.alias, str(self._directory), name, columns))
        found = FileTable(table, physical, stored, file, layout, seen)
        connection.execute(_view(found)).fetchall()
        if layout.format == "parquet":  # its footer knows
            found = replace(found, table=replace(table, row_count=self._count(found)))
        return found

    def _path(self, rel: Rel) -> str:
        formats = {
            t.layout.format
            for node in walk.every_rel(rel)
            if isinstance(node, Scan) and (t := self._file_tables().get(node.table.name))
        }
        return f"{' and '.join(sorted(formats))} file" if formats else "no table"

    # --- writing

    def _new(self, definition: TableDefinition) -> Stored:
        name = definition.name
        if name in ("", ".", "..") or name.startswith(".") or set(name) & set('/\\:\0*?"<>|'):
            raise ProgrammingError(f"{name!r} cannot be the name of a file", sqlstate="42602")
        file = self._directory / f"{name}.{self._new_format}"
        if os.path.lexists(file) and file not in self._dropped:
            raise TableExists(name)
        made = super()._new(definition)
        layout = new_layout(self._new_format, {c.name: c.type for c in definition.columns})
        return FileTable(made.table, made.name, made.columns, file, layout, None, True, definition)

    def _drop(self, stored: Stored) -> None:
        assert isinstance(stored, FileTable)
        self._write(f"DROP {'TABLE' if stored.changed else 'VIEW'} {quoted(stored.name)}")
        self._dropped.append(stored.file)

    def _changeable(self, table: Table) -> Stored:
        stored = self._tables[table.name]
        assert isinstance(stored, FileTable)
        if stored.changed:
            return stored
        name, copy = quoted(stored.name), quoted(f"{stored.name}~copy")
        if stored.definition is None:
            self._write(f"CREATE TABLE {copy} AS SELECT * FROM {name}")
        else:
            self._write(
                create_statement(stored.definition, replace(stored, name=f"{stored.name}~copy"))
            )
            self._write(f"INSERT INTO {copy} SELECT * FROM {name}")
        self._write(f"DROP VIEW {name}")
        self._write(f"ALTER TABLE {copy} RENAME TO {name}")
        changed = replace(stored, changed=True)
        self._tables[table.name] = changed
        return changed

    # --- commit

    def _before_commit(self) -> None:
        changed = {n: t for n, t in self._file_tables().items() if t.changed}
        for table in changed.values():
            self._check_unchanged(table)
        written: dict[Path, Path] = {}
        try:
            for table in changed.values():
                written[table.file] = self._write_beside(table)
            for file, new in written.items():
                new.replace(file)
        finally:
            for new in written.values():
                new.unlink(missing_ok=True)
        for file in self._dropped:
            if file not in written:
                file.unlink(missing_ok=True)
        _sync(self._directory)
        for name, table in changed.items():
            self._tables[name] = self._as_view(table)

    def _check_unchanged(self, table: FileTable) -> None:
        before = None if table.file in self._dropped else table.seen
        there = _signature(table.file) if table.file.exists() else None
        if there != before and table.file not in self._dropped:
            raise OperationalError(
                f"{table.file.name!r} was changed by another program since it was read",
                sqlstate="40001",
                hint="Run the transaction again.",
            )

    def _write_beside(self, table: FileTable) -> Path:
        """A complete new file next to the old one, safely on disk."""
        new = table.file.with_name(f".{table.file.name}.{uuid.uuid4().hex}.tmp")
        items = ", ".join(_outward(table, c) for c in table.table.columns)
        try:
            source = f"SELECT {items} FROM {quoted(table.name)}"
            self._write(f"COPY ({source}) {table.layout.writer(new)}")
            if table.file.exists():
                shutil.copymode(table.file, new)
            _sync(new)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        return new

    def _as_view(self, table: FileTable) -> FileTable:
        clean = replace(table, changed=False, seen=_signature(table.file))
        self._write(f"DROP TABLE {quoted(table.name)}")
        self._write(_view(clean))
        return clean

    def _end(self) -> None:
        super()._end()
        self._dropped = []


def _view(table: FileTable) -> str:
    """A view that gives a file's columns the types that carry them in the engine."""
    items = ", ".join(
        f"CAST({quoted(c.name)} AS {type_text(c.type)}) AS {quoted(table.columns[c.name])}"
        for c in table.table.columns
    )
    source = table.layout.reader(table.file)
    return f"CREATE OR REPLACE VIEW {quoted(table.name)} AS SELECT {items} FROM {source}"


def _outward(table: FileTable, column: TableColumn) -> str:
    stored = quoted(table.columns[column.name])
    if column.type.kind is Kind.JSON and table.layout.format == "ndjson":
        stored = f"CAST({stored} AS JSON)"  # a nested value, not a text that holds one
    return f"{stored} AS {quoted(column.name)}"


def _signature(file: Path) -> Signature:
    stat = file.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _sync(path: Path) -> None:
    """Have a file, or the entries of a directory, on disk before going on."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
