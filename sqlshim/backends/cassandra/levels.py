"""Consistency levels: the connection's, until SET says another, and one statement's by a hint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cassandra import ConsistencyLevel

from sqlshim.backends.cassandra.uri import CONSISTENCIES, SERIAL_CONSISTENCIES
from sqlshim.errors import ProgrammingError, nearest

_OPTIONS = {
    "consistency": ("consistency_level", CONSISTENCIES),
    "serial_consistency": ("serial_consistency_level", SERIAL_CONSISTENCIES),
}


class Levels:
    """What SET has said."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def set(self, name: str, word: str | None) -> bool:
        """Use this level from now on, None: the connection's. False if there is no such option."""
        if name not in _OPTIONS:
            return False
        if word is None:
            self._said.pop(name, None)
        else:
            self._said[name] = _known(name, word)
        return True

    def apply(self, bound: Any, hints: Mapping[str, str]) -> None:
        """Give a bound statement its levels; a hint goes before SET."""
        for name in _OPTIONS:
            word = hints.get(name) or self._said.get(name)
            if word is not None:
                level = ConsistencyLevel.name_to_value[_known(name, word)]
                setattr(bound, _OPTIONS[name][0], level)


def _known(name: str, word: str) -> str:
    words = _OPTIONS[name][1]
    if word.upper() not in words:
        near = nearest(word.upper(), words)
        raise ProgrammingError(
            f"invalid value for {name}: {word!r}",
            sqlstate="22023",
            hint=f"Did you mean {near[0]}?" if near else f"Known are {', '.join(words)}.",
        )
    return word.upper()
