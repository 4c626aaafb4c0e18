"""A stream on a transaction's connection, which it shares with the statements that follow.

DuckDB keeps one open result a connection. `store` calls `give_way` before it uses the connection
for anything else: what is left of the stream is then read into memory.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlshim.backends.arrow import rows_of
from sqlshim.backends.protocol import Stream
from sqlshim.errors import Error

if TYPE_CHECKING:
    import pyarrow as pa


class SharedStream(Stream):
    """Started at once, so that it sees the transaction as it was when the statement ran."""

    def __init__(self, inner: Stream, lock: threading.RLock) -> None:
        self.columns = inner.columns
        self._inner = inner
        self._lock = lock
        self._source: Iterator[pa.RecordBatch] | None = inner.batches()
        self._ahead: deque[pa.RecordBatch] = deque()
        self._error: Error | None = None
        self._read_ahead()
        if self._error is not None:
            raise self._error

    def _read_ahead(self) -> bool:
        """One more batch into memory; whether there was one."""
        if self._source is None:
            return False
        try:
            batch = next(self._source, None)
        except Error as error:
            self._error, batch = error, None
        if batch is None:
            self._source = None
            return False
        self._ahead.append(batch)
        return True

    def give_way(self) -> None:
        """Let go of the connection; the caller holds the lock."""
        while self._read_ahead():
            pass

    def _next(self) -> pa.RecordBatch | None:
        with self._lock:
            if not self._ahead:
                self._read_ahead()
            if self._ahead:
                return self._ahead.popleft()
            if self._error is not None:
                raise self._error
            return None

    def batches(self) -> Iterator[pa.RecordBatch]:
        while (batch := self._next()) is not None:
            yield batch

    def rows(self) -> Iterator[list[tuple[object, ...]]]:
        return (rows_of(self.columns, batch) for batch in self.batches())

    def close(self) -> None:
        with self._lock:
            self._ahead.clear()
            if self._source is not None:
                with contextlib.suppress(ValueError):  # being read by another thread
                    self._source.close()  # type: ignore[attr-defined]
                self._source = None
            self._inner.close()
