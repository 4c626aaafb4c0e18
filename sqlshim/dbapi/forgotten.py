"""Stores of connections that were forgotten rather than closed, and those still open at exit.

The garbage collector finds a forgotten connection in whatever thread it happens to run: in one of
a driver's own, which closing would wait for, or in one that holds a lock which closing needs. So
it only puts the stores into a queue, and a thread of our own closes them. Called by
`dbapi.connection`.
"""

from __future__ import annotations

import atexit
import logging
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

Close = Callable[[], None]


class _Closeable(Protocol):
    def close(self) -> None: ...


PATIENCE = 30.0  # seconds at the end of the interpreter
_log = logging.getLogger(__name__)
_left: SimpleQueue[Close] = SimpleQueue()  # its `put` may interrupt itself, as finalizers do
_open: weakref.WeakSet[_Closeable] = weakref.WeakSet()
_lock = threading.Lock()
_closer: threading.Thread | None = None


def watch(connection: _Closeable, close: Close) -> weakref.finalize[..., _Closeable]:
    """Have `close` called some time after `connection` is forgotten; before the interpreter ends
    it is closed by its own method. Calling `detach` of what is returned takes that back."""
    _start()
    _open.add(connection)
    forgotten = weakref.finalize(connection, _left.put, close)
    forgotten.atexit = False
    return forgotten


def _start() -> None:
    """The thread that closes; a process that was forked has none of its parent's."""
    global _closer
    with _lock:
        if _closer is None or not _closer.is_alive():
            _closer = threading.Thread(target=_close_left, name="sqlshim-closer", daemon=True)
            _closer.start()


def _close_left() -> None:
    while (close := _left.get()) is not _no_more:
        _closed(close)


def _no_more() -> None:
    """Behind this nothing is closed any more."""


def _closed(close: Close) -> None:
    try:
        close()
    except Exception:  # nobody waits for it who could be told
        _log.warning("a forgotten connection could not be closed", exc_info=True)


def _at_exit() -> None:
    """Close what is open, and wait for the thread: the interpreter must not end while it is inside
    a driver's or DuckDB's own code, which would abort the process."""
    for connection in tuple(_open):
        _closed(connection.close)
    _left.put(_no_more)
    if _closer is not None and _closer.is_alive():
        _closer.join(PATIENCE)
    else:  # a process that was forked has none
        _close_left()


atexit.register(_at_exit)
