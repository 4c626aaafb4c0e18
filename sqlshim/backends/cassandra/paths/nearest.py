"""Approximate search of vectors: `ORDER BY v ANN OF ?` by an SAI, where the URI says `ann=true`.

`searched` (for the backend) turns a chain and a sort key into a chain with Sort and Limit, which
only `compile` reads; `vector_of` is the search that such a sort asks for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlshim.backends.cassandra.accept import restriction_of
from sqlshim.backends.cassandra.catalog import SAI_VECTOR
from sqlshim.backends.cassandra.paths.bounds import Op, value_of
from sqlshim.backends.cassandra.paths.restrict import Path, Restriction
from sqlshim.backends.cassandra.shape import Shape, shape_of
from sqlshim.functions import arrays, documents
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Limit, Rel, Sort
from sqlshim.ir.scalar import Call, Cast, Column, Literal, Param, Scalar, SortKey

MOST = 1000  # rows that one search gives

# By which similarity an index must have been made, and whether the largest values are nearest.
_MEASURES: dict[Function, tuple[str, bool]] = {
    arrays.SIMILARITY_COSINE: ("cosine", True),
    arrays.COSINE_DISTANCE: ("cosine", False),
    arrays.SIMILARITY_EUCLIDEAN: ("euclidean", True),
    arrays.L2_DISTANCE: ("euclidean", False),
    arrays.SIMILARITY_DOT_PRODUCT: ("dot_product", True),
    arrays.INNER_PRODUCT: ("dot_product", True),
    arrays.NEGATIVE_INNER_PRODUCT: ("dot_product", False),
}


@dataclass(frozen=True)
class Vector:
    """The column that is searched, by which index, and what is looked for: a parameter that is a
    list, or the numbers of one."""

    column: str
    index: str
    parts: tuple[Literal | Param, ...]
    whole: bool = False

    def value(self, params: Sequence[object]) -> list[float] | None:
        """The vector to look for; None if there is none."""
        found: object = [value_of(part, params) for part in self.parts]
        if self.whole:
            found = value_of(self.parts[0], params)
        if not isinstance(found, list | tuple) or any(x is None for x in found):
            return None
        numbers = [float(x) for x in found]
        return numbers if numbers and all(map(math.isfinite, numbers)) else None


def searched(rel: Rel, key: SortKey, count: Scalar) -> Rel | None:
    """`rel` with the search, or None where no index does it."""
    shape = shape_of(rel)
    if shape is None or shape.grouped or shape.sort or shape.limit is not None:
        return None
    if vector_of(key, shape) is None or not _may_search(restriction_of(shape)):
        return None
    if not isinstance(count, Literal | Param):
        return None
    if isinstance(count, Literal) and not 0 < _whole(count.value) <= MOST:
        return None
    return Limit(Sort(rel, (key,)), count, None)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _may_search(restriction: Restriction) -> bool:
    """Whether the server looks for the nearest among these rows: found by key or index alone."""
    if restriction.left or restriction.checked or restriction.filtering:
        return False
    if restriction.path in (Path.UNION, Path.PARTITIONS):
        return False
    if any(term.op is Op.IN for term in restriction.terms):
        return False
    return restriction.path is not Path.RING or not restriction.terms


def vector_of(key: SortKey, shape: Shape) -> Vector | None:
    """What a sort key asks for, if an index of the table answers it."""
    match key.expr:
        case Call(fn=fn, args=(first, second)) if fn in _MEASURES:
            similarity, descending = _MEASURES[fn]
        case _:
            return None
    if descending != key.descending:
        return None
    for stored, wanted in ((first, second), (second, first)):
        name = _column(stored, shape)
        parts = _constants(wanted)
        if name is None or not parts:
            continue
        for index in shape.scan.table.indexes:
            if index.kind == f"{SAI_VECTOR} {similarity}" and index.columns[0][0] == name:
                return Vector(name, index.name, parts, isinstance(wanted, Param | Literal))
    return None


def _column(expr: Scalar, shape: Shape) -> str | None:
    if isinstance(expr, Cast):
        return _column(expr.arg, shape)
    return shape.names.get(expr.id) if isinstance(expr, Column) else None


def _constants(expr: Scalar) -> tuple[Literal | Param, ...]:
    match expr:
        case Literal() | Param():
            return (expr,)
        case Call(fn=documents.ARRAY_OF, args=args):
            found = tuple(a for a in args if isinstance(a, Literal | Param))
            return found if len(found) == len(args) else ()
        case _:
            return ()
