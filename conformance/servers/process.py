"""One server process: started, waited for, paused, killed, and never left behind.

Every process started here is stopped by its own id: by its context manager, else when Python
exits, else when SIGTERM or SIGHUP ends it, else by the next run's `homes.sweep`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from .errors import ServerFailed
from .homes import OWNER, SERVER

_TAIL = 40
_running: set[Process] = set()
_guarded = False


class Process:
    """A server in its home directory; `argv` must name `home`, so that `sweep` knows it again."""

    def __init__(self, name: str, argv: Sequence[str | Path], home: Path) -> None:
        self.name = name
        self.home = home
        self.log = home / "log"
        self._argv = [str(word) for word in argv]
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None while it does not run."""
        return self._popen.pid if self._popen is not None and self.alive else None

    @property
    def alive(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        """Start it (again). A session of its own keeps the terminal's Ctrl-C away from it."""
        _guard()
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                start_new_session=True,
            )
        _running.add(self)
        (self.home / SERVER).write_text(str(self._popen.pid))

    def wait_until(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        """Poll `ready` until it holds; a dead process or a passed deadline is `ServerFailed`."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive:
                raise ServerFailed(f"{self.name} ended before it was {what}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"{self.name} was not {what} within {seconds:.0f} s\n{self.log_tail()}"
                )
            time.sleep(0.1)

    def log_tail(self) -> str:
        """The last lines of its log."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join(text.splitlines()[-_TAIL:]) or "(an empty log)"

    def pause(self) -> None:
        """Freeze it: it keeps its connections and answers nothing, like a network partition."""
        self._signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it at once, as a power cut would; its directory stays."""
        self._signal(signal.SIGKILL)
        self._reap()

    def discard(self) -> None:
        """Kill it and remove its directory: test data is not worth an orderly shutdown."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive and self._popen is not None:
            self._popen.send_signal(number)

    def _reap(self) -> None:
        if self._popen is not None:
            self._popen.wait()
        _running.discard(self)


def stop_all() -> None:
    """Stop every server this process started."""
    for process in list(_running):
        if _is_mine(process):
            process.discard()


def _is_mine(process: Process) -> bool:
    """Whether this process started it: a forked child inherits the list, not the servers."""
    try:
        return int((process.home / OWNER).read_text()) == os.getpid()
    except (OSError, ValueError):
        return False


def _guard() -> None:
    """Make sure, once, that an ending Python stops its servers."""
    global _guarded
    if _guarded:
        return
    _guarded = True
    atexit.register(stop_all)
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop_and_end)


def _stop_and_end(number: int, _frame: FrameType | None) -> None:
    # SystemExit would only fail the running test and let pytest go on: end as the signal would.
    stop_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
