"""Regular expressions that Python runs: those of SQL/JSON paths (`like_regex`) for `jsonpath`, and
those that the local engine computes where it asks for groups and places.

In a path, without flag s neither a dot nor a negated set matches a newline, as PostgreSQL has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from sqlshim.errors import NotSupportedError
from sqlshim.pattern_spans import agreeing
from sqlshim.patterns import re2

_NEGATED = re.compile(r"\\.|\[\^(\]?)", re.DOTALL)
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
_WORD = r"\p{L}\p{N}_"  # as `re2` writes \w


@lru_cache(maxsize=256)
def compiled(pattern: str, flags: str) -> re.Pattern[str]:
    """A pattern with flags i, m, s, q. DataError for a wrong one."""
    chosen = re.IGNORECASE if "i" in flags else re.NOFLAG
    if "q" in flags:
        return re.compile(re.escape(pattern), chosen)
    chosen |= re.DOTALL if "s" in flags else re.NOFLAG
    chosen |= re.MULTILINE if "m" in flags else re.NOFLAG
    if "s" not in flags:
        pattern = _NEGATED.sub(_without_newline, pattern)
    return _as_python(re2(pattern), pattern, chosen)


def _as_python(shape: str, pattern: str, flags: re.RegexFlag) -> re.Pattern[str]:
    """RE2's form as Python's."""
    shape = shape.removeprefix("(?s)").replace(_WORD, r"\w")
    if r"\p{" in shape:
        raise NotSupportedError(
            f"a class of letters in the regular expression {pattern!r} is not supported here",
            hint=r"Write the letters, or \w.",
        )
    if not flags & re.MULTILINE:  # where Python's $ also stands before a last newline
        shape = _PIECE.sub(lambda found: r"\Z" if found[0] == "$" else found[0], shape)
    return re.compile(shape.replace("[[", r"[\["), flags)


@lru_cache(maxsize=256)
def _searching(pattern: str, flags: str) -> re.Pattern[str]:
    shape = re2(pattern)
    agreeing(shape, pattern)
    return _as_python(shape, pattern, re.DOTALL | (re.IGNORECASE if "i" in flags else re.NOFLAG))


def groups_of_match(text: str, pattern: str, flags: str) -> list[str | None] | None:
    """What REGEXP_MATCH gives: the groups of the first match, or the match."""
    found = _searching(pattern, flags).search(text)
    if found is None:
        return None
    return list(found.groups()) if found.re.groups else [found[0]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of which match: `group` -1 is the first group, or the match where none is; `what`
    is text, start or end."""

    start: int
    occurrence: int
    group: int
    what: str
    flags: str

    def text(self) -> str:
        return f"{self.start} {self.occurrence} {self.group} {self.what} {self.flags}"


def part_of_match(text: str, pattern: str, wanted: str) -> str | None:
    """What REGEXP_SUBSTR and REGEXP_INSTR give, by the text of a `Wanted`."""
    start, occurrence, group, what, *flags = wanted.split(" ")
    shape = _searching(pattern, "".join(flags))
    part = min(shape.groups, 1) if group == "-1" else int(group)
    matches = shape.finditer(text, int(start) - 1) if int(start) <= len(text) + 1 else iter(())
    found = next(islice(matches, int(occurrence) - 1, None), None)
    if found is None or part > shape.groups:
        return None if what == "text" else "0"
    if what == "text":
        span: str | None = found[part]
        return span
    return str((found.start(part) if what == "start" else found.end(part)) + 1)


def _without_newline(found: re.Match[str]) -> str:
    return found[0] if found[1] is None else f"{found[0]}\n"
