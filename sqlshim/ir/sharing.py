"""References to CTEs that are evaluated once: how many there are, and which need not be."""

from __future__ import annotations

from collections import Counter

from sqlshim.ir import walk
from sqlshim.ir.relational import Project, Rel, Shared
from sqlshim.ir.scalar import Subquery


def unshare_single(rel: Rel) -> Rel:
    """`rel` with every CTE that is referenced only once put in its place."""
    count: Counter[int] = Counter()
    _count(rel, count)
    single = {number for number, times in count.items() if times == 1}

    def change(node: Rel) -> Rel:
        if not isinstance(node, Shared) or node.number not in single:
            return node
        pairs = zip(node.columns, node.input.columns, strict=True)
        return Project(node.input, tuple(pairs))

    return walk.transform(rel, change) if single else rel


def _count(rel: Rel, count: Counter[int]) -> None:
    """References, those inside a shared body counted once."""
    if isinstance(rel, Shared):
        count[rel.number] += 1
        if count[rel.number] > 1:
            return
    for expr in walk.scalars(rel):
        for part in walk.every_scalar(expr):
            if isinstance(part, Subquery):
                _count(part.rel, count)
    for child in walk.inputs(rel):
        _count(child, count)
