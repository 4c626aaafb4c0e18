"""Text to tree: one statement, dialects, syntax errors with their caret, and bounded nesting."""

from __future__ import annotations

import time

import pytest

from sqlshim.errors import (
    InterfaceError,
    NotSupportedError,
    StatementTooComplex,
    SyntaxError,  # noqa: A004
    UnknownFunction,
)
from sqlshim.sql.dialects import dialect_named
from sqlshim.sql.params import uniform
from sqlshim.sql.parse import MAX_LENGTH, Parsed, parse


def parsed(text: str, dialect: str = "postgres") -> Parsed:
    return parse(text, uniform(text), dialect_named(dialect))


def message(text: str, dialect: str = "postgres") -> str:
    with pytest.raises(SyntaxError) as caught:
        parsed(text, dialect)
    assert caught.value.sqlstate == "42601"
    return str(caught.value)


# --- syntax errors -------------------------------------------------------------------------

NEAR = {  # what the message names, found again at the caret
    "a misspelt keyword": ("SELEC a FROM t", "FROM"),
    "a missing parenthesis": ("SELECT (a FROM t", "FROM"),
    "one too many": ("SELECT a) FROM t", ")"),
    "two names": ("SELECT a b c FROM t", "c"),
    "GROUP without BY": ("SELECT a FROM t GROUP city", "city"),
    "two operators": ("SELECT a FROM t WHERE a = = 1", "= 1"),
    "AND twice": ("SELECT a FROM t WHERE a = 1 AND AND b", "AND b"),
    "a half of BETWEEN": ("SELECT a BETWEEN 1 FROM t", "FROM"),
    "CASE without END": ("SELECT CASE WHEN a THEN 1 FROM t", "FROM"),
    "CAST without AS": ("SELECT CAST(a int)", "int"),
    "an unfinished list": ("SELECT a IN (1, 2 FROM t", "FROM"),
    "a comma before FROM": ("SELECT a, FROM t", "FROM"),
    "two commas": ("SELECT a,, b FROM t", ", b"),
    "a comma before a parenthesis": ("SELECT f(a, ) FROM t", ")"),
    "JOIN without ON": ("SELECT 1 FROM a JOIN b WHERE true", "WHERE"),
    "LEFT JOIN without ON": ("SELECT 1 FROM a LEFT JOIN b GROUP BY c", "GROUP BY"),
    "JOIN without ON in parentheses": ("SELECT 1 FROM (a JOIN b), c", ")"),
    "JOIN before a comma": ("SELECT 1 FROM a JOIN b, c", ", c"),
    "an empty ON": ("SELECT 1 FROM a JOIN b ON WHERE c", "WHERE"),
    "behind a parameter": ("SELECT a FROM t WHERE a = :some_name AND AND b", "AND b"),
    "a parameter": ("SELECT a FROM t LIMIT 1 :oh", ":oh"),
}


@pytest.mark.parametrize(("text", "at"), NEAR.values(), ids=NEAR)
def test_a_syntax_error_names_its_place(text: str, at: str) -> None:
    word = at if at == "GROUP BY" else at.split()[0]
    column = text.rindex(at)
    expected = f'syntax error at or near "{word}"\nLINE 1: {text}\n{" " * (8 + column)}^'
    assert message(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t WHERE",
        "SELECT a FROM",
        "SELECT 1 +",
        "SELECT * FROM t LIMIT",
        "SELECT a FROM t JOIN",
        "SELECT a FROM t JOIN u",
        "SELECT a FROM t JOIN u ON",
        "SELECT a FROM (SELECT 1",
        "INSERT INTO t VALUES (1,",
        "CREATE TABLE t (a int",
        "DROP TABLE",
    ],
)
def test_what_is_missing_at_the_end_is_said_to_be(text: str) -> None:
    expected = f"syntax error at end of input\nLINE 1: {text}\n{' ' * (8 + len(text))}^"
    assert message(text) == expected


UNFINISHED = {
    "a string": ("SELECT 'abc", "quoted string"),
    "a string after a whole one": ("SELECT 'a''b' || 'abc", "quoted string"),
    "a name": ('SELECT "abc FROM t', "quoted identifier"),
    "a comment": ("SELECT 1 /* abc", "comment"),
}


@pytest.mark.parametrize(("text", "what"), UNFINISHED.values(), ids=UNFINISHED)
def test_what_is_never_closed_is_pointed_at(text: str, what: str) -> None:
    opened = max(text.rindex(mark) for mark in ("'abc", '"abc', "/* abc") if mark in text)
    caret = " " * (8 + opened) + "^"
    assert message(text) == f"unterminated {what}\nLINE 1: {text}\n{caret}\nHINT: Close it."


