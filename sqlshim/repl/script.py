"""Runs a text of statements and commands: `-c`, `-f`, stdin, `.read` and what was typed.

Statements run one at a time as soon as they are read. A line that begins with `.` or `\\` where a
statement could begin is a command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from io import StringIO
from pathlib import Path

from sqlshim.repl.commands import BadCommand, command, dispatch, is_command
from sqlshim.repl.session import Reported, Session
from sqlshim.repl.split import Splitter, Statement

_DEEPEST = 16  # files that read files


def run_script(
    session: Session, lines: Iterable[str], name: str = "", keep_going: bool = False
) -> bool:
    """Run everything in `lines`; whether all of it went well.

    The first error ends it unless `keep_going`. `name` is shown with an error, with the line.
    """
    good = True
    for step in _steps(lines, session.dialect):
        place = f"{name}:{step.line}" if name else ""
        work = partial(dispatch if is_command(step.text) else Session.execute, session, step.text)
        good = session.guarded(work, place) and good
        if not good and not keep_going:
            break
    return good


def run_text(session: Session, text: str, keep_going: bool = False) -> bool:
    return run_script(session, StringIO(text), keep_going=keep_going)


def run_file(session: Session, path: str, keep_going: bool = False) -> bool:
    """Run the file at `path`; an unreadable one raises OSError."""
    with Path(path).expanduser().open(encoding="utf-8-sig") as lines:
        return run_script(session, lines, path, keep_going)


def _steps(lines: Iterable[str], dialect: str) -> Iterator[Statement]:
    """The statements and the command lines, in order."""
    splitter = Splitter(dialect)
    for number, line in enumerate(lines, 1):
        if splitter.idle and is_command(line):
            splitter.skip(line)
            yield Statement(line.strip(), number)
        else:
            yield from splitter.feed(line)
    yield from splitter.finish()


@command(".read", "\\i", takes="FILE")
def read(session: Session, path: str) -> None:
    """Run the statements and commands in FILE, up to the first error."""
    if not path:
        raise BadCommand(".read needs a file")
    if session.depth >= _DEEPEST:
        raise BadCommand(f"files read files {_DEEPEST} deep", hint="Does one read itself?")
    session.depth += 1
    try:
        good = run_file(session, path.strip("'\""))
    except OSError as error:
        raise BadCommand(f"cannot read {path}: {error.strerror}") from error
    finally:
        session.depth -= 1
    if not good:
        raise Reported
