"""The small parts, as pure functions: patterns, type names, inference, placeholders, errors."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId
from pymongo import errors as pe

from sqlshim import errors
from sqlshim.backends.mongo.catalog.infer import Fields
from sqlshim.backends.mongo.catalog.typenames import parse_type
from sqlshim.backends.mongo.errors import by_code, translate
from sqlshim.backends.mongo.expressions import mql
from sqlshim.backends.mongo.expressions.like import like
from sqlshim.backends.mongo.params import Placeholder, Template
from sqlshim.backends.mongo.values.decode import Decoder
from sqlshim.backends.mongo.values.encode import encoder
from sqlshim.backends.mongo.write import documents_of
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import DataError, InterfaceError, NotNullViolation
from sqlshim.ir.scalar import Column
from sqlshim.types import BIGINT, DATE, DOUBLE, INTEGER, TEXT, TIMESTAMPTZ, SqlType, array, decimal

# --- LIKE ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "escape", "regex"),
    [
        ("", "\\", r"^\z"),
        ("a.c", "\\", r"^a\.c\z"),
        ("a%", "\\", "^a"),
        ("%a", "\\", r"^.*a\z"),
        ("a%b", "\\", r"^a.*b\z"),
        ("%a%", "\\", "a"),
        ("%a%b%", "\\", "a(*COMMIT)(?>.*?b)"),
        ("a%b%c", "\\", r"^a(?>.*?b).*c\z"),
        ("%%", "\\", ""),
        ("_%", "\\", "^."),
        (r"\%%", "\\", "^%"),
        ("!_x", "!", r"^_x\z"),
        (r"\a", "", r"^\\a\z"),
    ],
)
def test_a_pattern_is_an_exact_regular_expression(pattern: str, escape: str, regex: str) -> None:
    assert like(pattern, escape).regex == regex


def test_a_pattern_must_not_end_with_the_escape_character() -> None:
    with pytest.raises(DataError) as caught:
        like("a\\", "\\")
    assert caught.value.sqlstate == "22025"


# --- types ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bigint", "BIGINT"),
        ("DECIMAL(10, 2)", "DECIMAL(10,2)"),
        ("numeric(5)", "DECIMAL(5,0)"),
        ("double precision", "DOUBLE"),
        ("timestamp with time zone", "TIMESTAMPTZ"),
        ("varchar(20)", "TEXT"),
        ("text[]", "TEXT[]"),
        ("INTEGER[][]", "INTEGER[][]"),
        ("STRUCT(a INTEGER, b DECIMAL(4,1)[])", "STRUCT(a INTEGER, b DECIMAL(4,1)[])"),
        ("MAP(TEXT, STRUCT(a DATE))", "MAP(TEXT, STRUCT(a DATE))"),
        ('STRUCT("" TEXT, "a, (b" DATE[])', 'STRUCT("" TEXT, "a, (b" DATE[])'),
        ('STRUCT("say ""x""" INT, "plain" INT)', 'STRUCT("say ""x""" INTEGER, plain INTEGER)'),
    ],
)
def test_type_names_are_read(text: str, expected: str) -> None:
    assert str(parse_type(text)) == expected


@pytest.mark.parametrize("text", ["", "NUMBR", "TEXT]", "STRUCT(a", "INTEGER x"])
def test_other_type_names_are_refused(text: str) -> None:
    with pytest.raises(InterfaceError, match="not a type"):
        parse_type(text)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, Int64(2)], "BIGINT"),
        ([1, 1.5], "DOUBLE"),
        ([1, 1.5, Decimal128("1")], "DECIMAL(38,10)"),
        ([True, 1], "JSON"),
        ([None], "TEXT"),
        ([[1], [1.5], []], "DOUBLE[]"),
        ([[]], "TEXT[]"),
        ([{"a": 1}, {"b": "x"}], "STRUCT(a BIGINT, b TEXT)"),
        ([{}], "JSON"),
        ([dt.datetime(2024, 1, 1), "x"], "JSON"),
        ([ObjectId()], "TEXT"),
    ],
)
def test_the_type_holds_every_value_seen(values: list[Any], expected: str) -> None:
    fields = Fields()
    for value in values:
        fields.look({"f": value})
    assert str(fields.columns()["f"][0]) == expected


# --- parameters ----------------------------------------------------------------------------


def test_a_template_fills_its_holes_and_shares_the_rest() -> None:
    fixed = {"$limit": 1}
    template = Template(
        [{"$match": {"a": Placeholder(0, str), "b": [1, Placeholder(1, int)]}}, fixed]
    )
    filled = template.fill([5, "6"])
    assert filled == [{"$match": {"a": "5", "b": [1, 6]}}, fixed]
    assert filled[1] is fixed
    assert template.fill([7, "8"])[0]["$match"] == {"a": "7", "b": [1, 8]}


def test_a_template_without_holes_is_itself() -> None:
    pipeline = [{"$limit": 1}]
    assert Template(pipeline).fill([]) is pipeline


