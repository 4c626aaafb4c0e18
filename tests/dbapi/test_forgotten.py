"""Connections that nobody closes: who closes their stores, and when."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from dataclasses import dataclass, field

from sqlshim.backends.protocol import Options
from sqlshim.dbapi.connection import Connection
from tests.fakes import FakeBackend


@dataclass
class Recording(FakeBackend):
    """Remembers the thread that closed it."""

    nodes: tuple[type, ...] = ()
    closed_by: list[threading.Thread] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    broken: bool = False

    def close(self) -> None:
        self.closed_by.append(threading.current_thread())
        self.closed.set()
        if self.broken:
            raise RuntimeError("this store does not close")


def opened(store: Recording) -> Connection:
    return Connection({"": store}, lambda options: None, Options(), "postgres", False)  # type: ignore[arg-type, return-value]


def forgotten(store: Recording) -> None:
    """A connection in a cycle, which only the collector finds: in the thread that calls this."""
    around: list[object] = [opened(store)]
    around.append(around)
    del around
    gc.collect()


def test_a_forgotten_connection_is_closed_by_a_thread_of_its_own() -> None:
    store = Recording()
    finder = threading.Thread(target=forgotten, args=(store,))
    finder.start()
    finder.join()
    assert store.closed.wait(30)
    assert [thread.name for thread in store.closed_by] == ["sqlshim-closer"]


def test_one_that_does_not_close_keeps_no_other_from_it() -> None:
    broken, sound = Recording(broken=True), Recording()
    forgotten(broken)
    forgotten(sound)
    assert sound.closed.wait(30)
    assert broken.closed.is_set()


def test_a_closed_connection_is_closed_by_its_user_and_once() -> None:
    store, next_ = Recording(), Recording()
    opened(store).close()
    gc.collect()
    forgotten(next_)
    assert next_.closed.wait(30)
    assert store.closed_by == [threading.current_thread()]


AT_EXIT = """
from tests.dbapi.test_forgotten import Recording, opened
class Telling(Recording):
    def close(self):
        super().close()
        print("closed by", self.closed_by[0].name)
held = opened(Telling())
"""


def test_what_is_open_when_the_interpreter_ends_is_closed_then() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", AT_EXIT], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("closed by MainThread\n", "")


INSIDE_AT_EXIT = """
import gc
import threading
import duckdb
from sqlshim.dbapi import forgotten
begun = threading.Event()
class Held:
    def close(self):
        raise AssertionError("it is forgotten")
def close():
    connection = duckdb.connect()
    begun.set()
    connection.execute("SELECT SUM(a.range * b.range) FROM range(9000) a, range(9000) b").fetchall()
    print("closed", flush=True)
held = Held()
forgotten.watch(held, close)
del held
gc.collect()
begun.wait()
"""


def test_the_interpreter_waits_for_what_is_being_closed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INSIDE_AT_EXIT], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "closed\n", "")
