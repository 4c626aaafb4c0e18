"""`ORDER BY … LIMIT` through an index although the server's order puts NULLs (and NaN) elsewhere.

A rank has to be computed before a $sort that is to give SQL's order, and no index knows it. Here
the first rows of the others come through the index, so many of those with NULL or NaN are added
from the same collection, and only these few are sorted by rank. Called by `compile` for a Limit
over a Sort; None where there is no such index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlshim.backends.mongo.expressions.mql import NAN, Mql
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.origins import is_filtered_scan, scanned
from sqlshim.backends.mongo.stages.ordering import limited, sort_fields, sorted_by
from sqlshim.backends.mongo.stages.query import Query, Stage
from sqlshim.catalog.model import Index
from sqlshim.ir.relational import Limit, Sort
from sqlshim.types import FLOATS

RANK = "__rank0"  # of the first key, as `sort_fields` names it


def first_rows(query: Query, sort: Sort, rel: Limit) -> Query:
    """The Limit `rel` over `sort`, whose input is `query`."""
    return _through_index(query, sort, rel) or limited(sorted_by(query, sort.keys), rel)


def _through_index(query: Query, sort: Sort, rel: Limit) -> Query | None:
    if rel.offset is not None or rel.count is None or not is_filtered_scan(sort.input):
        return None
    scan = scanned(sort.input)
    made, order = sort_fields(Expressions(query.scope), sort.keys)
    if set(made) != {RANK} or next(iter(order)) != RANK or len(query.stages) > 1:
        return None
    plain = {path: direction for path, direction in order.items() if path != RANK}
    fixed = _fixed(query.stages)
    if fixed is None or not any(_gives(i, fixed, plain) for i in scan.table.indexes):
        return None
    key = next(iter(plain))
    apart: list[Mql] = [None, NAN] if sort.keys[0].expr.type.kind in FLOATS else [None]
    rest = limited(sorted_by(query.then({"$match": {key: {"$in": apart}}}), sort.keys), rel)
    ordered = query.then({"$match": {key: {"$nin": apart}}}, {"$sort": plain})
    few = limited(ordered, rel).then(
        {"$unionWith": {"coll": query.collection, "pipeline": list(rest.stages)}}
    )
    return limited(sorted_by(few, sort.keys), rel)


def _fixed(stages: Sequence[Stage]) -> frozenset[str] | None:
    """The fields that the conditions so far set to one value; None if there is more than those."""
    if not stages:
        return frozenset()
    test = stages[0].get("$match")
    if not isinstance(test, dict):
        return None
    return frozenset(path for path, value in test.items() if _is_value(path, value))


def _is_value(path: str, value: Mql) -> bool:
    if path.startswith("$") or not isinstance(value, dict):
        return not path.startswith("$")
    return set(value) == {"$eq"}


def _gives(index: Index, fixed: frozenset[str], order: Mapping[str, int]) -> bool:
    """Whether the index, read forwards or backwards, has this order once `fixed` are known."""
    columns = list(index.columns)
    while columns and columns[0][0] in fixed:
        del columns[0]
    found = [(name, -1 if down else 1) for name, down in columns[: len(order)]]
    wanted = list(order.items())
    return found == wanted or found == [(name, -direction) for name, direction in wanted]
