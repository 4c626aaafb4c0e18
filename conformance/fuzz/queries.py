"""Random statements: joins, grouping, set operations, subqueries, CTEs, total orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from conformance.fuzz.expressions import Name, Scope, expression, leaf, predicate, value
from conformance.fuzz.grouping import aggregate, grouped
from conformance.fuzz.tree import Many, Node, Part
from conformance.fuzz.windows import DIRECTIONS, window
from conformance.fuzz.world import KINDS, Table, World

SET_OPERATORS = ("UNION ALL", "UNION ALL", "UNION", "INTERSECT", "INTERSECT ALL", "EXCEPT",
                 "EXCEPT ALL")  # fmt: skip
JOINS = ("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")


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
        if chance < 0.27:
            return self._recursive()
        if chance < 0.31:
            return self._first_of_each(kinds)
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
            return grouped(scope, kinds, source, self.where(scope))
        word = "SELECT DISTINCT" if self.rnd.random() < 0.15 else "SELECT"
        windows = 0.3 if names and self.rnd.random() < 0.3 else 0.0
        items = [
            window(scope, kind)
            if kind != "L" and self.rnd.random() < windows
            else expression(scope, kind)
            for kind in kinds
        ]
        return Part("Q", f"{word} {{}} FROM {{}}{{}}", (_items(items), source, self.where(scope)))

    def where(self, scope: Scope) -> Many:
        kids = tuple(predicate(scope) for _ in range(self.rnd.choice((0, 0, 1, 1, 2))))
        return Many(" WHERE ", " AND ", kids)

    def source(self, depth: int) -> tuple[Node, list[Name]]:
        first, names = self._from_one(depth)
        joins: list[Node] = []
        for _ in range(self.rnd.choice((0, 0, 0, 1, 1, 2)) if depth > 1 else 0):
            if self.rnd.random() < 0.12:
                join, more = self._lateral(names)
            else:
                other, more = self._from_one(0)
                join = self._join(other, names, more)
            joins.append(join)
            names = names + more
        return Part("", "{}{}", (first, Many("", "", tuple(joins)))), names

    def _join(self, other: Node, left: Sequence[Name], right: Sequence[Name]) -> Node:
        word = self.rnd.choice(JOINS)
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

    def _lateral(self, names: Sequence[Name]) -> tuple[Node, list[Name]]:
        """A join with a subquery that reads the tables before it."""
        alias, kinds = self.alias(), self.kinds()
        body = self.select(kinds, 1, names)
        word, on = self.rnd.choice((("CROSS JOIN", ""), ("LEFT JOIN", " ON TRUE")))
        more = [Name(f"{alias}.r{n}", kind) for n, kind in enumerate(kinds)]
        return Part("", f" {word} LATERAL ({{}}) AS {alias}{on}", (body,)), more

    def _values(self) -> tuple[Node, list[Name]]:
        alias, kinds = self.alias(), self.kinds()
        rows = tuple(
            Part(
                "", "({})", (Many("", ", ", tuple(value(self.rnd, k) for k in kinds), len(kinds)),)
            )
            for _ in range(self.rnd.randint(1, 4))
        )
        columns = ", ".join(f"r{n}" for n in range(len(kinds)))
        text = f"(VALUES {{}}) AS {alias} ({columns})"
        names = [Name(f"{alias}.r{n}", kind) for n, kind in enumerate(kinds)]
        return Part("", text, (Many("", ", ", rows, 1),)), names

    def _from_one(self, depth: int) -> tuple[Node, list[Name]]:
        if self.rnd.random() < 0.05:
            return self._values()
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

    def subquery(self, scope: Scope) -> Node:
        """EXISTS, IN, ANY or ALL, often correlated."""
        outer = scope.names if self.rnd.random() < 0.7 else ()
        chance = self.rnd.random()
        if chance < 0.4:
            word = self.rnd.choice(("EXISTS", "NOT EXISTS"))
            return Part("L", f"({word} ({{}}))", (self.select("I", 1, outer),))
        kind = self.rnd.choice("IBTANS")
        if chance < 0.55:
            word = self.rnd.choice(("=", "<>", "<", "<=", ">", ">="))
            some = self.rnd.choice(("ANY", "ALL"))
            kids = (expression(scope, kind), self.select(kind, 1, outer))
            return Part("L", f"({{}} {word} {some} ({{}}))", kids)
        word = self.rnd.choice(("IN", "NOT IN"))
        if chance < 0.65:
            pair = Part("", "({}, {})", (leaf(scope, kind), leaf(scope, "I")))
            return Part("L", f"({{}} {word} ({{}}))", (pair, self.select(kind + "I", 1, outer)))
        kids = (expression(scope, kind), self.select(kind, 1, outer))
        return Part("L", f"({{}} {word} ({{}}))", kids)

    def scalar(self, scope: Scope, kind: str) -> Node:
        outer = scope.names if self.rnd.random() < 0.6 else ()
        source, names = self.source(0)
        inner = Scope(self.rnd, names, 1, outer=outer)
        # An aggregate of nothing but outer columns would belong to the outer query.
        item = aggregate(Scope(self.rnd, names, 1), kind)
        return Part(kind, "(SELECT {} FROM {}{})", (item, source, self.where(inner)))

    def _united(self, kinds: str) -> Query:
        return self._ordered(self._sets(kinds, 2), kinds)

    def _sets(self, kinds: str, depth: int) -> Part:
        """Two or three queries combined; a side may be such a combination itself."""
        word = self.rnd.choice(SET_OPERATORS)
        sides = tuple(
            Part("Q", "({})", (self._sets(kinds, depth - 1),))
            if depth and self.rnd.random() < 0.2
            else self.select(kinds, 2)
            for _ in range(self.rnd.randint(2, 3))
        )
        return Part("Q", "{}", (Many("", f" {word} ", sides, 1),))

    def _with(self, kinds: str) -> Query:
        """A CTE, at times used twice."""
        cte = self.select(kinds, 2)
        names = [Name(f"w.r{n}", kind) for n, kind in enumerate(kinds)]
        wanted = self.kinds()
        joins: tuple[Node, ...] = ()
        if self.rnd.random() < 0.3:
            again = [Name(f"v.r{n}", kind) for n, kind in enumerate(kinds)]
            joins = (self._join(Part("", "w AS v"), names, again),)
            names += again
        scope = self.scope(names, 2)
        items = [expression(scope, kind) for kind in wanted]
        kids = (_items(items), Many("", "", joins), self.where(scope))
        ordered = self._ordered(Part("Q", "SELECT {} FROM w{}{}", kids), wanted)
        return Query(Part("", "WITH w AS ({}) {}", (cte, ordered.tree)), ordered.ordered)

    def _recursive(self) -> Query:
        """Numbers counted up from those of a table, with what came before them."""
        all_rows = self.rnd.choice(("UNION", "UNION ALL"))
        base, names = self._from_one(0)
        inner = Scope(self.rnd, names, 1)
        first = (expression(inner, "I"), expression(inner, "T"), base, self.where(inner))
        limits = Name("w.r0", "I"), Name("w.r1", "T")
        step = predicate(Scope(self.rnd, limits, 1))
        last = self.scope(limits, 1)
        text = (
            "WITH RECURSIVE w(r0, r1, r2) AS (SELECT MOD({}, 5), {}, 1 FROM {}{} "
            f"{all_rows} SELECT MOD(r0 + 1, 5), r1, r2 + 1 FROM w WHERE r2 < 4 AND {{}}) "
            "SELECT * FROM w{}"
        )
        return Query(Part("", text, (*first, step, self.where(last))))

    def _first_of_each(self, kinds: str) -> Query:
        """DISTINCT ON, or the first rows with those that tie with the last of them."""
        body = self.select(kinds, 2)
        directions = [self._direction() for _ in kinds]
        order = ", ".join(f"{n + 1}{way}" for n, way in enumerate(directions))
        if self.rnd.random() < 0.5:
            text = f"SELECT DISTINCT ON (d.r0) * FROM ({{}}) AS d ORDER BY {order}"
            return Query(Part("", text, (body,)), ordered=True)
        ties = f"{{}} ORDER BY 1{directions[0]} FETCH FIRST 2 ROWS WITH TIES"
        return Query(Part("", ties, (body,)))

    def _ordered(self, body: Node, kinds: str) -> Query:
        """ORDER BY every column, so that the answer is determined, often with a LIMIT."""
        if self.rnd.random() < 0.5:
            return Query(Part("", "{}", (body,)))
        order = ", ".join(f"{n + 1}{self._direction()}" for n in range(len(kinds)))
        limit = self.rnd.choice(("", "", " LIMIT 3", " LIMIT 5 OFFSET 2", " LIMIT 0"))
        return Query(Part("", f"{{}} ORDER BY {order}{limit}", (body,)), ordered=True)

    def _direction(self) -> str:
        return self.rnd.choice(DIRECTIONS)


def _items(items: Sequence[Node]) -> Many:
    return Many("", ", ", tuple(Part("", f"{{}} AS r{n}", (i,)) for n, i in enumerate(items)), 1)
