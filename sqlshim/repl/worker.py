"""One thread that does all work on a connection.

The main thread only waits, so Ctrl-C reaches it at once even while a driver or DuckDB is deep in
C code; it then asks the connection to cancel, from the outside, until the work has stopped.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from sqlshim.errors import OperationalError

T = TypeVar("T")

_WAIT = "Wait for it to end, or leave and connect again."
_TOO_LATE = "cancelled (what the store was doing had ended already)"
_LOOK_UP_AFTER = 0.2
_ASK_AGAIN_AFTER = 0.5  # a cancel may come before the store has begun, and be lost


class Busy(OperationalError):
    """A statement was abandoned and has not ended (PostgreSQL 55006, object in use)."""

    sqlstate = "55006"


class Worker:
    def __init__(self) -> None:
        self._abandoned: Future[Any] | None = None
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        # a daemon: a store that does not answer must not keep the program from ending
        self._thread = Thread(target=self._work, name="sqlshim-repl", daemon=True)
        self._thread.start()

    def call(
        self,
        job: Callable[[], T],
        cancel: Callable[[], None] | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> T:
        """Run `job` there and give back its result. `meanwhile` is called while it waits.

        Ctrl-C calls `cancel` until the job has stopped, then goes on as KeyboardInterrupt; a
        second Ctrl-C stops waiting, and until the job does end the connection is Busy.
        """
        if self._abandoned and not self._abandoned.done():
            raise Busy("the statement that was abandoned is still running", hint=_WAIT)
        future: Future[T] = Future()
        self._jobs.put(lambda: _fulfil(future, job))
        try:
            while not future.done():  # a signal that another thread got wakes nobody who waits
                if not wait([future], timeout=_LOOK_UP_AFTER).done:
                    meanwhile()
            return future.result()
        except KeyboardInterrupt:
            if not future.cancel():
                self._abandon(future, cancel)
            raise

    def _abandon(self, future: Future[Any], cancel: Callable[[], None] | None) -> None:
        self._abandoned = future
        try:
            _stop(future, cancel)
        finally:
            if not future.done():
                atexit.register(_leave, future)
        if cancel and future.exception() is None:
            raise KeyboardInterrupt(_TOO_LATE) from None

    def stop(self) -> None:
        """End the thread, unless it is still busy with an abandoned job."""
        self._jobs.put(None)
        if not self._abandoned or self._abandoned.done():
            self._thread.join()

    def _work(self) -> None:
        while job := self._jobs.get():
            job()
            del job  # and with it what it holds of the connection


def _fulfil(future: Future[T], job: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(job())
    except BaseException as error:  # handed over whole to the thread that waits
        future.set_exception(error)


def _stop(future: Future[T], cancel: Callable[[], None] | None) -> None:
    while cancel is not None and not future.done():
        cancel()
        wait([future], timeout=_ASK_AGAIN_AFTER)


def _leave(future: Future[Any]) -> None:
    """End the process at once: Python's orderly end would tear a thread out of C++ and abort."""
    if not future.done():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(130)
