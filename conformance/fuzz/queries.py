"""Random statements: SELECTs, set operations and CTEs, mostly in a total order."""

from __future__ import annotations

from conformance.fuzz.constants import computed
from conformance.fuzz.ctes import reached, recursive, with_cte
from conformance.fuzz.expressions import expression
from conformance.fuzz.selects import Writer, named
from conformance.fuzz.tree import Part, Query
from conformance.fuzz.world import KINDS


def query(writer: Writer) -> Query:
    """A statement of any kind."""
    chance = writer.rnd.random()
    kinds = writer.kinds()
    if chance < 0.12:
        return _united(writer, kinds)
    if chance < 0.24:
        return with_cte(writer, kinds)
    if chance < 0.27:
        return writer.rnd.choice((recursive, reached))(writer)
    if chance < 0.31:
        return _first_of_each(writer, kinds)
    if chance < 0.42:
        return _sorted(writer, kinds)
    return writer.ordered(writer.select(kinds, 3), kinds)


def _united(writer: Writer, kinds: str) -> Query:
    return writer.ordered(writer.sets(kinds, 2), kinds)


def _sorted(writer: Writer, kinds: str) -> Query:
    """ORDER BY an expression or a subquery first, then by every column."""
    source, names = writer.source(3)
    scope = writer.scope(names, 3)
    items = named([expression(scope, kind) for kind in kinds])
    kind = writer.rnd.choice(KINDS)
    nothing = writer.rnd.random() < 0.1  # a constant decides nothing
    key = computed(writer.rnd, kind, scope.constant(kind)) if nothing else expression(scope, kind)
    first = Part("", "{}" + writer.direction(), (key,))
    rest = writer.by_every_column(kinds)
    kids = (items, source, writer.where(scope), first, writer.limit())
    return Query(Part("", f"SELECT {{}} FROM {{}}{{}} ORDER BY {{}}, {rest}{{}}", kids), True)


def _first_of_each(writer: Writer, kinds: str) -> Query:
    """DISTINCT ON, or the first rows with those that tie with the last of them."""
    body = writer.select(kinds, 2)
    directions = [writer.direction() for _ in kinds]
    order = ", ".join(f"{n + 1}{way}" for n, way in enumerate(directions))
    if writer.rnd.random() < 0.5:
        text = f"SELECT DISTINCT ON (d.r0) * FROM ({{}}) AS d ORDER BY {order}"
        return Query(Part("", text, (body,)), ordered=True)
    ties = f"{{}} ORDER BY 1{directions[0]} FETCH FIRST 2 ROWS WITH TIES"
    return Query(Part("", ties, (body,)))
