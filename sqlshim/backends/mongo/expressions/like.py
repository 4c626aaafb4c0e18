"""LIKE patterns as regular expressions in which every character of the data is data."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlshim.errors import DataError


@dataclass(frozen=True, slots=True)
class Like:
    """What a pattern asks for: `exact` text alone, or else a regular expression.

    The expression is to be used with the option `s`, so that `.` matches a newline too.
    """

    regex: str
    exact: str | None = None

    @property
    def anything(self) -> bool:
        """Whether every text matches."""
        return self.regex == ""


def pieces(pattern: str, escape: str) -> list[str | None]:
    """The pattern as regular expressions of fixed length between its `%` (None).

    Raises DataError for a pattern that ends with the escape character.
    """
    found: list[str | None] = []
    text = ""
    chars = iter(pattern)
    for char in chars:
        if char == escape:
            after = next(chars, None)
            if after is None:
                raise DataError("LIKE pattern must not end with escape character", sqlstate="22025")
            text += re.escape(after)
        elif char == "%":
            found += [text, None] if text else [None]
            text = ""
        else:
            text += "." if char == "_" else re.escape(char)
    return [*found, text] if text else found


def like(pattern: str, escape: str) -> Like:
    """The regular expression of a pattern.

    Between two `%` the leftmost occurrence is as good as any, so every such piece is found once
    and for all (an atomic group): a long text cannot exhaust the matcher, which would silently
    match nothing. The first one, with nothing before it, the matcher finds fastest by itself;
    `(*COMMIT)` keeps it from looking for another when the rest does not follow.
    """
    if "\0" in pattern:
        raise DataError("a LIKE pattern must not contain a NUL character")
    parts = pieces(pattern, escape)
    if None not in parts:
        return Like("^" + "".join(p or "" for p in parts) + r"\z", _plain(pattern, escape))
    start = parts[0]
    end = parts[-1]
    middle = [p for p in parts[1 if start else 0 : -1 if end else None] if p is not None]
    head = "^" + start if start else ""
    if not head and not end and len(middle) == 1:
        return Like(middle[0])
    if not head and middle:
        head = middle.pop(0) + "(*COMMIT)"
    elif not head and end:
        head = "^"
    body = "".join(f"(?>.*?{piece})" for piece in middle)
    return Like(head + body + (f".*{end}\\z" if end else ""))


def _plain(pattern: str, escape: str) -> str | None:
    """The text that a pattern without wildcards means."""
    text = ""
    chars = iter(pattern)
    for char in chars:
        if char == escape:
            char = next(chars, "")
        elif char == "_":
            return None
        text += char
    return text


def starting_with(text: str) -> str:
    """A regular expression for texts that begin with `text`."""
    return "^" + re.escape(text)
