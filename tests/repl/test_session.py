from __future__ import annotations

import io
import os
import signal
import time
from pathlib import Path
from threading import Event

import pytest

from sqlshim.repl.script import run_text
from sqlshim.repl.session import BATCH, ReaderGone, Session
from sqlshim.repl.worker import Busy, Worker

from .fakes import FakeConnection


def out(session: Session) -> str:
    assert isinstance(session.out, io.StringIO)
    return session.out.getvalue()


def err(session: Session) -> str:
    assert isinstance(session.err, io.StringIO)
    return session.err.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_result_has_a_footer(session: Session) -> None:
    assert run_text(session, "SELECT id, city FROM people ORDER BY id")
    assert out(session) == (
        " id | city\n"
        "----+------\n"
        "  1 | Oslo\n"
        "  2 | NULL\n"
        "  3 | 北京\n"
        "(3 rows)\n"
    )  # fmt: skip


def test_a_statement_without_rows_tells_its_count(session: Session) -> None:
    run_text(session, "INSERT INTO people VALUES (4, 'D', NULL); CREATE TABLE t (a INT);")
    assert out(session) == "(1 row affected)\n(done)\n"


def test_timing_is_in_the_footer(session: Session) -> None:
    session.settings.timing = True
    run_text(session, "SELECT 1 AS n")
    assert out(session).splitlines()[-1].startswith("(1 row, 0.")
    assert out(session).endswith(" s)\n")


def test_formats_for_programs_have_no_footer(session: Session) -> None:
    session.settings.format = "csv"
    run_text(session, "INSERT INTO people VALUES (4, 'D', NULL); SELECT 1 AS n")
    assert out(session) == "n\n1\n"


def test_a_result_is_fetched_batch_by_batch(session: Session, connection: FakeConnection) -> None:
    session.settings.format = "ndjson"
    run_text(session, "SELECT i FROM range(2500) t(i)")
    assert out(session).count("\n") == 2500
    assert connection.biggest_fetch == BATCH


def test_the_first_error_ends_a_text(session: Session, connection: FakeConnection) -> None:
    assert not run_text(session, "SELECT 1; SELECT nmae; SELECT 3")
    assert connection.executed == ["SELECT 1", "SELECT nmae"]


def test_keep_going_runs_the_rest(session: Session, connection: FakeConnection) -> None:
    assert not run_text(session, "SELECT nmae; SELECT 3", keep_going=True)
    assert connection.executed == ["SELECT nmae", "SELECT 3"]


def test_an_unexpected_exception_does_not_end_the_session(session: Session) -> None:
    assert not run_text(session, "SELECT unexpected")
    assert run_text(session, "SELECT 1")
    assert err(session) == (
        "ERROR XX000: RuntimeError: mongodb://ann:***@h/ is on fire\n"
        "HINT: This is a bug in sqlshim; SQLSHIM_DEBUG=1 shows where.\n"
    )


def test_debug_shows_the_traceback_without_password(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQLSHIM_DEBUG", "1")
    run_text(session, "SELECT unexpected")
    assert "Traceback" in err(session)
    assert "hunter2" not in err(session)


def test_the_label_hides_the_password(session: Session) -> None:
    assert session.label == "fake://ann:***@h/shop"
    session.stores = {"a": "fake://x:pw@h/", "b": "memory://"}
    assert session.label == "a=fake://x:***@h/, b=memory://"


def test_ctrl_c_cancels_what_runs(session: Session, connection: FakeConnection) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_text(session, "SELECT pg_sleep(100)")
    assert connection.canceled.is_set()
    assert run_text(session, "SELECT 1")


def test_a_second_ctrl_c_abandons_and_the_connection_is_busy() -> None:
    worker, release = Worker(), Event()

    def job() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        release.wait(10)

    def cancel() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        worker.call(job, cancel)
    with pytest.raises(Busy):
        worker.call(lambda: 1)
    release.set()


def test_a_cancel_that_came_too_late_is_told() -> None:
    def job() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)

    with pytest.raises(KeyboardInterrupt, match="had ended already"):
        Worker().call(job, lambda: None)


def test_a_reader_that_left_ends_the_session(session: Session) -> None:
    session.out = Closed()
    with pytest.raises(ReaderGone):
        run_text(session, "SELECT 1; SELECT 2")


def test_a_terminal_gets_a_table_that_fits(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("NO_COLOR", "1")
    session.out = Terminal()
    run_text(session, "SELECT 1 AS n, repeat('x', 50) AS t")
    assert session.out.getvalue().splitlines()[2] == " 1 | " + "x" * 23 + "…"


def test_a_long_result_goes_through_the_pager(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LINES", "10")
    session.settings.pager = f"tee {tmp_path}/paged"
    session.out = Terminal()
    run_text(session, "SELECT i FROM range(5) t(i); SELECT i FROM range(50) t(i)")
    assert session.out.getvalue().splitlines()[-2:] == ["(5 rows)", "(50 rows)"]
    assert (tmp_path / "paged").read_text().count("\n") == 52
