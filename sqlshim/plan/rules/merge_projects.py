"""One Project instead of two, and no Project under an Aggregate that can do its work.

Safe because an inner item is put in place of its column only where that computes nothing twice:
columns, literals and parameters anywhere; anything else only if it is used once, and not inside
a subquery. Subqueries and volatile functions are thus never repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Aggregate, GroupingSets, Project, Rel
from sqlshim.ir.scalar import Column, Scalar, Subquery
from sqlshim.plan.facts import is_fixed, is_simple, is_volatile

_OFTEN = 2


def merge_projects(rel: Rel) -> Rel:
    """`rel` without a Project below it whose items fit into its own expressions."""
    match rel:
        case Project(input=Project() as below) if _fits(below, walk.scalars(rel)):
            items = _values(below)
            merged = tuple((c, walk.substitute(e, items)) for c, e in rel.items)
            return Project(below.input, merged)
        case Aggregate(input=Project() as below) | GroupingSets(input=Project() as below) if (
            _fits_group(below, rel)
        ):
            items = _values(below)
            inner = replace(rel, input=below.input)
            return mapping.map_scalars(inner, lambda e: walk.substitute(e, items))
        case _:
            return rel


def _values(rel: Project) -> dict[int, Scalar]:
    return {c.id: e for c, e in rel.items}


def _fits(below: Project, above: Iterable[Scalar]) -> bool:
    costly = {c.id for c, e in below.items if not is_simple(e)}
    if not costly:
        return True
    uses: Counter[int] = Counter()
    for expr in above:
        _count(expr, uses)
    return all(uses[number] < _OFTEN for number in costly)


def _fits_group(below: Project, rel: Aggregate | GroupingSets) -> bool:
    """Keys stay plain: a constant or volatile one means something else in a store's language."""
    if not _fits(below, walk.scalars(rel)):
        return False
    items = _values(below)
    wanted = [items.get(i) for _, key in rel.keys for i in walk.reads(key)]
    return not any(e is not None and (is_fixed(e) or is_volatile(e)) for e in wanted)


def _count(expr: Scalar, uses: Counter[int]) -> None:
    if isinstance(expr, Column):
        uses[expr.id] += 1
    elif isinstance(expr, Subquery):
        uses.update(dict.fromkeys(walk.free_columns(expr.rel), _OFTEN))
    for operand in walk.operands(expr):
        _count(operand, uses)
