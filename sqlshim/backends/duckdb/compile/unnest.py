"""Unnest as DuckDB's `unnest` in the SELECT list: several go in parallel, as in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, call, cast, number
from sqlshim.backends.duckdb.compile.draft import item
from sqlshim.backends.duckdb.compile.operators import balanced
from sqlshim.backends.duckdb.compile.scalars import Scalars
from sqlshim.ir.relational import Unnest
from sqlshim.types import BIGINT, array


def elements(scalars: Scalars, rel: Unnest) -> list[E]:
    """The items that repeat the row: one for each array, and the numbers."""
    arrays = [cast(scalars.compile(e), e.type) for _, e in rel.arrays]
    lists = list(arrays)
    if rel.ordinality is not None:
        lists.append(cast(_numbers(arrays), array(BIGINT)))
    if rel.keep_empty:
        nothing = balanced(exp.And, [_is_empty(a) for a in arrays])
        lists = [_one_null(nothing, value) for value in lists]
    made = [c for c, _ in rel.arrays] + ([] if rel.ordinality is None else [rel.ordinality])
    return [item(c, call("unnest", v.copy())) for c, v in zip(made, lists, strict=True)]


def _length(value: E) -> E:
    return call("coalesce", call("len", value.copy()), number(0))


def _numbers(arrays: Sequence[E]) -> E:
    """1 to the length of the longest array."""
    longest = call("greatest", *map(_length, arrays))
    return call("range", number(1), exp.Add(this=longest, expression=number(1)))


def _is_empty(value: E) -> E:
    return exp.EQ(this=_length(value), expression=number(0))


def _one_null(nothing: E, value: E) -> E:
    """`value`, or a list of one NULL where no array has an element."""
    null = exp.Array(expressions=[exp.null()])
    return exp.Case(ifs=[exp.If(this=nothing.copy(), true=null)], default=value.copy())
