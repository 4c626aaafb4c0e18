"""Every function row on DuckDB: values as PostgreSQL gives them, by constants and by columns."""

from __future__ import annotations

import datetime as dt
import math as m
from decimal import Decimal as D  # noqa: N817

import pytest

from sqlshim.backends.arrow import schema_of
from sqlshim.backends.duckdb.compile.aggregates import AGGREGATES
from sqlshim.backends.duckdb.compile.functions import BUILDERS
from sqlshim.backends.duckdb.compile.relations import compile_query
from sqlshim.backends.duckdb.session import Database
from sqlshim.backends.protocol import Backend, Options
from sqlshim.functions import ALL, arrays, documents, json
from sqlshim.functions.model import Function, Role
from sqlshim.functions.varying import READ_AS
from sqlshim.ir.relational import Values
from sqlshim.ir.scalar import Call, Literal
from sqlshim.types import BIGINT, BOOLEAN, DOUBLE, INTERVAL, SMALLINT, TEXT, Interval
from tests.backends.duckdb.build import big, call, column, lit, rows, select, typed, value
from tests.backends.duckdb.more_functions import CONSTANTS as MORE_CONSTANTS
from tests.backends.duckdb.more_functions import MORE_CASES

DAY = dt.date(2020, 1, 31)
NOON = dt.datetime(2020, 1, 31, 12, 0, 1, 500000)
NULL = lit(None, TEXT)
NO_NUMBER = lit(None, BIGINT)
SHA_OF_A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
NO_BOOL = lit(None, BOOLEAN)
E_ACUTE = "e\u0301"  # two code points, one character to the eye

