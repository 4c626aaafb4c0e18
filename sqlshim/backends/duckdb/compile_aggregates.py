"""How DuckDB says each aggregate function, whether its result must be cast, and grouping sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from sqlshim.backends.duckdb.compile_casts import E, call, cast
from sqlshim.functions import aggregates as agg
from sqlshim.functions.model import Function
from sqlshim.ir.relational import GroupingSets
from sqlshim.ir.scalar import AggregateCall, Column
from sqlshim.types import INTEGERS, Kind

Recast = Callable[[AggregateCall], bool]


def _never(node: AggregateCall) -> bool:
    return False


def _sum(node: AggregateCall) -> bool:
    # the sum of integers is a HUGEINT: the cast makes what overflows BIGINT an error
    return node.args[0].type.kind in INTEGERS or node.type.kind is Kind.DECIMAL


AGGREGATES: Mapping[Function, tuple[str, Recast]] = {
    agg.COUNT: ("count", _never),
    agg.SUM: ("sum", _sum),
    agg.AVG: ("avg", _never),
    agg.MIN: ("min", _never),
    agg.MAX: ("max", _never),
    agg.BOOL_AND: ("bool_and", _never),
    agg.BOOL_OR: ("bool_or", _never),
    agg.STDDEV_SAMP: ("stddev_samp", _never),
    agg.STDDEV_POP: ("stddev_pop", _never),
    agg.VAR_SAMP: ("var_samp", _never),
    agg.VAR_POP: ("var_pop", _never),
    agg.STRING_AGG: ("string_agg", _never),
}


def grouping_sets(rel: GroupingSets, keys: Sequence[E]) -> E:
    """What stands after GROUP BY; `keys` are the compiled ones."""
    return exp.GroupingSets(expressions=[exp.Tuple(expressions=_chosen(s, keys)) for s in rel.sets])


def grouping_masks(rel: GroupingSets, keys: Sequence[E]) -> list[tuple[Column, E]]:
    """The values of GROUPING(...)."""
    return [(c, cast(call("grouping", *_chosen(m, keys)), c.type)) for c, m in rel.masks]


def _chosen(numbers: Sequence[int], keys: Sequence[E]) -> list[E]:
    return [keys[i].copy() for i in numbers]
