"""An open connection with its settings and its output: runs a statement and shows what it gave.

Used by the REPL and by `-c`, `-f` and stdin alike. `guarded` is the border: every error of a
statement becomes text on `err`. Ctrl-C cancels what runs and leaves as
KeyboardInterrupt; a reader that has gone away leaves as ReaderGone.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TextIO, TypeVar

from sqlshim.errors import Error, without_secrets
from sqlshim.repl import pager
from sqlshim.repl.config import Settings
from sqlshim.repl.progress import Progress, ProgressLine
from sqlshim.repl.render import FOR_PEOPLE, FORMATS, Batches, Look, Row
from sqlshim.repl.report import report
from sqlshim.repl.worker import Busy, Worker

T = TypeVar("T")
BATCH = 1000  # rows fetched, and rows a table is measured on

Stores = str | Mapping[str, str]


class Cursor(Protocol):
    @property
    def description(self) -> Sequence[tuple[Any, ...]] | None: ...
    @property
    def rowcount(self) -> int: ...
    def execute(self, operation: str, /) -> object: ...
    def fetchmany(self, size: int, /) -> Sequence[Row]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """What a session needs of `sqlshim.connect`'s answer."""

    pushdown: Any

    def cursor(self) -> Any: ...
    def tables(self) -> list[str]: ...
    def columns(self, table: str, /) -> list[tuple[str, str, bool, str]]: ...
    def cancel(self) -> None: ...
    def progress(self) -> Progress | None: ...
    def close(self) -> None: ...


class ReaderGone(Exception):
    """Whoever read our output has left (`| head`)."""


class Quit(Exception):
    """The user asked to leave."""


class Reported(Exception):
    """Something went wrong and has been reported already."""


