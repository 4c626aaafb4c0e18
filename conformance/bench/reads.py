"""What the benches of reading share: the queries, as SQL and as what the hand-written side needs.

The tables are TPC-H's. `LINEITEM` has the columns of a scan: integers, doubles, a date, a text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import pyarrow as pa

Rows = list[tuple[Any, ...]]

POINTS = 300  # point queries a turn
ORDER = ("o_orderkey", "o_custkey", "o_totalprice", "o_orderdate")
POINT = f"SELECT {', '.join(ORDER)} FROM orders WHERE o_orderkey = ?"
LINEITEM = (
    "l_orderkey",
    "l_partkey",
    "l_quantity",
    "l_extendedprice",
    "l_shipdate",
    "l_returnflag",
)
SCAN = f"SELECT {', '.join(LINEITEM)} FROM lineitem"


def point_queries(cursor: Any, keys: Sequence[int]) -> Callable[[], Rows]:
    """A turn of `execute` and `fetchone`, a key at a time."""
    return lambda: [cursor.execute(POINT, (key,)).fetchone() for key in keys]


def fetched(connection: Any, sql: str, parameters: Sequence[object] = ()) -> Rows:
    """All rows of a query."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(sql, parameters)
        rows: Rows = cursor.fetchall()
        return rows


def as_table(connection: Any, sql: str) -> pa.Table:
    """All rows of a query as an Arrow table."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(sql)
        table: pa.Table = cursor.fetch_arrow_table()
        return table


def tables_differ(mine: pa.Table, theirs: pa.Table) -> str | None:
    """How two Arrow tables differ but for the order of their rows and for the width of types."""
    if mine.num_rows != theirs.num_rows:
        return f"{mine.num_rows} rows, expected {theirs.num_rows}"
    keys = [(name, "ascending") for name in theirs.column_names]
    wanted = theirs.cast(mine.schema).sort_by(keys)
    for name in theirs.column_names:
        if not mine.sort_by(keys)[name].equals(wanted[name]):
            return f"the values of {name} differ"
    return None


def rows_differ(mine: Rows, theirs: Rows) -> str | None:
    """How two lists of rows differ but for their order; NULL does not occur in the data."""
    if len(mine) != len(theirs):
        return f"{len(mine)} rows, expected {len(theirs)}"
    pairs = zip(sorted(mine), sorted(theirs), strict=True)
    return next((f"row {a}, expected {b}" for a, b in pairs if a != b), None)
