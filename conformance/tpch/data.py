"""The generated data as Parquet files, made once for each scale factor and kept in the cache.

Dates are dates, decimals are doubles (as in every store that is measured); tpchgen-cli is
deterministic, so that a scale factor always means the same rows.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from conformance.servers.homes import cache_dir
from conformance.tpch.schema import TABLES


class NoGenerator(Exception):
    """tpchgen-cli is not installed."""


def parquet_dir(scale: float) -> Path:
    """A directory with `<table>.parquet` for the eight tables; don't write to it."""
    ready = cache_dir() / f"tpch-{scale:g}"
    if not ready.exists():
        with tempfile.TemporaryDirectory(dir=ready.parent, prefix="tpch-") as temporary:
            made = _generate(scale, Path(temporary))
            made.rename(ready)
    return ready


def _generate(scale: float, directory: Path) -> Path:
    raw, made = directory / "raw", directory / "made"
    command = [generator(), "parquet", "-s", f"{scale:g}", "--output-dir", str(raw)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made.mkdir()
    for table in TABLES:
        rows = pq.read_table(raw / f"{table.name}.parquet")
        pq.write_table(rows.cast(_stored(rows.schema)), made / f"{table.name}.parquet")
    return made


def generator() -> str:
    """tpchgen-cli of this environment, or of the path."""
    beside = Path(sys.executable).with_name("tpchgen-cli")
    found = str(beside) if beside.exists() else shutil.which("tpchgen-cli")
    if found is None:
        raise NoGenerator("tpchgen-cli is missing: pip install tpchgen-cli")
    return found


def _stored(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(field.name, _plain(field.type)) for field in schema])


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(kind):
        return pa.float64()
    return pa.string() if pa.types.is_string_view(kind) else kind
