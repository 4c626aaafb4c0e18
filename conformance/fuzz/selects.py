"""Random SELECTs, what they read (joins, subqueries, CTEs) and what is made of several of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from conformance.fuzz.constants import count
from conformance.fuzz.expressions import Scope, expression, leaf, predicate, value
from conformance.fuzz.grouping import aggregate, grouped
from conformance.fuzz.keys import key_terms, names_of
from conformance.fuzz.names import Name
from conformance.fuzz.tree import Many, Node, Part, Query, Value
from conformance.fuzz.windows import DIRECTIONS, total_order, window
from conformance.fuzz.world import ARRAYS, KINDS, Table, World

SET_OPERATORS = ("UNION ALL", "UNION ALL", "UNION", "INTERSECT", "INTERSECT ALL", "EXCEPT",
                 "EXCEPT ALL")  # fmt: skip
JOINS = ("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")


@dataclass
class Writer:
    """Makes queries over one world; aliases are numbered so that they never clash."""

    rnd: Random
    world: World
    count: int = 0
    tables: dict[str, Table] = field(default_factory=dict)  # by alias
    ctes: dict[str, str] = field(default_factory=dict)  # the kinds of their columns

    def kinds(self) -> str:
        return "".join(
            self.rnd.choice(KINDS if self.rnd.random() < 0.96 else ARRAYS)
            for _ in range(self.rnd.randint(1, 4))
        )

    def scope(self, names: Sequence[Name], depth: int, outer: Sequence[Name] = ()) -> Scope:
        return Scope(self.rnd, names, depth, self.subquery, self.scalar, outer)

    def select(self, kinds: str, depth: int, outer: Sequence[Name] = ()) -> Part:
        """A SELECT whose columns are called r0, r1, … and have these kinds."""
        source, names = self.source(depth)
        scope = self.scope(names, depth, outer)
        if self.rnd.random() < 0.35:
            return grouped(scope, kinds, source, self.where(scope))
        word = "SELECT DISTINCT" if self.rnd.random() < 0.15 else "SELECT"
        qualified = self.rnd.random() < 0.03 and bool(names)
        # Rows that tie are not the same once a window has told them apart: which stay is not told.
        items = named(self._values_of(scope, kinds, windows=not qualified))
        text = f"{word} {{}} FROM {{}}{{}}"
        if qualified:
            order = total_order(self.rnd, names)
            text += f" QUALIFY ROW_NUMBER() OVER (ORDER BY {order}) <= 3"
        return Part("Q", text, (items, source, self.where(scope)))

    def _values_of(self, scope: Scope, kinds: str, windows: bool) -> list[Node]:
        """An expression of each kind, at times windows: one at most tells rows that tie apart."""
        chance = 0.3 if windows and scope.names and self.rnd.random() < 0.3 else 0.0
        made = 0
        items: list[Node] = []
        for kind in kinds:
            if kind not in "Lit" and self.rnd.random() < chance:
                items.append(window(scope, kind, alone=not made))
                made += 1
            else:
                items.append(expression(scope, kind))
        return items

    def where(self, scope: Scope) -> Many:
        kids = [predicate(scope) for _ in range(self.rnd.choice((0, 0, 0, 0, 1, 1, 1, 1, 2)))]
        aliases = [name.text.split(".")[0] for name in scope.names]
        tables = [(a, self.tables[a]) for a in aliases if a in self.tables and self.tables[a].rows]
        if tables and self.rnd.random() < 0.3:
            kids = key_terms(self.rnd, *self.rnd.choice(tables)) + kids[:1]
        return Many(" WHERE ", " AND ", tuple(kids))

    def source(self, depth: int) -> tuple[Node, list[Name]]:
        first, names = self.one_source(depth)
        joins: list[Node] = []
        for _ in range(self.rnd.choice((0, 0, 0, 1, 1, 2)) if depth > 1 else 0):
            arrays = [n for n in names if n.kind in ARRAYS + "d" and n.text[-1] not in "])"]
            if arrays and self.rnd.random() < 0.5:
                join, more = self._unnested(self.rnd.choice(arrays))
            elif self.rnd.random() < 0.12:
                join, more = self._lateral(names)
            elif not joins and self.rnd.random() < 0.12 and names[0].text.endswith(".id"):
                joins, more = self._using(names[0].text.split(".")[0])
                names = names + more
                break  # beside a third table the shared column could be ambiguous
            else:
                other, more = self.one_source(0)
                join = self.join(other, names, more)
            joins.append(join)
            names = names + more
        return Part("", "{}{}", (first, Many("", "", tuple(joins)))), names

    def join(self, other: Node, left: Sequence[Name], right: Sequence[Name]) -> Node:
        word = self.rnd.choice(JOINS)
        if word == "CROSS JOIN":
            return Part("", " CROSS JOIN {}", (other,))
        pairs = [(a, b) for a in left for b in right if a.kind == b.kind and a.kind in KINDS]
        # Values that meet.
        common = [(a, b) for a, b in pairs if set(a.values) & set(b.values)]
        pairs = common if common and self.rnd.random() < 0.7 else pairs
        terms: list[Node] = []
        for a, b in self.rnd.sample(pairs, min(len(pairs), self.rnd.choice((1, 1, 2)))):
            sign = self.rnd.choice(("=", "=", "=", "<", "<=", "<>"))
            terms.append(Part("L", f"{a.text} {sign} {b.text}"))
        if not terms or self.rnd.random() < 0.3:
            nested = self.subquery if self.rnd.random() < 0.2 else None
            terms.append(predicate(Scope(self.rnd, [*left, *right], 2 if nested else 1, nested)))
        return Part("", f" {word} {{}} ON {{}}", (other, Many("", " AND ", tuple(terms), 1)))

    def _using(self, alias: str) -> tuple[list[Node], list[Name]]:
        """A join of two tables by their first column, which can be named without a table."""
        other = self.alias()
        table = self.rnd.choice([t for t in self.world if t.columns[0].name == "id"])
        self.tables[other] = table
        word = self.rnd.choice(JOINS[:-1])
        join = Part("", f" {word} {table.name} AS {other} USING (id)")
        return [join], [*names_of(table, f"{other}."), Name("id", "I")]

    def _unnested(self, array: Name) -> tuple[Node, list[Name]]:
        """A join with the elements of an array."""
        alias, kind = self.alias(), array.kind.upper()
        if array.kind == "d":
            return self._unnested_documents(array, alias)
        word, on = self.rnd.choice((("CROSS JOIN", ""), ("LEFT JOIN", " ON TRUE")))
        values = tuple(v for some in array.values if isinstance(some, list) for v in some)
        names = [Name(f"{alias}.x", kind, values)]
        numbered, columns = "", "x"
        if self.rnd.random() < 0.3:
            numbered, columns = " WITH ORDINALITY", "x, n"
            names.append(Name(f"{alias}.n", "B"))
        text = f" {word} UNNEST({{}}){numbered} AS {alias}({columns}){on}"
        return Part("", text, (Part(array.kind, array.text),)), names

    def _unnested_documents(self, array: Name, alias: str) -> tuple[Node, list[Name]]:
        word, on = self.rnd.choice((("CROSS JOIN", ""), ("LEFT JOIN", " ON TRUE")))
        number = "B" if any(t.form == "sampled" for t in self.tables.values()) else "I"
        found = [v for some in array.values if isinstance(some, list) for v in some]
        names = [
            Name(f"{alias}.{name}", kind, tuple(v[name] for v in found if v[name] is not None))
            for name, kind in (("k", "T"), ("v", number))
        ]
        text = f" {word} UNNEST({array.text}) AS {alias}{on}"
        return Part("", text), names

    def _lateral(self, names: Sequence[Name]) -> tuple[Node, list[Name]]:
        """A join with a subquery that reads the tables before it."""
        alias, kinds = self.alias(), self.kinds()
        body = self.cut(self.select(kinds, 1, names), kinds)
        word, on = self.rnd.choice((("CROSS JOIN", ""), ("LEFT JOIN", " ON TRUE")))
        more = columns_of(alias, kinds)
        return Part("", f" {word} LATERAL ({{}}) AS {alias}{on}", (body,)), more

    def cut(self, body: Part, kinds: str) -> Part:
        """Often only the first rows of it."""
        if self.rnd.random() < 0.5:
            return body
        order = self.by_every_column(kinds)
        limit = self.rnd.choice((" LIMIT 1", " LIMIT 2", " LIMIT 3 OFFSET 1", ""))
        return Part("", f"{{}} ORDER BY {order}{limit}", (body,))

    def _values(self) -> tuple[Node, list[Name]]:
        alias, kinds = self.alias(), self.kinds()
        scope = self.scope((), 0)
        rows = tuple(
            Part("", "({})", (Many("", ", ", tuple(value(scope, k) for k in kinds), len(kinds)),))
            for _ in range(self.rnd.randint(1, 4))
        )
        columns = ", ".join(f"r{n}" for n in range(len(kinds)))
        text = f"(VALUES {{}}) AS {alias} ({columns})"
        names = columns_of(alias, kinds)
        return Part("", text, (Many("", ", ", rows, 1),)), names

    def one_source(self, depth: int) -> tuple[Node, list[Name]]:
        if self.rnd.random() < 0.05:
            return self._values()
        alias = self.alias()
        if depth > 1 and self.rnd.random() < 0.15:
            kinds = self.kinds()
            names = columns_of(alias, kinds)
            own = self.rnd.random() < 0.25
            made = self._with_of_its_own(kinds, depth) if own else self.select(kinds, depth - 2)
            return Part("", f"({{}}) AS {alias}", (self.cut(made, kinds),)), names
        if self.ctes and self.rnd.random() < 0.5:
            name, kinds = self.rnd.choice(list(self.ctes.items()))
            names = columns_of(alias, kinds)
            return Part("", f"{name} AS {alias}"), names
        if self.rnd.random() < 0.02:
            names = [Name(f"{alias}.x", "I", (1, 2, 3))]
            return Part("", f"GENERATE_SERIES(1, 3) AS {alias}(x)"), names
        table: Table = self.rnd.choice(self.world)
        self.tables[alias] = table
        names = names_of(table, f"{alias}.")
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
        kind = self.rnd.choice("IBTANSZU")
        if chance < 0.48 and (arrays := [n for n in scope.names if n.kind in ARRAYS]):
            return self._some_element(self.rnd.choice(arrays))
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

    def _some_element(self, array: Name) -> Node:
        alias, kind = self.alias(), array.kind.upper()
        element = Name(f"{alias}.x", kind)
        test = predicate(Scope(self.rnd, [element], 0))
        word = self.rnd.choice(("EXISTS", "NOT EXISTS"))
        text = f"({word} (SELECT 1 FROM UNNEST({array.text}) AS {alias}(x) WHERE {{}}))"
        return Part("L", text, (test,))

    def scalar(self, scope: Scope, kind: str) -> Node:
        outer = scope.names if self.rnd.random() < 0.6 else ()
        source, names = self.source(0)
        inner = Scope(self.rnd, names, 1, outer=outer)
        if kind in ARRAYS or self.rnd.random() < 0.2:
            item = expression(inner, kind.upper() if kind in ARRAYS else kind)
            ways = "({} ORDER BY 1 LIMIT 1)", "({} ORDER BY 1 DESC LIMIT 1)"
            way = "ARRAY({} ORDER BY 1)" if kind in ARRAYS else self.rnd.choice(ways)
            body = Part("", "SELECT {} FROM {}{}", (item, source, self.where(inner)))
            return Part(kind, way, (body,))
        # An aggregate of nothing but outer columns would belong to the outer query.
        item = aggregate(Scope(self.rnd, names, 1), kind)
        return Part(kind, "(SELECT {} FROM {}{})", (item, source, self.where(inner)))

    def sets(self, kinds: str, depth: int) -> Part:
        """Two or three queries combined; a side may be such a combination itself."""
        word = self.rnd.choice(SET_OPERATORS)
        sides = tuple(
            Part("Q", "({})", (self.sets(kinds, depth - 1),))
            if depth and self.rnd.random() < 0.2
            else self.select(kinds, 2)
            for _ in range(self.rnd.randint(2, 3))
        )
        return Part("Q", "{}", (Many("", f" {word} ", sides, 1),))

    def _with_of_its_own(self, kinds: str, depth: int) -> Part:
        """A query with a CTE of its own, whose name may hide another's, at times used twice."""
        cte = self.cut(self.select(kinds, depth - 2), kinds)
        name = self.rnd.choice(("w", "u"))
        aliases = [self.alias(), self.alias()]
        left, right = (columns_of(alias, kinds) for alias in aliases)
        twice = self.rnd.random() < 0.6
        joins = (self.join(Part("", f"{name} AS {aliases[1]}"), left, right),) if twice else ()
        read = [self.rnd.choice(pair[: 1 + twice]) for pair in zip(left, right, strict=True)]
        items = named([Part(column.kind, column.text) for column in read])
        kids = (cte, items, Many("", "", joins))
        return Part("Q", f"WITH {name} AS ({{}}) SELECT {{}} FROM {name} AS {aliases[0]}{{}}", kids)

    def ordered(self, body: Node, kinds: str) -> Query:
        """ORDER BY every column, so that the answer is determined, often with a LIMIT."""
        if self.rnd.random() < 0.5:
            return Query(Part("", "{}", (body,)))
        order = self.by_every_column(kinds)
        kids = (body, self.limit())
        return Query(Part("", f"{{}} ORDER BY {order}{{}}", kids), ordered=True)

    def limit(self) -> Many:
        """LIMIT and OFFSET, as literals or parameters; often none."""
        limit, offset = self.rnd.choice(
            ((None, None), (None, None), (3, None), (5, 2), (0, None), (None, 1))
        )
        words = ((" LIMIT {}", limit), (" OFFSET {}", offset))
        parameter = self.rnd.random() < 0.3
        return Many(
            "",
            "",
            tuple(
                Part("", word, (self._count(number, parameter),))
                for word, number in words
                if number is not None
            ),
        )

    def _count(self, number: int, parameter: bool) -> Node:
        if self.rnd.random() < 0.2:
            return count(self.rnd, number)
        return Value("", number, parameter)

    def by_every_column(self, kinds: str) -> str:
        """The keys of an ORDER BY that determines where each row stands."""
        return ", ".join(f"{n + 1}{self.direction()}" for n in range(len(kinds)))

    def direction(self) -> str:
        return self.rnd.choice(DIRECTIONS)


def named(items: Sequence[Node]) -> Many:
    """These as columns, called r0, r1, …"""
    return Many("", ", ", tuple(Part("", f"{{}} AS r{n}", (i,)) for n, i in enumerate(items)), 1)


def columns_of(alias: str, kinds: str) -> list[Name]:
    """What can be read of something whose columns are called r0, r1, …"""
    return [Name(f"{alias}.r{n}", kind) for n, kind in enumerate(kinds)]
