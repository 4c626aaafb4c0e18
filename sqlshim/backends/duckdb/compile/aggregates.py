"""How DuckDB says each aggregate function, and grouping sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, array_of_values, call, cast, number, text
from sqlshim.backends.duckdb.compile.json import (
    json_array,
    json_object,
    jsonb_object,
    key_and_value,
)
from sqlshim.functions import aggregates as agg
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Project,
    Rel,
    Remote,
    Scan,
)
from sqlshim.ir.scalar import AggregateCall, Call, Case, Column, null_of
from sqlshim.types import BOOLEAN, INTEGERS, Kind

Given = Callable[[AggregateCall, list[E]], list[E]]
Finish = Callable[[AggregateCall, E, list[E]], E]


def _as_it_is(node: AggregateCall, args: list[E]) -> list[E]:
    return args


def _done(node: AggregateCall, built: E, args: list[E]) -> E:
    return built


@dataclass(frozen=True, slots=True)
class Said:
    """DuckDB's function of that name over what `given` makes of the compiled arguments; `finish`
    makes the value of its result, after FILTER and OVER."""

    name: str
    finish: Finish = _done
    given: Given = _as_it_is


def _cast(node: AggregateCall, built: E, args: list[E]) -> E:
    return cast(built, node.type)


def _sum(node: AggregateCall, built: E, args: list[E]) -> E:
    # the sum of integers is a HUGEINT: the cast makes what overflows BIGINT an error
    wide = node.args[0].type.kind in INTEGERS or node.type.kind is Kind.DECIMAL
    return cast(built, node.type) if wide else built


def _total(node: AggregateCall, built: E, args: list[E]) -> E:
    return call("coalesce", built, cast(number(0), node.type))


def _rows(node: AggregateCall, args: list[E]) -> list[E]:
    return [call("row", *args)] if len(args) > 1 else args


def _not_nan(node: AggregateCall, built: E, args: list[E]) -> E:
    # where x does not vary; NULL in PostgreSQL
    return call("pg_null_for_nan", built)


def _value(node: AggregateCall, args: list[E]) -> list[E]:
    return args[:1]


def _separated(node: AggregateCall, args: list[E]) -> list[E]:
    value, separator = args
    nullable = node.args[1].type.nullable
    return [value, call("coalesce", separator, text("")) if nullable else separator]


def _pair(node: AggregateCall, args: list[E]) -> list[E]:
    return [call("pg_json_pair", args[1], args[0])]


def _joined(node: AggregateCall, built: E, args: list[E]) -> E:
    return call("pg_joined", built)


def _percentile(macro: str) -> Finish:
    def finish(node: AggregateCall, built: E, args: list[E]) -> E:
        found = [call(macro, built.copy(), fraction) for fraction in args[1:]]
        return array_of_values(found) if node.type.kind is Kind.ARRAY else found[0]

    return finish


AGGREGATES: Mapping[Function, Said] = {
    agg.COUNT: Said("count", given=_rows),
    agg.SUM: Said("sum", _sum),
    agg.TOTAL: Said("sum", _total),
    agg.AVG: Said("avg"),
    agg.MIN: Said("min"),
    agg.MAX: Said("max"),
    agg.BOOL_AND: Said("bool_and"),
    agg.BOOL_OR: Said("bool_or"),
    agg.STDDEV_SAMP: Said("stddev_samp"),
    agg.STDDEV_POP: Said("stddev_pop"),
    agg.VAR_SAMP: Said("var_samp"),
    agg.VAR_POP: Said("var_pop"),
    agg.STRING_AGG: Said("string_agg", given=_separated),
    agg.ANY_VALUE: Said("any_value"),
    agg.BIT_AND: Said("bit_and"),
    agg.BIT_OR: Said("bit_or"),
    agg.BIT_XOR: Said("bit_xor"),
    agg.ARRAY_AGG: Said("list"),
    agg.JSON_AGG: Said("list", json_array),
    agg.JSONB_AGG: Said("list", json_array),
    agg.JSON_OBJECT_AGG: Said("list", json_object, key_and_value),
    agg.JSONB_OBJECT_AGG: Said("list", jsonb_object, key_and_value),
    agg.PERCENTILE_CONT: Said("list", _percentile("pg_percentile_cont"), _value),
    agg.PERCENTILE_DISC: Said("list", _percentile("pg_percentile_disc"), _value),
    agg.MODE: Said("mode"),
    agg.MEDIAN: Said("median"),
    agg.CORR: Said("corr", _not_nan),
    agg.COVAR_POP: Said("covar_pop"),
    agg.COVAR_SAMP: Said("covar_samp"),
    agg.REGR_SLOPE: Said("regr_slope", _not_nan),
    agg.REGR_INTERCEPT: Said("regr_intercept", _not_nan),
    agg.REGR_R2: Said("regr_r2", _not_nan),
    agg.REGR_AVGX: Said("regr_avgx"),
    agg.REGR_AVGY: Said("regr_avgy"),
    agg.REGR_SXX: Said("regr_sxx"),
    agg.REGR_SYY: Said("regr_syy"),
    agg.REGR_SXY: Said("regr_sxy"),
    agg.REGR_COUNT: Said("regr_count", _cast),
}


_SUM_OF_INTERVALS = Said("list", lambda node, built, args: call("pg_sum_intervals", built))
_STRING_AGG_OF_PAIRS = Said("list", _joined, _pair)  # the separator varies from row to row


def said(node: AggregateCall) -> Said:
    """How DuckDB says the call."""
    if node.fn is agg.STRING_AGG and walk.reads(node.args[1]):
        return _STRING_AGG_OF_PAIRS
    if node.fn is agg.SUM and node.args[0].type.kind is Kind.INTERVAL:
        return _SUM_OF_INTERVALS
    if node.fn is agg.MODE and not walk.reads(node.args[0]):
        return AGGREGATES[agg.ANY_VALUE]  # DuckDB takes it for the fraction of an ordered set
    return AGGREGATES[node.fn]


def unbounded(node: AggregateCall, rel: Aggregate | GroupingSets) -> AggregateCall:
    """The call of `rel`, its argument such that DuckDB knows no bounds of a sum.

    DuckDB 2.0 takes the argument's bounds times the most rows there can be, and thinks that an
    outer join or a scalar subquery over an empty table has none: HAVING SUM(x) > 0 then keeps no
    group, and the sum is added up and sorted in a type that is too small, without an error. A CASE
    has no bounds.
    """
    summed = node.fn in (agg.SUM, agg.TOTAL) and node.args[0].type.kind in _BOUNDED
    if not summed or _is_one_table(rel.input):
        return node
    (arg,) = node.args
    there = Call(op.IS_NOT_NULL, (arg,), BOOLEAN)
    same = Case(((there, arg),), null_of(arg.type), arg.type)
    return replace(node, args=(same,))


_BOUNDED = INTEGERS | {Kind.DECIMAL}


def _is_one_table(rel: Rel) -> bool:
    """Whether no row comes from anything but one table, so that their number is known."""
    parts = walk.every_rel(rel)
    return all(
        isinstance(r, Scan | Remote | Filter | Project) for r in parts
    ) and not walk.free_columns(rel)


def grouping_sets(rel: GroupingSets, keys: Sequence[E]) -> E:
    """What stands after GROUP BY; `keys` are the compiled ones."""
    return exp.GroupingSets(expressions=[exp.Tuple(expressions=_chosen(s, keys)) for s in rel.sets])


def grouping_masks(rel: GroupingSets, keys: Sequence[E]) -> list[tuple[Column, E]]:
    """The values of GROUPING(...)."""
    return [(c, cast(call("grouping", *_chosen(m, keys)), c.type)) for c, m in rel.masks]


def _chosen(numbers: Sequence[int], keys: Sequence[E]) -> list[E]:
    return [keys[i].copy() for i in numbers]
