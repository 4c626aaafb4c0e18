"""One conjunct of a WHERE as CQL terms, or in words why CQL cannot say it exactly.

Called by `restrict` only. A conjunct is a comparison of a column (perhaps widened by a cast that
loses nothing) with values; anything else stays local.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlshim.backends.cassandra.paths.bounds import FLOAT_MAX, FLOORS, Op, Term
from sqlshim.catalog.model import TableColumn
from sqlshim.functions import datetime
from sqlshim.functions import operators as op
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.functions.keys import IN_KEYS
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Cast, Column, InList, Literal, Param, Scalar
from sqlshim.types import BOOLEAN, INSTANTS, Kind, SqlType

COMPARISONS = {op.EQ: Op.EQ, op.LT: Op.LT, op.LE: Op.LE, op.GT: Op.GT, op.GE: Op.GE}
MOST_ITEMS = 1000  # of an IN list on anything but a partition key

# CQL types that compare as SQL does; of the others only equality does, or nothing.
ORDERED = frozenset({
    "bigint", "blob", "counter", "date", "decimal", "double", "float", "int", "smallint",
    "text", "timestamp", "tinyint", "varchar", "varint",
})  # fmt: skip
EQUAL_ONLY = frozenset({"ascii", "boolean", "inet", "timeuuid", "uuid"})
FLOATING = frozenset({"float", "double"})

_WHY = {
    op.OR: "CQL has no OR",
    op.NOT: "CQL has no NOT",
    op.NE: "CQL has no <>",
    op.LIKE: "CQL has no LIKE",
    op.ILIKE: "CQL has no LIKE",
    op.IS_NULL: "CQL has no IS NULL",
    op.IS_NOT_NULL: "CQL has no IS NOT NULL",
    op.IS_DISTINCT: "CQL has no IS DISTINCT FROM",
    op.IS_NOT_DISTINCT: "CQL has no IS NOT DISTINCT FROM",
}
_COLUMN_WITH_VALUE = "CQL compares columns with values only"

# Casts of a column that keep every value and its place in the order.
_WIDENS: Mapping[Kind, frozenset[Kind]] = {
    Kind.SMALLINT: frozenset({
        Kind.INTEGER, Kind.BIGINT, Kind.DECIMAL, Kind.NUMERIC, Kind.REAL, Kind.DOUBLE,
    }),
    Kind.INTEGER: frozenset({Kind.BIGINT, Kind.DECIMAL, Kind.NUMERIC, Kind.DOUBLE}),
    Kind.BIGINT: frozenset({Kind.DECIMAL, Kind.NUMERIC}),
    Kind.DECIMAL: frozenset({Kind.DECIMAL, Kind.NUMERIC}),
    Kind.REAL: frozenset({Kind.DOUBLE}),
    Kind.DATE: frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPTZ}),
    Kind.TIMESTAMP: frozenset({Kind.TIMESTAMPTZ}),
    Kind.TIMESTAMPTZ: frozenset({Kind.TIMESTAMP}),
}  # fmt: skip

Columns = Mapping[int, TableColumn]  # by the numbers they have in the expression


def as_terms(conjunct: Scalar, columns: Columns) -> tuple[Term, ...] | str:
    """The CQL terms that together say the conjunct, or why there are none."""
    match conjunct:
        case Call(fn=fn, args=(left, right)) if fn in COMPARISONS:
            return _of_time(fn, left, right, columns) or _comparison(fn, left, right, columns)
        case InList(arg=arg, items=items):
            return _in_list(arg, items, columns)
        case Call(fn=fn, args=(arg, Param() as keys)) if fn in (IN_KEYS, EQ_ANY):
            return _in_keys(arg, keys, columns)
        case Call(fn=fn, args=(*several, Param() as keys)) if fn is IN_KEYS:
            return _in_rows(several, keys, columns)
        case Column() | Call(fn=op.IS_TRUE, args=(Column(),)):
            return _flag(conjunct, True, columns)
        case Call(fn=(op.NOT | op.IS_FALSE), args=(Column(),)):
            return _flag(conjunct, False, columns)
        case Call(fn=fn):
            return _WHY.get(fn, _COLUMN_WITH_VALUE)
        case _:
            return _COLUMN_WITH_VALUE


def _comparison(
    fn: Function, left: Scalar, right: Scalar, columns: Columns
) -> tuple[Term, ...] | str:
    if isinstance(left, Literal | Param):
        fn, left, right = op.MIRRORED[fn], right, left
    column = plain_column(left, columns)
    if column is None or not isinstance(right, Literal | Param):
        return _COLUMN_WITH_VALUE
    how = COMPARISONS[fn]
    if why := _not_comparable(column, how) or _out_of_range(right):
        return why
    if how is Op.EQ and column.native in FLOATING and not _is_ordinary(right):
        # -0.0 and 0.0 are two values in Cassandra and one in SQL: say it as a closed range.
        return Term(column.name, Op.GE, (right,)), Term(column.name, Op.LE, (right,))
    return (Term(column.name, how, (right,)),)


def as_list(conjunct: Scalar) -> tuple[Column, Param] | None:
    """The column that `conjunct` looks for in a list, and the parameter that is the list."""
    match conjunct:
        case Call(fn=fn, args=(arg, Param() as items)) if fn is EQ_ANY:
            while isinstance(arg, Cast):
                arg = arg.arg
            return (arg, items) if isinstance(arg, Column) else None
        case _:
            return None


def is_list(conjunct: Scalar) -> bool:
    return as_list(conjunct) is not None


def _of_time(
    fn: Function, left: Scalar, right: Scalar, columns: Columns
) -> tuple[Term, ...] | None:
    """A comparison of a timeuuid's time with an instant."""
    if isinstance(left, Literal | Param):
        fn, left, right = op.MIRRORED[fn], right, left
    while isinstance(left, Cast) and left.type.kind in INSTANTS - {Kind.DATE}:
        left = left.arg
    match left, right:
        case Call(fn=datetime.TOTIMESTAMP, args=(Column(id=number),)), Literal() | Param():
            column = columns.get(number)
        case _:
            return None
    if column is None or column.native != "timeuuid" or right.type.kind not in INSTANTS:
        return None
    how = COMPARISONS[fn]
    ends = (Op.GE, Op.LE) if how is Op.EQ else (how,)
    return tuple(Term(column.name, end, (right,), of_time=True) for end in ends)


