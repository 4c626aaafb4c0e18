from __future__ import annotations

import io
from pathlib import Path

import pytest

from sqlshim.repl.commands import COMMANDS, is_command
from sqlshim.repl.script import run_text
from sqlshim.repl.session import Quit, Session

from .fakes import FakeConnection


def said(session: Session, text: str) -> str:
    """What `text` printed, errors behind results."""
    session.out = session.console = io.StringIO()
    session.err = io.StringIO()
    run_text(session, text)
    return session.out.getvalue() + session.err.getvalue()


@pytest.mark.parametrize("name", [".tables", "\\dt"])
def test_tables_are_listed(session: Session, name: str) -> None:
    assert said(session, name) == " table\n-------------\n Order Lines\n people\n"


def test_tables_are_chosen_by_a_pattern(session: Session) -> None:
    assert said(session, ".tables P*") == " table\n--------\n people\n"


@pytest.mark.parametrize("name", [".describe", "\\d"])
def test_a_table_is_described(session: Session, name: str) -> None:
    assert said(session, f"{name} people;") == (
        " column | type    | nullable | key\n"
        "--------+---------+----------+-------------\n"
        " id     | bigint  | no       | primary key\n"
        " name   | varchar | no       |\n"
        " city   | varchar | yes      |\n"
    )


def test_explain_takes_the_last_statement(session: Session, connection: FakeConnection) -> None:
    said(session, "SELECT 1;\n.explain\n.explain\n.explain SELECT 2;\n.explain")
    assert connection.executed[1:] == ["EXPLAIN SELECT 1"] * 2 + ["EXPLAIN SELECT 2"] * 2


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (".format csv", ""),
        (".format", "format is table\n"),
        (".expanded on", "expanded is on\n"),
        ("\\x", "expanded is on\n"),
        ("\\timing", "timing is on\n"),
        (".timing off", "timing is off\n"),
        (".null ∅", "null is '∅'\n"),
        (".null", "null is the format's own\n"),
        (".pager on", "pager is on\n"),
        (".pager less -S", "pager is less -S\n"),
        (".pushdown", "pushdown is auto\n"),
        (".pushdown never", "pushdown is never\n"),
        (".help .quit", ".quit, \\q  Leave.\n"),
    ],
)
def test_a_setting_is_shown_and_changed(session: Session, text: str, answer: str) -> None:
    session.settings.format = "table"
    assert said(session, text).replace("format is csv\n", "") == answer


def test_pushdown_changes_the_connection(session: Session, connection: FakeConnection) -> None:
    said(session, ".pushdown always")
    assert connection.pushdown == "always"


def test_expanded_shows_rows_vertically(session: Session) -> None:
    assert said(session, ".expanded on\nSELECT 1 AS n;") == (
        "expanded is on\n-[ 1 ]-\nn | 1\n(1 row)\n".replace("-[ 1 ]-\n", "-[ 1 ]\n")
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (".tabels", "ERROR 42601: there is no command .tabels\nHINT: Did you mean .tables?\n"),
        ("\\z", "ERROR 42601: there is no command \\z\nHINT: .help lists the commands.\n"),
        (".help zz", "ERROR 42601: there is no command zz\nHINT: .help lists the commands.\n"),
        (
            ".pushdown sometimes",
            "ERROR 42601: 'sometimes' is no choice\nHINT: Choose one of auto, always, never.\n",
        ),
        (".explain", "ERROR 42601: there is no last statement to explain\n"),
        (".read", "ERROR 42601: .read needs a file\n"),
        (".read nowhere.sql", "ERROR 42601: cannot read nowhere.sql: No such file or directory\n"),
        (".output /no/where", "ERROR 42601: cannot write /no/where: No such file or directory\n"),
    ],
)
def test_a_wrong_command_says_what_would_be_right(session: Session, text: str, error: str) -> None:
    assert said(session, text) == error


def test_a_file_is_read_with_its_commands(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    file.write_text("-- first\n.format csv\nSELECT 1\n  AS n; SELECT 2 AS m;\n")
    assert said(session, f".read {file}") == "n\n1\nm\n2\nformat is csv\n"


def test_an_error_in_a_file_names_file_and_line(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    file.write_text("SELECT 1 AS n;\n\nSELECT nmae; SELECT 3;\n")
    assert said(session, f".read {file}").endswith(
        "(1 row)\n"
        "ERROR 42703: column 'nmae' does not exist\n"
        "LINE 1: SELECT nmae\n"
        "               ^\n"
        f"AT: {file}:3\n"
        "HINT: Did you mean 'name'?\n"
    )


def test_a_file_that_reads_itself_ends(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    file.write_text(f".read {file}\n")
    answer = said(session, f".read {file}")
    assert answer.startswith("ERROR 42601: files read files 16 deep\n")
    assert answer.count("ERROR") == 1


def test_output_goes_to_a_file_and_back(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert said(
        session, f".format csv\n.output {file}\nSELECT 1 AS n;\n.output\nSELECT 2 AS m;"
    ) == ("m\n2\nformat is csv\n")
    assert file.read_text() == "n\n1\n"


@pytest.mark.parametrize("text", [".quit", "\\q", "quit", "EXIT;"])
def test_quit_leaves(session: Session, text: str) -> None:
    with pytest.raises(Quit):
        run_text(session, text)


def test_help_lists_every_command(session: Session) -> None:
    answer = said(session, ".help")
    assert [name for name in COMMANDS if name not in answer] == []


def test_every_command_explains_itself_in_a_line() -> None:
    assert [entry.names for entry in COMMANDS.values() if not entry.help.endswith(".")] == []


@pytest.mark.parametrize(
    ("line", "so"),
    [(".tables", True), ("  \\dt", True), ("quit", True), ("SELECT 1", False), (".5", False)],
)
def test_commands_are_told_from_sql(line: str, so: bool) -> None:
    assert is_command(line) is so
