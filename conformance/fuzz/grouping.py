"""Random aggregates, groups and grouping sets."""

from __future__ import annotations

from random import Random

from conformance.fuzz.expressions import Scope, expression, leaf, predicate
from conformance.fuzz.tree import Many, Node, Part, inlined
from conformance.fuzz.windows import DIRECTIONS
from conformance.fuzz.world import KINDS, TYPES

AGGREGATES: dict[str, tuple[tuple[str, str], ...]] = {
    "B": (("COUNT(*)", ""), ("COUNT({})", "*"), ("COUNT(DISTINCT {})", "*"), ("SUM({})", "I"),
          ("SUM(DISTINCT {})", "I"), ("REGR_COUNT({}, {})", "DD"), ("BIT_OR({})", "B"),
          ("COUNT(DISTINCT ({}, {}))", "IT"), ("SUM({})", "I"), ("CAST(SUM({}) AS BIGINT)", "B"),
          ("BIT_XOR({})", "I"), ("COUNT({})", "*"), ("RANK(1) WITHIN GROUP (ORDER BY {})", "I"),
          ("MAX({}) - MIN({})", "BB"), ("SUM({}) + COUNT(*)", "I"), ("MAX({})", "B"),
          ("SUM(CASE WHEN {} THEN 1 ELSE 0 END)", "L"), ("COUNT(*)", "")),
    "I": (("MIN({})", "I"), ("MAX({})", "I"), ("BIT_AND({})", "I"),
          ("PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY {})", "I"),
          ("MODE() WITHIN GROUP (ORDER BY {})", "I"), ("MAX(LENGTH({}))", "T")),
    "D": (("SUM({})", "D"), ("AVG({})", "D"), ("MIN({})", "D"), ("AVG({})", "I"),
          ("AVG(DISTINCT {})", "I"), ("STDDEV_SAMP({})", "I"), ("VAR_POP({})", "I"),
          ("PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY {})", "D"), ("AVG({})", "N"),
          ("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {} DESC)", "I"), ("MEDIAN({})", "I"),
          ("STDDEV_POP({})", "I"), ("REGR_AVGX({}, {})", "II"), ("MAX({})", "D"),
          ("SUM({}) / NULLIF(COUNT({}), 0)", "DD"), ("AVG({})", "B")),
    "N": (("SUM({})", "N"), ("MAX({})", "N"), ("SUM(DISTINCT {})", "N"), ("MIN({})", "N"),
          ("SUM({}) - MIN({})", "NN"), ("MODE() WITHIN GROUP (ORDER BY {})", "N")),
    "T": (("MIN({})", "T"), ("MAX({})", "T"), ("STRING_AGG({0}, ',' ORDER BY {0})", "T"),
          ("STRING_AGG(DISTINCT {0}, ',' ORDER BY {0})", "T"), ("CAST(COUNT(*) AS TEXT)", ""),
          ("CAST(JSONB_AGG({0} ORDER BY {0}) AS TEXT)", "T"),
          ("STRING_AGG({0}, '+' ORDER BY {0} DESC)", "T"), ("MIN({}) || MAX({})", "TT"),
          ("CAST(JSONB_AGG({0} ORDER BY {0}) AS TEXT)", "I"),
          ("PERCENTILE_DISC(0.3) WITHIN GROUP (ORDER BY {})", "T")),
    "L": (("BOOL_AND({})", "L"), ("BOOL_OR({})", "L"), ("EVERY({})", "L")),
    "A": (("MIN({})", "A"), ("MAX({})", "A"), ("CAST(MAX({}) AS DATE)", "S")),
    "S": (("MIN({})", "S"), ("MAX({})", "S"), ("MODE() WITHIN GROUP (ORDER BY {})", "S")),
    "Z": (("MIN({})", "Z"), ("MAX({})", "Z")),
    "M": (("MIN({})", "M"), ("MAX({})", "M")),
    "U": (("MIN({})", "U"), ("MAX({})", "U")),
    "i": (("ARRAY_AGG({0} ORDER BY {0})", "I"), ("ARRAY_AGG(DISTINCT {0} ORDER BY {0})", "I")),
    "t": (("ARRAY_AGG({0} ORDER BY {0} DESC NULLS LAST)", "T"),),
}  # fmt: skip


