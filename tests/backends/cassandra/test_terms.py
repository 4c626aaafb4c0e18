"""One comparison as CQL terms: the casts a column is seen through, the operators CQL lacks."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.paths.bounds import Op, Term
from sqlshim.backends.cassandra.paths.terms import arms_of, as_terms, conjuncts_of, is_list
from sqlshim.catalog.model import TableColumn
from sqlshim.functions import datetime
from sqlshim.functions import operators as op
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.functions.keys import IN_KEYS
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Cast, Column, InList, Literal, Param, Scalar
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
    ("decimal", t.decimal(10, 1), t.decimal(10, 0)),
    ("decimal", t.decimal(10, 2), t.DOUBLE),
    ("timestamp", t.TIMESTAMP, t.DATE),
    ("int", t.INTEGER, t.TEXT),
    ("text", t.TEXT, t.decimal(10, 0)),
    ("double", t.DOUBLE, t.decimal(10, 2)),
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


# --- the time of a timeuuid ------------------------------------------------------------------

ID, AT = Column(1, "id", t.UUID), Param(0, t.TIMESTAMP)
TIME_OF = Call(datetime.TOTIMESTAMP, (ID,), t.TIMESTAMPTZ)


def of_time(left: Scalar, right: Scalar, fn: Function = op.EQ, native: str = "timeuuid") -> object:
    columns = {1: TableColumn("id", t.UUID, native)}
    found = as_terms(Call(fn, (left, right), t.BOOLEAN), columns)
    return found if isinstance(found, str) else [(x.op, x.values, x.of_time) for x in found]


@pytest.mark.parametrize(
    ("fn", "ends"),
    [
        (op.EQ, (Op.GE, Op.LE)),
        (op.LT, (Op.LT,)),
        (op.LE, (Op.LE,)),
        (op.GT, (Op.GT,)),
        (op.GE, (Op.GE,)),
    ],
)
def test_the_time_of_a_timeuuid_is_a_range_of_them(fn: Function, ends: tuple[Op, ...]) -> None:
    expected = [(end, (AT,), True) for end in ends]
    assert of_time(TIME_OF, AT, fn) == expected
    assert of_time(AT, TIME_OF, op.MIRRORED[fn]) == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (TIME_OF, Literal(dt.datetime(2020, 1, 1), t.TIMESTAMP)),
        (TIME_OF, Param(0, t.DATE)),
        (Cast(TIME_OF, t.TIMESTAMP), AT),
        (Cast(Cast(TIME_OF, t.TIMESTAMP), t.TIMESTAMPTZ), AT),
    ],
    ids=["a constant", "a date", "a cast", "two casts"],
)
def test_the_time_is_compared_with_any_instant(left: Scalar, right: Scalar) -> None:
    assert of_time(left, right, op.GT) == [(Op.GT, (right,), True)]


@pytest.mark.parametrize(
    ("left", "right", "native"),
    [
        (TIME_OF, AT, "uuid"),
        (TIME_OF, Param(0, t.TEXT), "timeuuid"),
        (TIME_OF, Column(2, "at", t.TIMESTAMP), "timeuuid"),
        (Cast(TIME_OF, t.DATE), Param(0, t.DATE), "timeuuid"),
        (Call(datetime.TOTIMESTAMP, (Column(7, "of", t.UUID),), t.TIMESTAMP), AT, "timeuuid"),
        (Call(datetime.TOTIMESTAMP, (Cast(ID, t.TEXT),), t.TIMESTAMP), AT, "timeuuid"),
    ],
    ids=["another type", "no instant", "two columns", "a day", "another table's", "of a text"],
)
def test_no_other_time_is_sent(left: Scalar, right: Scalar, native: str) -> None:
    assert of_time(left, right, op.GT, native) == COMPARED


# --- lists and flags -------------------------------------------------------------------------


def listed(native: str, held: SqlType, *items: Scalar, arg: Scalar | None = None) -> object:
    columns = {1: TableColumn("x", held, native)}
    found = as_terms(InList(arg or Column(1, "x", held), items), columns)
    return found if isinstance(found, str) else [(term.op, term.values) for term in found]


ONE, TWO, GIVEN = Literal(1, t.INTEGER), Literal(2, t.INTEGER), Param(0, t.INTEGER)


@pytest.mark.parametrize(
    ("native", "held", "items", "why"),
    [
        ("int", t.INTEGER, (ONE, TWO, GIVEN), ""),
        ("uuid", t.UUID, (Param(0, t.UUID),), ""),
        ("int", t.INTEGER, (ONE, Column(2, "y", t.INTEGER)), COMPARED),
        ("time", t.TIME, (Param(0, t.TIME),), "CQL compares time differently from SQL"),
        ("float", t.REAL, (Literal(1e300, t.REAL),), "the constant is out of range"),
        ("float", t.REAL, (Literal(1.5, t.REAL), Literal(-1e300, t.REAL)),
         "the constant is out of range"),
        ("double", t.DOUBLE, (Literal(1e300, t.DOUBLE),), ""),
        ("double", t.DOUBLE, (Literal(1.5, t.DOUBLE), Param(0, t.DOUBLE)),
         "-0.0 and 0.0 are two values in Cassandra"),
        ("float", t.REAL, (Literal(0, t.REAL),), "-0.0 and 0.0 are two values in Cassandra"),
        ("int", t.INTEGER, (Literal(0, t.INTEGER),), ""),
    ],
)  # fmt: skip
def test_in_lists(native: str, held: SqlType, items: tuple[Scalar, ...], why: str) -> None:
    assert listed(native, held, *items) == (why or [(Op.IN, items)])


def test_an_in_list_of_another_tables_column_stays() -> None:
    assert listed("int", t.INTEGER, ONE, arg=Column(9, "z", t.INTEGER)) == COMPARED


@pytest.mark.parametrize(
    ("native", "held", "taken"),
    [("int", t.INTEGER, True), ("uuid", t.UUID, True), ("double", t.DOUBLE, False),
     ("float", t.REAL, False), ("time", t.TIME, False)],
)  # fmt: skip
@pytest.mark.parametrize("fn", [IN_KEYS, EQ_ANY], ids=["keys", "a list"])
def test_sets_of_keys_and_lists(fn: Function, native: str, held: SqlType, taken: bool) -> None:
    keys = Param(0, t.array(held))
    columns = {1: TableColumn("x", held, native)}
    found = as_terms(Call(fn, (Column(1, "x", held), keys), t.BOOLEAN), columns)
    assert (found == (Term("x", Op.IN, (keys,)),)) is taken
    if not taken:
        assert isinstance(found, str)
    strange = as_terms(Call(fn, (Column(9, "z", held), keys), t.BOOLEAN), columns)
    assert strange == COMPARED


def test_which_conditions_are_lists() -> None:
    column, given = Column(1, "x", t.INTEGER), Param(0, t.array(t.INTEGER))
    assert is_list(Call(EQ_ANY, (column, given), t.BOOLEAN))
    assert not is_list(Call(IN_KEYS, (column, given), t.BOOLEAN))
    assert not is_list(Call(EQ_ANY, (given, column), t.BOOLEAN))
    assert not is_list(column)


FLAG = Column(1, "x", t.BOOLEAN)


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (FLAG, True),
        (Call(op.IS_TRUE, (FLAG,), t.BOOLEAN), True),
        (Call(op.NOT, (FLAG,), t.BOOLEAN), False),
        (Call(op.IS_FALSE, (FLAG,), t.BOOLEAN), False),
    ],
)
def test_flags(condition: Scalar, wanted: bool) -> None:
    term = Term("x", Op.EQ, (Literal(wanted, t.BOOLEAN.with_null(False)),))
    assert as_terms(condition, {1: TableColumn("x", t.BOOLEAN, "boolean")}) == (term,)
    assert as_terms(condition, {2: TableColumn("y", t.BOOLEAN, "boolean")}) == COMPARED
    assert as_terms(condition, {1: TableColumn("x", t.BOOLEAN, "text")}) == COMPARED


# --- floating point numbers ------------------------------------------------------------------

NAN, LARGE = math.nan, 3.4028234663852886e38


@pytest.mark.parametrize(
    ("native", "value", "ends"),
    [
        ("double", Literal(1.5, t.DOUBLE), [Op.EQ]),
        ("double", Literal(-3, t.DOUBLE), [Op.EQ]),
        ("double", Literal(0.0, t.DOUBLE), [Op.GE, Op.LE]),
        ("double", Literal(-0.0, t.DOUBLE), [Op.GE, Op.LE]),
        ("double", Literal(NAN, t.DOUBLE), [Op.GE, Op.LE]),
        ("double", Literal(None, t.DOUBLE), [Op.GE, Op.LE]),
        ("double", Param(0, t.DOUBLE), [Op.GE, Op.LE]),
        ("float", Literal(LARGE, t.REAL), [Op.EQ]),
        ("float", Literal(math.inf, t.REAL), [Op.EQ]),
        ("float", Param(0, t.REAL), [Op.GE, Op.LE]),
        ("int", Literal(0, t.INTEGER), [Op.EQ]),
    ],
    ids=str,
)
def test_a_floating_value_that_may_be_zero_is_a_range(
    native: str, value: Literal | Param, ends: list[Op]
) -> None:
    columns = {1: TableColumn("x", value.type, native)}
    found = as_terms(Call(op.EQ, (Column(1, "x", value.type), value), t.BOOLEAN), columns)
    assert not isinstance(found, str)
    assert [term.op for term in found] == ends


@pytest.mark.parametrize("value", [LARGE * 1.001, -LARGE * 1.001, 10**39])
def test_a_constant_beyond_its_type_is_the_local_engines_error(value: float) -> None:
    column, columns = Column(1, "x", t.REAL), {1: TableColumn("x", t.REAL, "float")}
    found = as_terms(Call(op.LT, (column, Literal(value, t.REAL)), t.BOOLEAN), columns)
    assert found == "the constant is out of range"
    wide = {1: TableColumn("x", t.DOUBLE, "double")}
    term = as_terms(Call(op.LT, (column, Literal(value, t.DOUBLE)), t.BOOLEAN), wide)
    assert not isinstance(term, str)


def test_a_null_is_in_range() -> None:
    columns = {1: TableColumn("x", t.REAL, "float")}
    given = Literal(None, t.REAL)
    found = as_terms(Call(op.LT, (Column(1, "x", t.REAL), given), t.BOOLEAN), columns)
    assert found == (Term("x", Op.LT, (given,)),)


# --- conditions taken apart ------------------------------------------------------------------


def test_connectors_are_taken_apart_however_nested() -> None:
    a, b, c = (Column(i, "abc"[i], t.BOOLEAN) for i in range(3))

    def nested(fn: Function, *args: Scalar) -> Scalar:
        return Call(fn, args, t.BOOLEAN)

    either = nested(op.OR, a, nested(op.OR, b, c))
    both = nested(op.AND, nested(op.AND, a, b), c)
    assert (arms_of(either), conjuncts_of(both)) == ([a, b, c], [a, b, c])
    assert (arms_of(both), conjuncts_of(either)) == ([both], [either])
    assert (arms_of(a), conjuncts_of(a)) == ([a], [a])
    assert arms_of(nested(op.OR, both, c)) == [both, c]
