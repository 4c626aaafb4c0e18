from __future__ import annotations

import io
import threading
import time

import pytest

import sqlshim
from sqlshim.backends.protocol import Progress
from sqlshim.repl import progress
from sqlshim.repl.progress import ProgressLine, describe
from sqlshim.repl.worker import Worker

LONG = "SELECT COUNT(*) FROM generate_series(1, 4000) a(i), generate_series(1, 20000) b(j) " + (
    "WHERE (i + j) % 7 = 3"
)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (None, ""),
        (Progress(0), ""),
        (Progress(1_234_567), "1,234,567 rows read"),
        (Progress(0, 99.9), "99 % done locally"),
        (Progress(5, 43.2), "5 rows read, 43 % done locally"),
    ],
)
def test_what_is_not_known_is_not_shown(given: Progress | None, text: str) -> None:
    assert describe(given) == text


def test_the_line_is_drawn_over_itself_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SHOWN_AFTER", 0)
    out, known = io.StringIO(), iter([Progress(1), Progress(1), Progress(2)])
    line = ProgressLine(out, lambda: next(known))
    for _ in range(3):
        line.tick()
    line.clear()
    line.clear()
    assert out.getvalue() == "\r\x1b[K1 rows read\r\x1b[K2 rows read\r\x1b[K"


def test_a_short_statement_has_no_line() -> None:
    out = io.StringIO()
    line = ProgressLine(out, lambda: Progress(1, 50.0))
    line.tick()
    line.clear()
    assert out.getvalue() == ""


def test_the_worker_calls_back_while_it_waits() -> None:
    worker, called = Worker(), threading.Event()
    assert worker.call(lambda: called.wait(10), meanwhile=called.set)
    worker.stop()


def percentages(connection: sqlshim.Connection, statement: str) -> list[Progress]:
    """What is known of a statement while it runs; it is then cancelled."""
    seen: list[Progress] = []

    def watch() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and len(seen) < 3:
            if (now := connection.progress()) and (now.percent or now.rows):
                seen.append(now)
            time.sleep(0.01)
        connection.cancel()

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(sqlshim.OperationalError, match="cancel"):
        connection.execute(statement).fetchall()
    watcher.join()
    return seen


def test_the_engine_knows_a_percentage_of_its_own_rows() -> None:
    with sqlshim.connect("memory://", progress=True) as connection:
        seen = percentages(connection, LONG.replace("4000", "400000"))
        assert seen
        assert all(p.percent is not None and 0 < p.percent < 100 for p in seen)
        assert connection.progress() is None


def test_of_rows_of_stores_the_number_is_known_and_no_percentage() -> None:
    with sqlshim.connect({"a": "memory://", "b": "memory://"}, progress=True) as connection:
        for store in "ab":
            connection.execute(
                f"CREATE TABLE {store}.t AS "
                "SELECT i, i % 10 AS g FROM generate_series(1, 300000) s(i)"
            )
        slow = "SELECT COUNT(*) FROM a.t x JOIN b.t y ON x.g = y.g WHERE (x.i + y.i) % 7 = 3"
        seen = percentages(connection, slow)
        assert seen
        assert all(p.rows > 0 for p in seen)


def test_watching_unlocks_nothing_else() -> None:
    with sqlshim.connect("memory://", progress=True) as connection:
        connection.execute("SELECT 1")
        store = connection._world.stores[""]
        cursor = store._database.cursor()  # type: ignore[attr-defined]
        for statement in ("SET GLOBAL enable_external_access = true", "SET memory_limit = '1GB'"):
            with pytest.raises(Exception, match="locked"):
                cursor.execute(statement)
