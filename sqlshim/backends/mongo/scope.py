"""Where the columns of a relation are found in the documents of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlshim.backends.mongo.mql import Mql


@dataclass(frozen=True, slots=True)
class Place:
    """A column's place: the field `path` (usable in $match and $sort), or else an expression.

    `native` is the store's own type where it matters (objectId); `known` says that a filter has
    already dropped the rows where it is NULL.
    """

    path: str | None
    expr: Mql
    native: str = ""
    known: bool = False

    def not_null(self) -> Place:
        """The same place after a filter that NULL does not pass."""
        return replace(self, known=True)


Scope: TypeAlias = Mapping[int, Place]


def field(path: str, native: str = "", known: bool = False) -> Place:
    """The place of a field with a path of plain names."""
    return Place(path, f"${path}", native, known)
