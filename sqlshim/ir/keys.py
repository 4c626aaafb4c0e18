"""Key tests: the conditions that `plan.key_sets` adds and stores may take (`functions.keys`)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions.keys import IN_KEYS
from sqlshim.ir.scalar import Call, Column, Param, Scalar
from sqlshim.types import BOOLEAN


def key_test(column: Column, keys: Param) -> Call:
    """Whether `column` is one of the values of the parameter."""
    return Call(IN_KEYS, (column, keys), BOOLEAN.with_null(False))


def row_test(columns: Sequence[Column], keys: Param) -> Call:
    """Whether the columns are together one of the rows that the parameter holds."""
    return Call(IN_KEYS, (*columns, keys), BOOLEAN.with_null(False))


def is_key_test(expr: Scalar) -> bool:
    """Whether `expr` is made by `key_test` or `row_test`."""
    return isinstance(expr, Call) and expr.fn is IN_KEYS
