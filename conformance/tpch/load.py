"""Load the data into a store with its own driver, in bulk; progress goes to stderr.

A table that exists is replaced. Called by `conformance.tpch.cli`, tests and benchmarks.
"""

from __future__ import annotations

import importlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from conformance.tpch.data import parquet_dir
from conformance.tpch.schema import TABLES, Table

Rows = Iterator[list[tuple[Any, ...]]]
DATABASE = "tpch"
LOADERS = {
    "mongo": "conformance.tpch.load_mongo",
    "cassandra": "conformance.tpch.load_cassandra",
}


def load(backend: str, uri: str, scale: float) -> None:
    directory = parquet_dir(scale)
    if backend == "duckdb":
        _copy(directory, uri)
        return
    fill: Callable[[str, Path], None] = importlib.import_module(LOADERS[backend]).fill
    fill(uri, directory)


def _copy(directory: Path, uri: str) -> None:
    target = Path(unquote(urlsplit(uri).path))
    target.mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        shutil.copy(directory / f"{table.name}.parquet", target)
    print(f"{len(TABLES)} files copied", file=sys.stderr)


def read(directory: Path, table: Table) -> pa.Table:
    return pq.read_table(directory / f"{table.name}.parquet")


def batches(rows: pa.Table, size: int) -> Rows:
    """The rows as lists of tuples."""
    for batch in rows.to_batches(max_chunksize=size):
        yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


class Progress:
    """`lineitem: 40,000 of 60,175` on one line of stderr while a table loads."""

    def __init__(self, table: str, total: int) -> None:
        self._table, self._total, self._done = table, total, 0
        self._begun = time.monotonic()

    def add(self, rows: int) -> None:
        self._done += rows
        self._show("")

    def finish(self) -> None:
        self._show(f" in {time.monotonic() - self._begun:.1f} s\n")

    def _show(self, end: str) -> None:
        text = f"\r{self._table}: {self._done:,} of {self._total:,}{end}"
        if end or sys.stderr.isatty():
            print(text.lstrip("\r") if not sys.stderr.isatty() else text, end="", file=sys.stderr)
