"""Columns in scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A column in scope, as it is written, and values it has."""

    text: str
    kind: str
    values: Sequence[object] = ()
