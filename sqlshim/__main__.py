"""The command line: `sqlshim URI` opens the REPL; with `-c`, `-f` or a pipe it runs SQL and ends.

Exit code 0, 1 after an error in SQL, 2 for a wrong command line, configuration or file, 130 when
interrupted, 141 when the reader of the output left.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TextIO

from sqlshim.errors import without_secrets
from sqlshim.repl.config import ConfigError, Settings, load
from sqlshim.repl.render import FORMATS
from sqlshim.repl.report import report
from sqlshim.repl.session import Quit, ReaderGone, Session, Stores, opened

GOOD, FAILED, USAGE, INTERRUPTED, READER_GONE = 0, 1, 2, 130, 141

_NAMED = re.compile(r"([A-Za-z_]\w*)=(.+)", re.DOTALL)
_CONNECT = ("dialect", "pushdown", "schema", "full_scan", "timeout", "read_only")


class _Usage(Exception):
    """The command line cannot be followed; the message says why."""


def main(argv: Sequence[str] | None = None) -> int:
    try:
        asked = _parser().parse_args(argv)
    except SystemExit as leaving:  # argparse has said why
        return leaving.code if isinstance(leaving.code, int) else USAGE
    _prepare_streams()
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            return _run(asked)
        except (_Usage, ConfigError) as wrong:
            sys.stderr.write(f"sqlshim: {without_secrets(str(wrong))}\n")
            return USAGE
        except KeyboardInterrupt as interrupt:
            sys.stderr.write(f"{str(interrupt) or 'cancelled'}\n")
            return INTERRUPTED
        except ReaderGone:
            _forget_stdout()
            return READER_GONE


def _run(asked: argparse.Namespace) -> int:
    stores = _stores(asked.uri or [uri for uri in [os.environ.get("SQLSHIM_URI")] if uri])
    interactive = not asked.work and sys.stdin.isatty()
    settings = load() if interactive else Settings(timing=False)
    settings.format = asked.format or settings.format
    settings.null = settings.null if asked.null is None else asked.null
    settings.header = settings.header and asked.header
    options = {key: getattr(asked, key) for key in _CONNECT if getattr(asked, key) is not None}
    try:
        with opened(stores, settings, **options) as session:
            return _work(session, asked, interactive)
    except (_Usage, ConfigError, ReaderGone):
        raise
    except Exception as error:  # the border: no store, or a connection that cannot be closed
        sys.stderr.write(report(error))
        return FAILED


def _work(session: Session, asked: argparse.Namespace, interactive: bool) -> int:
    from sqlshim.repl.script import run_script

    if asked.output:
        try:
            session.redirect(asked.output)
        except OSError as error:
            raise _Usage(f"cannot write {asked.output}: {error.strerror}") from error
    if interactive:
        from sqlshim.repl.app import loop

        return loop(session)
    good = True
    try:
        for kind, value in asked.work or [("file", "-")]:
            with _lines(kind, value) as lines:
                name = "" if kind == "sql" else "stdin" if value == "-" else value
                good = run_script(session, lines, name, asked.keep_going) and good
            if not good and not asked.keep_going:
                break
    except Quit:
        pass
    except UnicodeDecodeError as error:
        raise _Usage(f"{value} is not UTF-8 text: {error}") from error
    return GOOD if good else FAILED


@contextmanager
def _lines(kind: str, value: str) -> Iterator[Iterable[str]]:
    if kind == "sql":
        yield io.StringIO(value)
    elif value == "-":
        yield sys.stdin
    else:
        try:
            file = Path(value).open(encoding="utf-8-sig")  # noqa: SIM115
        except OSError as error:
            raise _Usage(f"cannot read {value}: {error.strerror}") from error
        with file:
            yield file


def _stores(uris: Sequence[str]) -> Stores:
    """The one URI, or a dict if they are given as `name=URI`."""
    if not uris:
        raise _Usage("which store? Give a URI such as memory:// or mongodb://localhost/shop")
    named = [match for match in map(_NAMED.fullmatch, uris) if match]
    if len(named) < len(uris):
        if len(uris) > 1:
            raise _Usage("several stores need names: sqlshim shop=mongodb://… logs=cassandra://…")
        return uris[0]
    stores = {match[1]: match[2] for match in named}
    if len(stores) < len(named):
        raise _Usage("two stores have the same name")
    return stores


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sqlshim",
        description="SQL for MongoDB, Cassandra and files. Without -c, -f or a pipe: the REPL.",
        epilog="Exit code: 0, 1 after an error in SQL, 2 for a wrong command line.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("uri", nargs="*", metavar="URI", help="the store (or $SQLSHIM_URI); several as name=URI")
    work = partial(add, dest="work", action="append")
    work("-c", "--command", type=_sql, metavar="SQL", help="run SQL and leave; repeatable")
    work("-f", "--file", type=_file, metavar="FILE", help="run FILE (- is stdin); repeatable")
    add("-o", "--output", metavar="FILE", help="write results to FILE")
    add("--format", choices=tuple(FORMATS), help="how results are written (default: table)")
    add("--null", metavar="TEXT", help="write NULL as TEXT")
    add("--no-header", dest="header", action="store_false", help="only rows: no head, no footer")
    add("--keep-going", action="store_true", help="go on after an error in SQL")
    add("--dialect", help="the SQL dialect that is read (default: postgres)")
    add("--schema", help="where unqualified tables are")
    add("--pushdown", choices=("auto", "always", "never"), help="how much the store does")
    add("--full-scan", choices=("allow", "warn", "forbid"), help="whether a store may be scanned")
    add("--read-only", action="store_true", default=None, help="refuse every write")
    add("--timeout", type=_seconds, metavar="SECONDS", help="give up a statement after SECONDS")
    add("-V", "--version", action="version", version=f"sqlshim {_version()}")
    return parser


def _sql(text: str) -> tuple[str, str]:
    return ("sql", text)


def _file(path: str) -> tuple[str, str]:
    return ("file", path)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError
    return seconds


def _version() -> str:
    try:
        return version("sqlshim")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "(not installed)"


def _prepare_streams() -> None:
    """Pipes are UTF-8 whatever the locale; a terminal never fails to print."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper) and not sys.stdin.isatty():
        sys.stdin.reconfigure(encoding="utf-8-sig")


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    sys.stderr.write(f"WARNING: {without_secrets(str(message))}\n")


def _forget_stdout() -> None:
    """Let Python's own flush at exit go nowhere instead of failing once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
