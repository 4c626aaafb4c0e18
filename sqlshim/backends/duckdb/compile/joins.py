"""How DuckDB spells joins. Called by `compile`."""

from __future__ import annotations

from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Join, JoinKind, Project
from sqlshim.ir.scalar import Call, Column, Subquery, SubqueryKind

JOIN_WORDS = {
    JoinKind.INNER: ("", ""),
    JoinKind.LEFT: ("LEFT", ""),
    JoinKind.RIGHT: ("RIGHT", ""),
    JoinKind.FULL: ("FULL", ""),
    JoinKind.SEMI: ("", "SEMI"),
    JoinKind.ANTI: ("", "ANTI"),
}


def needs_select(rel: Join) -> bool:
    """Whether the join must stand in a SELECT of its own. DuckDB 2.0 keeps what it computes for a
    subquery in ON as a hidden column of an outer, semi or anti join, and a nested loop join above
    then takes one column for another: a fatal error, after which the database is dead."""
    return rel.kind is not JoinKind.INNER and any(map(walk.has_subquery, rel.on))


def as_not_in(rel: Join) -> Filter | None:
    """An anti join on `(a = b) IS NOT FALSE` alone, for which DuckDB has a hash join only if it is
    written as NOT IN."""
    match rel:
        case Join(
            kind=JoinKind.ANTI,
            on=(Call(fn=op.NOT, args=(Call(fn=op.IS_FALSE, args=(Call(fn=op.EQ) as same,)),)),),
        ):
            own = {c.id for c in rel.left.columns}
            for arg, item in (same.args, same.args[::-1]):
                if walk.reads(arg) <= own and not walk.reads(item) & own:
                    only = Project(rel.right, ((Column(-1, "item", item.type), item),))
                    query = Subquery(SubqueryKind.QUANTIFIED, only, same.type, (arg,), op.EQ)
                    return Filter(rel.left, (Call(op.NOT, (query,), same.type),))
    return None
