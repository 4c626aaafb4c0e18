"""An error as the text people see: code and message, the place with a caret, the hint.

ERROR 42703: column 'nme' does not exist
LINE 2: SELECT nme FROM people
               ^
HINT: Did you mean 'name'?
"""

from __future__ import annotations

from sqlshim.errors import Error, without_secrets
from sqlshim.repl.render import display_width, printable, shorten

_WIDEST = 100  # of a quoted line; a longer one is cut around the caret
_BEFORE = 50


def report(error: BaseException, statement: str = "", place: str = "") -> str:
    """The lines for `error`, which arose from `statement`; `place` says where that stands."""
    lines = _message(error)
    if isinstance(error, Error):
        lines += _quote(statement, error.position)
    if place:
        lines.append(f"AT: {place}")
    if hint := _hint(error):
        lines.append(f"HINT: {printable(hint)}")
    return without_secrets("\n".join(lines)) + "\n"


def _message(error: BaseException) -> list[str]:
    if isinstance(error, Error):
        text, code = error.detail, error.sqlstate
    else:  # nothing else should leave the engine
        text, code = f"{type(error).__name__}: {error}", "XX000"
    lines = [printable(line) for line in text.splitlines()] or ["unknown error"]
    if len(lines) > 2 and lines[-1].strip() == "^" and getattr(error, "position", None):
        lines = lines[:-2]  # the message shows the place itself; here it is drawn once, below
    return [f"ERROR {code}: {lines[0]}", *lines[1:]]


def _hint(error: BaseException) -> str | None:
    if isinstance(error, Error):
        return error.hint
    return "This is a bug in sqlshim; SQLSHIM_DEBUG=1 shows where."


def _quote(statement: str, position: int | None) -> list[str]:
    """The line that holds the 1-based `position`, and a line with a caret below it."""
    if position is None or not 1 <= position <= len(statement) + 1:
        return []
    offset = position - 1
    start = statement.rfind("\n", 0, offset) + 1
    number = statement.count("\n", 0, offset) + 1
    # one column a tab, so that the caret stands below its character
    line = statement[start:].split("\n", 1)[0].rstrip("\r").replace("\t", " ")
    before, after = line[: offset - start], line[offset - start :]
    if display_width(line) > _WIDEST and len(before) > _BEFORE:
        before = f"…{before[-_BEFORE:]}"
    before = printable(before)
    head = f"LINE {number}: "
    quoted = shorten(before + printable(after), _WIDEST)
    return [head + quoted, " " * (len(head) + display_width(before)) + "^"]
