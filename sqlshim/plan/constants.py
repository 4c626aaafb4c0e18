"""Constants of an execution: what conditions compute of parameters and literals alone.

A store looks up rows by values; in `id = $1::bigint` or `at > now() - interval '1 hour'` it would
see an expression. `constants_in` finds them in an optimized plan; `with_values` puts literals or
further parameters in their place. Safe because `planning` computes them first, and takes the plan
as it was where one is an error, which is raised only if a row needs it. Of conditions, orders and
limits only: elsewhere nothing is looked up by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlshim.backends.protocol import Backend
from sqlshim.functions.documents import ARRAY_OF
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Filter, Join, Limit, Rel, Scan, Sort
from sqlshim.ir.scalar import Call, Literal, Param, Scalar
from sqlshim.plan.rules.fold_constants import fold
from sqlshim.types import INSTANTS, NUMBERS, Kind

# Of these a parameter is what the expression was; not so of truth values, which stores take apart.
_KINDS = NUMBERS | INSTANTS | {Kind.NUMERIC, Kind.TEXT, Kind.TIME, Kind.UUID, Kind.BYTES}


def constants_in(rel: Rel, stores: Mapping[str, Backend]) -> tuple[Scalar, ...]:
    """The largest constants that are worth computing, each once; none if no store looks rows up
    that is not the local engine."""
    scans = (node for node in walk.every_rel(rel) if isinstance(node, Scan))
    if not any(stores[scan.table.store].is_waited_for for scan in scans):
        return ()
    nodes = (node for node in walk.every_rel(rel) if isinstance(node, _NODES))
    return tuple(dict.fromkeys(c for node in nodes for e in walk.scalars(node) for c in _parts(e)))


def with_values(rel: Rel, values: Mapping[Scalar, Scalar]) -> Rel:
    """`rel` with other expressions in place of its constants."""

    def put(expr: Scalar) -> Scalar:
        if isinstance(expr, walk.LEAVES):
            return expr
        if _is_worth(expr) and expr in values:
            return values[expr]
        return walk.with_operands(expr, tuple(map(put, walk.operands(expr))))

    def in_node(node: Rel) -> Rel:
        return mapping.map_scalars(node, put) if isinstance(node, _NODES) else node

    return walk.transform(rel, in_node) if values else rel


_NODES = (Filter, Join, Sort, Limit)


def _parts(expr: Scalar) -> Iterator[Scalar]:
    if isinstance(expr, walk.LEAVES):
        return
    if _is_worth(expr):
        yield expr
        return
    for part in walk.branches(expr):
        yield from _parts(part)


def _is_worth(expr: Scalar) -> bool:
    """Whether `expr` has one value in an execution, whatever the row, by which rows are found.
    Not so arrays that are written out: stores look for their items."""
    if isinstance(expr, Call) and expr.fn is ARRAY_OF:
        return False
    if walk.reads(expr) or walk.has_subquery(expr) or walk.is_volatile(expr):
        return False
    type_ = expr.type
    if type_.kind is Kind.ARRAY and type_.element is not None:
        return type_.element.kind in _KINDS
    return type_.kind in _KINDS


def known(expr: Scalar, params: Sequence[object]) -> Literal | None:
    """The value of a constant, where folding finds it."""

    def filled(part: Scalar) -> Scalar:
        return Literal(params[part.index], part.type) if isinstance(part, Param) else part

    value = fold(walk.rewrite(expr, filled))
    return value if isinstance(value, Literal) else None
