"""CTEs that are evaluated once: which may be shared.

PostgreSQL evaluates a CTE that is named more than once a single time; here only one whose result
could otherwise differ between its references, or is dear to compute.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, GroupingSets, Limit, Recursive, Rel, Window
from sqlshim.ir.scalar import Call

_DEAR = (Aggregate, GroupingSets, Limit, Window, Recursive)


def is_shareable(body: Rel) -> bool:
    """Whether a CTE's body groups, limits, recurs or is volatile, and depends on no outer query."""
    if walk.free_columns(body):
        return False
    return any(
        isinstance(node, _DEAR) or any(map(_is_volatile, _parts(node)))
        for node in walk.every_rel(body)
    )


def _parts(node: Rel) -> Iterator[object]:
    for expr in walk.scalars(node):
        yield from walk.every_scalar(expr)


def _is_volatile(part: object) -> bool:
    return isinstance(part, Call) and part.fn.volatile
