"""Types of expressions: overloads, casts, constants and nullability (PostgreSQL 15 agrees but
where a comment says otherwise)."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from sqlshim.errors import TypeMismatch
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
