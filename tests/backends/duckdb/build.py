"""Hand-built IR and the shortest ways to run it on DuckDB."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlshim.backends.protocol import (
    Backend,
    ColumnDefinition,
    RunContext,
    TableDefinition,
)
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Project, Rel, Values
from sqlshim.ir.scalar import (
    Call,
    Case,
    Cast,
    Column,
    InList,
    Literal,
    Param,
    Scalar,
    Subquery,
)
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    Interval,
    SqlType,
    decimal,
)

_SCALARS = (Literal, Call, Cast, Column, Param, Case, InList, Subquery)
_numbers = itertools.count(1000)
ONE_ROW = Values((), ((),))


def column(name: str, t: SqlType) -> Column:
    return Column(next(_numbers), name, t)


def type_of(value: object) -> SqlType:
    """The type a test means by a Python value; int is INTEGER."""
    match value:
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case float():
            return DOUBLE
        case Decimal():
            digits, exponent = value.as_tuple().digits, -int(value.as_tuple().exponent)
            return decimal(max(len(digits), exponent), exponent)
        case bytes():
            return BYTES
        case dt.datetime():
            return TIMESTAMP if value.tzinfo is None else TIMESTAMPTZ
        case dt.date():
            return DATE
        case dt.time():
            return TIME
        case Interval():
            return INTERVAL
        case uuid.UUID():
            return UUID
        case _:
            return TEXT


def lit(value: object, t: SqlType | None = None) -> Literal:
    return Literal(value, t or type_of(value))


def big(value: int) -> Literal:
    return Literal(value, BIGINT)


def typed(value: object) -> Scalar:
    return value if isinstance(value, _SCALARS) else lit(value)


def result_type(fn: Function, args: Sequence[Scalar]) -> SqlType:
    """What the first overload that fits gives, as the binder would have it."""
    types = [a.type for a in args]
    for overload in fn.overloads:
        wants = list(overload.wants)
        if overload.variadic:
            wants += [wants[-1]] * (len(types) - len(wants))
        if len(wants) == len(types) and all(
            t.kind in w.kinds for t, w in zip(types, wants, strict=True)
        ):
            return overload.gives(types)
    raise AssertionError(f"no overload of {fn} takes {types}")


def call(fn: Function, *values: object) -> Call:
    args = tuple(typed(v) for v in values)
    return Call(fn, args, result_type(fn, args))


def table(*columns: tuple[str, SqlType], rows: Sequence[Sequence[object]]) -> Values:
    """A VALUES relation."""
    made = tuple(column(n, t) for n, t in columns)
    cells = tuple(tuple(lit(v, c.type) for v, c in zip(row, made, strict=True)) for row in rows)
    return Values(made, cells)


def select(*exprs: Scalar, over: Rel = ONE_ROW) -> Project:
    return Project(over, tuple((column(f"x{i}", e.type), e) for i, e in enumerate(exprs)))


def rows(store: Backend, rel: Rel, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    stream = store.open(store.compile(rel), params, RunContext())
    return [row for chunk in stream.rows() for row in chunk]


def by_arrow(store: Backend, rel: Rel, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    from sqlshim.backends.arrow import rows_of

    stream = store.open(store.compile(rel), params, RunContext())
    return [row for batch in stream.batches() for row in rows_of(rel.columns, batch)]


def value(store: Backend, expr: Scalar, params: Sequence[object] = ()) -> Any:
    """The value of an expression, which rows and batches must agree on."""
    rel = select(expr)
    ((found,),) = rows(store, rel, params)
    ((in_batches,),) = by_arrow(store, rel, params)
    assert repr(found) == repr(in_batches)
    return found


def definition(
    name: str, *columns: tuple[str, SqlType], key: tuple[str, ...] = ()
) -> TableDefinition:
    return TableDefinition(name, tuple(ColumnDefinition(n, t) for n, t in columns), key)
