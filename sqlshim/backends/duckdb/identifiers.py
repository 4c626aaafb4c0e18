"""PARSE_IDENT: the parts of a dotted name, as PostgreSQL reads them."""

from __future__ import annotations

import re

from sqlshim.errors import DataError

_PART = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^\W\d][\w$]*))\s*')


def parse_identifier(text: str, strict: bool) -> list[str]:
    """The parts of `text`, those without quotes in lower case. What follows them is an error if
    `strict`."""
    parts: list[str] = []
    at = 0
    while True:
        found = _PART.match(text, at)
        if found is None or found["quoted"] == "":
            raise DataError(f"string is not a valid identifier: {text}", sqlstate="22023")
        quoted = found["quoted"]
        parts.append(found["plain"].lower() if quoted is None else quoted.replace('""', '"'))
        at = found.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    if strict and at < len(text):
        raise DataError(f"string is not a valid identifier: {text}", sqlstate="22023")
    return parts
