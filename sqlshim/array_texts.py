"""PostgreSQL's text form of an array, `{1,2,NULL,"a b"}` and `{{1,2},{3,4}}`, read: the items are
texts or None, those of an array of arrays are lists. Used by `values`."""

from __future__ import annotations

import re

from sqlshim.instants import bad
from sqlshim.types import Kind, SqlType

_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^{},"]*[^{},"\s]))\s*', re.S)
_EMPTY = re.compile(r"\s*\{\s*\}\s*")
_OPEN = re.compile(r"\s*\{")
_END = re.compile(r"\s*([,}])")


def read_array(text: str, target: SqlType) -> list[object]:
    """The items of an array of `target`'s depth. DataError."""
    if not _OPEN.match(text):
        raise bad(text, target)
    items, at = _items(text, 0, target, target)
    if text[at:].strip():
        raise bad(text, target)
    return items


def _items(text: str, at: int, level: SqlType, target: SqlType) -> tuple[list[object], int]:
    """The items of the braces that begin at `at`, and where they end."""
    if empty := _EMPTY.match(text, at):
        return [], empty.end()
    opened = _OPEN.match(text, at)
    if opened is None:
        raise bad(text, target)
    at, items, end = opened.end(), [], ","
    while end == ",":
        item, at = _item(text, at, level, target)
        found = _END.match(text, at)
        if found is None:
            raise bad(text, target)
        items.append(item)
        at, end = found.end(), found[1]
    if len({len(item) if isinstance(item, list) else None for item in items}) > 1:
        raise bad(text, target)  # the arrays of one dimension are of one length
    return items, at


def _item(text: str, at: int, level: SqlType, target: SqlType) -> tuple[object, int]:
    if level.element is not None and level.element.kind is Kind.ARRAY and _OPEN.match(text, at):
        return _items(text, at, level.element, target)
    found = _ITEM.match(text, at)
    if found is None:
        raise bad(text, target)
    quoted, bare = found.groups()
    if bare is None:
        return re.sub(r"\\(.)", r"\1", quoted, flags=re.S), found.end()
    return (None if bare.upper() == "NULL" else bare), found.end()
