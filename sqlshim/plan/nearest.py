"""After the split: ORDER BY … LIMIT over what a store may search approximately.

A store whose user has allowed it (`Backend.nearest`) reads only rows that are likely the first;
the local Sort and Limit above stay, so that order and number are SQL's. Called by
`planning.Planner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlshim.backends.protocol import Backend, Pushdown
from sqlshim.ir import walk
from sqlshim.ir.relational import Limit, Project, Rel, Remote, Sort
from sqlshim.ir.scalar import Column, Scalar, SortKey


def search_nearest(rel: Rel, stores: Mapping[str, Backend], pushdown: Pushdown) -> Rel:
    """`rel`, its Remotes below a Sort by one key and a Limit reduced where a store can."""

    def change(node: Rel) -> Rel:
        match node:
            case Limit(Sort(keys=(key,)) as sort, count=count, offset=None) if count is not None:
                below = _reduced(sort.input, key, count, stores)
                return replace(node, input=replace(sort, input=below)) if below else node
            case _:
                return node

    return rel if pushdown is Pushdown.NEVER else walk.transform(rel, change)


def _reduced(rel: Rel, key: SortKey, count: Scalar, stores: Mapping[str, Backend]) -> Rel | None:
    match rel:
        case Remote():
            found = stores[rel.store].nearest(rel.rel, key, count)
            return None if found is None else replace(rel, rel=found)
        case Project():
            made = {column.id: expr for column, expr in rel.items}

            def source(expr: Scalar) -> Scalar:
                return made.get(expr.id, expr) if isinstance(expr, Column) else expr

            below = replace(key, expr=walk.rewrite(key.expr, source))
            inner = _reduced(rel.input, below, count, stores)
            return None if inner is None else replace(rel, input=inner)
        case _:
            return None
