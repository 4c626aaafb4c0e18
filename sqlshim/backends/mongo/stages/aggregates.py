"""Aggregate calls as accumulators of $group, and what must be done to their results.

An accumulator leaves nulls out as SQL does, but $sum of nothing is 0, sums of int64 turn into
doubles, and NaN is the least of numbers. `accumulate` gives the accumulators of one call and the
expression that makes its value of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlshim.backends.mongo.expressions.mql import (
    NAN,
    REMOVE,
    Mql,
    cond,
    fail,
    holds_value,
    let,
    or_null,
    present,
)
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages.collecting import COLLECTING, collected, why_not_collected
from sqlshim.functions import aggregates as fa
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import AggregateCall, Column, Scalar
from sqlshim.types import FLOATS, Kind, SqlType


@dataclass
class Group:
    """The accumulators of one $group; equal ones are shared."""

    fields: dict[str, Mql] = field(default_factory=dict)

    def add(self, name: str, accumulator: Mql) -> str:
        """The field of `accumulator`: a new one called like `name`, or an equal one there is."""
        for known, other in self.fields.items():
            if other == accumulator:
                return known
        free = name
        while free in self.fields:
            free += "_"
        self.fields[free] = accumulator
        return free


@dataclass(frozen=True, slots=True)
class Argument:
    """What an aggregate call sees of each row: the value, or null where FILTER is not true."""

    value: Mql
    nullable: bool
    type: SqlType


def accumulate(
    call: AggregateCall, name: str, group: Group, scalars: Expressions, maybe_empty: bool = False
) -> Mql:
    """Add the accumulators of `call` to `group`; the value is an expression over their fields.

    `maybe_empty` says that there may be no rows at all, as in a window's frame.
    """
    if call.fn is fa.COUNT and not call.args:
        one = 1 if call.filter is None else cond(scalars.truth(call.filter), 1, 0)
        return f"${group.add(name, {'$sum': one})}"
    if call.fn in COLLECTING:
        return collected(call, name, group, scalars)
    if call.fn in _OF_PAIRS:
        return _of_pairs(call, name, group, scalars)
    arg = _argument(call, scalars)
    arg = replace(arg, nullable=arg.nullable or maybe_empty)
    if call.distinct and call.fn in _OF_SET:
        given = cond(present(arg.value), arg.value, REMOVE) if arg.nullable else arg.value
        values = group.add(name, {"$addToSet": given})
        return _OF_SET[call.fn](f"${values}", call)
    return _PLAIN[call.fn](call, arg, name, group)


def _argument(call: AggregateCall, scalars: Expressions) -> Argument:
    arg, *others = call.args
    value, nullable = scalars.raw(arg), scalars.nullable(arg)
    if others:  # the row of COUNT(DISTINCT (a, b)), never NULL itself
        value = {f"a{i}": or_null(scalars.raw(e)) for i, e in enumerate(call.args)}
        nullable = False
    if call.filter is None:
        return Argument(value, nullable, arg.type)
    return Argument(cond(scalars.truth(call.filter), value, None), True, arg.type)


# --- over rows -----------------------------------------------------------------------------


def _count(call: AggregateCall, arg: Argument, name: str, group: Group) -> Mql:
    # What cannot be NULL is computed all the same: it may be an error.
    plain = not arg.nullable and isinstance(call.args[0], Column)
    given = holds_value if arg.type.kind is Kind.JSON else present
    one = 1 if plain else cond(given(arg.value), 1, 0)
    return f"${group.add(name, {'$sum': one})}"


def _sum(call: AggregateCall, arg: Argument, name: str, group: Group) -> Mql:
    """$sum of nothing is 0: something must tell whether there was anything to add."""
    if not arg.nullable:
        return _exact(f"${group.add(name, {'$sum': arg.value})}", call.type)
    if arg.type.kind is Kind.DOUBLE:
        # The 0 of nothing is an int32; a sum with a double in it is none.
        total = f"${group.add(name, {'$sum': as_double(arg.value)})}"
        return cond({"$eq": [{"$type": total}, "int"]}, None, total)
    result = _exact(f"${group.add(name, {'$sum': arg.value})}", call.type)
    return cond(present(f"${_witness(arg, name, group)}"), result, None)


def as_double(value: Mql) -> Mql:
    """A number of a column of doubles, which may be stored as an integer, as a double."""
    if _is_double(value):
        return value
    if isinstance(value, dict) and "$multiply" in value:
        return {"$multiply": [*value["$multiply"], 1.0]}
    return {"$multiply": [value, 1.0]}


def _is_double(value: Mql) -> bool:
    """Whether arithmetic gives a double (or null) for sure."""
    if isinstance(value, float):
        return True
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((operator, args),) = value.items()
    if operator == "$divide":
        return True
    return operator in ("$multiply", "$add", "$subtract") and any(map(_is_double, args))


def _witness(arg: Argument, name: str, group: Group) -> str:
    """A field that is null where every value of the argument was."""
    for kind in ("$avg", "$max", "$min"):
        for known, accumulator in group.fields.items():
            if accumulator == {kind: arg.value}:
                return known
    return group.add(f"{name}_any", {"$max": arg.value})


def _exact(total: Mql, t: SqlType) -> Mql:
    """A sum, or an error where one of integers left int64 and became a double."""
    if t.kind is not Kind.BIGINT:
        return total

    def check(x: Mql) -> Mql:
        overflow = {"$eq": [{"$type": x}, "double"]}
        return cond(overflow, fail("22003", "bigint out of range", x), x)

    return let(check, total)


def _avg(call: AggregateCall, arg: Argument, name: str, group: Group) -> Mql:
    mean = f"${group.add(name, {'$avg': arg.value})}"
    return {"$toDouble": mean} if arg.type.kind is Kind.DECIMAL else mean


def _total(call: AggregateCall, arg: Argument, name: str, group: Group) -> Mql:
    return {"$toDouble": f"${group.add(name, {'$sum': arg.value})}"}


def _extreme(kind: str) -> Callable[[AggregateCall, Argument, str, Group], Mql]:
    def build(call: AggregateCall, arg: Argument, name: str, group: Group) -> Mql:
        if arg.type.kind not in FLOATS:
            return f"${group.add(name, {kind: arg.value})}"
        # NaN is the largest number in SQL and the smallest for the server.
        is_nan = {"$eq": [arg.value, NAN]}
        has_nan = f"${group.add(f'{name}_nan', {'$max': is_nan})}"
        if kind == "$max":
            return cond(has_nan, NAN, f"${group.add(name, {kind: arg.value})}")
        least = f"${group.add(name, {kind: cond(is_nan, None, arg.value)})}"
        return cond({"$and": [has_nan, {"$lte": [least, None]}]}, NAN, least)

    return build


def _operator(kind: str) -> Callable[[AggregateCall, Argument, str, Group], Mql]:
    return lambda call, arg, name, group: f"${group.add(name, {kind: arg.value})}"


_PLAIN: dict[Function, Callable[[AggregateCall, Argument, str, Group], Mql]] = {
    fa.COUNT: _count,
    fa.SUM: _sum,
    fa.AVG: _avg,
    fa.MIN: _extreme("$min"),
    fa.MAX: _extreme("$max"),
    fa.BOOL_AND: _operator("$min"),  # false is below true, nulls are left out
    fa.BOOL_OR: _operator("$max"),
    fa.STDDEV_SAMP: _operator("$stdDevSamp"),
    fa.STDDEV_POP: _operator("$stdDevPop"),
    fa.ANY_VALUE: _operator("$max"),  # leaves nulls out
    fa.TOTAL: _total,
}


# --- over pairs ----------------------------------------------------------------------------

_OF_PAIRS = frozenset({fa.REGR_COUNT, fa.REGR_AVGX, fa.REGR_AVGY})


def _of_pairs(call: AggregateCall, name: str, group: Group, scalars: Expressions) -> Mql:
    """What is made of the pairs (y, x) in which neither is null."""
    y, x = (scalars.raw(arg) for arg in call.args)
    tests = [present(y), present(x)]
    tests += [] if call.filter is None else [scalars.truth(call.filter)]
    if call.fn is fa.REGR_COUNT:
        return f"${group.add(name, {'$sum': cond({'$and': tests}, 1, 0)})}"
    value = x if call.fn is fa.REGR_AVGX else y
    return f"${group.add(name, {'$avg': cond({'$and': tests}, value, None)})}"


# --- over a set of distinct values ---------------------------------------------------------


def _set_sum(values: Mql, call: AggregateCall) -> Mql:
    return cond({"$eq": [values, []]}, None, _exact({"$sum": values}, call.type))


def _set_avg(values: Mql, call: AggregateCall) -> Mql:
    mean: Mql = {"$avg": values}
    return {"$toDouble": mean} if call.args[0].type.kind is Kind.DECIMAL else mean


_OF_SET: dict[Function, Callable[[Mql, AggregateCall], Mql]] = {
    fa.COUNT: lambda values, call: {"$size": values},
    fa.SUM: _set_sum,
    fa.AVG: _set_avg,
    fa.STDDEV_SAMP: lambda values, call: {"$stdDevSamp": values},
    fa.STDDEV_POP: lambda values, call: {"$stdDevPop": values},
}


def only_distinct(calls: tuple[AggregateCall, ...]) -> Scalar | None:
    """The argument of all of `calls` if each is DISTINCT over the same one.

    Then grouping by it first does the same as collecting sets, without their size limit.
    """
    if not calls or not calls[0].args:
        return None
    arg = calls[0].args[0]
    same = all(
        c.distinct and c.filter is None and c.args == (arg,) and c.fn in _PLAIN for c in calls
    )
    return arg if same else None


def over_nothing(call: AggregateCall) -> Mql:
    """The value of `call` over no rows."""
    if call.fn is fa.TOTAL:
        return 0.0
    return None if call.type.nullable else 0


def refusal(call: AggregateCall) -> str:
    """Why `call` has no form here, apart from its arguments; "" if it has."""
    if call.fn in COLLECTING:
        return why_not_collected(call)
    if call.distinct and call.fn in (fa.TOTAL, *_OF_PAIRS):
        return f"{call.fn.name} with DISTINCT has no MongoDB form"
    if call.fn not in _PLAIN and call.fn not in _OF_PAIRS:
        return f"{call.fn.name} has no MongoDB form"
    return "an ordered aggregate has no MongoDB form" if call.order else ""