def test_the_line_of_the_error_is_shown_alone() -> None:
    text = "SELECT a,\n  b c d\nFROM t"
    assert message(text) == 'syntax error at or near "d"\nLINE 2:   b c d\n' + " " * 14 + "^"


def test_a_long_line_is_cut_around_the_error() -> None:
    text = "SELECT " + "a, " * 100 + "b c d, " + "a, " * 100 + "a"
    shown, caret = message(text).split("\n")[1:]
    assert len(shown) == len("LINE 1: ") + 100
    assert shown[caret.index("^")] == "d"


@pytest.mark.parametrize("join", ["NATURAL JOIN", "NATURAL LEFT JOIN", "CROSS JOIN"])
def test_these_joins_need_no_condition(join: str) -> None:
    parsed(f"SELECT 1 FROM a {join} b")


def test_conditions_of_nested_joins_may_stand_together() -> None:
    parsed("SELECT 1 FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x")


def test_mysql_joins_without_a_condition() -> None:
    parsed("SELECT 1 FROM a JOIN b", "mysql")


def test_too_many_arguments_name_the_function() -> None:
    with pytest.raises(UnknownFunction) as caught:
        parsed("SELECT Upper(a, lower(b))")
    assert str(caught.value) == (
        "function 'upper' does not take so many arguments\n"
        "LINE 1: SELECT Upper(a, lower(b))\n"
        "               ^"
    )


# --- one statement -------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   ", "\n", ";", " ; ", "-- nothing", "/* nothing */", ";;"])
def test_an_empty_statement_is_a_syntax_error(text: str) -> None:
    assert message(text) == "the statement is empty\nHINT: Write a SQL statement."


@pytest.mark.parametrize("text", ["SELECT 1;", "SELECT 1 ; ; ", "SELECT 1; -- the end"])
def test_one_statement_may_end_in_semicolons(text: str) -> None:
    assert parsed(text).tree.sql() == "SELECT 1"


@pytest.mark.parametrize("second", ["SELECT 2", "DROP TABLE t", "x"])
def test_two_statements_are_refused_at_the_second(second: str) -> None:
    assert message(f"SELECT ';'; {second}") == (
        "cannot execute more than one statement at once\n"
        f"LINE 1: SELECT ';'; {second}\n"
        "                    ^\n"
        "HINT: Send them one by one."
    )


def test_explain_is_taken_off_and_positions_stay() -> None:
    explained = parsed("-- why\nEXPLAIN SELECT a FROM t")
    assert (explained.explain, explained.tree.sql()) == (True, "SELECT a FROM t")
    assert message("EXPLAIN SELECT a b c").split("\n")[2].index("^") == len(
        "LINE 1: EXPLAIN SELECT a b "
    )


def test_explain_analyze_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="EXPLAIN ANALYZE is not supported yet"):
        parsed("EXPLAIN ANALYZE SELECT 1")


# --- dialects ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("mysql", "SELECT `a` FROM `t` LIMIT 1, 2"),
        ("tsql", "SELECT TOP 3 [a] FROM [t]"),
        ("bigquery", "SELECT a, FROM t"),
        ("Postgresql", 'SELECT "a"::text FROM t'),
        ("sqlite", "SELECT a FROM t LIMIT 1"),
    ],
)
def test_a_statement_is_read_in_its_dialect(dialect: str, text: str) -> None:
    parsed(text, dialect)


def test_an_unknown_dialect_is_an_interface_error_with_the_nearest() -> None:
    with pytest.raises(InterfaceError) as caught:
        dialect_named("postgers")
    assert str(caught.value) == "unknown dialect 'postgers'\nHINT: Did you mean 'postgres'?"


# --- depth and size ------------------------------------------------------------------------

DEEP = {
    "parentheses": "SELECT " + "(" * 1000 + "1" + ")" * 1000,
    "functions": "SELECT " + "abs(" * 1000 + "1" + ")" * 1000,
    "NOT": "SELECT " + "NOT " * 5000 + "true",
    "minus": "SELECT " + "- " * 5000 + "1",
    "CASE": "SELECT " + "CASE WHEN true THEN " * 1000 + "1" + " END" * 1000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_deep_nesting_is_a_programming_error_and_quick(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(StatementTooComplex, match="nested too deeply") as caught:
        parsed(text)
    assert caught.value.sqlstate == "54001"
    assert time.monotonic() - began < 5


def test_a_hundred_parentheses_are_not_deep() -> None:
    parsed("SELECT " + "(" * 100 + "1" + ")" * 100)


def test_a_statement_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(StatementTooComplex, match="has more than 8388608 characters"):
        parsed("SELECT 1" + " " * MAX_LENGTH)