CASES: list[tuple[str, tuple[object, ...], object]] = [
    ("TRIM_BYTES", (b"\x01\x02\x01", b"\x01", ""), b"\x02"),
    ("TRIM_BYTES", (b"\x01\x02\x01", b"\x01", "r"), b"\x01\x02"),
    ("POSITION_OF_BYTES", (b"\x12\x34\x56", b"\x56"), 3),
    ("POSITION_OF_BYTES", (b"\x12\x34", b"\x23"), 0),  # no half of a byte
    ("OVERLAY_BYTES", (b"abcd", b"x", 2, 2), b"axd"),
    ("REGEXP_GROUPS", ("foobar", "(f)(x)?o", ""), ["f", None]),
    ("REGEXP_PART", ("foobar", "o(b)", "1 1 1 start "), "4"),
    ("REGEXP_PART", ("foobar", "O", "1 2 0 text i"), "o"),
    ("EQ", (1, 1), True),
    ("EQ", ("a", "A"), False),
    ("NE", (1, 2), True),
    ("LT", ("B", "a"), True),  # by code point
    ("LT", (D("1.5"), D("1.6")), True),
    ("LE", (2, 2), True),
    ("GT", (lit(m.nan), lit(m.inf)), True),  # NaN is the largest number
    ("GE", (DAY, dt.date(2020, 2, 1)), False),
    ("IS_DISTINCT", (NO_NUMBER, big(1)), True),
    ("IS_DISTINCT", (NO_NUMBER, NO_NUMBER), False),
    ("IS_NOT_DISTINCT", (NO_NUMBER, NO_NUMBER), True),
    ("IS_NULL", (NULL,), True),
    ("IS_NOT_NULL", (NULL,), False),
    ("IS_TRUE", (NO_BOOL,), False),
    ("IS_FALSE", (False,), True),
    ("AND", (True, NO_BOOL), None),
    ("AND", (NO_BOOL, False), False),
    ("OR", (NO_BOOL, True), True),
    ("OR", (False, NO_BOOL), None),
    ("NOT", (True,), False),
    ("ADD", (2, 3), 5),
    ("ADD", (D("1.50"), D("2.25")), D("3.75")),
    ("ADD", (DAY, 1), dt.date(2020, 2, 1)),
    ("ADD", (big(1), DAY), dt.date(2020, 2, 1)),
    ("ADD", (NOON, Interval(months=1)), dt.datetime(2020, 2, 29, 12, 0, 1, 500000)),
    ("ADD", (Interval(days=1), Interval(microseconds=5)), dt.timedelta(days=1, microseconds=5)),
    ("SUB", (2, 3), -1),
    ("SUB", (DAY, dt.date(2020, 1, 1)), 30),
    ("SUB", (DAY, 31), dt.date(2019, 12, 31)),
    ("SUB", (NOON, NOON), dt.timedelta(0)),
    ("SUB", (NOON, Interval(days=1)), dt.datetime(2020, 1, 30, 12, 0, 1, 500000)),
    ("MUL", (4, 5), 20),
    ("MUL", (D("1.5"), D("0.25")), D("0.375")),
    ("MUL", (Interval(days=2), 3), dt.timedelta(days=6)),
    ("DIV", (7, 2), 3.5),
    ("DIV", (D("7.50"), D("2.5")), 3.0),
    ("DIV_INT", (-7, 2), -3),
    ("MOD", (-7, 3), -1),
    ("MOD", (D("7.5"), D("2.0")), D("1.5")),
    ("MOD", (-5.5, 2.0), -1.5),
    ("NEG", (5,), -5),
    ("NEG", (Interval(days=1),), dt.timedelta(days=-1)),
    ("CONCAT_OP", ("a", "b"), "ab"),
    ("LIKE", ("abc", "a%", "\\"), True),
    ("LIKE", ("abc", "A%", "\\"), False),
    ("LIKE", ("a%", "a\\%", "\\"), True),
    ("LIKE", ("abc", "a\\%", "\\"), False),
    ("LIKE", ("a\\b", "a\\b", ""), True),
    ("LIKE", ("50%", "50!%", "!"), True),
    ("ILIKE", ("ABC", "a_c", "\\"), True),
    ("ILIKE", ("A_C", "a\\_c", "\\"), True),
    ("COALESCE", (NULL, "x"), "x"),
    ("NULLIF", (1, 1), None),
    ("NULLIF", (1, 2), 1),
    ("GREATEST", (1, lit(None, lit(1).type), 3), 3),
    ("LEAST", ("b", NULL, "a"), "a"),
    ("UPPER", ("é",), "É"),
    ("LOWER", ("ÀB",), "àb"),
    ("LENGTH", ("né🦆",), 3),
    ("OCTET_LENGTH", ("né🦆",), 7),
    ("OCTET_LENGTH", (b"\x00\xff",), 2),
    ("SUBSTRING", ("hello", 2), "ello"),
    ("SUBSTRING", ("hello", -3), "hello"),
    ("SUBSTRING", ("hello", 2, 3), "ell"),
    ("SUBSTRING", ("hello", 0, 3), "he"),
    ("SUBSTRING", ("hello", -1, 3), "h"),
    ("SUBSTRING", ("hello", -5, 3), ""),
    ("SUBSTRING", ("hello", 4, 99), "lo"),
    ("TRIM", ("xxaxx", "x"), "a"),
    ("TRIM", (" a", ""), " a"),
    ("LTRIM", ("xax", "x"), "ax"),
    ("RTRIM", ("xax", "x"), "xa"),
    ("REPLACE", ("abab", "b", "cc"), "accacc"),
    ("REPLACE", ("ab", "", "x"), "ab"),
    ("POSITION", ("abc", "c"), 3),
    ("POSITION", ("abc", ""), 1),
    ("POSITION", ("abc", "x"), 0),
    ("CONCAT", ("a", NULL, 1, True, False, 1.0, DAY), "a1tf12020-01-31"),
    ("CONCAT_WS", (",", "a", NULL, 2), "a,2"),
    ("LEFT", ("hello", 2), "he"),
    ("LEFT", ("hello", -2), "hel"),
    ("LEFT", ("hello", -9), ""),
    ("RIGHT", ("hello", 2), "lo"),
    ("RIGHT", ("hello", -2), "llo"),
    ("LPAD", ("ab", 5, "xy"), "xyxab"),
    ("LPAD", ("hello", 2, "x"), "he"),
    ("LPAD", ("ab", 5, ""), "ab"),
    ("LPAD", ("ab", big(-1), "x"), ""),
    ("RPAD", ("ab", 5, "xy"), "abxyx"),
    ("RPAD", ("abc", 2, ""), "ab"),
    ("REVERSE", (E_ACUTE + "x",), "x\u0301e"),
    ("REPEAT", ("ab", 2), "abab"),
    ("REPEAT", ("ab", -1), ""),
    ("SPLIT_PART", ("a,b,c", ",", 2), "b"),
    ("SPLIT_PART", ("a,b,c", ",", -1), "c"),
    ("SPLIT_PART", ("a,b,c", ",", 9), ""),
    ("SPLIT_PART", ("abc", "", 1), "abc"),
    ("SPLIT_PART", ("abc", "", 2), ""),
    ("STARTS_WITH", ("abc", "ab"), True),
    ("ASCII", ("é",), 233),
    ("ASCII", ("",), 0),
    ("CHR", (233,), "é"),
    ("TRANSLATE", ("12345", "143", "ax"), "a2x5"),
    ("MD5", ("a",), "0cc175b9c0f1b6a831c399e269772661"),
    ("ABS", (-5,), 5),
    ("ABS", (D("-1.5"),), D("1.5")),
    ("CEIL", (5,), 5),
    ("CEIL", (D("2.1"),), D(3)),
    ("CEIL", (-2.5,), -2.0),
    ("FLOOR", (D("-2.1"),), D(-3)),
    ("FLOOR", (2.9,), 2.0),
    ("ROUND", (2.5,), 2.0),  # doubles: halves to even
    ("ROUND", (3.5,), 4.0),
    ("ROUND", (D("2.5"),), D(3)),  # decimals: halves away from zero
    ("ROUND", (D("-2.5"),), D(-3)),
    ("ROUND", (D("9.9"),), D(10)),
    ("ROUND_TO", (D("2.565"), 2), D("2.570")),
    ("ROUND_TO", (D("1234.5"), -2), D("1200.0")),
    ("ROUND_TO", (D("2.5"), 5), D("2.5")),
    ("ROUND_TO", (15, -1), 20),
    ("ROUND_TO", (2.567, 2), 2.57),
    ("TRUNC", (-2.9,), -2.0),
    ("TRUNC", (D("2.9"),), D(2)),
    ("SIGN", (-2,), -1.0),
    ("SIGN", (D("2.5"),), 1.0),
    ("SQRT", (9.0,), 3.0),
    ("CBRT", (-8.0,), -2.0),
    ("POWER", (2.0, 10.0), 1024.0),
    ("EXP", (0.0,), 1.0),
    ("LN", (1.0,), 0.0),
    ("LOG10", (1000.0,), 3.0),
    ("LOG", (2.0, 8.0), 3.0),
    ("PI", (), m.pi),
    ("SIN", (0.0,), 0.0),
    ("COS", (0.0,), 1.0),
    ("TAN", (0.0,), 0.0),
    ("ASIN", (1.0,), m.asin(1)),
    ("ACOS", (1.0,), 0.0),
    ("ATAN", (0.0,), 0.0),
    ("ATAN2", (1.0, 1.0), m.atan2(1, 1)),
    ("DEGREES", (m.pi,), 180.0),
    ("RADIANS", (180.0,), m.pi),
    ("EXTRACT", ("year", DAY), 2020),
    ("EXTRACT", ("dow", dt.date(2020, 1, 5)), 0),
    ("EXTRACT", ("isodow", dt.date(2020, 1, 5)), 7),
    ("EXTRACT", ("week", dt.date(2021, 1, 1)), 53),
    ("EXTRACT", ("isoyear", dt.date(2021, 1, 1)), 2020),
    ("EXTRACT", ("century", dt.date(2000, 1, 1)), 20),
    ("EXTRACT", ("millennium", dt.date(2001, 1, 1)), 3),
    ("EXTRACT", ("decade", dt.date(1999, 1, 1)), 199),
    ("EXTRACT", ("quarter", DAY), 1),
    ("EXTRACT", ("doy", DAY), 31),
    ("EXTRACT", ("microseconds", NOON), 1500000),
    ("EXTRACT", ("milliseconds", NOON), 1500),
    ("EXTRACT", ("hour", Interval(microseconds=26 * 3600 * 10**6)), 26),
    ("EXTRACT", ("minute", dt.time(10, 20)), 20),
    ("EXTRACT_FRACTION", ("second", NOON), 1.5),
    ("EXTRACT_FRACTION", ("second", dt.time(10, 20, 30, 250000)), 30.25),
    ("EXTRACT_FRACTION", ("epoch", NOON), 1580472001.5),
    ("DATE_TRUNC", ("month", NOON), dt.datetime(2020, 1, 1)),
    ("DATE_TRUNC", ("week", dt.datetime(2021, 1, 1)), dt.datetime(2020, 12, 28)),
    ("DATE_TRUNC", ("century", dt.datetime(2000, 5, 5)), dt.datetime(1901, 1, 1)),
    ("DATE_TRUNC", ("century", dt.datetime(2001, 5, 5)), dt.datetime(2001, 1, 1)),
    ("DATE_TRUNC", ("millennium", dt.datetime(1999, 5, 5)), dt.datetime(1001, 1, 1)),
    ("AGE", (dt.datetime(2020, 3, 1), dt.datetime(2020, 1, 31)), dt.timedelta(days=31)),
    ("MAKE_DATE", (2020, 2, 29), dt.date(2020, 2, 29)),
    ("LAST_DAY", (dt.date(2020, 2, 3),), dt.date(2020, 2, 29)),
    ("BIT_AND_OP", (12, 10), 8),
    ("BIT_OR_OP", (12, 10), 14),
    ("BIT_XOR_OP", (12, 10), 6),
    ("BIT_NOT_OP", (5,), -6),
    ("SHIFT_LEFT", (1, 31), -(2**31)),
    ("SHIFT_LEFT", (1, 33), 2),
    ("SHIFT_LEFT", (big(-5), 62), -(2**62)),
    ("SHIFT_RIGHT", (-8, 1), -4),
    ("NUM_NULLS", (1, NULL, "x"), 1),
    ("NUM_NONNULLS", (1, NULL, "x"), 2),
    ("BIT_LENGTH", ("né",), 24),
    ("INITCAP", ("hello wORLD-ünï x1y",), "Hello World-Ünï X1y"),
    ("OVERLAY", ("Txxxxas", "hom", 2, 4), "Thomas"),
    ("OVERLAY", ("abc", "XX", 2, 0), "aXXbc"),
    ("QUOTE_LITERAL", ("a\\b'c",), "E'a\\\\b''c'"),
    ("QUOTE_LITERAL", ("abc",), "'abc'"),
    ("QUOTE_NULLABLE", (NULL,), "NULL"),
    ("TO_HEX", (255,), "ff"),
    ("TO_HEX", (-1,), "ffffffff"),
    ("TO_HEX", (big(-1),), "ffffffffffffffff"),
    ("TO_HEX", (0,), "0"),
    ("SINH", (1.0,), m.sinh(1)),
    ("COSH", (1.0,), m.cosh(1)),
    ("TANH", (1.0,), m.tanh(1)),
    ("ASINH", (1.0,), m.asinh(1)),
    ("ACOSH", (2.0,), m.acosh(2)),
    ("ATANH", (0.5,), m.atanh(0.5)),
    ("COT", (1.0,), 1 / m.tan(1)),
    ("COT", (0.0,), m.inf),
    ("FACTORIAL", (5,), D(120)),
    ("TRUNC_TO", (D("-2.567"), 2), D("-2.560")),
    ("TRUNC_TO", (D("1234.5"), -2), D("1200.0")),
    ("TRUNC_TO", (D("12.5"), 5), D("12.5")),
    ("MAKE_TIME", (1, 2, 3.5), dt.time(1, 2, 3, 500000)),
    ("MAKE_TIMESTAMP", (2020, 1, 2, 3, 4, 5.5), dt.datetime(2020, 1, 2, 3, 4, 5, 500000)),
    ("ISFINITE", (DAY,), True),
    ("TO_CHAR", (NOON, "%Y-%m-%d %H:%M:%S"), "2020-01-31 12:00:01"),
]
CASES += MORE_CASES
WITHOUT_A_CASE = {"RANDOM", "GEN_RANDOM_UUID"}
CONSTANTS: dict[str, int | tuple[int, ...]] = {
    "EXTRACT": 0,
    "EXTRACT_FRACTION": 0,
    "DATE_TRUNC": 0,
    "TO_CHAR": 1,
    "TRUNC_TO": 1,
    **MORE_CONSTANTS,
}  # arguments that must be literals