@dataclass
class Session:
    connection: Connection
    settings: Settings
    out: TextIO
    err: TextIO
    stores: Stores = ""
    dialect: str = "postgres"
    worker: Worker = field(default_factory=Worker)
    running: str = ""  # the statement an error speaks of
    changes: int = 0  # statements without rows so far: what was known of tables may be stale
    last: str = ""  # for `.explain`
    depth: int = 0  # of files that read files

    def __post_init__(self) -> None:
        self.console = self.out  # `-o` and `.output` lead `out` elsewhere for a time

    @property
    def label(self) -> str:
        """The stores, without passwords."""
        if isinstance(self.stores, str):
            return without_secrets(self.stores)
        return ", ".join(f"{name}={without_secrets(uri)}" for name, uri in self.stores.items())

    def guarded(self, work: Callable[[], None], place: str = "") -> bool:
        """Do `work`; an error is reported on `err`. Whether that went well. The border."""
        self.running = ""
        try:
            work()
            return True
        except (ReaderGone, Quit):
            raise
        except Reported:
            return False
        except Exception as error:  # the border: whatever it is, it is shown and the session lives
            if not isinstance(error, Error) and os.environ.get("SQLSHIM_DEBUG"):
                self.err.write(without_secrets("".join(traceback.format_exception(error))))
            self.err.write(report(error, self.running, place))
            self.err.flush()
            return False

    def ask(self, question: Callable[[Connection], T]) -> T:
        """The connection's answer, got on the worker's thread."""
        return self.worker.call(lambda: question(self.connection), self.connection.cancel)

    def show(self, names: Sequence[str], rows: Sequence[Row]) -> None:
        """A result that is not a statement's: no footer."""
        self._page(self._pieces(names, [rows] if rows else []))

    def say(self, text: str) -> None:
        """A line to the person; not part of any result, so programs that read never see it."""
        target = self.out if self.settings.format in FOR_PEOPLE else self.err
        self._write(text + "\n", target)

    def wait_for(self, work: Callable[[], T]) -> T:
        """What `work` on a statement gives; how far it is stands on the terminal until then."""
        cancel = self.connection.cancel
        if not self.err.isatty():
            return self.worker.call(work, cancel)
        line = ProgressLine(self.err, self.connection.progress)
        try:
            return self.worker.call(work, cancel, line.tick)
        finally:
            line.clear()

    def execute(self, statement: str) -> None:
        """Run one statement and show its result."""
        self.running = self.last = statement
        started = time.monotonic()
        cursor: Cursor = self.ask(lambda connection: connection.cursor())
        try:
            self.wait_for(lambda: cursor.execute(statement))
            if cursor.description is None:
                self.changes += 1
                self._done(cursor.rowcount, started)
            else:
                self._result(cursor, [column[0] for column in cursor.description], started)
        finally:
            with suppress(Busy):  # abandoned: the connection is still busy with it
                self.ask(lambda _: cursor.close())

    def _result(self, cursor: Cursor, names: Sequence[str], started: float) -> None:
        count = 0

        def batches() -> Iterator[Sequence[Row]]:
            nonlocal count
            while rows := self.wait_for(lambda: cursor.fetchmany(BATCH)):
                count += len(rows)
                yield rows

        self._page(self._pieces(names, batches()))
        if self.settings.format in FOR_PEOPLE and self.settings.header:
            self._write(f"({_counted(count)}{self._took(started)})\n")

    def _done(self, rowcount: int, started: float) -> None:
        if self.settings.format in FOR_PEOPLE and self.settings.header:
            said = f"{_counted(rowcount)} affected" if rowcount >= 0 else "done"
            self._write(f"({said}{self._took(started)})\n")

    def _took(self, started: float) -> str:
        return f", {time.monotonic() - started:.3f} s" if self.settings.timing else ""

    # --- output ------------------------------------------------------------------------------

    def _pieces(self, names: Sequence[str], batches: Batches) -> Iterator[str]:
        name = self.settings.format
        if name == "table" and self.settings.expanded == "on":
            name = "vertical"
        return FORMATS[name](names, batches, self._look())

    def _look(self) -> Look:
        terminal = self.out.isatty()
        fits = terminal and self.settings.expanded == "auto" and not self._pager()
        return Look(
            null=self.settings.null,
            header=self.settings.header,
            width=shutil.get_terminal_size().columns if fits else None,
            color=terminal and "NO_COLOR" not in os.environ and not self._pager(),
        )

    def _pager(self) -> str | None:
        return pager.command(self.settings.pager) if self.out.isatty() else None

    def _page(self, pieces: Iterable[str]) -> None:
        program = self._pager()
        if program:
            pager.page(pieces, program, self._write)
            return
        for piece in pieces:
            self._write(piece)

    def _write(self, text: str, target: TextIO | None = None) -> None:
        target = target or self.out
        try:
            target.write(text)
            target.flush()
        except BrokenPipeError as error:
            raise ReaderGone from error

    def redirect(self, path: str | None) -> None:
        """Send results to the file at `path`, or back to where they first went."""
        target = Path(path).open("w", encoding="utf-8") if path else None  # noqa: SIM115
        if self.out is not self.console:
            self.out.close()
        self.out = target or self.console

    def close(self) -> None:
        self.redirect(None)
        with suppress(Busy):
            self.worker.call(self.connection.close)
        self.worker.stop()


@contextmanager
def opened(stores: Stores, settings: Settings, **options: Any) -> Iterator[Session]:
    """A session on `sqlshim.connect(stores, **options)`, closed at the end."""
    import sqlshim

    worker = Worker()
    watched = {"progress": True} if sys.stderr.isatty() else {}
    try:
        connection = worker.call(
            lambda: sqlshim.connect(stores, autocommit=True, **watched, **options)
        )
    except BaseException:
        worker.stop()
        raise
    session = Session(
        connection, settings, sys.stdout, sys.stderr, stores, connection.dialect, worker
    )
    try:
        yield session
    finally:
        session.close()


def _counted(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
