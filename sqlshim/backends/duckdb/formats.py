"""File formats as tables: what DuckDB says to read and write CSV, NDJSON and Parquet, and which
SQL type each of DuckDB's own types becomes.

Called by `files.py`. A CSV file always has a header line; its dialect and types are sniffed once
and then fixed, so that every scan reads the file alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlshim.backends.duckdb.compile.casts import type_text
from sqlshim.errors import OperationalError
from sqlshim.types import Kind, SqlType, array, decimal, map_of, struct

if TYPE_CHECKING:
    import duckdb

_SUFFIXES = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
FORMATS = ("csv", "ndjson", "parquet")
_WHOLE_FILE = 16 << 20  # a CSV up to this size is sniffed to its end
_SAMPLE = 200_000


def format_of(path: Path) -> str | None:
    """The format of a file by its suffix; None if it is no table."""
    return _SUFFIXES.get(path.suffix.lower())


def text(value: object) -> str:
    """A text constant in a statement about files."""
    return "'" + str(value).replace("'", "''") + "'"


@dataclass(frozen=True)
class Layout:
    """How one file is read and written: its format, its columns as (name, DuckDB type), and of a
    CSV file its dialect."""

    format: str
    columns: tuple[tuple[str, str], ...]
    dialect: Mapping[str, object] = field(default_factory=dict)

    def reader(self, path: Path) -> str:
        """The table function that reads the file."""
        if self.format == "parquet":
            return f"read_parquet({text(path)})"
        columns = ", ".join(f"{text(name)}: {text(native)}" for name, native in self.columns)
        if self.format == "ndjson":
            return f"read_json({text(path)}, format='newline_delimited', columns={{{columns}}})"
        options = {**CSV_DIALECT, **self.dialect}
        said = ", ".join(f"{name}={text(value)}" for name, value in options.items() if value != "")
        return (
            f"read_csv({text(path)}, auto_detect=false, header=true, allow_quoted_nulls=false, "
            f"{said}, columns={{{columns}}})"
        )

    def writer(self, path: Path) -> str:
        """`TO ...` of a COPY that writes the file."""
        if self.format == "csv":
            dialect = {**CSV_DIALECT, **self.dialect}
            said = ", ".join(
                f"{n.upper()} {text(dialect[n])}" for n in ("delim", "quote", "escape")
            )
            return f"TO {text(path)} (FORMAT csv, HEADER true, {said})"
        return f"TO {text(path)} (FORMAT {'json' if self.format == 'ndjson' else 'parquet'})"


CSV_DIALECT: Mapping[str, object] = {"delim": ",", "quote": '"', "escape": '"'}


def layout_of(path: Path, connection: duckdb.DuckDBPyConnection) -> tuple[Layout, list[SqlType]]:
    """Look at a file: how it is read, and the SQL types of its columns."""
    kind = format_of(path) or ""
    if kind == "csv":
        return _csv_layout(path, connection)
    source = f"read_parquet({text(path)})"
    if kind == "ndjson":
        source = f"read_json({text(path)}, format='newline_delimited')"
    relation = connection.sql(f"SELECT * FROM {source} LIMIT 0")
    columns = tuple((n, str(t)) for n, t in zip(relation.columns, relation.types, strict=True))
    return Layout(kind, columns), [sql_type(t) for t in relation.types]


def _csv_layout(path: Path, connection: duckdb.DuckDBPyConnection) -> tuple[Layout, list[SqlType]]:
    size = path.stat().st_size
    if not size:
        raise OperationalError(
            f"{path.name!r} is empty: a CSV file begins with a line of column names"
        )
    sample = -1 if size <= _WHOLE_FILE else _SAMPLE
    delim = ", delim='\t'" if path.suffix.lower() == ".tsv" else ""
    answer = connection.execute(
        f"SELECT Delimiter, Quote, Escape, SkipRows, DateFormat, TimestampFormat, Columns "
        f"FROM sniff_csv({text(path)}, header=true, allow_quoted_nulls=false, "
        f"sample_size={sample}{delim})"
    ).fetchall()
    delimiter, quote, escape, skip, date, timestamp, found = answer[0]
    quote = '"' if quote == "(empty)" else quote
    dialect = {
        "delim": delimiter,
        "quote": quote,
        "escape": quote if escape == "(empty)" else escape,
        "skip": skip,
        "dateformat": date or "",
        "timestampformat": timestamp or "",
    }
    columns = tuple((c["name"], c["type"]) for c in found)
    types = [_NAMED.get(native, SqlType(Kind.TEXT)) for _, native in columns]
    return Layout("csv", columns, dialect), types


def new_layout(kind: str, columns: Mapping[str, SqlType]) -> Layout:
    """How a file that is yet to be made is written, and then read with the declared types."""
    return Layout(kind, tuple((name, _native(kind, t)) for name, t in columns.items()))


def _native(kind: str, t: SqlType) -> str:
    return "JSON" if kind == "ndjson" and t.kind is Kind.JSON else type_text(t)


# --- DuckDB's types as ours ----------------------------------------------------------------

_NAMED = {
    "BOOLEAN": SqlType(Kind.BOOLEAN),
    "TINYINT": SqlType(Kind.SMALLINT),
    "UTINYINT": SqlType(Kind.SMALLINT),
    "SMALLINT": SqlType(Kind.SMALLINT),
    "USMALLINT": SqlType(Kind.INTEGER),
    "INTEGER": SqlType(Kind.INTEGER),
    "UINTEGER": SqlType(Kind.BIGINT),
    "BIGINT": SqlType(Kind.BIGINT),
    "UBIGINT": decimal(20, 0),
    "HUGEINT": decimal(38, 0),
    "UHUGEINT": decimal(38, 0),
    "FLOAT": SqlType(Kind.REAL),
    "DOUBLE": SqlType(Kind.DOUBLE),
    "BLOB": SqlType(Kind.BYTES),
    "DATE": SqlType(Kind.DATE),
    "TIME": SqlType(Kind.TIME),
    "TIMESTAMP": SqlType(Kind.TIMESTAMP),
    "TIMESTAMP_S": SqlType(Kind.TIMESTAMP),
    "TIMESTAMP_MS": SqlType(Kind.TIMESTAMP),
    "TIMESTAMP_NS": SqlType(Kind.TIMESTAMP),
    "TIMESTAMP WITH TIME ZONE": SqlType(Kind.TIMESTAMPTZ),
    "INTERVAL": SqlType(Kind.INTERVAL),
    "UUID": SqlType(Kind.UUID),
    "JSON": SqlType(Kind.JSON),
}


def sql_type(native: Any) -> SqlType:
    """The SQL type of one of DuckDB's type objects; what has no counterpart is read as text."""
    match native.id:
        case "decimal":
            parts = dict(native.children)
            return decimal(parts["precision"], parts["scale"])
        case "list" | "array":
            return array(sql_type(dict(native.children)["child"]))
        case "struct":
            return struct(tuple((name, sql_type(child)) for name, child in native.children))
        case "map":
            parts = dict(native.children)
            return map_of(sql_type(parts["key"]), sql_type(parts["value"]))
        case _:
            return _NAMED.get(str(native), SqlType(Kind.TEXT))