def _id(case: object) -> str | None:
    return case if isinstance(case, str) else None


def constants(name: str) -> tuple[int, ...]:
    """The arguments that must be literals."""
    found = CONSTANTS.get(name, ())
    return found if isinstance(found, tuple) else (found,)


def _over_columns(node: Call) -> tuple[Call, Values]:
    """The call with its arguments as columns of a table, so that nothing can be folded."""
    columns, cells, args = [], [], []
    for place, arg in enumerate(node.args):
        if place in constants(node.fn.name):
            args.append(arg)
            continue
        made = column(f"a{place}", arg.type)
        columns.append(made)
        cells.append(arg)
        args.append(made)
    table = Values(tuple(columns), (tuple(cells), tuple(Literal(None, c.type) for c in columns)))
    return Call(node.fn, tuple(args), node.type), table


@pytest.mark.parametrize(("name", "args", "expected"), CASES, ids=_id)
def test_value_of_a_function(
    calculator: Backend, name: str, args: tuple[object, ...], expected: object
) -> None:
    node = call(ALL[name], *args)
    found = value(calculator, node)
    assert type(found) is type(expected)
    assert found == pytest.approx(expected) if isinstance(expected, float) else found == expected
    over_columns, table = _over_columns(node)
    assert rows(calculator, select(over_columns, over=table))[0] == (found,)


