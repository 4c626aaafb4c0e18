"""Cuts a text of SQL into statements at the semicolons that end them.

Lines come in (from a file, a pipe, `-c` or the REPL's buffer), whole statements without their
semicolon go out as soon as they end, so a dump of any size is run in the memory of its largest
statement. Knows quotes, comments and dollar quotes and nothing else of SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and the line of its input on which it begins (from 1)."""

    text: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the scanner is inside of: `seek` finds the next place that matters, `close` ends it."""

    seek: re.Pattern[str]
    close: str
    open: str | None = None  # what nests one deeper (block comments)
    comment: bool = False


_DOLLAR = r"(?<![\w$])\$(?:[^\W\d]\w*)?\$"
_COMMON = rf"(?P<end>;)|--|/\*|{_DOLLAR}|(?<![\w$])[eE]'|['\"`]"
_LINE = _Inside(re.compile("\n"), "\n", comment=True)
_BLOCK = _Inside(re.compile(r"/\*|\*/"), "*/", open="/*", comment=True)

# Where a backslash escapes in every string, `#` begins a comment, `[` quotes a name.
_BACKSLASH = frozenset(
    {"bigquery", "clickhouse", "databricks", "doris", "drill", "hive", "mysql", "singlestore"}
    | {"snowflake", "spark", "spark2", "starrocks"}
)
_HASH = frozenset({"bigquery", "doris", "mysql", "singlestore", "starrocks"})
_BRACKET = frozenset({"fabric", "sqlite", "tsql"})


class Splitter:
    """Feed it whole lines; it gives back the statements that ended in them."""

    def __init__(self, dialect: str = "postgres") -> None:
        extra = ("|#" if dialect in _HASH else "") + (r"|\[" if dialect in _BRACKET else "")
        self._outside = re.compile(_COMMON + extra)
        self._backslash = dialect in _BACKSLASH
        self._pieces: list[str] = []
        self._inside: _Inside | None = None
        self._depth = 0
        self._begun = False
        self._line = 1

    @property
    def idle(self) -> bool:
        """Whether nothing but blanks and finished comments came since the last statement."""
        return not self._begun and (self._inside is None or self._inside is _LINE)

    @property
    def quoted(self) -> bool:
        """Whether the last line ended inside a quote or a comment."""
        return self._inside is not None

    @property
    def rest(self) -> str:
        """What came since the last statement."""
        return "".join(self._pieces)

    def feed(self, lines: str) -> list[Statement]:
        """The statements that end in `lines`, which must be whole lines."""
        found = []
        start = 0
        for end in self._ends(lines):
            self._pieces.append(lines[start : end - 1])
            found.extend(self._take())
            start = end
        self._pieces.append(lines[start:])
        return found

    def skip(self, line: str) -> None:
        """Count `line` without reading it: it was something else than SQL."""
        self._line += line.count("\n")

    def finish(self) -> list[Statement]:
        """What is left when the input ends: the last statement needs no semicolon."""
        self._inside = None
        return self._take()

    def _take(self) -> list[Statement]:
        """The statement gathered so far; none if it is blank or only comments."""
        text = "".join(self._pieces)
        begun, self._begun, self._pieces = self._begun, False, []
        blank = len(text) - len(text.lstrip())
        line = self._line + text.count("\n", 0, blank)
        self._line += text.count("\n")
        return [Statement(text.strip(), line)] if begun else []

    def _ends(self, text: str) -> Iterator[int]:
        """The offsets just after each semicolon that ends a statement."""
        at = 0
        while at < len(text):
            if self._inside is not None:
                at = self._leave(self._inside, text, at)
                continue
            match = self._outside.search(text, at)
            gap = text[at : match.start() if match else len(text)]
            self._begun = self._begun or bool(gap.strip())
            if match is None:
                return
            at = match.end()
            if match["end"]:
                yield at
            else:
                self._enter(match[0])

    def _enter(self, opening: str) -> None:
        self._inside = self._closing(opening)
        self._depth = 1
        self._begun = self._begun or not self._inside.comment

    def _closing(self, opening: str) -> _Inside:
        match opening:
            case "--" | "#":
                return _LINE
            case "/*":
                return _BLOCK
            case "[":
                return _Inside(re.compile("]"), "]")
            case "e'" | "E'":
                return _Inside(re.compile(r"\\.|'", re.DOTALL), "'")
            case "'" | '"' if self._backslash:
                return _Inside(re.compile(rf"\\.|{opening}", re.DOTALL), opening)
            case _:  # a doubled quote inside closes and opens again, which comes to the same
                return _Inside(re.compile(re.escape(opening)), opening)

    def _leave(self, inside: _Inside, text: str, at: int) -> int:
        """Go to the next place that matters inside a quote or comment; the offset after it."""
        match = inside.seek.search(text, at)
        if match is None:
            return len(text)
        if match[0] == inside.close:
            self._depth -= 1
        elif match[0] == inside.open:
            self._depth += 1
        if self._depth == 0:
            self._inside = None
        return match.end()


def split(text: str, dialect: str = "postgres") -> list[Statement]:
    """The statements of `text`; the last needs no semicolon."""
    splitter = Splitter(dialect)
    return splitter.feed(text) + splitter.finish()


def is_complete(text: str, dialect: str = "postgres") -> bool:
    """Whether `text`, typed so far, ends with a semicolon that ends its last statement."""
    splitter = Splitter(dialect)
    return bool(splitter.feed(text)) and splitter.idle
