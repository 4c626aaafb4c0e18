"""One comparison as CQL terms: the casts a column is seen through, the operators CQL lacks."""

from __future__ import annotations

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.paths.bounds import Op, Term
from sqlshim.backends.cassandra.paths.terms import as_terms
from sqlshim.catalog.model import TableColumn
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Cast, Column, Param
from sqlshim.types import SqlType

COMPARED = "CQL compares columns with values only"


def compared(native: str, held: SqlType, wanted: SqlType, fn: Function = op.GT) -> object:
    """The terms of `CAST(x AS wanted) > $1`."""
    column = Column(1, "x", held)
    seen = column if wanted == held else Cast(column, wanted)
    given = Param(0, wanted)
    columns = {1: TableColumn("x", held, native)}
    found = as_terms(Call(fn, (seen, given), t.BOOLEAN), columns)
    return (
        found if isinstance(found, str) else [(term.op, term.values == (given,)) for term in found]
    )


WIDENS = {
    "smallint": (t.SMALLINT, (t.INTEGER, t.BIGINT, t.decimal(10, 0), t.NUMERIC, t.REAL, t.DOUBLE)),
    "int": (t.INTEGER, (t.BIGINT, t.decimal(12, 0), t.NUMERIC, t.DOUBLE)),
    "bigint": (t.BIGINT, (t.decimal(20, 0), t.NUMERIC)),
    "decimal": (t.decimal(10, 2), (t.decimal(12, 2), t.decimal(12, 4), t.NUMERIC)),
    "float": (t.REAL, (t.DOUBLE,)),
    "date": (t.DATE, (t.TIMESTAMP, t.TIMESTAMPTZ)),
    "timestamp": (t.TIMESTAMP, (t.TIMESTAMPTZ,)),
}
SEEN = [(native, held, to) for native, (held, many) in WIDENS.items() for to in (held, *many)]
SEEN.append(("timestamp", t.TIMESTAMPTZ, t.TIMESTAMP))


@pytest.mark.parametrize(("native", "held", "wanted"), SEEN, ids=[f"{h}-{w}" for _, h, w in SEEN])
def test_a_cast_that_keeps_everything_is_seen_through(
    native: str, held: SqlType, wanted: SqlType
) -> None:
    assert compared(native, held, wanted) == [(Op.GT, True)]


LOSING = [
    ("int", t.INTEGER, t.SMALLINT),
    ("int", t.INTEGER, t.REAL),
    ("bigint", t.BIGINT, t.DOUBLE),
    ("double", t.DOUBLE, t.REAL),
    ("decimal", t.decimal(10, 2), t.decimal(10, 1)),
    ("decimal", t.decimal(10, 2), t.DOUBLE),
    ("timestamp", t.TIMESTAMP, t.DATE),
    ("int", t.INTEGER, t.TEXT),
]


@pytest.mark.parametrize(
    ("native", "held", "wanted"), LOSING, ids=[f"{h}-{w}" for _, h, w in LOSING]
)
def test_one_that_loses_something_is_not(native: str, held: SqlType, wanted: SqlType) -> None:
    assert compared(native, held, wanted) == COMPARED


@pytest.mark.parametrize(
    ("fn", "how"), [(op.EQ, Op.EQ), (op.LT, Op.LT), (op.LE, Op.LE), (op.GT, Op.GT), (op.GE, Op.GE)]
)
def test_comparisons_either_way_round(fn: Function, how: Op) -> None:
    column, given = Column(1, "x", t.INTEGER), Param(0, t.INTEGER)
    columns = {1: TableColumn("x", t.INTEGER, "int")}
    term = (Term("x", how, (given,)),)
    assert as_terms(Call(fn, (column, given), t.BOOLEAN), columns) == term
    assert as_terms(Call(op.MIRRORED[fn], (given, column), t.BOOLEAN), columns) == term


@pytest.mark.parametrize(
    ("fn", "why"),
    [
        (op.OR, "CQL has no OR"),
        (op.NOT, "CQL has no NOT"),
        (op.NE, "CQL has no <>"),
        (op.LIKE, "CQL has no LIKE"),
        (op.ILIKE, "CQL has no LIKE"),
        (op.IS_NULL, "CQL has no IS NULL"),
        (op.IS_NOT_NULL, "CQL has no IS NOT NULL"),
        (op.IS_DISTINCT, "CQL has no IS DISTINCT FROM"),
        (op.IS_NOT_DISTINCT, "CQL has no IS NOT DISTINCT FROM"),
        (op.ADD, COMPARED),
    ],
)
def test_what_cql_has_no_operator_for(fn: Function, why: str) -> None:
    assert compared("text", t.TEXT, t.TEXT, fn) == why


@pytest.mark.parametrize(
    ("native", "held", "fn", "sent"),
    [
        ("uuid", t.UUID, op.EQ, True),
        ("uuid", t.UUID, op.LT, False),
        ("timeuuid", t.UUID, op.GE, False),
        ("inet", t.TEXT, op.EQ, True),
        ("inet", t.TEXT, op.GT, False),
        ("ascii", t.TEXT, op.EQ, True),
        ("ascii", t.TEXT, op.LE, False),
        ("boolean", t.BOOLEAN, op.EQ, True),
        ("boolean", t.BOOLEAN, op.GT, False),
        ("time", t.TIME, op.EQ, False),
        ("duration", t.DURATION, op.EQ, False),
        ("text", t.JSON, op.EQ, False),
        ("frozen<list<int>>", t.array(t.INTEGER), op.EQ, False),
        ("blob", t.BYTES, op.LT, True),
        ("varint", t.VARINT, op.LT, True),
        ("counter", t.BIGINT, op.LT, True),
    ],
)
def test_types_compare_as_in_sql_or_stay(
    native: str, held: SqlType, fn: Function, sent: bool
) -> None:
    assert isinstance(compared(native, held, held, fn), list) is sent
