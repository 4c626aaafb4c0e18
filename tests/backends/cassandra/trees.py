"""A table and short words for conjuncts, for the tests of pure functions."""

from __future__ import annotations

from sqlshim import types as t
from sqlshim.catalog.model import Index, Table, TableColumn
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Scan
from sqlshim.ir.scalar import Call, Cast, Column, InList, Literal, Param, Scalar
from sqlshim.types import SqlType

# CREATE TABLE readings (a int, b text, c int, d text, v int, w double, …,
#                        PRIMARY KEY ((a, b), c, d)) WITH CLUSTERING ORDER BY (c DESC, d ASC)
_COLUMNS = {
    "a": ("int", t.INTEGER),
    "b": ("text", t.TEXT),
    "c": ("int", t.INTEGER),
    "d": ("text", t.TEXT),
    "v": ("int", t.INTEGER),
    "w": ("double", t.DOUBLE),
    "price": ("decimal", t.decimal(10, 2)),
    "day": ("date", t.DATE),
    "at": ("timestamp", t.TIMESTAMP),
    "clock": ("time", t.TIME),
    "id": ("uuid", t.UUID),
    "host": ("inet", t.TEXT),
    "flag": ("boolean", t.BOOLEAN),
    "tags": ("set<text>", t.array(t.TEXT)),
    "counts": ("map<text, int>", t.map_of(t.TEXT, t.INTEGER)),
    "shares": ("list<double>", t.array(t.DOUBLE)),
    "old": ("frozen<map<text, int>>", t.map_of(t.TEXT, t.INTEGER)),
    "name": ("text", t.TEXT),
    "note": ("text", t.TEXT),
    "small": ("smallint", t.SMALLINT),
}
_KEY = ("a", "b", "c", "d")
INDEXES = (
    Index("by_v", (("v", False),), kind="sai"),
    Index("by_name", (("name", False),), kind="sai"),
    Index("by_note", (("note", False),), kind="sai analyzed"),
    Index("by_small", (("small", False),), kind="2i"),
    Index("by_tag", (("tags", False),), kind="sai values"),
    Index("by_word", (("counts", False),), kind="2i keys"),
    Index("by_count", (("counts", False),), kind="sai entries"),
)


def table(
    *, indexes: tuple[Index, ...] = (), lacks: frozenset[str] = frozenset(), plain: bool = False
) -> Table:
    """`plain` leaves out the collections that are not frozen."""
    return Table(
        store="",
        schema="ks",
        name="readings",
        columns=tuple(
            TableColumn(name, sql.with_null(name not in _KEY), native)
            for name, (native, sql) in _COLUMNS.items()
            if not (plain and name in ("tags", "counts", "shares"))
        ),
        primary_key=_KEY,
        partition_key=("a", "b"),
        clustering=(("c", True), ("d", False)),
        indexes=indexes,
        lacks=lacks,
    )


READINGS = table()
INDEXED = table(indexes=INDEXES)
NUMBERS = {name: i for i, name in enumerate(_COLUMNS)}
COLUMNS = {i: READINGS.column(name) for name, i in NUMBERS.items()}


def col(name: str) -> Column:
    return Column(NUMBERS[name], name, READINGS.column(name).type)


def scan(*names: str, of: Table = READINGS) -> Scan:
    return Scan(of, tuple(col(name) for name in names or _COLUMNS))


def lit(name: str, value: object) -> Literal:
    return Literal(value, READINGS.column(name).type.with_null(value is None))


def _call(fn: op.Function, *args: Scalar) -> Call:
    return Call(fn, args, t.BOOLEAN)


def eq(name: str, value: object) -> Call:
    return _call(op.EQ, col(name), lit(name, value))


def lt(name: str, value: object) -> Call:
    return _call(op.LT, col(name), lit(name, value))


def ge(name: str, value: object) -> Call:
    return _call(op.GE, col(name), lit(name, value))


def gt(name: str, value: object) -> Call:
    return _call(op.GT, col(name), lit(name, value))


def ne(name: str, value: object) -> Call:
    return _call(op.NE, col(name), lit(name, value))


def is_null(name: str) -> Call:
    return _call(op.IS_NULL, col(name))


def either(*args: Scalar) -> Call:
    return _call(op.OR, *args)


def isin(name: str, *values: object) -> InList:
    return InList(col(name), tuple(lit(name, v) for v in values))


def widened(name: str, to: SqlType, index: int = 0) -> Call:
    """`CAST(name AS to) = $n`, as the binder makes of a parameter of a wider type."""
    return _call(op.EQ, Cast(col(name), to), Param(index, to))
