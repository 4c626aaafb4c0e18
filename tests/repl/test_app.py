from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from sqlshim.repl.app import loop, prompt_text, ready, run_repl
from sqlshim.repl.config import history_file
from sqlshim.repl.session import Session

from .fakes import FakeConnection

CTRL_C, CTRL_D, ENTER, ALT_ENTER = "\x03", "\x04", "\r", "\x1b\r"
HELLO = "sqlshim on fake://ann:***@h/shop. `.help` lists the commands, Ctrl-D leaves.\n"


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    with create_pipe_input() as made, create_app_session(input=made, output=DummyOutput()):
        yield made


@pytest.fixture
def typed(keys: PipeInput, session: Session) -> Callable[[str], str]:
    """Type into the REPL and leave; what it printed, errors last."""

    def run(text: str) -> str:
        keys.send_text(text + CTRL_D)
        assert loop(session) == 0
        assert isinstance(session.out, io.StringIO)
        assert isinstance(session.err, io.StringIO)
        return session.out.getvalue().removeprefix(HELLO) + session.err.getvalue()

    return run


def test_a_statement_over_lines_runs_at_its_semicolon(
    typed: Callable[[str], str], connection: FakeConnection
) -> None:
    assert typed(f"SELECT 1{ENTER}  AS n;{ENTER}") == " n\n---\n 1\n(1 row)\n"
    assert connection.executed == ["SELECT 1\n  AS n"]


def test_a_semicolon_in_a_quote_does_not_send(
    typed: Callable[[str], str], connection: FakeConnection
) -> None:
    typed(f"SELECT ';{ENTER}';{ENTER}")
    assert connection.executed == ["SELECT ';\n'"]


def test_alt_enter_sends_without_a_semicolon(
    typed: Callable[[str], str], connection: FakeConnection
) -> None:
    typed(f"SELECT 1{ALT_ENTER}")
    assert connection.executed == ["SELECT 1"]


def test_an_error_does_not_end_the_repl(typed: Callable[[str], str]) -> None:
    assert typed(f"SELECT nmae;{ENTER}SELECT 2 AS n;{ENTER}") == (
        " n\n---\n 2\n(1 row)\n"
        "ERROR 42703: column 'nmae' does not exist\n"
        "LINE 1: SELECT nmae\n"
        "               ^\n"
        "HINT: Did you mean 'name'?\n"
    )


def test_ctrl_c_clears_the_line(typed: Callable[[str], str], connection: FakeConnection) -> None:
    typed(f"SELECT 1{CTRL_C}SELECT 2;{ENTER}")
    assert connection.executed == ["SELECT 2"]


def test_ctrl_c_cancels_the_running_statement(typed: Callable[[str], str]) -> None:
    assert typed(f"SELECT pg_sleep(9);{ENTER}SELECT 2 AS n;{ENTER}") == (
        " n\n---\n 2\n(1 row)\ncancelled\n"
    )


def test_a_command_needs_no_semicolon(typed: Callable[[str], str]) -> None:
    assert typed(f".tables p*{ENTER}") == " table\n--------\n people\n"


@pytest.mark.parametrize("text", [".quit", "\\q", "exit"])
def test_quit_leaves_at_once(keys: PipeInput, session: Session, text: str) -> None:
    keys.send_text(f"{text}{ENTER}")
    assert loop(session) == 0


def test_statements_are_remembered_privately(typed: Callable[[str], str]) -> None:
    typed(f"SELECT 1;{ENTER}")
    assert "+SELECT 1;\n" in history_file().read_text(encoding="utf-8")
    assert history_file().stat().st_mode & 0o077 == 0


def test_history_can_be_off(typed: Callable[[str], str], session: Session) -> None:
    session.settings.history = False
    typed(f"SELECT 1;{ENTER}")
    assert not history_file().exists()


def test_the_prompt_hides_the_password(session: Session) -> None:
    assert prompt_text(session) == "fake://ann:***@h/shop> "


def test_a_long_prompt_shows_its_end(session: Session) -> None:
    session.stores = f"file:///{'very/' * 20}deep"
    assert prompt_text(session) == "…very/very/very/very/very/very/very/deep> "


def test_run_repl_opens_and_closes_a_connection(
    keys: PipeInput,
    connected: Callable[[], object],
    connection: FakeConnection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys.send_text(f"SELECT 1 AS n;{ENTER}{CTRL_D}")
    assert run_repl("fake://h", pushdown="never") == 0
    assert connected() == ("fake://h", {"autocommit": True, "pushdown": "never"})
    assert connection.closed
    assert " n\n---\n 1\n(1 row, " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "sends"),
    [("", True), ("SELECT 1", False), ("SELECT 1;", True), (".help", True), ("exit", True)],
)
def test_enter_sends_what_is_whole(text: str, sends: bool) -> None:
    assert ready(text, "postgres") is sends
