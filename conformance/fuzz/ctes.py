"""Random statements that begin with WITH: CTEs, and those that read themselves."""

from __future__ import annotations

from conformance.fuzz.expressions import Scope, expression, predicate
from conformance.fuzz.keys import names_of
from conformance.fuzz.names import Name
from conformance.fuzz.selects import Writer, columns_of, named
from conformance.fuzz.tree import Many, Node, Part, Query


def with_cte(writer: Writer, kinds: str) -> Query:
    """A CTE, at times used twice."""
    cte = writer.cut(writer.select(kinds, 2), kinds)
    if writer.rnd.random() < 0.5:
        return _anywhere(writer, cte, kinds)
    names = columns_of("w", kinds)
    wanted = writer.kinds()
    joins: tuple[Node, ...] = ()
    if writer.rnd.random() < 0.3:
        again = columns_of("v", kinds)
        joins = (writer.join(Part("", "w AS v"), names, again),)
        names += again
    scope = writer.scope(names, 2)
    items = [expression(scope, kind) for kind in wanted]
    kids = (named(items), Many("", "", joins), writer.where(scope))
    ordered = writer.ordered(Part("Q", "SELECT {} FROM w{}{}", kids), wanted)
    return Query(Part("", "WITH w AS ({}) {}", (cte, ordered.tree)), ordered.ordered)


def _anywhere(writer: Writer, cte: Part, kinds: str) -> Query:
    """A CTE that stands wherever a table may, and at times another one that reads it."""
    writer.ctes["w"] = kinds
    more: tuple[Node, ...] = ()
    if writer.rnd.random() < 0.3:
        others = writer.kinds()
        more = (Part("", ", w2 AS ({})", (writer.cut(writer.select(others, 2), others),)),)
        writer.ctes["w2"] = others
    wanted = writer.kinds()
    body = writer.sets(wanted, 0) if writer.rnd.random() < 0.2 else writer.select(wanted, 3)
    ordered = writer.ordered(body, wanted)
    writer.ctes = {}
    kids = (cte, Many("", "", more), ordered.tree)
    return Query(Part("", "WITH w AS ({}){} {}", kids), ordered.ordered)


def reached(writer: Writer) -> Query:
    """Rows reached over a join from those of a table."""
    table = writer.rnd.choice(writer.world)
    kinds = {column.name: column.kind for column in table.columns}
    numbers = [name for name, kind in kinds.items() if kind in "IB"]
    first, second = writer.rnd.choice(numbers), writer.rnd.choice(numbers)
    inner = Scope(writer.rnd, names_of(table, "t."), 1)
    step = Scope(writer.rnd, names_of(table, "t."), 0)
    text = (
        f"WITH RECURSIVE w(r0) AS (SELECT CAST(t.{first} AS BIGINT) FROM {table.name} AS t{{}} "
        f"UNION SELECT CAST(t.{second} AS BIGINT) FROM w JOIN {table.name} AS t "
        f"ON t.{first} = w.r0 WHERE {{}}) SELECT * FROM w"
    )
    return Query(Part("", text, (writer.where(inner), predicate(step))))


def recursive(writer: Writer) -> Query:
    """Numbers counted up from those of a table, with what came before them."""
    all_rows = writer.rnd.choice(("UNION", "UNION ALL"))
    base, names = writer.one_source(0)
    inner = Scope(writer.rnd, names, 1)
    first = (expression(inner, "I"), expression(inner, "T"), base, writer.where(inner))
    limits = Name("w.r0", "I"), Name("w.r1", "T")
    step = predicate(Scope(writer.rnd, limits, 1))
    last = writer.scope(limits, 1)
    text = (
        "WITH RECURSIVE w(r0, r1, r2) AS (SELECT MOD({}, 5), {}, 1 FROM {}{} "
        f"{all_rows} SELECT MOD(r0 + 1, 5), r1, r2 + 1 FROM w WHERE r2 < 4 AND {{}}) "
        "SELECT * FROM w{}"
    )
    return Query(Part("", text, (*first, step, writer.where(last))))
