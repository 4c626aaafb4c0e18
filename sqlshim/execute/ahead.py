"""Remotes that wait for nothing are begun together, each in a thread of its own, before the local
engine asks for them: it reads its inputs one after the other, and would leave one store idle while
it reads another.

A thread opens a stream and draws its first batch; what follows comes when the engine asks. The
first error that the engine meets ends the others. At the end of the statement what is still being
opened is cancelled and awaited, so that no thread, and no cursor of a server's, is left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

from sqlshim.backends.kept import begun, watched
from sqlshim.backends.protocol import RunContext, Stream
from sqlshim.errors import QueryCanceled
from sqlshim.ir.relational import Remote

T = TypeVar("T")
PATIENCE = 0.1  # seconds between cancellations: a server does not find what has not arrived yet


@dataclass(eq=False)
class _Begun:
    context: RunContext
    future: Future[Stream]
    taken: bool = False


class Ahead:
    """The Remotes that one execution begins at once. `begin` opens one of them."""

    def __init__(
        self,
        remotes: Sequence[Remote],
        begin: Callable[[Remote, RunContext], Stream],
        context: RunContext,
    ) -> None:
        self._remotes, self._begin, self._context = remotes, begin, context
        self._begun: dict[Remote, _Begun] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Begin all of them."""
        self._context.remaining()
        self._pool = ThreadPoolExecutor(len(self._remotes), "sqlshim-ahead")
        self._context.on_cancel.append(self._cancel)
        for remote in self._remotes:
            part = self._context.part()
            self._begun[remote] = _Begun(part, self._pool.submit(self._first, remote, part))

    def _first(self, remote: Remote, context: RunContext) -> Stream:
        context.remaining()
        return begun(self._begin(remote, context))

    def take(self, remote: Remote) -> Stream | None:
        """The stream of a Remote that was begun, once; None for any other."""
        with self._lock:
            one = self._begun.get(remote)
            if one is None or one.taken:
                return None
            one.taken = True
        try:
            return watched(one.future.result(), self._fail)
        except BaseException as error:
            self._fail(error)
            raise

    def _fail(self, error: BaseException) -> None:
        """The first error that the engine meets ends the others; they raise it, too."""
        with self._lock:
            first = self._failure
            if first is None:
                self._failure = error
        if first is not None and isinstance(error, QueryCanceled):
            raise first
        for one in self._pending():
            one.context.cancel()

    def _pending(self) -> list[_Begun]:
        return [one for one in tuple(self._begun.values()) if not one.future.done()]

    def _cancel(self) -> None:
        for one in tuple(self._begun.values()):
            one.context.cancel()

    def close(self) -> None:
        """End what is still being opened, and what nobody took; harmless twice."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is None:
            return
        while pending := self._pending():
            for one in pending:
                one.context.cancel()
            wait([one.future for one in pending], PATIENCE)
        pool.shutdown()
        self._context.on_cancel.remove(self._cancel)
        for one in self._begun.values():
            if not one.taken and one.future.exception() is None:
                one.future.result().close()


class AheadStream(Stream):
    """The stream of the local engine, whose inputs are begun when its first row is asked for."""

    def __init__(self, inner: Stream, ahead: Ahead) -> None:
        self.columns = inner.columns
        self._inner, self._ahead = inner, ahead

    def rows(self) -> Iterator[list[tuple[object, ...]]]:
        return self._parts(self._inner.rows)

    def batches(self) -> Iterator[object]:
        return self._parts(self._inner.batches)

    def _parts(self, of: Callable[[], Iterator[T]]) -> Iterator[T]:
        try:
            self._ahead.start()
            yield from of()
        finally:
            self.close()

    def close(self) -> None:
        self._ahead.close()
        self._inner.close()
