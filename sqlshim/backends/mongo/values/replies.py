"""The server's replies to one query, read ahead in a thread.

`Replies` is an iterator of what each reply holds. The first is awaited by the caller; while it
works on one, the next are on their way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, Protocol

import pymongo

from sqlshim.backends.mongo.errors import translating
from sqlshim.backends.protocol import RunContext

AHEAD = 2  # replies under way or waiting
PATIENCE = 0.5  # seconds that closing waits for a reply before it stops the server
Reply = bytes | list[dict[str, Any]]


@contextmanager
def interrupted_by(context: RunContext, stop: Callable[[], None]) -> Iterator[None]:
    """While this lasts, cancelling the execution calls `stop`."""
    context.on_cancel.append(stop)
    try:
        yield
    finally:
        context.on_cancel.remove(stop)


class ServerCursor(Protocol):
    """What the driver's four kinds of cursor have in common."""

    @property
    def alive(self) -> bool: ...

    def close(self) -> None: ...


class Replies:
    """Replies of `cursor`, none of them empty. `fetch` gets one, an empty one at the end;
    `stop` makes the server give up what it does for us."""

    def __init__(
        self,
        cursor: ServerCursor,
        fetch: Callable[[], Reply],
        stop: Callable[[], None],
        context: RunContext,
    ) -> None:
        self._cursor, self._get, self._stop, self._context = cursor, fetch, stop, context
        self._worker: ThreadPoolExecutor | None = None
        self._ahead: deque[Future[Reply]] = deque()
        self._closed = False
        context.on_cancel.append(stop)
        try:
            self._first = self._fetch()
        except BaseException:
            self.close()
            raise

    def only(self) -> Reply | None:
        """The first reply, if the server has said that there is no other; then all is closed."""
        if self._cursor.alive:
            return None
        self.close()
        return self._first

    def __iter__(self) -> Iterator[Reply]:
        reply = self._first
        try:
            while not self._closed:
                self._read_ahead()
                if reply:
                    yield reply
                if self._closed or not self._ahead:
                    return
                reply = self._ahead.popleft().result()
        finally:
            self.close()

    def _fetch(self) -> Reply:
        left = self._context.remaining()
        with translating():
            if left is None:
                return self._get()
            with pymongo.timeout(left):
                return self._get()

    def _read_ahead(self) -> None:
        while len(self._ahead) < AHEAD and self._cursor.alive:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, "sqlshim-mongo-read")
            self._ahead.append(self._worker.submit(self._fetch))

    def close(self) -> None:
        """Free what the server holds; harmless twice."""
        if self._closed:
            return
        self._closed = True
        if self._worker is not None:
            self._worker.shutdown(wait=False, cancel_futures=True)
            if wait(self._ahead, PATIENCE).not_done:
                self._stop()
            self._worker.shutdown()
        if self._stop in self._context.on_cancel:
            self._context.on_cancel.remove(self._stop)
        self._cursor.close()