def _in_list(arg: Scalar, items: tuple[Scalar, ...], columns: Columns) -> tuple[Term, ...] | str:
    column = plain_column(arg, columns)
    values = tuple(item for item in items if isinstance(item, Literal | Param))
    if column is None or len(values) < len(items):
        return _COLUMN_WITH_VALUE
    if why := _not_comparable(column, Op.IN) or next(filter(None, map(_out_of_range, values)), ""):
        return why
    if column.native in FLOATING and not all(map(_is_ordinary, values)):
        return "-0.0 and 0.0 are two values in Cassandra"
    return (Term(column.name, Op.IN, values),)


def _in_keys(arg: Scalar, keys: Param, columns: Columns) -> tuple[Term, ...] | str:
    column = plain_column(arg, columns)
    if column is None or column.native in FLOATING:
        return _COLUMN_WITH_VALUE
    return _not_comparable(column, Op.IN) or (Term(column.name, Op.IN, (keys,)),)


def _in_rows(args: Sequence[Scalar], keys: Param, columns: Columns) -> tuple[Term, ...] | str:
    """A term for each column: together they are one of the rows of `keys`."""
    terms: list[Term] = []
    for part, arg in enumerate(args):
        found = _in_keys(arg, keys, columns)
        if isinstance(found, str):
            return found
        terms.append(replace(found[0], part=part))
    return tuple(terms)


def _flag(conjunct: Scalar, wanted: bool, columns: Columns) -> tuple[Term, ...] | str:
    arg = conjunct if isinstance(conjunct, Column) else conjunct.args[0]  # type: ignore[union-attr]
    column = plain_column(arg, columns)
    if column is None or column.native != "boolean":
        return _COLUMN_WITH_VALUE
    return (Term(column.name, Op.EQ, (Literal(wanted, BOOLEAN.with_null(False)),)),)


def plain_column(expr: Scalar, columns: Columns) -> TableColumn | None:
    """The table's column that `expr` is, seen through casts that change nothing but the type."""
    if isinstance(expr, Cast):
        column = plain_column(expr.arg, columns)
        return column if column and _keeps(column.type, expr.type) else None
    return columns.get(expr.id) if isinstance(expr, Column) else None


def _keeps(held: SqlType, wanted: SqlType) -> bool:
    if held.kind is Kind.DECIMAL and wanted.kind is Kind.DECIMAL:
        return (wanted.scale or 0) >= (held.scale or 0)
    return held.kind is wanted.kind or wanted.kind in _WIDENS.get(held.kind, ())


def _not_comparable(column: TableColumn, how: Op) -> str:
    """Why CQL must not compare this column so; empty if it may."""
    native = column.native
    if native in ORDERED and native in FLOORS and column.type.kind is not Kind.JSON:
        return ""
    if native in EQUAL_ONLY:
        equality = how in (Op.EQ, Op.IN)
        return "" if equality else f"CQL orders {native} differently from SQL"
    return f"CQL compares {native} differently from SQL"


def _out_of_range(value: Literal | Param) -> str:
    """Whether a constant is beyond its own type: the local engine makes an error of that."""
    if not isinstance(value, Literal) or value.type.kind is not Kind.REAL:
        return ""
    number = value.value
    beyond = isinstance(number, int | float) and FLOAT_MAX < abs(number) < math.inf
    return "the constant is out of range" if beyond else ""


def _is_ordinary(value: Literal | Param) -> bool:
    """Whether a floating point value is known to be neither zero nor NaN."""
    if not isinstance(value, Literal) or not isinstance(value.value, int | float):
        return False
    return value.value not in (0, None) and value.value == value.value


# --- conditions taken apart ------------------------------------------------------------------


def arms_of(condition: Scalar) -> list[Scalar]:
    """The arms of an OR, however they are nested."""
    if isinstance(condition, Call) and condition.fn is op.OR:
        return [arm for arg in condition.args for arm in arms_of(arg)]
    return [condition]


def conjuncts_of(condition: Scalar) -> list[Scalar]:
    """What must be true together for a condition to be true, however it is nested."""
    if isinstance(condition, Call) and condition.fn is op.AND:
        return [part for arg in condition.args for part in conjuncts_of(arg)]
    return [condition]
