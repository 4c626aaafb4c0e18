"""Aggregates that collect the values of a group: ARRAY_AGG, STRING_AGG, percentiles, MEDIAN.

Each is a $push of documents with the value and its sort keys, sorted after the $group. `accept`
takes them under pushdown "always" only: an array has the 16 MB of a document, the local engine has
no such bound. Called by `aggregates.accumulate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlshim.backends.mongo.expressions.mql import (
    REMOVE,
    Mql,
    cond,
    let,
    or_null,
    present,
    projected,
)
from sqlshim.backends.mongo.expressions.rows import is_given
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages.ordering import rank
from sqlshim.functions import aggregates as fa
from sqlshim.ir.scalar import AggregateCall, Literal, Param, SortKey
from sqlshim.types import Kind

if TYPE_CHECKING:
    from sqlshim.backends.mongo.stages.aggregates import Group

COLLECTING = frozenset(
    {fa.ARRAY_AGG, fa.STRING_AGG, fa.PERCENTILE_CONT, fa.PERCENTILE_DISC, fa.MEDIAN, fa.MODE}
)


def why_not_collected(call: AggregateCall) -> str:
    """Why a call of COLLECTING has no form here, apart from its arguments; "" if it has."""
    if call.fn is fa.STRING_AGG:
        separator = call.args[1]
        given = isinstance(separator, Param) or is_given(separator)
        return "" if given else "a computed separator has no MongoDB form"
    fixed = all(map(is_given, call.args[1:]))
    return "" if fixed else "a percentile of no constant fraction has no MongoDB form"


def collected(call: AggregateCall, name: str, group: Group, scalars: Expressions) -> Mql:
    """Add what collects the values to `group`; the aggregate's value is made of its field."""
    value = or_null(scalars.raw(call.args[0]))
    tests: list[Mql] = [] if call.filter is None else [scalars.truth(call.filter)]
    if call.fn is not fa.ARRAY_AGG and scalars.nullable(call.args[0]):
        tests.append(present(value))
    by_value = call.fn in (fa.MEDIAN, fa.MODE)
    keys = call.order or ((SortKey(call.args[0]),) if by_value else ())
    if call.distinct:  # which has no keys but the value itself
        known = f"${group.add(name, {'$addToSet': _where(tests, value)})}"
        made = _document("$$value", ["$$value" for _ in keys], keys, scalars)
        found: Mql = {"$map": {"input": known, "as": "value", "in": made}}
    else:
        exprs = [scalars.raw(key.expr) for key in keys]
        made = _document(value, exprs, keys, scalars)
        found = f"${group.add(name, {'$push': _where(tests, made)})}"
    values = _sorted(found, keys)
    if call.fn is fa.STRING_AGG:
        separator = scalars.value(call.args[1])
        return let(lambda v: _separated(v, separator), values)
    return _finished(call, values)


def _where(tests: list[Mql], value: Mql) -> Mql:
    return cond({"$and": tests}, value, REMOVE) if tests else value


def _document(
    value: Mql, exprs: Sequence[Mql], keys: Sequence[SortKey], scalars: Expressions
) -> Mql:
    """A value with what it is sorted by: for each key its rank, then itself."""
    made: dict[str, Mql] = {"v": value}
    for number, (key, expr) in enumerate(zip(keys, exprs, strict=True)):
        made[f"r{number}"] = projected(rank(key, expr, scalars))
        made[f"k{number}"] = projected(expr)
    return made


def _sorted(found: Mql, keys: Sequence[SortKey]) -> Mql:
    """The values in their order."""
    order: dict[str, int] = {}
    for number, key in enumerate(keys):
        direction = -1 if key.descending else 1
        order |= {f"r{number}": direction, f"k{number}": direction}
    if order:
        found = {"$sortArray": {"input": found, "sortBy": order}}
    return {"$map": {"input": found, "in": "$$this.v"}}


def _finished(call: AggregateCall, values: Mql) -> Mql:
    if call.fn is fa.ARRAY_AGG:
        return let(lambda v: cond({"$eq": [v, []]}, None, v), values)
    if call.fn is fa.MODE:
        return _most_frequent(values)
    if call.fn is fa.MEDIAN:
        return let(lambda v: _interpolated(v, 0.5), values)
    pick = _interpolated if call.fn is fa.PERCENTILE_CONT else _discrete
    fractions = [float(str(a.value)) for a in call.args[1:] if isinstance(a, Literal)]

    def picked(v: Mql) -> Mql:
        found = [pick(v, fraction) for fraction in fractions]
        return cond({"$eq": [v, []]}, None, found) if call.type.kind is Kind.ARRAY else found[0]

    return let(picked, values)


def _most_frequent(values: Mql) -> Mql:
    """The longest run of equal values, the first of those; the values are sorted."""
    times = cond({"$eq": ["$$this", "$$value.now"]}, {"$add": ["$$value.times", 1]}, 1)
    more = {"$gt": ["$$times", "$$value.most"]}
    step = {
        "now": "$$this",
        "times": "$$times",
        "best": cond(more, "$$this", "$$value.best"),
        "most": cond(more, "$$times", "$$value.most"),
    }
    counted = {"$let": {"vars": {"times": times}, "in": step}}
    start = {"now": None, "times": 0, "best": None, "most": 0}
    found = {"$reduce": {"input": values, "initialValue": start, "in": counted}}
    return {"$getField": {"field": "best", "input": found}}


def _separated(texts: Mql, separator: Mql) -> Mql:
    glued = {"$concat": ["$$value", separator, "$$this"]}
    others = {"$slice": [texts, 1, {"$max": [{"$size": texts}, 1]}]}
    all_of_them = {"$reduce": {"input": others, "initialValue": {"$first": texts}, "in": glued}}
    return cond({"$eq": [texts, []]}, None, all_of_them)


def _discrete(values: Mql, fraction: float) -> Mql:
    place: Mql = {"$subtract": [{"$ceil": {"$multiply": [fraction, {"$size": values}]}}, 1]}
    return or_null({"$arrayElemAt": [values, {"$max": [place, 0]}]})


def _interpolated(values: Mql, fraction: float) -> Mql:
    # variables with names of their own: `values` is one of `let`'s
    place: Mql = {"$multiply": [fraction, {"$subtract": [{"$size": values}, 1]}]}
    share = {"$subtract": ["$$place", {"$floor": "$$place"}]}
    ends = {
        "low": {"$arrayElemAt": [values, {"$floor": "$$place"}]},
        "high": {"$arrayElemAt": [values, {"$ceil": "$$place"}]},
    }
    between = {"$add": ["$$low", {"$multiply": [{"$subtract": ["$$high", "$$low"]}, share]}]}
    exact = cond({"$eq": [share, 0]}, "$$low", between)
    found = {"$let": {"vars": ends, "in": exact}}
    return cond({"$eq": [values, []]}, None, {"$let": {"vars": {"place": place}, "in": found}})
