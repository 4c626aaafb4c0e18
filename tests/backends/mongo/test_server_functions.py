"""Every row of the function table and every cast, run by a real server.

Each expression is the whole of a pipeline that the store took; its value is what PostgreSQL
gives. The columns of `f` are all NULL in one row and missing in another: a strict function is
NULL there.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64

import sqlshim
from sqlshim.backends.mongo.expressions.functions import ROWS
from sqlshim.functions import operators as op
from sqlshim.functions.varying import READ_AS
from sqlshim.ir import walk
from sqlshim.ir.scalar import Call
from tests.backends.mongo.functions_world import scalar

DATA = {
    "i": 7,
    "neg": -7,
    "big": Int64(2**53 + 1),
    "x": 2.5,
    "m": Decimal128("-2.50"),
    "s": "héllo",
    "ab": "aXbXc",
    "pad": "  x ",
    "empty": "",
    "flag": True,
    "d": dt.datetime(2024, 2, 29, 13, 45, 30, 250000),
    "e": dt.datetime(2020, 12, 31),
    "num": " 42 ",
    "doc": {"city": "Bern"},
    "tags": ["a", "b", None],
    "nums": [1, 5, 9],
    "grid": [[1, 5], [9, 2]],
}
EXPECTED: list[tuple[str, object]] = [
    # documents
    ("(doc).city", "Bern"),
    # arrays
    ("'a' = ANY (tags)", True),
    ("i = ANY (nums)", False),
    ("5 <> ANY (nums)", True),
    ("5 > ANY (nums)", True),
    ("1 >= ANY (nums)", True),
    ("9 < ANY (nums)", False),
    ("9 <= ANY (nums)", True),
    ("CARDINALITY(tags)", 3),
    ("CARDINALITY(grid)", 4),
    ("nums[2]", 5),
    ("ARRAY_POSITION(nums, 9)", 3),
    ("ARRAY_APPEND(nums, 2)", [1, 5, 9, 2]),
    ("ARRAY_PREPEND(2, nums)", [2, 1, 5, 9]),
    ("ARRAY_CAT(nums, ARRAY[i, 2])", [1, 5, 9, 7, 2]),
    ("ARRAY_REMOVE(tags, NULL)", ["a", "b"]),
    ("ARRAY_REPLACE(tags, 'a', s)", ["héllo", "b", None]),
    ("tags @> ARRAY['b', 'a']", True),
    ("tags && ARRAY['c', NULL]", False),
    # arithmetic
    ("i + neg", 0),
    ("x + i", 9.5),
    ("m + 1", Decimal("-1.5000000000")),
    ("i - 10", -3),
    ("i * i", 49),
    ("-i", -7),
    ("-m", Decimal("2.5000000000")),
    ("i / 2", 3),
    ("neg / 2", -3),
    ("big / 1", 2**53 + 1),
    ("x / 2", 1.25),
    ("neg % 4", -3),
    ("ABS(neg)", 7),
    ("CEIL(x)", 3.0),
    ("FLOOR(m)", Decimal("-3")),
    ("TRUNC(m)", Decimal("-2")),
    ("ROUND(x)", 2.0),
    ("ROUND(m)", Decimal("-3")),
    ("ROUND(i)", 7),
    ("ROUND(m, 1)", Decimal("-2.5000000000")),
    ("SIGN(neg)", -1.0),
    ("SQRT(x + 1.5)", 2.0),
    ("POWER(x, 2)", 6.25),
    ("EXP(x - 2.5)", 1.0),
    ("LN(x - 1.5)", 0.0),
    ("LOG10(x * 40)", 2.0),
    ("PI()", math.pi),
    ("SIN(x - 2.5)", 0.0),
    ("COS(x - 2.5)", 1.0),
    ("TAN(x - 2.5)", 0.0),
    ("ASIN(x - 2.5)", 0.0),
    ("ACOS(x - 1.5)", 0.0),
    ("ATAN(x - 2.5)", 0.0),
    ("ATAN2(x - 2.5, x)", 0.0),
    ("DEGREES(x - 2.5)", 0.0),
    ("RADIANS(x - 2.5)", 0.0),
    # texts
    ("s || ab", "hélloaXbXc"),
    ("LENGTH(s)", 5),
    ("OCTET_LENGTH(s)", 6),
    ("SUBSTRING(s, 2)", "éllo"),
    ("SUBSTRING(s, 2, 3)", "éll"),
    ("SUBSTRING(s, -1, 4)", "hé"),
    ("SUBSTRING(s, i)", ""),
    ("SUBSTRING(s, i - 5, i - 4)", "éll"),
    ("TRIM(pad)", "x"),
    ("LTRIM(pad)", "x "),
    ("RTRIM(pad)", "  x"),
    ("REPLACE(ab, 'X', '--')", "a--b--c"),
    ("REPLACE(ab, '', '--')", "aXbXc"),
    ("REPLACE(ab, empty, '--')", "aXbXc"),
    ("POSITION('b' IN ab)", 3),
    ("POSITION('z' IN ab)", 0),
    ("CONCAT(s, i, NULL)", "héllo7"),
    ("CONCAT_WS('-', s, NULL, i)", "héllo-7"),
    ("LEFT(s, 2)", "hé"),
    ("LEFT(s, -2)", "hél"),
    ("LEFT(s, neg)", ""),
    ("RIGHT(s, 2)", "lo"),
    ("RIGHT(s, -2)", "llo"),
    ("RIGHT(s, i)", "héllo"),
    ("LPAD(s, i, 'xy')", "xyhéllo"),
    ("LPAD(s, 2, 'xy')", "hé"),
    ("LPAD(s, i, '')", "héllo"),
    ("RPAD(s, i, 'xyz')", "hélloxy"),
    ("nums[2:3]", [5, 9]),
    ("nums[0:i]", [1, 5, 9]),
    ("nums[3:2]", []),
    ("nums[i:]", []),
    ("ROUND(x + 0.125, 2)", 2.63),
    ("ROUND(-(x + 0.125), 2)", -2.63),
    ("TRUNC(m, 1)", Decimal("-2.5")),
    ("s ~ '^h.l+o$'", True),
    ("s ~* 'L{2}O'", True),
    ("REGEXP_REPLACE(ab, '([a-c])X', '<\\1>', 'g')", "<a><b>c"),
    ("REGEXP_REPLACE(ab, 'X', '$a\\&')", "a$aXbXc"),
    ("REGEXP_COUNT(ab, '[a-z]')", 3),
    ("REGEXP_SUBSTR(ab, '[a-z]X', 1, 2)", "bX"),
    ("REGEXP_SUBSTR(ab, '[0-9]+', 1, 1)", None),
    ("TO_CHAR(d, 'YYYY-MM-DD HH24:MI:SS.US')", "2024-02-29 13:45:30.250000"),
    ("TO_CHAR(d, 'FMDay, DD Month, HH12 PM')", "Thursday, 29 February , 01 PM"),
    ("TO_CHAR(e, 'DDD Dy Mon')", "366 Thu Dec"),
    ("DATE_BIN('15 minutes', d, TIMESTAMP '2001-01-01')", dt.datetime(2024, 2, 29, 13, 45)),
    ("DATE_BIN('7 days', d, TIMESTAMP '2030-01-01')", dt.datetime(2024, 2, 27)),
    ("UPPER(s)", "HÉLLO"),
    ("LOWER(ab)", "axbxc"),
    ("s ILIKE 'HÉ%'", True),
    ("ab ILIKE 'a_B%'", True),
    ("ab ILIKE 'a!_%' ESCAPE '!'", False),
    ("REVERSE(s)", "olléh"),
    ("REPEAT(s, 2)", "héllohéllo"),
    ("REPEAT(s, neg)", ""),
    ("SPLIT_PART(ab, 'X', 2)", "b"),
    ("SPLIT_PART(ab, 'X', -1)", "c"),
    ("SPLIT_PART(ab, 'X', 9)", ""),
    ("STARTS_WITH(s, 'hé')", True),
    ("TRANSLATE(ab, 'ab', 'z')", "zXXc"),
    # dates and times
    ("EXTRACT(YEAR FROM d)", 2024),
    ("EXTRACT(MONTH FROM d)", 2),
    ("EXTRACT(DAY FROM d)", 29),
    ("EXTRACT(HOUR FROM d)", 13),
    ("EXTRACT(MINUTE FROM d)", 45),
    ("EXTRACT(DOW FROM d)", 4),
    ("EXTRACT(ISODOW FROM d)", 4),
    ("EXTRACT(DOY FROM d)", 60),
    ("EXTRACT(WEEK FROM e)", 53),
    ("EXTRACT(ISOYEAR FROM e)", 2020),
    ("EXTRACT(QUARTER FROM e)", 4),
    ("EXTRACT(DECADE FROM d)", 202),
    ("EXTRACT(CENTURY FROM d)", 21),
    ("EXTRACT(MILLENNIUM FROM d)", 3),
    ("EXTRACT(MILLISECONDS FROM d)", 30250),
    ("EXTRACT(MICROSECONDS FROM d)", 30250000),
    ("EXTRACT(SECOND FROM d)", 30.25),
    ("EXTRACT(EPOCH FROM e)", 1609372800.0),
    ("DATE_TRUNC('hour', d)", dt.datetime(2024, 2, 29, 13)),
    ("DATE_TRUNC('week', d)", dt.datetime(2024, 2, 26)),
    ("DATE_TRUNC('quarter', e)", dt.datetime(2020, 10, 1)),
    ("LAST_DAY(d)", dt.date(2024, 2, 29)),
    ("TO_TIMESTAMP(i)", dt.datetime(1970, 1, 1, 0, 0, 7, tzinfo=dt.UTC)),
    ("d + INTERVAL '1 year'", dt.datetime(2025, 2, 28, 13, 45, 30, 250000)),
    ("e - INTERVAL '1 month'", dt.datetime(2020, 11, 30)),
    ("CAST(d AS DATE) - CAST(e AS DATE)", 1155),
    ("CAST(e AS DATE) + 1", dt.date(2021, 1, 1)),
    ("CAST(e AS DATE) - i", dt.date(2020, 12, 24)),
    # conditional
    ("COALESCE(NULL, i)", 7),
    ("NULLIF(i, 7)", None),
    ("GREATEST(i, neg, NULL)", 7),
    ("LEAST(i, neg, NULL)", -7),
    ("CASE WHEN i > 5 THEN 'big' ELSE 'small' END", "big"),
    # casts
    ("CAST(i AS DOUBLE PRECISION)", 7.0),
    ("CAST(x AS INTEGER)", 2),
    ("CAST(x + 1 AS INTEGER)", 4),
    ("CAST(m AS INTEGER)", -3),
    ("CAST(m AS DOUBLE PRECISION)", -2.5),
    ("CAST(m AS DECIMAL(3, 1))", Decimal("-2.5")),
    ("CAST(i AS DECIMAL(5, 2))", Decimal("7.00")),
    ("CAST(i AS TEXT)", "7"),
    ("CAST(flag AS TEXT)", "true"),
    ("CAST(flag AS INTEGER)", 1),
    ("CAST(CAST(i AS INTEGER) AS BOOLEAN)", True),
    ("CAST(num AS INTEGER)", 42),
    ("CAST(num AS DOUBLE PRECISION)", 42.0),
    ("CAST(num AS DECIMAL(5, 1))", Decimal("42.0")),
    ("CAST(d AS TEXT)", "2024-02-29 13:45:30.25"),
    ("CAST(e AS TEXT)", "2020-12-31 00:00:00"),
    ("CAST(CAST(d AS DATE) AS TEXT)", "2024-02-29"),
]
NEVER_NULL = (
    "PI()",
    "CONCAT",
    "COALESCE",
    "CASE",
    "GREATEST",
    "LEAST",
    "ARRAY_APPEND",
    "ARRAY_PREPEND",
    "ARRAY_CAT",
)

ERRORS = [
    ("i / (i - 7)", "22012"),
    ("i % (i - 7)", "22012"),
    ("x / (x - 2.5)", "22012"),
    ("big * big", "22003"),
    ("CAST(big AS INTEGER)", "22003"),
    ("CAST(big AS SMALLINT)", "22003"),
    ("CAST(x * 1e19 AS BIGINT)", "22003"),
    ("CAST(m AS DECIMAL(2, 2))", "22003"),
    ("CAST(s AS INTEGER)", "22P02"),
    ("CAST(empty AS DOUBLE PRECISION)", "22P02"),
    ("CAST(num || '99999999999999999999' AS BIGINT)", "22P02"),
    ("SQRT(neg)", "2201F"),
    ("LN(neg)", "2201E"),
    ("POWER(neg, 0.5)", "2201F"),
    ("ASIN(i)", "22003"),
    ("SUBSTRING(s, 1, neg)", "22011"),
]


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    database.f.insert_many(
        [{"_id": 1, **DATA}, {"_id": 2, **dict.fromkeys(DATA, None)}, {"_id": 3}]
    )


@pytest.fixture
def ask(connect: Callable[..., Any]) -> Callable[[str], list[Any]]:
    """One column of all rows in order, after checking that the store does everything."""
    cursor = connect().cursor()

    def run(expression: str) -> list[Any]:
        sql = f"SELECT {expression} FROM f ORDER BY _id"
        cursor.execute(f"EXPLAIN {sql}")
        plan = [line for (line,) in cursor.fetchall()]
        assert plan[0] == "Remote", "\n".join(plan)
        cursor.execute(sql)
        return [value for (value,) in cursor.fetchall()]

    return run


@pytest.mark.parametrize(("expression", "expected"), EXPECTED, ids=[e for e, _ in EXPECTED])
def test_the_server_computes_what_postgresql_does(
    expression: str, expected: object, ask: Callable[[str], list[Any]]
) -> None:
    value, null, missing = ask(expression)
    assert (type(value), value) == (type(expected), expected)
    if not expression.startswith(NEVER_NULL):
        assert (null, missing) == (None, None)


@pytest.mark.parametrize(("expression", "sqlstate"), ERRORS, ids=[e for e, _ in ERRORS])
def test_an_error_inside_a_pipeline_is_the_sql_error(
    expression: str, sqlstate: str, connect: Callable[..., Any]
) -> None:
    def run() -> None:
        cursor = connect().cursor()
        cursor.execute(f"SELECT {expression} FROM f WHERE _id = 1")
        cursor.fetchall()

    with pytest.raises(sqlshim.DataError) as caught:
        run()
    assert caught.value.sqlstate == sqlstate


def test_an_error_that_would_show_a_parameter_is_not_raised_before_a_row_is_read(
    connect: Callable[..., Any],
) -> None:
    cursor = connect().cursor()
    text = "SELECT substring(s FROM ? FOR ?) FROM f WHERE _id = 1"
    assert cursor.execute(text, [2, 3]).fetchall() == [("éll",)]
    with pytest.raises(sqlshim.DataError, match="negative substring length not allowed: -1"):
        cursor.execute(text, [2, -1]).fetchall()


def test_the_table_of_functions_is_covered() -> None:
    used = {
        part.fn
        for expression, _ in EXPECTED
        for part in walk.every_scalar(scalar(expression))
        if isinstance(part, Call)
    }
    assert set(ROWS) - used == {READ_AS}, "rows without a case"
    assert op.ADD in used
