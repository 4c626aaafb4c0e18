"""Constructors of arrays and structs, and how they take the type of what they are assigned to."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special
from sqlshim.bind.coerce import call, settle
from sqlshim.bind.fields import dot
from sqlshim.errors import ProgrammingError
from sqlshim.functions import documents
from sqlshim.ir.scalar import Call, Scalar
from sqlshim.types import UNKNOWN, array, struct


def array_of(node: exp.Expr, binds: Binds) -> Scalar:
    """ARRAY[a, b]"""
    items = [binds.scalar(e) for e in node.expressions]
    if not items:  # its type is that of what it meets, like that of an untyped literal
        return Call(documents.ARRAY_OF, (), array(UNKNOWN, nullable=False))
    return call(documents.ARRAY_OF, *items)


def struct_of(node: exp.Expr, binds: Binds) -> Scalar:
    """{'a': 1, 'b': 2}"""
    names, items = [], []
    for entry in node.expressions:
        if not isinstance(entry, exp.PropertyEQ):
            raise ProgrammingError("a field of a struct needs a name", sqlstate="42601")
        names.append(entry.this.name)
        items.append(binds.scalar(entry.expression))
    fields = tuple((n, e.type) for n, e in zip(names, items, strict=True))
    return Call(documents.ROW_OF, tuple(items), struct(fields, nullable=False))


def row_of(node: exp.Expr, binds: Binds) -> Scalar:
    """ROW(a, b)"""
    return call(documents.ROW_OF, *(settle(binds.scalar(e)) for e in node.expressions))


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.Dot: dot,
    exp.Array: array_of,
    exp.Struct: struct_of,
}
NAMED: dict[str, Callable[[exp.Expr, Binds], Scalar]] = {"row": row_of}
