"""Python's garbage collector held off while a statement is planned.

Plans are made of many small objects, none of them in a cycle with another; the collector would go
through all that the program holds again and again while there are more and more of them, for up to
half of the time. Called by `engine.prepare`.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_planning = 0  # threads that are
_was_enabled = False


@contextmanager
def not_collecting() -> Iterator[None]:
    """Without automatic collections; they go on when the last thread is done, if they were on."""
    global _planning, _was_enabled
    with _lock:
        if _planning == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _planning += 1
    try:
        yield
    finally:
        with _lock:
            _planning -= 1
            if _planning == 0 and _was_enabled:
                gc.enable()
