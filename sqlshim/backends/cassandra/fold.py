"""Aggregates that CQL computed for parts of the ring, put together in Python without rounding.

A sum of integers beyond BIGINT is an error here, as on every store; CQL would wrap around.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlshim.backends.cassandra.compile import CqlQuery, Output
from sqlshim.backends.cassandra.values.readers import Change, readers
from sqlshim.errors import NumericOutOfRange
from sqlshim.types import INT_RANGE, SqlType

Row = tuple[Any, ...]


def fold_pages(pages: Iterable[list[Row]], query: CqlQuery) -> list[Row]:
    """The one row of a global aggregate, in SQL's values, from the row of each request."""
    rows = [row for page in pages for row in page]
    reading = readers(query.columns)
    columns = zip(query.outputs, query.columns, reading, strict=True)
    return [tuple(_fold(output, column.type, read, rows) for output, column, read in columns)]


def _fold(output: Output, sql: SqlType, read: Change | None, rows: Sequence[Row]) -> object:
    cells = [row[output.at] for row in rows if row[output.at] is not None]
    if output.fold == "avg":
        return _average(sum(cells), sum(row[output.count_at] for row in rows))
    if read is not None:
        cells = [read(cell) for cell in cells]
    if output.fold == "sum":
        counted = sum(row[output.count_at] for row in rows)
        return _in_range(_exact_sum(cells), sql) if counted else None
    if output.fold == "count":
        return sum(cells)
    least_or_most: Callable[..., object] = min if output.fold == "min" else max
    return least_or_most(cells, key=_order) if cells else None


def _average(total: int, counted: int) -> float | None:
    """As the local engine divides: the sum as a double by the count."""
    return float(total) / counted if counted else None


def _order(value: Any) -> tuple[bool, Any]:
    return value != value, value  # NaN is the largest


def _exact_sum(cells: Sequence[Any]) -> Any:
    if not any(isinstance(c, Decimal) for c in cells):
        return sum(cells)
    # Integers of the smallest unit: Decimal's own + would round to the context's precision.
    exponent = min(int(c.as_tuple().exponent) for c in map(Decimal, cells))
    whole = sum(_scaled(Decimal(c), exponent) for c in cells)
    return Decimal(f"{whole}e{exponent}")


def _scaled(value: Decimal, exponent: int) -> int:
    sign, digits, own = value.as_tuple()
    whole: int = int("".join(map(str, digits))) * 10 ** (int(own) - exponent)
    return -whole if sign else whole


def _in_range(value: Any, sql: SqlType) -> object:
    low, high = INT_RANGE.get(sql.kind, (value, value))
    if not low <= value <= high:
        raise NumericOutOfRange(f"a sum is out of range for {sql}")
    return value


def grouped_rows(page: list[Row], query: CqlQuery) -> list[Row]:
    """Rows of a GROUP BY, each complete: a group never spans two requests."""
    pairs = list(zip(query.outputs, query.columns, strict=True))
    return [tuple(_of_group(output, column.type, row) for output, column in pairs) for row in page]


def _of_group(output: Output, sql: SqlType, row: Row) -> object:
    if output.fold == "avg":
        return _average(row[output.at] or 0, row[output.count_at])
    if output.fold != "sum":
        return row[output.at]
    return _in_range(row[output.at], sql) if row[output.count_at] else None