@pytest.mark.parametrize(("name", "args", "expected"), CASES, ids=_id)
def test_duckdb_type_is_the_declared_one(
    database: Database, name: str, args: tuple[object, ...], expected: object
) -> None:
    node, table = _over_columns(call(ALL[name], *args))
    rel = select(node, call(ALL[name], *args), over=table)
    reader = database.connection.sql(compile_query(rel).sql).to_arrow_reader(10)
    found = reader.schema
    reader.close()
    assert found.types == schema_of(rel.columns).types


@pytest.fixture(scope="module")
def database() -> Database:
    made = Database(Options())
    made.provide_all()
    return made


@pytest.mark.parametrize(("name", "args", "expected"), CASES, ids=_id)
def test_null_in_a_strict_function_gives_null(
    calculator: Backend, name: str, args: tuple[object, ...], expected: object
) -> None:
    fn = ALL[name]
    node = call(fn, *args)
    if not fn.strict:
        pytest.skip("has a rule of its own for NULL")
    for place, arg in enumerate(map(typed, args)):
        if place not in constants(name):
            null = Literal(None, arg.type)
            with_null = (*node.args[:place], null, *node.args[place + 1 :])
            assert value(calculator, Call(fn, with_null, node.type)) is None


def test_every_row_has_a_builder_and_a_case() -> None:
    scalars = {f for f in ALL.values() if f.role is Role.SCALAR}
    assert scalars == set(BUILDERS) - {READ_AS}  # which no text of SQL says
    assert {f for f in ALL.values() if f.role is Role.AGGREGATE} == set(AGGREGATES)
    rows = (*vars(documents).values(), *vars(arrays).values(), *vars(json).values())
    nested = {f for f in rows if isinstance(f, Function)}  # conformance/cases/documents
    tested = {f for f in scalars if f.name in {name for name, _, _ in CASES}}
    assert {f.name for f in scalars - nested - tested} == WITHOUT_A_CASE


