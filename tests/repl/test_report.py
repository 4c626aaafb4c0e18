from __future__ import annotations

from sqlshim import errors
from sqlshim.errors import NotSupportedError, OperationalError, UnknownColumn
from sqlshim.repl.report import report

SQL = "SELECT id,\n\tnmae\nFROM people"


def test_an_error_shows_code_place_and_hint() -> None:
    error = UnknownColumn("nmae", ["name"], SQL.index("nmae") + 1)
    assert report(error, SQL, "a.sql:3") == (
        "ERROR 42703: column 'nmae' does not exist\n"
        "LINE 2:  nmae\n"
        "         ^\n"
        "AT: a.sql:3\n"
        "HINT: Did you mean 'name'?\n"
    )


def test_the_caret_stands_below_its_character_after_wide_ones() -> None:
    sql = "SELECT '王芳', nmae"
    assert report(UnknownColumn("nmae", (), sql.index("nmae") + 1), sql) == (
        "ERROR 42703: column 'nmae' does not exist\n"
        "LINE 1: SELECT '王芳', nmae\n"
        "                       ^\n"
    )


def test_a_long_line_is_cut_around_the_caret() -> None:
    sql = f"SELECT {'a, ' * 60}nmae{', b' * 60}"
    lines = report(UnknownColumn("nmae", (), sql.index("nmae") + 1), sql).splitlines()
    assert lines[1][lines[2].index("^") :].startswith("nmae")
    assert max(map(len, lines)) <= 110


def test_the_end_of_the_text_has_a_place_too() -> None:
    assert report(errors.SyntaxError("unexpected end", position=8), "SELECT ") == (
        "ERROR 42601: unexpected end\nLINE 1: SELECT \n               ^\n"
    )


def test_a_place_the_message_draws_itself_is_drawn_once() -> None:
    error = errors.SyntaxError("expected a table\n  SELECT FROM\n         ^", position=8)
    assert report(error, "SELECT FROM") == (
        "ERROR 42601: expected a table\nLINE 1: SELECT FROM\n               ^\n"
    )


def test_without_a_position_there_is_no_quote() -> None:
    assert report(NotSupportedError("no"), SQL) == "ERROR 0A000: no\n"


def test_no_password_is_shown() -> None:
    error = OperationalError("mongodb://ann:hunter2@h/ refused", hint="try password=hunter2")
    assert report(error) == ("ERROR 58000: mongodb://ann:***@h/ refused\nHINT: try password=***\n")


def test_a_foreign_exception_is_called_a_bug() -> None:
    assert report(KeyError("x"), SQL) == (
        "ERROR XX000: KeyError: 'x'\nHINT: This is a bug in sqlshim; SQLSHIM_DEBUG=1 shows where.\n"
    )
