"""After the split: the first rows of each group over what a store can cut by itself.

`row_number() OVER (PARTITION BY k ORDER BY c) <= n` and DISTINCT ON are a Filter over a Window. A
store that keeps its rows in such groups and order (`Backend.keeps_first`: Cassandra's partitions)
gives the first n of each only. Window and Filter stay above, so the answer does not lean on it.
Called by `planning.Planner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlshim.backends.protocol import Backend, Pushdown
from sqlshim.functions import operators as op
from sqlshim.functions import windows as win
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Project, Rel, Remote, Window
from sqlshim.ir.scalar import Call, Column, Literal, Scalar, SortKey, WindowCall
from sqlshim.types import BIGINT, BOOLEAN

_LIMITS = {op.EQ: 0, op.LE: 0, op.LT: -1}  # what is to be added to the number compared with


def read_first_rows(rel: Rel, stores: Mapping[str, Backend], pushdown: Pushdown) -> Rel:
    """`rel`, its Remotes below a filtered number of rows cut where a store can."""

    def change(node: Rel) -> Rel:
        match node:
            case Filter(Window(calls=((number, call),)) as window, where=where):
                most = _most(where, number)
                if call.fn is not win.ROW_NUMBER or most is None:
                    return node
                below = _cut(window.input, number, call, most, stores)
                return replace(node, input=replace(window, input=below)) if below else node
            case _:
                return node

    return rel if pushdown is Pushdown.NEVER else walk.transform(rel, change)


def _most(where: tuple[Scalar, ...], number: Column) -> int | None:
    """The highest number that may pass; None if it is not limited by a constant."""
    found: list[int] = []
    for term in where:
        match term:
            case Call(fn=fn, args=(Column(id=number.id), Literal(value=int() as value))):
                pass
            case Call(fn=fn, args=(Literal(value=int() as value), Column(id=number.id))):
                fn = op.MIRRORED.get(fn, fn)
            case _:
                continue
        if fn in _LIMITS:
            found.append(value + _LIMITS[fn])
    return min(found) if found and min(found) > 0 else None


def _cut(
    rel: Rel, number: Column, call: WindowCall, most: int, stores: Mapping[str, Backend]
) -> Rel | None:
    match rel:
        case Remote():
            limit = Literal(most, BIGINT.with_null(False))
            few = Call(op.LE, (number, limit), BOOLEAN.with_null(False))
            numbered = Window(rel.rel, ((number, call),))
            cut = Project(Filter(numbered, (few,)), tuple((c, c) for c in rel.columns))
            return replace(rel, rel=cut) if stores[rel.store].keeps_first(cut) else None
        case Project():
            made = {column.id: expr for column, expr in rel.items}

            def source(expr: Scalar) -> Scalar:
                return made.get(expr.id, expr) if isinstance(expr, Column) else expr

            def key(given: SortKey) -> SortKey:
                return replace(given, expr=walk.rewrite(given.expr, source))

            partition = tuple(walk.rewrite(e, source) for e in call.partition)
            below = replace(call, partition=partition, order=tuple(map(key, call.order)))
            inner = _cut(rel.input, number, below, most, stores)
            return None if inner is None else replace(rel, input=inner)
        case _:
            return None