def test_random_differs_from_row_to_row(calculator: Backend) -> None:
    number = column("n", DOUBLE)
    table = Values((number,), tuple((lit(float(i)),) for i in range(100)))
    found = rows(calculator, select(call(ALL["RANDOM"]), over=table))
    assert len(set(found)) == 100
    assert all(0 <= x < 1 for (x,) in found)


def test_rounding_to_a_column_of_places_is_exact(calculator: Backend) -> None:
    places = column("n", BIGINT)
    table = Values((places,), tuple((big(n),) for n in (3, 2, 1, 0, -1, -2, -9)))
    node = Call(ALL["ROUND_TO"], (lit(D("155.555")), places), lit(D("155.555")).type)
    found = [str(x) for (x,) in rows(calculator, select(node, over=table))]
    assert found == ["155.555", "155.560", "155.600", "156.000", "160.000", "200.000", "0.000"]


def test_nested_calls_that_repeat_an_argument_stay_small(calculator: Backend) -> None:
    deep = call(ALL["EXP"], 0.0)
    for _ in range(12):
        deep = call(ALL["POWER"], deep, 1.0)
    assert len("\n".join(calculator.compile(select(deep)).show())) < 20_000
    assert value(calculator, deep) == 1.0


def test_volatile_argument_is_computed_once(calculator: Backend) -> None:
    chance = call(ALL["RANDOM"])
    node = call(ALL["POWER"], chance, 1.0)
    assert 0 <= value_of(calculator, node) < 1


def value_of(store: Backend, node: Call) -> float:
    ((found,),) = rows(store, select(node))
    assert isinstance(found, float)
    return found


def test_smallint_arithmetic_overflows_at_16_bits(calculator: Backend) -> None:
    from sqlshim.errors import NumericOutOfRange

    with pytest.raises(NumericOutOfRange, match="smallint out of range"):
        value(calculator, call(ALL["ADD"], lit(32767, SMALLINT), lit(1, SMALLINT)))


def test_interval_keeps_its_months(calculator: Backend) -> None:
    later = call(ALL["ADD"], dt.datetime(2020, 1, 31), lit(Interval(months=1), INTERVAL))
    assert value(calculator, later) == dt.datetime(2020, 2, 29)
