"""Small plans by hand: `scan("t", a=INTEGER)`, `col(rel, "a")`, `eq(x, lit(1))` ..."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

from sqlshim.catalog.model import Table, TableColumn
from sqlshim.functions import aggregates, conditional
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Aggregate, Join, JoinKind, Project, Rel, Scan, Values
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Column,
    InList,
    Literal,
    Scalar,
    SortKey,
    Subquery,
    SubqueryKind,
)
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    TEXT,
    TIMESTAMP,
    UNKNOWN,
    Interval,
    SqlType,
    decimal,
)

_number = itertools.count(1)


def column(name: str, type_: SqlType) -> Column:
    """A column with a number of its own."""
    return Column(next(_number), name, type_)


def scan(
    name: str,
    *,
    store: str = "",
    rows: int | None = None,
    key: tuple[str, ...] = (),
    **columns: SqlType,
) -> Scan:
    """All columns of a table made up on the spot."""
    made = tuple(TableColumn(n, t) for n, t in columns.items())
    table = Table(store, "", name, made, primary_key=key, row_count=rows)
    return Scan(table, tuple(column(n, t) for n, t in columns.items()))


def col(rel: Rel, name: str) -> Column:
    """The output column of `rel` with this name."""
    (found,) = (c for c in rel.columns if c.name == name)
    return found


def lit(value: object, type_: SqlType | None = None) -> Literal:
    """A literal; its type follows from the Python value unless given."""
    return Literal(value, (type_ or _type_of(value)).with_null(value is None))


def _type_of(value: object) -> SqlType:
    match value:
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case float():
            return DOUBLE
        case str():
            return TEXT
        case Decimal():
            return decimal(18, max(0, -int(value.as_tuple().exponent)))
        case dt.datetime():
            return TIMESTAMP
        case dt.date():
            return DATE
        case Interval():
            return INTERVAL
        case _:
            return UNKNOWN


def call(fn: Function, *args: Scalar, gives: SqlType = BOOLEAN) -> Call:
    return Call(fn, args, gives)


def eq(a: Scalar, b: Scalar) -> Call:
    return call(op.EQ, a, b)


def lt(a: Scalar, b: Scalar) -> Call:
    return call(op.LT, a, b)


def gt(a: Scalar, b: Scalar) -> Call:
    return call(op.GT, a, b)


def and_(*args: Scalar) -> Call:
    return call(op.AND, *args)


def or_(*args: Scalar) -> Call:
    return call(op.OR, *args)


def not_(arg: Scalar) -> Call:
    return call(op.NOT, arg)


def is_null(arg: Scalar) -> Call:
    return call(op.IS_NULL, arg, gives=BOOLEAN.with_null(False))


def coalesce(*args: Scalar) -> Call:
    return call(conditional.COALESCE, *args, gives=args[0].type)


def add(a: Scalar, b: Scalar) -> Call:
    return call(op.ADD, a, b, gives=a.type)


def divide(a: Scalar, b: Scalar) -> Call:
    return call(op.DIV_INT, a, b, gives=a.type)


def in_(arg: Scalar, *values: object) -> InList:
    return InList(arg, tuple(lit(v, arg.type) for v in values))


def exists(rel: Rel) -> Subquery:
    return Subquery(SubqueryKind.EXISTS, rel, BOOLEAN.with_null(False))


def scalar_of(rel: Rel) -> Subquery:
    return Subquery(SubqueryKind.SCALAR, rel, rel.columns[0].type.with_null(True))


def project(rel: Rel, *names: str, **computed: Scalar) -> Project:
    """Columns of `rel` passed on by name, then computed ones with new numbers."""
    kept = tuple((col(rel, n), col(rel, n)) for n in names)
    return Project(rel, (*kept, *((column(n, e.type), e) for n, e in computed.items())))


def join(kind: str, left: Rel, right: Rel, *on: Scalar) -> Join:
    return Join(JoinKind(kind), left, right, on)


def count_star() -> AggregateCall:
    return AggregateCall(aggregates.COUNT, (), BIGINT.with_null(False))


def sum_of(arg: Scalar, *, where: Scalar | None = None) -> AggregateCall:
    return AggregateCall(aggregates.SUM, (arg,), BIGINT, filter=where)


def group(rel: Rel, *keys: str, **calls: AggregateCall) -> Aggregate:
    """GROUP BY columns of `rel`, each passed on with its number."""
    by = tuple((col(rel, k), col(rel, k)) for k in keys)
    return Aggregate(rel, by, tuple((column(n, c.type), c) for n, c in calls.items()))


def by(expr: Scalar, *, descending: bool = False) -> SortKey:
    return SortKey(expr, descending, nulls_first=descending)


def count(n: int) -> Literal:
    """The count or offset of a Limit."""
    return Literal(n, BIGINT.with_null(False))


def values(*rows: tuple[object, ...], **columns: SqlType) -> Values:
    made = tuple(column(n, t) for n, t in columns.items())
    return Values(
        made,
        tuple(tuple(lit(v, t) for v, t in zip(row, columns.values(), strict=True)) for row in rows),
    )
