"""Random statements: joins, grouping, set operations, subqueries, CTEs, total orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from conformance.fuzz.expressions import Name, Scope, expression, predicate
from conformance.fuzz.tree import Many, Node, Part
from conformance.fuzz.world import KINDS, Table, World

AGGREGATES: dict[str, tuple[tuple[str, str], ...]] = {
    "B": (("COUNT(*)", ""), ("COUNT({})", "*"), ("COUNT(DISTINCT {})", "*"), ("SUM({})", "I")),
    "I": (("MIN({})", "I"), ("MAX({})", "I")),
    "D": (("SUM({})", "D"), ("AVG({})", "D"), ("MIN({})", "D"), ("AVG({})", "I")),
    "N": (("SUM({})", "N"), ("MAX({})", "N")),
    "T": (("MIN({})", "T"), ("MAX({})", "T")),
    "A": (("MIN({})", "A"), ("MAX({})", "A")),
    "S": (("MIN({})", "S"), ("MAX({})", "S")),
}


@dataclass(frozen=True)
class Query:
    tree: Node
    ordered: bool = False


@dataclass
class Writer:
    """Makes queries over one world; aliases are numbered so that they never clash."""

    rnd: Random
    world: World
    count: int = 0

    def query(self) -> Query:
        chance = self.rnd.random()
        kinds = self.kinds()
        if chance < 0.12:
            return self._united(kinds)
        if chance < 0.24:
            return self._with(kinds)
        return self._ordered(self.select(kinds, 3), kinds)

    def kinds(self) -> str:
        return "".join(self.rnd.choice(KINDS) for _ in range(self.rnd.randint(1, 4)))

    def scope(self, names: Sequence[Name], depth: int, outer: Sequence[Name] = ()) -> Scope:
        return Scope(self.rnd, names, depth, self.subquery, self.scalar, outer)

    def select(self, kinds: str, depth: int, outer: Sequence[Name] = ()) -> Part:
        """A SELECT whose columns are called r0, r1, … and have these kinds."""
        source, names = self.source(depth)
        scope = self.scope(names, depth, outer)
        if self.rnd.random() < 0.35:
            return self._grouped(kinds, source, scope)
        word = "SELECT DISTINCT" if self.rnd.random() < 0.15 else "SELECT"
        items = [expression(scope, kind) for kind in kinds]
        return Part("Q", f"{word} {{}} FROM {{}}{{}}", (_items(items), source, self.where(scope)))

    def where(self, scope: Scope) -> Many:
        kids = tuple(predicate(scope) for _ in range(self.rnd.choice((0, 0, 1, 1, 2))))
        return Many(" WHERE ", " AND ", kids)

    def source(self, depth: int) -> tuple[Node, list[Name]]:
        first, names = self._from_one(depth)
        joins: list[Node] = []
        for _ in range(self.rnd.choice((0, 0, 0, 1, 1, 2)) if depth > 1 else 0):
            other, more = self._from_one(0)
            joins.append(self._join(other, names, more))
            names = names + more
        return Part("", "{}{}", (first, Many("", "", tuple(joins)))), names

    def _join(self, other: Node, left: Sequence[Name], right: Sequence[Name]) -> Node:
        word = self.rnd.choice(("JOIN", "LEFT JOIN", "LEFT JOIN", "CROSS JOIN"))
        if word == "CROSS JOIN":
            return Part("", " CROSS JOIN {}", (other,))
        pairs = [(a, b) for a in left for b in right if a.kind == b.kind]
        terms: list[Node] = []
        for a, b in self.rnd.sample(pairs, min(len(pairs), self.rnd.choice((1, 1, 2)))):
            sign = self.rnd.choice(("=", "=", "=", "<", "<=", "<>"))
            terms.append(Part("L", f"{a.text} {sign} {b.text}"))
        if not terms or self.rnd.random() < 0.3:
            terms.append(predicate(Scope(self.rnd, [*left, *right], 1)))
        return Part("", f" {word} {{}} ON {{}}", (other, Many("", " AND ", tuple(terms), 1)))

    def _from_one(self, depth: int) -> tuple[Node, list[Name]]:
        alias = self.alias()
        if depth > 1 and self.rnd.random() < 0.15:
            kinds = self.kinds()
            names = [Name(f"{alias}.r{n}", kind) for n, kind in enumerate(kinds)]
            return Part("", f"({{}}) AS {alias}", (self.select(kinds, depth - 2),)), names
        table: Table = self.rnd.choice(self.world)
        names = [Name(f"{alias}.{column.name}", column.kind) for column in table.columns]
        return Part("", f"{table.name} AS {alias}"), names

    def alias(self) -> str:
        self.count += 1
        return f"a{self.count}"

    def _grouped(self, kinds: str, source: Node, scope: Scope) -> Part:
        keys = [scope.rnd.random() < 0.5 and kind != "" for kind in kinds]
        items: list[Node] = []
        groups: list[Node] = []
        inner = Scope(scope.rnd, scope.names, 1, outer=())
        for is_key, kind in zip(keys, kinds, strict=True):
            if is_key or kind == "L":
                items.append(expression(inner, kind))
                groups.append(Part("", str(len(items))))
            else:
                items.append(self.aggregate(inner, kind))
        having: tuple[Node, ...] = ()
        if self.rnd.random() < 0.3:
            sign = self.rnd.choice(("= 1", "> 1", "<= 3", "IS NOT NULL"))
            having = (Part("L", f"({{}} {sign})", (self.aggregate(inner, "B"),)),)
        kids = (
            Many("", ", ", tuple(Part("", f"{{}} AS r{n}", (i,)) for n, i in enumerate(items)), 1),
            source,
            self.where(scope),
            Many(" GROUP BY ", ", ", tuple(groups)),
            Many(" HAVING ", " AND ", having),
        )
        return Part("Q", "SELECT {} FROM {}{}{}{}", kids)

    def aggregate(self, scope: Scope, kind: str) -> Node:
        template, inside = self.rnd.choice(AGGREGATES[kind])
        if inside == "*":
            inside = self.rnd.choice(KINDS)
        kids: tuple[Node, ...] = (expression(scope, inside),) if inside else ()
        if self.rnd.random() < 0.2:
            template += " FILTER (WHERE {})"
            kids = (*kids, predicate(scope))
        return Part(kind, template, kids)

    def subquery(self, scope: Scope) -> Node:
        """EXISTS or IN, often correlated."""
        outer = scope.names if self.rnd.random() < 0.7 else ()
        if self.rnd.random() < 0.5:
            word = self.rnd.choice(("EXISTS", "NOT EXISTS"))
            return Part("L", f"({word} ({{}}))", (self.select("I", 1, outer),))
        kind = self.rnd.choice("IBTANS")
        word = self.rnd.choice(("IN", "NOT IN"))
        kids = (expression(scope, kind), self.select(kind, 1, outer))
        return Part("L", f"({{}} {word} ({{}}))", kids)

    def scalar(self, scope: Scope, kind: str) -> Node:
        outer = scope.names if self.rnd.random() < 0.6 else ()
        source, names = self.source(0)
        inner = Scope(self.rnd, names, 1, outer=outer)
        # An aggregate of nothing but outer columns would belong to the outer query.
        item = self.aggregate(Scope(self.rnd, names, 1), kind)
        return Part(kind, "(SELECT {} FROM {}{})", (item, source, self.where(inner)))

    def _united(self, kinds: str) -> Query:
        sides = tuple(self.select(kinds, 2) for _ in range(self.rnd.randint(2, 3)))
        return self._ordered(Part("Q", "{}", (Many("", " UNION ALL ", sides, 1),)), kinds)

    def _with(self, kinds: str) -> Query:
        cte = self.select(kinds, 2)
        names = [Name(f"w.r{n}", kind) for n, kind in enumerate(kinds)]
        scope = self.scope(names, 2)
        wanted = self.kinds()
        items = [expression(scope, kind) for kind in wanted]
        body = Part("Q", "SELECT {} FROM w{}", (_items(items), self.where(scope)))
        ordered = self._ordered(body, wanted)
        return Query(Part("", "WITH w AS ({}) {}", (cte, ordered.tree)), ordered.ordered)

    def _ordered(self, body: Node, kinds: str) -> Query:
        """ORDER BY every column, so that the answer is determined, often with a LIMIT."""
        if self.rnd.random() < 0.5:
            return Query(Part("", "{}", (body,)))
        order = ", ".join(f"{n + 1}{self._direction()}" for n in range(len(kinds)))
        limit = self.rnd.choice(("", "", " LIMIT 3", " LIMIT 5 OFFSET 2", " LIMIT 0"))
        return Query(Part("", f"{{}} ORDER BY {order}{limit}", (body,)), ordered=True)

    def _direction(self) -> str:
        words = ("", "", " DESC", " NULLS FIRST", " DESC NULLS LAST", " DESC NULLS FIRST")
        return self.rnd.choice(words)


def _items(items: Sequence[Node]) -> Many:
    return Many("", ", ", tuple(Part("", f"{{}} AS r{n}", (i,)) for n, i in enumerate(items)), 1)
