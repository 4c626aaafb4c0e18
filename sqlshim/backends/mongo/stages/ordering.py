"""Sort and Limit: SQL's places of NULL and NaN, and limits the server would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlshim.backends.mongo.expressions.mql import NAN, NOTHING, Mql, absent, projected
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.params import Placeholder
from sqlshim.backends.mongo.stages.query import Query, Stage
from sqlshim.errors import ProgrammingError
from sqlshim.ir.relational import Limit
from sqlshim.ir.scalar import Literal, Param, Scalar, SortKey
from sqlshim.types import FLOATS


def sorted_by(query: Query, keys: Sequence[SortKey]) -> Query:
    """$sort, after computing keys that are no plain fields and the places of NULLs."""
    made, order = sort_fields(Expressions(query.scope), keys)
    stages: list[Stage] = [{"$set": made}] if made else []
    if order:
        stages.append({"$sort": order})
    shape = None if query.shape is None else (*query.shape, *made)
    return replace(query.then(*stages), shape=shape)


def sort_fields(
    scalars: Expressions, keys: Sequence[SortKey]
) -> tuple[dict[str, Mql], dict[str, int]]:
    """The fields to compute before a sort, and the fields to sort by with their directions."""
    made: dict[str, Mql] = {}
    order: dict[str, int] = {}
    for number, key in enumerate(keys):
        expr = scalars.raw(key.expr)
        direction = -1 if key.descending else 1
        path = expr[1:] if isinstance(expr, str) and expr[:1] == "$" and expr[:2] != "$$" else ""
        if not path:
            path = f"__key{number}"
            made[path] = projected(expr)
        above = rank(key, expr, scalars)
        if above is not None:
            made[f"__rank{number}"] = above
            order[f"__rank{number}"] = direction
        order.setdefault(path, direction)
    return made, order


def rank(key: SortKey, expr: Mql, scalars: Expressions) -> Mql:
    """What to sort by first where the server's order is not SQL's: null below all, NaN next.

    None if there is nothing to correct.
    """
    # Ascending, NULLs are wanted last; descending, first: both ways above everything.
    null_high = scalars.nullable(key.expr) and key.nulls_first == key.descending
    if key.expr.type.kind in FLOATS:
        nan = {"case": {"$eq": [expr, NAN]}, "then": 1}
        null = {"case": absent(expr), "then": 2 if null_high else -1}
        return {"$switch": {"branches": [nan, null], "default": 0}}
    return {"$cond": [absent(expr), 1, 0]} if null_high else None


def limited(query: Query, rel: Limit) -> Query:
    """At most so many rows after so many."""
    stages = [
        *([] if rel.offset is None else _skip(rel.offset)),
        *([] if rel.count is None else _first(rel.count)),
    ]
    return query.then(*stages)


def _skip(offset: Scalar) -> list[Stage]:
    if isinstance(offset, Param):
        return [{"$skip": Placeholder(offset.index, lambda v: _not_negative(v, "OFFSET"))}]
    assert isinstance(offset, Literal)
    if not offset.value:
        return []
    return [{"$skip": _not_negative(offset.value, "OFFSET")}]


def _first(count: Scalar) -> list[Stage]:
    if isinstance(count, Param):
        hole = Placeholder(count.index, _limit_stage, f'{{"$limit": ${count.index + 1}}}')
        return [hole]  # type: ignore[list-item]
    assert isinstance(count, Literal)
    return [] if count.value is None else [_limit_stage(count.value)]


def _limit_stage(value: object) -> Stage:
    count = _not_negative(value, "LIMIT")
    return {"$limit": count} if count else {"$match": NOTHING}  # $limit: 0 is an error


def _not_negative(value: object, word: str) -> int:
    assert isinstance(value, int)
    if value < 0:
        state = "2201W" if word == "LIMIT" else "2201X"
        raise ProgrammingError(f"{word} must not be negative", sqlstate=state)
    return value
