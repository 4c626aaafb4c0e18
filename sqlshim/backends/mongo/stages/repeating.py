"""Whether a relation may be evaluated twice in one pipeline: both times it must be the same rows.

What is added up in another order need not be: a sum of doubles, an array, the number of a row
among equals. Pure; called by `accept`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlshim.functions import aggregates as fa
from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, GroupingSets, Limit, Rel, Shared, Window
from sqlshim.ir.scalar import AggregateCall, Call, Subquery
from sqlshim.types import FLOATS

_SAME = {fa.COUNT, fa.MIN, fa.MAX, fa.BOOL_AND, fa.BOOL_OR}


def why_not_twice(rel: Rel) -> str:
    """Why two evaluations of `rel` might differ; "" if they cannot."""
    for node in _repeated(rel):
        if isinstance(node, Limit | Window):
            return f"{type(node).__name__} evaluated twice might give other rows"
        if isinstance(node, Aggregate | GroupingSets) and not all(_same(a) for _, a in node.calls):
            return "a sum of doubles evaluated twice might differ"
        for expr in walk.scalars(node):
            if any(isinstance(e, Call) and e.fn.volatile for e in walk.every_scalar(expr)):
                return "it differs each time it is evaluated"
    return ""


def _repeated(rel: Rel) -> Iterator[Rel]:
    """The relations that are evaluated again: what is shared is not."""
    if isinstance(rel, Shared):
        return
    yield rel
    for expr in walk.scalars(rel):
        for part in walk.every_scalar(expr):
            if isinstance(part, Subquery):
                yield from _repeated(part.rel)
    for child in walk.inputs(rel):
        yield from _repeated(child)


def _same(call: AggregateCall) -> bool:
    exact = call.fn is fa.SUM and not any(arg.type.kind in FLOATS for arg in call.args)
    return exact or call.fn in _SAME
