"""Hints: `/*+ consistency(ONE) */` before a statement or behind its first word.

`hints(text)` gives what the comment says, for stores that know such a hint; others leave it
unread, as any comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_PLACE = re.compile(
    r"\s*(?:(?:--[^\n]*\n|/\*(?!\+).*?\*/)\s*)*(?:[a-z]+\s*){0,2}/\*\+(?P<hints>.*?)\*/",
    re.I | re.S,
)
_HINT = re.compile(r"(\w+)\s*\(\s*'?(\w+)'?\s*\)")
_NONE: Mapping[str, str] = MappingProxyType({})


def hints(text: str) -> Mapping[str, str]:
    """The words of the statement's hints by their names in lower case."""
    if "/*+" not in text or (found := _PLACE.match(text)) is None:
        return _NONE
    return {name.lower(): word for name, word in _HINT.findall(found["hints"])}
