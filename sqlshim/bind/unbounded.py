"""Numbers of any size (Kind.NUMERIC) as arguments: what compares, passes on or counts values takes
them as they are; all else computes with decimals, and what does not fit those is a DataError.

Asked by `coerce` before the overloads of a function are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlshim.errors import NotSupportedError
from sqlshim.functions import aggregates, arrays, conditional, documents, keys, windows
from sqlshim.functions import json as fj
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Project, Rel
from sqlshim.ir.scalar import Cast, Column, Scalar
from sqlshim.types import DEFAULT_SCALE, MAX_PRECISION, Kind, SqlType, decimal

_PASSING = frozenset({
    *op.COMPARISONS, op.IS_DISTINCT, op.IS_NOT_DISTINCT, op.IS_NULL, op.IS_NOT_NULL,
    conditional.COALESCE, conditional.NULLIF, conditional.GREATEST, conditional.LEAST,
    conditional.NUM_NULLS, conditional.NUM_NONNULLS,
    documents.FIELD, documents.ARRAY_OF, documents.ROW_OF,
    arrays.ELEMENT, arrays.SLICE, arrays.MAP_VALUE, arrays.CARDINALITY, *arrays.COMPARED,
    arrays.CONTAINS_ALL, arrays.OVERLAPS, arrays.ARRAY_CAT, arrays.ARRAY_APPEND,
    arrays.ARRAY_PREPEND, arrays.ARRAY_POSITION, arrays.ARRAY_REMOVE, arrays.ARRAY_REPLACE,
    arrays.MAP_KEYS, arrays.MAP_VALUES, keys.IN_KEYS,
    aggregates.COUNT, aggregates.MIN, aggregates.MAX, aggregates.ANY_VALUE, aggregates.ARRAY_AGG,
    fj.TO_JSON, fj.JSON_BUILD_ARRAY, fj.JSON_BUILD_OBJECT, fj.JSONB_BUILD_OBJECT,
    aggregates.JSON_AGG, aggregates.JSONB_AGG, aggregates.JSON_OBJECT_AGG,
    aggregates.JSONB_OBJECT_AGG, aggregates.MODE, windows.LAG, windows.LEAD, windows.FIRST_VALUE,
    windows.LAST_VALUE, windows.NTH_VALUE,
})  # fmt: skip


def is_unbounded(t: SqlType | None) -> bool:
    """Whether values of the type are or hold numbers of any size."""
    if t is None:
        return False
    inner = (t.element, t.key, *(field for _, field in t.fields))
    return t.kind is Kind.NUMERIC or any(map(is_unbounded, inner))


def as_bounded(t: SqlType) -> SqlType:
    """The decimal that the engine computes with instead."""
    return decimal(MAX_PRECISION, 0 if t.scale == 0 else DEFAULT_SCALE, t.nullable)


def fitting(
    fn: Function, args: Sequence[Scalar], coerce: Callable[[Scalar, SqlType], Scalar]
) -> tuple[Scalar, ...]:
    """The arguments as `fn` takes them."""
    if fn in _PASSING or not any(is_unbounded(a.type) for a in args):
        return tuple(args)
    for arg in args:
        if arg.type.kind is not Kind.NUMERIC and is_unbounded(arg.type):
            raise NotSupportedError(
                f"{(fn.symbol or fn.name).lower()} takes no {str(arg.type).lower()}",
                hint="Take the numbers out of it first, by UNNEST, a subscript or a field.",
            )
    return tuple(coerce(a, as_bounded(a.type)) if is_unbounded(a.type) else a for a in args)


def converted(arg: Scalar, target: SqlType, safe: bool = False) -> Cast:
    """A cast. NotSupportedError for one of documents that hold numbers of any size."""
    if not _converts(arg.type, target):
        raise NotSupportedError(
            f"{str(arg.type).lower()} cannot be cast to {str(target).lower()}",
            hint="Take the numbers out of it, by UNNEST, a subscript or a field, or by TO_JSON.",
        )
    return Cast(arg, target.with_null(safe or arg.type.nullable), safe)


def _converts(source: SqlType, target: SqlType) -> bool:
    """Whether the engine can tell the numbers in a value from texts."""
    if not is_unbounded(source) and not is_unbounded(target):
        return True
    if Kind.NUMERIC in (source.kind, target.kind):
        return True
    if source.kind is Kind.ARRAY and source.element:
        if target.kind is Kind.ARRAY and target.element:
            return _converts(source.element, target.element)
        return target.kind is Kind.TEXT and _converts(source.element, target)
    return False


def bounded(rel: Rel, new: Callable[[str, SqlType], Column]) -> Rel:
    """A query whose columns a table of any store can hold: decimals for numbers of any size."""
    if not any(is_unbounded(c.type) for c in rel.columns):
        return rel
    items: list[tuple[Column, Scalar]] = []
    for column in rel.columns:
        if column.type.kind is Kind.NUMERIC:
            target = as_bounded(column.type)
            items.append((new(column.name, target), Cast(column, target)))
        elif is_unbounded(column.type):
            raise NotSupportedError(f"a table cannot be made with a column of {column.type}")
        else:
            items.append((column, column))
    return Project(rel, tuple(items))


def given_as(
    rel: Rel,
    columns: Sequence[Column],
    wanted: Sequence[Scalar],
    new: Callable[[str, SqlType], Column],
) -> Rel:
    """A query that gives expressions of its columns, which may be the columns themselves."""
    if all(w is c for w, c in zip(wanted, columns, strict=True)):
        return rel
    items = ((new(c.name, w.type), w) for c, w in zip(columns, wanted, strict=True))
    return Project(rel, tuple(items))
