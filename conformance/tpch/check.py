"""Run the 22 queries through sqlshim and compare with DuckDB over the same Parquet files."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

import sqlshim
from conformance.backends._sqlshim import connect
from conformance.tpch.compare import difference
from conformance.tpch.schema import TABLES

QUERIES = Path(__file__).parent / "queries"

# The output columns that ORDER BY names, in its order.
ORDER_KEYS: dict[str, tuple[int, ...]] = {
    "q01": (0, 1), "q02": (0, 2, 1, 3), "q03": (1, 2), "q04": (0,), "q05": (1,), "q06": (),
    "q07": (0, 1, 2), "q08": (0,), "q09": (0, 1), "q10": (2,), "q11": (1,), "q12": (0,),
    "q13": (1, 0), "q14": (), "q15": (0,), "q16": (3, 0, 1, 2), "q17": (), "q18": (4, 3),
    "q19": (), "q20": (0,), "q21": (1, 0), "q22": (0,),
}  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """What became of one query; `remark` says why it is not right."""

    name: str
    kind: Literal["passed", "failed", "refused"]
    seconds: float
    remark: str = ""

    def __str__(self) -> str:
        end = f"  {self.remark}" if self.remark else ""
        return f"{self.name} {self.kind:7} {self.seconds:8.3f} s{end}"


def query(name: str, scale: float) -> str:
    """The text of a query; q11's threshold depends on the scale factor."""
    text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    return text.replace(":fraction", f"{0.0001 / scale:.10f}")


def reference(directory: Path, name: str, scale: float) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect(":memory:")) as connection:
        for table in TABLES:
            path = directory / f"{table.name}.parquet"
            connection.execute(f"CREATE VIEW {table.name} AS FROM '{path}'")
        return connection.execute(query(name, scale)).fetchall()


def check(
    uri: str,
    pushdown: str,
    names: Sequence[str],
    scale: float,
    directory: Path,
    one_pipeline: bool = False,
) -> Iterator[Checked]:
    """Each query's outcome, as it comes."""
    with closing(connect(uri, pushdown)) as connection:
        for name in names:
            expected = reference(directory, name, scale)
            yield _check_one(connection, name, query(name, scale), expected, one_pipeline)


def _check_one(
    connection: Any, name: str, sql: str, expected: list[tuple[Any, ...]], one_pipeline: bool
) -> Checked:
    begun = time.perf_counter()
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute(sql)
            got = cursor.fetchall()
            seconds = time.perf_counter() - begun
            remark = difference(got, expected, ORDER_KEYS[name])
            if remark is None and one_pipeline:
                cursor.execute(f"EXPLAIN {sql}")
                remark = not_one_pipeline([str(row[0]) for row in cursor.fetchall()])
    except sqlshim.NotSupportedError as error:
        return Checked(name, "refused", time.perf_counter() - begun, _line(error))
    except Exception as error:  # whatever it is, the other queries shall run
        remark = f"{type(error).__name__}: {_line(error)}"
        return Checked(name, "failed", time.perf_counter() - begun, remark)
    return Checked(name, "failed" if remark else "passed", seconds, remark or "")


def not_one_pipeline(plan: Sequence[str]) -> str | None:
    """Why a plan is not one native query at its root, or None."""
    lines = [line for text in plan for line in text.splitlines() if line.strip()]
    remotes = [line for line in lines if line.split()[0] == "Remote"]
    if len(remotes) == 1 and lines[0].startswith("Remote"):
        return None
    return f"not one pipeline: {len(remotes)} Remote nodes, the root is {lines[0].strip()!r}"


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
