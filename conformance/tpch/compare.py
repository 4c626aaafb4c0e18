"""Two results in, what differs out: order matters only for the ORDER BY keys.

Rows are matched as a multiset; doubles may differ by a relative 1e-6 (sums are added up in
another order in every store), a timestamp at midnight is its date (MongoDB has only one type).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal

TOLERANCE = 1e-6

Row = Sequence[object]


def difference(got: Sequence[Row], expected: Sequence[Row], keys: Sequence[int]) -> str | None:
    """A sentence about the first difference, or None; `keys` are the ORDER BY columns."""
    if len(got) != len(expected):
        return f"{len(got)} rows, expected {len(expected)}"
    got = [[_plain(value) for value in row] for row in got]
    expected = [[_plain(value) for value in row] for row in expected]
    for number, (mine, theirs) in enumerate(zip(got, expected, strict=True), start=1):
        if not same_row([mine[k] for k in keys], [theirs[k] for k in keys]):
            return f"row {number} is out of order: {mine}, expected {theirs}"
    for mine, theirs in zip(sorted(got, key=_rank), sorted(expected, key=_rank), strict=True):
        if not same_row(mine, theirs):
            return f"row {mine}, expected {theirs}"
    return None


def same_row(a: Row, b: Row) -> bool:
    return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))


def _same(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(a) is type(b) and a == b


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value


def _rank(row: Row) -> tuple[list[str], list[float]]:
    """Sort by what is exact first, so that rows that are nearly equal stand side by side."""
    exact = [str(value) for value in row if not isinstance(value, float)]
    return exact, [value for value in row if isinstance(value, float)]