# --- values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("t", "stored", "expected"),
    [
        (BIGINT, Int64(5), 5),
        (DOUBLE, 5, 5.0),
        (decimal(10, 2), Decimal128("1.5"), Decimal("1.50")),
        (decimal(10, 2), 3, Decimal("3.00")),
        (TEXT, ObjectId("0123456789abcdef01234567"), "0123456789abcdef01234567"),
        (DATE, dt.datetime(2024, 1, 1), dt.date(2024, 1, 1)),
        (TIMESTAMPTZ, dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        (array(BIGINT), [Int64(1), None], [1, None]),
    ],
)
def test_a_stored_value_is_read_as_its_column_wants_it(
    t: SqlType, stored: object, expected: object
) -> None:
    decoder = Decoder([Column(0, "c", t)], [""])
    ((value,), (null,)) = decoder.rows([(stored,), (None,)])
    assert (type(value), value, null) == (type(expected), expected, None)


def test_rows_that_need_no_conversion_are_passed_on() -> None:
    decoder = Decoder([Column(0, "a", BIGINT), Column(1, "b", TEXT)], ["", ""])
    rows: list[tuple[object, ...]] = [(1, "x"), (None, None)]
    assert decoder.rows(rows) is rows


@pytest.mark.parametrize(
    ("t", "stored"),
    [
        (BIGINT, 1.5),
        (BIGINT, True),
        (DOUBLE, "1"),
        (TEXT, 1),
        (DATE, dt.datetime(2024, 1, 1, 1)),
        (decimal(10, 2), Decimal128("1.555")),
        (decimal(10, 2), Decimal128("NaN")),
        (array(BIGINT), ["x"]),
    ],
)
def test_a_value_of_another_type_is_a_data_error_with_the_column(t: SqlType, stored: Any) -> None:
    with pytest.raises(DataError, match="column 'c' does not fit"):
        Decoder([Column(0, "c", t)], [""]).rows([(stored,)])


def test_a_decimal_of_more_digits_than_the_server_keeps_is_refused() -> None:
    with pytest.raises(errors.NumericOutOfRange):
        encoder(decimal(38, 0))(Decimal("1" + "0" * 33 + "1"))


def test_documents_get_their_key_here() -> None:
    key = TableColumn("_id", TEXT.with_null(False), "objectId", hidden=True)
    table = Table("", "", "t", (key, TableColumn("n", INTEGER)))
    first, second = documents_of(table, ["n"], [(1,), (None,)], truncate=False)
    assert type(first.pop("_id")) is ObjectId
    assert first == {"n": 1}
    assert second["n"] is None


def test_a_column_that_must_not_be_null_must_be_given() -> None:
    table = Table("", "", "t", (TableColumn("n", INTEGER.with_null(False)),))
    with pytest.raises(NotNullViolation):
        documents_of(table, [], [()], truncate=False)


# --- expressions ---------------------------------------------------------------------------


def test_let_computes_what_is_not_simple_once() -> None:
    assert mql.let(lambda a, b: {"$add": [a, a, b]}, {"$abs": "$x"}, "$y") == {
        "$let": {"vars": {"v0": {"$abs": "$x"}}, "in": {"$add": ["$$v0", "$$v0", "$y"]}}
    }


def test_a_constant_in_a_projection_is_a_literal() -> None:
    assert [mql.projected(v) for v in (1, True, "text", "$field", None)] == [
        {"$literal": 1},
        {"$literal": True},
        {"$literal": "text"},
        "$field",
        {"$literal": None},
    ]


# --- errors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text", "kind", "sqlstate"),
    [
        (11000, "E11000 duplicate key", errors.UniqueViolation, "23505"),
        (13, "not authorized", errors.InsufficientPrivilege, "42501"),
        (18, "Authentication failed.", errors.AuthenticationFailed, "28P01"),
        (50, "operation exceeded time limit", errors.QueryCanceled, "57014"),
        (11601, "operation was interrupted", errors.QueryCanceled, "57014"),
        (146, "too much memory", errors.OutOfMemory, "53200"),
        (121, "Document failed validation", errors.IntegrityError, "23514"),
        (10334, "BSONObj size: 17 is invalid", errors.ResultTooLarge, "54000"),
        (2, "can't $divide by zero", errors.DivisionByZero, "22012"),
        (16610, "x :: caused by :: can't $mod by zero", errors.DivisionByZero, "22012"),
        (241, "Failed to parse number 'sqlshim:2201F no root: -1' in $convert with no onError",
         errors.DataError, "2201F"),
        (241, "Failed to parse number 'x' in $convert with no onError value: Bad digit",
         errors.InvalidText, "22P02"),
        (241, "Failed to parse number '9' in $convert with no onError value: Overflow",
         errors.NumericOutOfRange, "22003"),
        (16020, "$strLenCP requires a string argument, found: int", errors.DataError, "22000"),
        (1, "something else", errors.OperationalError, "58000"),
    ],
)  # fmt: skip
def test_a_servers_error_is_the_sql_error(
    code: int, text: str, kind: type[errors.Error], sqlstate: str
) -> None:
    error = by_code(code, text)
    assert (type(error), error.sqlstate) == (kind, sqlstate)


def test_the_message_raised_in_a_pipeline_is_the_message() -> None:
    text = (
        "Failed to parse number 'sqlshim:22003 bigint out of range: 9' in $convert with no onError"
    )
    assert str(by_code(241, text)) == "bigint out of range: 9"


def test_no_message_holds_a_password() -> None:
    error = translate(pe.ConfigurationError("bad mongodb://me:hidden@host/db"))
    assert isinstance(error, errors.InterfaceError)
    assert "hidden" not in str(error)
