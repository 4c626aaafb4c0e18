"""Materialized views that answer a query on their base table.

A view holds the rows of its base by another key. `read_views` (for the catalog) gives those that
leave out no row but such as have no key in the view; `answering` (for `compile`) is the view, with
its access path, that finds by key what a scan of the base table would have to look for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlshim.backends.cassandra.accept import columns_of
from sqlshim.backends.cassandra.paths.restrict import Path, Restriction
from sqlshim.backends.cassandra.paths.union import choose
from sqlshim.backends.cassandra.shape import Shape
from sqlshim.catalog.model import Table

_NOT_NULL = re.compile(r'("(?:[^"]|"")*"|\w+) IS NOT NULL', re.I)
_BY_KEY = frozenset({Path.KEY, Path.SLICE, Path.PARTITION, Path.PARTITIONS})


def read_views(meta: Any, read: Callable[[Any], Table]) -> Iterator[Table]:
    """The views of a table, by the driver's metadata, that can stand for it."""
    for view in meta.views.values():
        names = {_plain(name) for name in _NOT_NULL.findall(view.where_clause)}
        rest = _NOT_NULL.sub("", view.where_clause)
        table = read(view)
        if names <= set(table.primary_key) and not re.sub(r"\bAND\b|\s", "", rest, flags=re.I):
            yield table


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def answering(shape: Shape, restriction: Restriction) -> tuple[Table, Restriction] | None:
    """A view in which keys find the rows; None where the base table's own path is no scan."""
    base = shape.scan.table
    plain = not (shape.keys or shape.sort or shape.first)
    if restriction.path is not Path.RING or not restriction.terms or not plain:
        return None
    for view in base.views:
        if not _has_all(view, shape):
            continue
        found = choose(shape.where, columns_of(shape), view)
        if found.left or found.path not in _BY_KEY:
            continue
        # What is NULL in the base is not in the view: a condition must have ruled it out.
        added = set(view.primary_key) - set(base.primary_key)
        if added <= {column for term in found.terms for column in term.columns}:
            return view, found
    return None


def _has_all(view: Table, shape: Shape) -> bool:
    """Whether the view has every column that is read, and nothing else is read."""
    known = {column.name for column in view.columns}
    return set(shape.names.values()) <= known
