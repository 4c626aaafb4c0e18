"""When two answers are the same: multisets or lists of rows, floats nearly equal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

Row = tuple[object, ...]


@dataclass(frozen=True)
class Rows:
    rows: tuple[Row, ...]
    types: tuple[str, ...]


@dataclass(frozen=True)
class Failed:
    sqlstate: str
    text: str
    foreign: bool = False

    @property
    def of_data(self) -> bool:
        """Whether it depends on which rows an expression was evaluated for."""
        return self.sqlstate.startswith("22")


Answer = Rows | Failed


def verdict(expected: Answer, got: Answer, ordered: bool, typed: bool = True) -> str:
    """ "same", "errors differ" (no failure), "rejected" (both refuse), or what is wrong.

    Without `typed`, numbers are compared by value, whatever their types.
    """
    match expected, got:
        case Rows(), Rows():
            return _compare(expected, got, ordered, typed)
        case _, Failed(foreign=True):
            return "foreign exception"
        case Failed(), Failed():
            if expected.of_data and got.of_data:
                return "same"
            return "rejected" if expected.sqlstate == got.sqlstate else "another error class"
        case Failed(of_data=True), _:
            return "errors differ"
        case _, Failed(of_data=True):
            return "errors differ"
        case _:
            return "an error on one side"


def _compare(expected: Rows, got: Rows, ordered: bool, typed: bool) -> str:
    if len(expected.rows) != len(got.rows):
        return "wrong number of rows"
    if typed and expected.types != got.types:
        return "other types"
    left: Sequence[Row] = expected.rows
    right: Sequence[Row] = got.rows
    if not typed:
        left, right = list(map(_untyped, left)), list(map(_untyped, right))
    same = (_same_in_order if ordered else _same_in_any_order)(left, right)
    return "same" if same else "wrong rows"


def _same_in_order(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Whether the rows come in the same order, but where floats decide it that have other last
    digits on the other side."""
    rest = list(right)
    for row in left:
        at = next((n for n, other in enumerate(rest) if _same_row(row, other)), None)
        if at is None or not all(_may_come_first(other, row, rest[at]) for other in rest[:at]):
            return False
        del rest[at]
    return True


def _may_come_first(other: Row, row: Row, same: Row) -> bool:
    """Whether `other` may stand before `row`, which is `same` on the other side."""
    return any(
        isinstance(a, float) and not math.isnan(a) and same_value(a, b) and not a == b == c
        for a, b, c in zip(other, row, same, strict=True)
    )


def _same_in_any_order(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Whether each row has one of its own on the other side. Both are sorted so that it is found at
    once, mostly: floats that are nearly equal may sort otherwise on either side."""
    rest = sorted(right, key=_sort_key)
    for row in sorted(left, key=_sort_key):
        at = next((n for n, other in enumerate(rest) if _same_row(row, other)), None)
        if at is None:
            return False
        del rest[at]
    return True


def _untyped(row: Row) -> Row:
    return tuple(
        float(v) if isinstance(v, int | Decimal) and v is not True and v is not False else v
        for v in row
    )


def _same_row(left: Row, right: Row) -> bool:
    return len(left) == len(right) and all(map(same_value, left, right))


def same_value(left: object, right: object) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or math.isclose(
            left, right, rel_tol=1e-9, abs_tol=1e-12
        )
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left == right
    return type(left) is type(right) and left == right


def _sort_key(row: Row) -> list[tuple[int, object]]:
    return [_place(value) for value in row]


def _place(value: object) -> tuple[int, object]:
    match value:
        case None:
            return 0, 0
        case bool() | int() | Decimal():
            return 1, value
        case float():
            return (6, 0) if math.isnan(value) else (1, value)
        case str():
            return 2, value
        case datetime():
            return 3, value
        case date():
            return 4, value
        case _:
            return 5, repr(value)
