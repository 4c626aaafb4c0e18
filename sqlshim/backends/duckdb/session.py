"""A DuckDB database, locked: no files but those of one directory, no extensions, no Python
objects by name, a memory limit, a directory to spill to, and configuration that cannot change.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import uuid
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from sqlshim.backends.duckdb.errors import first_line, may_be_fatal, translate, translated
from sqlshim.backends.duckdb.macros.install import MACROS
from sqlshim.backends.duckdb.python_functions import calls_python, provide
from sqlshim.backends.protocol import Options
from sqlshim.errors import EngineFailed, Error, InterfaceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

# Division by zero, sqrt(-1) and ln(0) are errors, as in PostgreSQL, not inf and NaN.
_MEANING = (
    "SET GLOBAL ieee_floating_point_ops = false",
    "SET GLOBAL TimeZone = 'UTC'",
    "SET GLOBAL default_null_order = 'nulls_last'",
    "SET GLOBAL default_order = 'asc'",
    "SET GLOBAL preserve_insertion_order = true",
)
_LOCKS = (
    "SET GLOBAL autoinstall_known_extensions = false",
    "SET GLOBAL autoload_known_extensions = false",
    "SET GLOBAL python_enable_replacements = false",
    "SET GLOBAL enable_external_access = false",
    "SET GLOBAL lock_configuration = true",
)

OPENED_ANEW = "It is opened anew for the next statement."

# A connection's own; the first must come first, or the second has no effect and it prints.
_WATCHED = (
    "SET enable_progress_bar = true",
    "SET enable_progress_bar_print = false",
    "SET progress_bar_time = 0",
)
_ALLOWED = (
    "SET GLOBAL allowed_configs = "
    "['enable_progress_bar', 'enable_progress_bar_print', 'progress_bar_time']"
)


class Database:
    """One in-memory DuckDB database; `cursor()` gives a connection of its own to each statement.

    A mistake inside DuckDB (its INTERNAL and FATAL errors) invalidates the database for good: it is
    `dead` then, and who owns it opens another one. `loss` is the sentence that tells users of it.
    """

    def __init__(
        self, options: Options, directory: Path | None = None, loss: str = OPENED_ANEW
    ) -> None:
        import duckdb

        self.dead = False
        self._loss = loss
        self._lock = threading.Lock()
        self._provided = False
        self._spill = Path(tempfile.gettempdir()) / f"sqlshim-{uuid.uuid4().hex}"
        if options.spill_directory is not None:
            self._spill = Path(options.spill_directory) / self._spill.name
        config: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(self._spill)
        }
        if options.memory_limit is not None:
            config["memory_limit"] = options.memory_limit
        try:
            with translated():
                self.connection = duckdb.connect(":memory:", config=config)
        except Exception as error:
            raise InterfaceError(
                f"the embedded engine did not start: {error}",
                hint="memory_limit is written as 2GB or 500MB.",
            ) from error
        # a connection with functions in Python that is still open at exit would be reported
        weakref.finalize(self, self.connection.close)
        with translated():
            for statement in _MEANING:
                self.connection.execute(statement)
            for macro in MACROS:
                self.connection.execute(f"CREATE MACRO {macro}")
            if directory is not None:
                allowed = str(directory).replace("'", "''")
                self.connection.execute(f"SET GLOBAL allowed_directories = ['{allowed}']")
            self._watched = options.progress
            if options.progress:
                self.connection.execute(_ALLOWED)
            for statement in _LOCKS:
                self.connection.execute(statement)

    def cause(self, error: Exception) -> Error:
        """Our error for DuckDB's; notes whether it was the database's end."""
        found = translate(error)
        if not may_be_fatal(error) or not self._is_invalid():
            return found
        self.dead = True
        return EngineFailed(
            f"the embedded engine failed and runs nothing more: {first_line(error)}",
            hint=f"{self._loss} Please report it with the statement.",
        )

    def _is_invalid(self) -> bool:
        import duckdb

        try:
            self.connection.cursor().execute("SELECT 1").fetchall()
        except duckdb.FatalException:
            return True
        return False

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Within it, DuckDB's exceptions leave as ours with the original as their cause."""
        import duckdb

        try:
            yield
        except (duckdb.Error, OSError) as error:
            raise self.cause(error) from error

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A new connection to the database."""
        cursor = self.connection.cursor()
        for statement in _WATCHED if self._watched else ():
            cursor.execute(statement)
        return cursor

    def provide(self, sql: str) -> None:
        """Have the functions in Python that `sql` calls. They live as long as the connection
        that made them, hence not one of a statement's."""
        if calls_python(sql):
            self.provide_all()

    def provide_all(self) -> None:
        """Have them now: a transaction that begins before does not see them."""
        with self._lock:
            if not self._provided:
                self._provided = True
                with translated():
                    provide(self.connection)

    def close(self) -> None:
        """Close, and remove what was spilled; harmless twice."""
        with contextlib.suppress(Exception):
            self.connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)
