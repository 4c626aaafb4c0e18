"""Nested values: fields of structs. How they are written is in `bind/fields`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions.model import A_TEXT, ANY, SAME, NullResult, Want, own_nulls, sig, united
from sqlshim.types import JSON, Kind, SqlType, array, struct

A_STRUCT = Want("struct", frozenset({Kind.STRUCT}))

# The binder builds the call: only it knows the type of the field that the second argument names.
FIELD = own_nulls(
    "FIELD",
    "a field of a struct (a nested document); NULL if the struct is NULL",
    NullResult.ALWAYS,
    sig(A_STRUCT, A_TEXT, gives=JSON),
    symbol=".",
)


def _array_of(args: Sequence[SqlType]) -> SqlType:
    return array(united(args).with_null(True), nullable=False)


def _row_of(args: Sequence[SqlType]) -> SqlType:
    return struct(tuple((f"f{i}", t) for i, t in enumerate(args, 1)), nullable=False)


ARRAY_OF = own_nulls(
    "ARRAY_OF",
    "an array of these elements",
    NullResult.NEVER,
    sig(SAME, gives=_array_of, variadic=True),
    symbol="ARRAY[]",
)
ROW_OF = own_nulls(
    "ROW_OF",
    "a struct of these values; its type has the names",
    NullResult.NEVER,
    sig(ANY, gives=_row_of, variadic=True),
    symbol="ROW()",
)
