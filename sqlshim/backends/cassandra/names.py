"""Names and texts in CQL statements: the only place where either is quoted."""

from __future__ import annotations


def quote(name: str) -> str:
    """An identifier exactly as it is stored, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text constant, for DDL only: DDL takes no bind markers. Queries bind their values."""
    return "'" + text.replace("'", "''") + "'"
