"""Where the columns of a relation are found in the documents of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlshim.backends.mongo.expressions.mql import Mql, is_plain_name
from sqlshim.functions import documents
from sqlshim.ir.scalar import Call, Column, Literal, Scalar
from sqlshim.types import SqlType


@dataclass(frozen=True, slots=True)
class Place:
    """A column's place: the field `path` (usable in $match and $sort), or else an expression.

    `native` is the store's own type where it matters (objectId); `known` says that a filter has
    already dropped the rows where it is NULL; `stored` is the type of a document or array with
    the native types of its parts, None for what was computed.
    """

    path: str | None
    expr: Mql
    native: str = ""
    known: bool = False
    stored: SqlType | None = None

    def inside(self, name: str) -> Place:
        """The place of a field of the document that is here."""
        part = dict(self.stored.fields).get(name) if self.stored is not None else None
        native = "" if part is None else part.native
        if not is_plain_name(name):
            get = {"field": {"$literal": name}, "input": self.expr}
            return Place(None, {"$getField": get}, native, stored=part)
        if not isinstance(self.expr, str):
            return Place(
                None, {"$getField": {"field": name, "input": self.expr}}, native, False, part
            )
        path = None if self.path is None else f"{self.path}.{name}"
        return Place(path, f"{self.expr}.{name}", native, False, part)

    def not_null(self) -> Place:
        """The same place after a filter that NULL does not pass."""
        return replace(self, known=True)


Scope: TypeAlias = Mapping[int, Place]
NO_COLUMNS: Scope = {}


def field(path: str, native: str = "", known: bool = False) -> Place:
    """The place of a field with a path of plain names."""
    return Place(path, f"${path}", native, known)


def place_of(e: Scalar, scope: Scope) -> Place | None:
    """Where a column, or a field of a document in one, is found; None for what is computed."""
    match e:
        case Column():
            return scope[e.id]
        case Call(fn=documents.FIELD, args=(parent, Literal(value=str() as name))):
            place = place_of(parent, scope)
            return None if place is None else place.inside(name)
        case _:
            return None


def is_reference(e: Scalar) -> bool:
    """Whether `e` is a column, or a field of a document in one."""
    return isinstance(e, Column) or (
        isinstance(e, Call) and e.fn is documents.FIELD and is_reference(e.args[0])
    )