def aggregate(scope: Scope, kind: str) -> Node:
    rnd = scope.rnd
    template, inside = rnd.choice(AGGREGATES[kind])
    if inside == "*":
        inside = rnd.choice(KINDS)
    kids: tuple[Node, ...]
    if "{0}" in template:
        column = inlined(leaf(scope, inside))  # twice the same
        template, kids = template.replace("{0}", "{}"), (column, column)
    else:
        kids = tuple(expression(scope, k) for k in inside)
    if rnd.random() < 0.2 and not template.startswith("CAST"):
        template += " FILTER (WHERE {})"
        kids = (*kids, predicate(scope))
    return Part(kind, template, kids)


def grouped(scope: Scope, kinds: str, source: Node, where: Node) -> Part:
    """A SELECT with columns r0, r1, … of these kinds, some of them keys, the others aggregates."""
    rnd = scope.rnd
    inner = Scope(rnd, scope.names, 1, outer=())
    # A subquery here depends on no column, which would have to be grouped.
    free = Scope(rnd, (), 2, scope.subquery, scope.scalar)
    items: list[Node] = []
    keys: list[str] = []
    # A constant in a grouping set is a constant to PostgreSQL before 18, NULL or not: columns only.
    sets = rnd.random() < 0.25
    used: list[str] = []  # by an ordinal, PostgreSQL groups by the same column twice
    for kind in kinds:
        chance = rnd.random()
        columns = [n.text for n in scope.names if n.kind == kind and n.text not in used]
        if sets and chance < 0.7 and columns:
            used.append(rnd.choice(columns))
            items.append(Part("", used[-1]))
            keys.append(str(len(items)))
        elif chance < 0.5 and not sets:
            items.append(expression(inner, kind))
            keys.append(str(len(items)))
        elif sets and used and kind in "IB" and chance < 0.9:
            items.append(Part(kind, f"CAST(GROUPING({', '.join(used)}) AS {TYPES[kind]})"))
        elif chance < 0.55 and kind == "B":
            # Ranks of groups; the window runs above the grouping.
            order = Part("", "{}" + rnd.choice(DIRECTIONS), (aggregate(inner, "B"),))
            items.append(Part("B", "RANK() OVER (ORDER BY {})", (order,)))
        else:
            items.append(aggregate(inner, kind))
    having: tuple[Node, ...] = ()
    if rnd.random() < 0.3:
        sign = rnd.choice(("= 1", "> 1", "<= 3", "IS NOT NULL"))
        having = (Part("L", f"({{}} {sign})", (aggregate(inner, "B"),)),)
        if rnd.random() < 0.2 and scope.subquery is not None and scope.scalar is not None:
            sides = (aggregate(inner, "B"), scope.scalar(free, "B"))
            test = Part("L", "({} >= {})", sides) if rnd.random() < 0.5 else scope.subquery(free)
            having = (*having, test)
    kids = (
        Many("", ", ", tuple(Part("", f"{{}} AS r{n}", (i,)) for n, i in enumerate(items)), 1),
        source,
        where,
        _keys(rnd, keys, sets),
        Many(" HAVING ", " AND ", having),
    )
    return Part("Q", "SELECT {} FROM {}{}{}{}", kids)


def _keys(rnd: Random, keys: list[str], sets: bool) -> Node:
    """GROUP BY these ordinals, at times by several sets of them."""
    parts = tuple(Part("", key) for key in keys)
    if not keys or not sets:
        return Many(" GROUP BY ", ", ", parts)
    word = rnd.choice(("ROLLUP", "CUBE", "GROUPING SETS"))
    if word != "GROUPING SETS":
        return Part("", f" GROUP BY {word} ({{}})", (Many("", ", ", parts, 1),))
    chosen = [rnd.sample(keys, rnd.randint(0, len(keys))) for _ in range(rnd.randint(1, 3))]
    # Every key stands in some set: the columns of SELECT must be grouped.
    texts = [f"({', '.join(some)})" for some in [keys, *chosen]]
    return Part(
        "",
        " GROUP BY GROUPING SETS ({})",
        (Many("", ", ", tuple(Part("", text) for text in texts), 1),),
    )
