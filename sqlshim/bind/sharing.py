"""CTEs that are evaluated once: which may be shared, and which references need not be.

PostgreSQL evaluates a CTE that is named more than once a single time; here only one whose result
could otherwise differ between its references, or is dear to compute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, GroupingSets, Limit, Project, Rel, Shared, Window
from sqlshim.ir.scalar import Call, Subquery


def is_shareable(body: Rel) -> bool:
    """Whether a CTE's body groups, limits or is volatile, and depends on no outer query."""
    if walk.free_columns(body):
        return False
    return any(
        isinstance(node, Aggregate | GroupingSets | Limit | Window)
        or any(map(_is_volatile, _parts(node)))
        for node in walk.every_rel(body)
    )


def _parts(node: Rel) -> Iterator[object]:
    for expr in walk.scalars(node):
        yield from walk.every_scalar(expr)


def _is_volatile(part: object) -> bool:
    return isinstance(part, Call) and part.fn.volatile


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
