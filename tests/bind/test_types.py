"""Types of expressions: overloads, casts, constants and nullability (PostgreSQL 15 agrees but
where a comment says otherwise)."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from sqlshim.errors import NotSupportedError, ProgrammingError, TypeMismatch
from tests import world

NUMBERS = "items CROSS JOIN people"  # line SMALLINT … height DOUBLE


def type_of(expression: str, source: str = f"{NUMBERS} CROSS JOIN orders AS o(oid)") -> str:
    (found,) = world.types(f"SELECT {expression} FROM {source}")
    return found.removesuffix(" NOT NULL")


@pytest.mark.parametrize(
    ("expression", "gives"),
    [
        ("line + line", "SMALLINT"),
        ("line + age", "INTEGER"),
        ("age * order_id", "BIGINT"),
        ("line + 1", "INTEGER"),
        ("age + 3000000000", "BIGINT"),
        ("age + 1.5", "DECIMAL(12,1)"),
        ("price + price", "DECIMAL(9,2)"),
        ("price * price", "DECIMAL(16,4)"),
        ("price - age", "DECIMAL(13,2)"),
        ("age / 2", "INTEGER"),
        ("price / 2", "DOUBLE"),  # PostgreSQL: numeric
        ("weight + 1", "DOUBLE"),
        ("weight + price", "DOUBLE"),
        ("weight * weight", "REAL"),
        ("height + price", "DOUBLE"),
        ("age % 2", "INTEGER"),
        ("-line", "SMALLINT"),
        ("1e3", "DOUBLE"),  # PostgreSQL: numeric
        ("1.50", "DECIMAL(3,2)"),
        ("2147483647", "INTEGER"),
        ("2147483648", "BIGINT"),
        ("-2147483648", "INTEGER"),
        ("9223372036854775808", "DECIMAL(19,0)"),
        ("-9223372036854775808", "BIGINT"),
        ("born + 1", "DATE"),
        ("1 + born", "DATE"),
        ("born - born", "INTEGER"),
        ("born + INTERVAL '1 day'", "TIMESTAMP"),
        ("ordered - ordered", "INTERVAL"),
        ("INTERVAL '1 day' * 2", "INTERVAL"),
        ("name || age", "TEXT"),
        ("age || 'x'", "TEXT"),
        ("'a'", "TEXT"),
        ("NULL", "TEXT"),
        ("age > 1", "BOOLEAN"),
        ("name LIKE 'a%'", "BOOLEAN"),
        ("coalesce(line, age)", "INTEGER"),
        ("coalesce(born, ordered)", "TIMESTAMP"),
        ("CASE WHEN active THEN 1 ELSE 1.5 END", "DECIMAL(11,1)"),
        ("CASE WHEN active THEN NULL ELSE born END", "DATE"),
        ("greatest(age, height)", "DOUBLE"),
        ("nullif(age, 1)", "INTEGER"),
        ("extract(year FROM born)", "BIGINT"),  # PostgreSQL: numeric
        ("extract(second FROM ordered)", "DOUBLE"),
        ("date_trunc('month', ordered)", "TIMESTAMP"),
        ("date_trunc('month', seen)", "TIMESTAMPTZ"),
        ("round(price, 1)", "DECIMAL(8,1)"),
        ("ceil(height)", "DOUBLE"),
        ("sqrt(age)", "DOUBLE"),
        ("length(name)", "INTEGER"),
        ("current_date", "DATE"),
        ("now()", "TIMESTAMPTZ"),
        ("localtimestamp", "TIMESTAMP"),
        ("CAST(age AS numeric(5, 1))", "DECIMAL(5,1)"),
        ("CAST(age AS varchar(3))", "TEXT"),
        ("CAST('1' AS smallint)", "SMALLINT"),
        ("DATE '2000-01-01'", "DATE"),
        ("count(*)", "BIGINT"),
        ("sum(line)", "BIGINT"),
        ("sum(order_id)", "BIGINT"),  # PostgreSQL: numeric
        ("sum(price)", "DECIMAL(38,2)"),
        ("sum(weight)", "DOUBLE"),  # PostgreSQL: real
        ("avg(age)", "DOUBLE"),  # PostgreSQL: numeric
        ("min(born)", "DATE"),
        ("bool_and(active)", "BOOLEAN"),
        ("string_agg(name, ',')", "TEXT"),
    ],
)
def test_an_expression_has_this_type(expression: str, gives: str) -> None:
    source = "items CROSS JOIN people CROSS JOIN (SELECT ordered, seen FROM orders) AS o"
    assert type_of(expression, source) == gives


REFUSED = {
    "name + 1": "operator does not exist: text + integer",
    "name = 1": "operator does not exist: text = integer",
    "age || age": "operator does not exist: integer || integer",
    "born + born": "operator does not exist: date + date",
    "born + 1.5": "operator does not exist: date + decimal(2,1)",
    "active + 1": "operator does not exist: boolean + integer",
    "active = 1": "operator does not exist: boolean = integer",
    "- name": "operator does not exist: - text",
    "NOT age": "argument of NOT must be type boolean, not type integer",
    "active AND 1": "argument of AND must be type boolean, not type integer",
    "age LIKE 'a'": "operator does not exist: integer LIKE unknown",
    "upper(age)": "function upper(integer) does not exist",
    "sqrt(name)": "function sqrt(text) does not exist",
    "sum(name)": "function sum(text) does not exist",
    "bool_and(age)": "function bool_and(integer) does not exist",
    "coalesce(age, name)": "function coalesce(integer, text) does not exist",
    "CASE WHEN active THEN age ELSE name END": "CASE types integer and text cannot be matched",
    "CASE WHEN age THEN 1 END": "argument of CASE/WHEN must be type boolean, not type integer",
    "age IN (1, name)": "operator does not exist: integer = text",
    "CAST(born AS integer)": "cannot cast type date to integer",
    "CAST(age AS date)": "cannot cast type integer to date",
    "CAST(active AS double precision)": "cannot cast type boolean to double",
    "CAST(height AS boolean)": "cannot cast type double to boolean",
    "CAST(born AS time)": "cannot cast type date to time",
}


@pytest.mark.parametrize(("expression", "detail"), REFUSED.items())
def test_operands_that_do_not_fit_are_refused(expression: str, detail: str) -> None:
    with pytest.raises(TypeMismatch) as caught:
        world.query(f"SELECT {expression} FROM people")
    assert caught.value.detail == detail
    assert caught.value.position is not None


PARAMETERS = {
    "an int": (1, "INTEGER"),
    "a long int": (2**40, "BIGINT"),
    "a longer int": (2**70, "DECIMAL(38,0)"),
    "a bool": (True, "BOOLEAN"),
    "a float": (1.5, "DOUBLE"),
    "a decimal": (Decimal("1.50"), "DECIMAL(3,2)"),
    "a string": ("a", "TEXT"),
    "bytes": (b"a", "BYTEA"),
    "a date": (dt.date(2000, 1, 1), "DATE"),
    "a timestamp": (dt.datetime(2000, 1, 1), "TIMESTAMP"),
    "an instant": (dt.datetime(2000, 1, 1, tzinfo=dt.UTC), "TIMESTAMPTZ"),
    "a time": (dt.time(1), "TIME"),
    "a timedelta": (dt.timedelta(1), "INTERVAL"),
    "a UUID": (uuid.UUID(int=1), "UUID"),
    "a list": ([1, 2], "INTEGER[]"),
    "a dict": ({"a": 1}, "JSON"),
}


@pytest.mark.parametrize(("value", "gives"), PARAMETERS.values(), ids=PARAMETERS)
def test_a_parameter_alone_has_the_type_of_its_value(value: object, gives: str) -> None:
    assert world.types("SELECT ?", [value]) == [f"{gives} NOT NULL"]


def test_a_parameter_that_is_none_is_null() -> None:
    assert world.types("SELECT ?", [None]) == ["TEXT"]


@pytest.mark.parametrize(
    ("condition", "value", "wanted"),
    [
        ("born > ?", "2000-01-01", "DATE"),
        ("age = ?", "7", "INTEGER"),
        ("height = ?", 7, "DOUBLE"),
        ("height = ?", Decimal("1.5"), "DOUBLE"),
        ("name = ?", "x", "TEXT"),
        ("? = name", "x", "TEXT"),
        ("age + ? > 3", "7", "INTEGER"),
        ("age IN (1, ?)", "7", "INTEGER"),
        ("age BETWEEN ? AND 3", "7", "INTEGER"),
        ("coalesce(age, ?) > 3", "7", "INTEGER"),
        ("name LIKE ?", "x", "TEXT"),
        ("substring(name, ?) = 'a'", "7", "BIGINT"),
        ("?", "t", "BOOLEAN"),
    ],
)
def test_a_parameter_takes_the_type_it_meets(condition: str, value: object, wanted: str) -> None:
    (slot,) = world.bound(f"SELECT name FROM people WHERE {condition}", [value]).slots
    assert str(slot.type) == wanted


NEVER_NULL = [
    "id + 1",
    "id > 1",
    "age IS NULL",
    "age IS DISTINCT FROM 1",
    "active IS TRUE",
    "coalesce(age, 0)",
    "greatest(age, 0)",
    "count(age)",
    "upper(name)",
    "concat(city, age)",
    "EXISTS (SELECT 1)",
    "CASE WHEN active THEN 1 ELSE 2 END",
    "id IN (1, 2)",
    "1",
]
MAYBE_NULL = [
    "age + 1",
    "age > 1",
    "active AND true",
    "coalesce(age, height)",
    "nullif(id, 1)",
    "sum(id)",
    "min(id)",
    "(SELECT 1)",
    "CASE WHEN active THEN 1 END",
    "id IN (1, NULL)",
    "id IN (SELECT age FROM people)",
    "TRY_CAST(name AS integer)",
]


@pytest.mark.parametrize("expression", NEVER_NULL)
def test_these_are_known_not_to_be_null(expression: str) -> None:
    sql = f"SELECT {expression} FROM people GROUP BY id"
    assert world.types(sql)[0].endswith(" NOT NULL")


@pytest.mark.parametrize("expression", MAYBE_NULL)
def test_these_may_be_null(expression: str) -> None:
    sql = f"SELECT {expression} FROM people GROUP BY id"
    assert not world.types(sql, dialect="duckdb")[0].endswith(" NOT NULL")


SIZES = {
    "T-SQL's FLOAT has 53 bits": ("tsql", "FLOAT", "DOUBLE"),
    "T-SQL's FLOAT of 24 bits is a REAL": ("tsql", "float(24)", "REAL"),
    "T-SQL's FLOAT of 25 bits is a double": ("tsql", "FLOAT(25)", "DOUBLE"),
    "T-SQL's REAL has 24 bits": ("tsql", "REAL", "REAL"),
    "T-SQL's DECIMAL has no places": ("tsql", "DECIMAL", "DECIMAL(18,0)"),
    "T-SQL's MONEY has four": ("tsql", "MONEY", "DECIMAL(19,4)"),
    "T-SQL's SMALLMONEY is smaller": ("tsql", "SMALLMONEY", "DECIMAL(10,4)"),
    "Fabric is T-SQL": ("fabric", "FLOAT", "DOUBLE"),
    "PostgreSQL's FLOAT is a double": ("postgres", "FLOAT", "DOUBLE"),
    "PostgreSQL's FLOAT of 24 bits is a REAL": ("postgres", "FLOAT(24)", "REAL"),
    "PostgreSQL's FLOAT of 1 bit is a REAL": ("postgres", "FLOAT(1)", "REAL"),
    "PostgreSQL's FLOAT of 53 bits is a double": ("postgres", "FLOAT(53)", "DOUBLE"),
    "PostgreSQL's money has two places": ("postgres", "money", "DECIMAL(19,2)"),
    "PostgreSQL's numeric has places": ("postgres", "numeric", "DECIMAL(38,10)"),
    "Redshift's floats are PostgreSQL's": ("redshift", "FLOAT(24)", "REAL"),
    "Redshift's DECIMAL is not": ("redshift", "DECIMAL", "DECIMAL(18,0)"),
    "MySQL's FLOAT is a REAL": ("mysql", "FLOAT", "REAL"),
    "MySQL's FLOAT of 25 bits is a double": ("mysql", "FLOAT(25)", "DOUBLE"),
    "MySQL's FLOAT with places is a REAL": ("mysql", "FLOAT(30, 2)", "REAL"),
    "MySQL's REAL is a double": ("mysql", "REAL", "DOUBLE"),
    "MySQL's INT8 has 8 bytes": ("mysql", "INT8", "BIGINT"),
    "MySQL's TINYINT has not": ("mysql", "TINYINT", "SMALLINT"),
    "MySQL's DECIMAL has ten digits": ("mysql", "DECIMAL", "DECIMAL(10,0)"),
    "Oracle's FLOAT has 126 bits": ("oracle", "FLOAT", "DOUBLE"),
    "Oracle's FLOAT of 126 bits is no error": ("oracle", "FLOAT(126)", "DOUBLE"),
    "Oracle's REAL has 63 bits": ("oracle", "REAL", "DOUBLE"),
    "Oracle's BINARY_FLOAT has 24": ("oracle", "BINARY_FLOAT", "REAL"),
    "Oracle's BINARY_DOUBLE has 53": ("oracle", "BINARY_DOUBLE", "DOUBLE"),
    "Oracle's NUMBER may have places": ("oracle", "NUMBER", "DECIMAL(38,10)"),
    "Oracle's NUMBER with a precision has none": ("oracle", "NUMBER(5)", "DECIMAL(5,0)"),
    "Oracle's DECIMAL has none": ("oracle", "DECIMAL", "DECIMAL(38,0)"),
    "Oracle's star is all digits": ("oracle", "NUMBER(*, 2)", "DECIMAL(38,2)"),
    "Oracle's INTEGER is large": ("oracle", "INTEGER", "BIGINT"),
    "Oracle's SMALLINT too": ("oracle", "SMALLINT", "BIGINT"),
    "Snowflake's floats are doubles": ("snowflake", "FLOAT4", "DOUBLE"),
    "Snowflake's integers are large": ("snowflake", "BYTEINT", "BIGINT"),
    "Snowflake's NUMBER has no places": ("snowflake", "NUMBER", "DECIMAL(38,0)"),
    "BigQuery's integers are INT64": ("bigquery", "INT", "BIGINT"),
    "BigQuery's NUMERIC has nine places": ("bigquery", "NUMERIC", "DECIMAL(38,9)"),
    "BigQuery's BIGNUMERIC is as far as it goes": ("bigquery", "BIGNUMERIC", "DECIMAL(38,10)"),
    "SQLite's integers have 64 bits": ("sqlite", "TINYINT UNSIGNED", "BIGINT"),
    "SQLite's floats are doubles": ("sqlite", "FLOAT4", "DOUBLE"),
    "DuckDB's FLOAT is a REAL": ("duckdb", "FLOAT", "REAL"),
    "DuckDB's FLOAT of 25 bits is a double": ("duckdb", "FLOAT(25)", "DOUBLE"),
    "DuckDB's DECIMAL has three places": ("duckdb", "DECIMAL", "DECIMAL(18,3)"),
    "ClickHouse's FLOAT is a Float32, whatever its size": ("clickhouse", "FLOAT(53)", "REAL"),
    "ClickHouse's DECIMAL has no places": ("clickhouse", "DECIMAL", "DECIMAL(10,0)"),
    "ClickHouse's Decimal32 has nine digits": ("clickhouse", "Decimal32(2)", "DECIMAL(9,2)"),
    "ClickHouse's Decimal64 has 18": ("clickhouse", "Decimal64(2)", "DECIMAL(18,2)"),
    "ClickHouse's Decimal128 has 38": ("clickhouse", "Decimal128(2)", "DECIMAL(38,2)"),
    "Spark's DECIMAL has ten digits": ("spark", "DECIMAL", "DECIMAL(10,0)"),
    "Databricks is Spark": ("databricks", "DECIMAL", "DECIMAL(10,0)"),
    "Spark's FLOAT is a REAL": ("spark", "FLOAT", "REAL"),
    "elements are of the dialect's size": ("snowflake", "ARRAY(INT)", "BIGINT[]"),
    "so are values of maps": ("snowflake", "MAP(VARCHAR, INT)", "MAP(TEXT, BIGINT)"),
    "and fields": ("bigquery", "STRUCT<a INT>", "STRUCT(a BIGINT)"),
    "a dialect of none of these has PostgreSQL's decimals": ("trino", "DECIMAL", "DECIMAL(38,10)"),
}


@pytest.mark.parametrize(("dialect", "name", "gives"), SIZES.values(), ids=SIZES)
def test_a_type_has_the_size_that_its_dialect_gives_it(dialect: str, name: str, gives: str) -> None:
    (found,) = world.types(f"SELECT CAST(NULL AS {name}) AS x", dialect=dialect)
    assert found == gives


def test_words_for_types_stay_names_of_columns() -> None:
    sql = "SELECT x.real, x.[float] FROM (SELECT 1 AS real, 2 AS [float]) AS x"
    assert [c.name for c in world.query(sql, dialect="tsql").columns] == ["real", "float"]


@pytest.mark.parametrize(
    ("dialect", "name", "sqlstate", "message"),
    [
        ("postgres", "FLOAT(0)", "22023", "FLOAT(0) is out of range"),
        ("postgres", "FLOAT(54)", "22023", "FLOAT(54) is out of range"),
        ("postgres", "DECIMAL(39)", "22023", "DECIMAL(39,0) is out of range"),
        ("postgres", "DECIMAL(*, 2)", "42601", "the size of a type must be a number, not *"),
        ("postgres", "DECIMAL(x)", "42601", "the size of a type must be a number, not X"),
    ],
)
def test_a_size_that_no_type_has_is_refused(
    dialect: str, name: str, sqlstate: str, message: str
) -> None:
    with pytest.raises(ProgrammingError) as caught:
        world.query(f"SELECT CAST(1 AS {name})", dialect=dialect)
    assert (caught.value.sqlstate, caught.value.detail) == (sqlstate, message)
    assert caught.value.position is not None


@pytest.mark.parametrize("sql", ["SELECT B'101'", "SELECT 1 WHERE B'1' = B'1'"])
def test_strings_of_bits_are_refused_by_name(sql: str) -> None:
    with pytest.raises(NotSupportedError) as caught:
        world.query(sql)
    assert caught.value.detail == "strings of bits are not supported"
    assert caught.value.sqlstate == "0A000"
    assert caught.value.position == sql.index("B'") + 1
