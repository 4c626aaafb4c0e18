"""A line that says how far a long statement is, on a terminal, while a person waits.

Rows that the stores have given, and the percentage of the local engine where that knows it; what is
not known is not shown. `tick` is called again and again by the thread that waits, `clear` before
anything else is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TextIO

_SHOWN_AFTER = 1.0  # seconds; what is done sooner needs no line
_CLEARED = "\r\x1b[K"


class Progress(Protocol):
    @property
    def rows(self) -> int: ...
    @property
    def percent(self) -> float | None: ...


class ProgressLine:
    def __init__(self, out: TextIO, ask: Callable[[], Progress | None]) -> None:
        self._out = out
        self._ask = ask
        self._started = time.monotonic()
        self._shown = ""

    def tick(self) -> None:
        """Show how far it is, if it has taken long already."""
        if time.monotonic() - self._started < _SHOWN_AFTER:
            return
        text = describe(self._ask())
        if text != self._shown:
            self._out.write(_CLEARED + text)
            self._out.flush()
            self._shown = text

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._out.write(_CLEARED)
            self._out.flush()
            self._shown = ""


def describe(progress: Progress | None) -> str:
    """`1,234,567 rows read, 43 % done locally`; empty where nothing is known."""
    if progress is None:
        return ""
    parts = [f"{progress.rows:,} rows read"] if progress.rows else []
    if progress.percent is not None:
        parts.append(f"{int(progress.percent)} % done locally")
    return ", ".join(parts)
