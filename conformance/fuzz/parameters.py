"""Parameters in a finished statement, as an application writes them: in place of literals, and a
list in place of the items of IN.

Many of them have another value in a second execution of the statement, whose plan is made by then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from random import Random
from uuid import UUID

from conformance.fuzz.tree import Many, Node, Part, Query, Value
from conformance.fuzz.world import ARRAYS, KINDS, World

CAST = re.compile(r"CAST\(\{\} AS (?P<cast>.+)\)|\{\}::(?P<colons>.+)")
# Literals in a template, and where one must stay: types, frames, ordinals, subscripts, and what
# the type goes by (the scale of ROUND) or sqlshim takes as a constant only.
LITERAL = re.compile(r"(?<![\w.'\[])(?P<number>\d+(?:\.\d+)?)(?![\w.'])|'(?P<text>(?:[^']|'')*)'")
FIXED = re.compile(
    r"OVER|WITHIN|ORDER BY|INTERVAL|TIMESTAMP '|DATE '|DECIMAL\(|CHAR\(|SELECT|FETCH|ESCAPE|\["
    r"|FROM '|#>>|ROUND|\bTRUNC\(|ARRAY_LENGTH"
)
ROWS = (0, 1, 2, 3, 5, None)


def with_parameters(rnd: Random, query: Query, world: World) -> Query:
    """The statement with most of its literals as parameters."""
    return replace(query, tree=_Writer(rnd, world).node(query.tree))


class _Writer:
    def __init__(self, rnd: Random, world: World) -> None:
        self._rnd = rnd
        self._like: dict[type, list[object]] = {}  # values of columns by their type
        for table in world:
            for column in table.columns:
                if column.kind in KINDS:
                    for value in table.values(column.name):
                        self._like.setdefault(type(value), []).append(value)

    def node(self, node: Node) -> Node:
        match node:
            case Value():
                return self._value(node)
            case Many():
                return replace(node, kids=tuple(map(self.node, node.kids)))
            case Part(kids=(left, right, *rest)) if left is right:  # must be written alike
                return replace(node, kids=(left, right, *map(self.node, rest)))
            case Part(text=" LIMIT {}" | " OFFSET {}", kids=(Value() as count,)):
                return replace(node, kids=(self._count(count),))
        if "SIMILAR TO" in node.text:  # a constant pattern, too
            return replace(node, kids=(self.node(node.kids[0]), *node.kids[1:]))
        if self._rnd.random() < 0.8:
            node = _listed(self._rnd, node)
        compared = node.kind == "L" or CAST.fullmatch(node.text) is not None
        kids = (
            self._passed(kid) if compared and isinstance(kid, Value) else self.node(kid)
            for kid in node.kids
        )
        return self._without_literals(replace(node, kids=tuple(kids)))

    def _count(self, node: Value) -> Value:
        return replace(node, parameter=True, others=(self._rnd.choice(ROWS),))

    def _value(self, node: Value) -> Value:
        if self._rnd.random() < 0.2 or node.value == []:  # whose type would not be known
            return node
        return self._varied(replace(node, parameter=True))

    def _passed(self, node: Value) -> Value:
        """A value that is cast or compared, which applications have in other types, too."""
        made = self._value(node)
        if not made.parameter or self._rnd.random() < 0.75:
            return made
        return replace(made, value=otherwise(self._rnd, made.value))

    def _varied(self, node: Value) -> Value:
        """With another value for a second execution, at times."""
        chance = self._rnd.random()
        if chance < 0.06:
            return replace(node, others=(None,))
        if chance < 0.6:
            return node
        if isinstance(node.value, list):
            return replace(node, others=(self._other_list(node.value),))
        values = self._like.get(type(node.value), [])
        # A text that no column has is a pattern, a number or a date.
        if not values or (isinstance(node.value, str) and node.value not in values):
            return node
        return replace(node, others=(self._rnd.choice(values),))

    def _other_list(self, values: list[object]) -> list[object]:
        if self._rnd.random() < 0.5:
            return values[:1]
        like = self._like.get(type(values[0]) if values else int, [])
        return [*values, *self._rnd.sample(like, min(len(like), self._rnd.choice((1, 5, 30))))]

    def _without_literals(self, node: Part) -> Part:
        """With slots in place of some literals of the template."""
        if node.kind not in KINDS + ARRAYS or FIXED.search(node.text):
            return node
        if not node.kind or node.text.count("{}") != len(node.kids) or self._rnd.random() < 0.5:
            return node
        text, kids, end = "", [], 0
        rest = iter(node.kids)
        for found in LITERAL.finditer(node.text):
            before = node.text[end : found.start()]
            kids += [next(rest) for _ in range(before.count("{}"))]
            text, end = text + before + "{}", found.end()
            kids.append(Value("", _of_literal(found), True))
        return Part(node.kind, text + node.text[end:], (*kids, *rest))


def _of_literal(found: re.Match[str]) -> object:
    if (text := found["text"]) is not None:
        return text.replace("''", "'")
    return Decimal(found["number"]) if "." in found["number"] else int(found["number"])


def _listed(rnd: Random, node: Part) -> Part:
    """`= ANY` or `<> ALL` of a list in place of IN, if its items are values of one type."""
    if not node.text.endswith(" IN ({}))"):
        return node
    *left, items = node.kids
    if not isinstance(items, Many) or items.separator != ", ":
        return node
    found = _values(items.kids)
    if found is None:
        return node
    values, cast = found
    if rnd.random() < 0.35:
        values = [*values, *filler(rnd, values, rnd.choice((5, 15, 40, 40, 1100)))]
    before = node.text.removesuffix(" IN ({}))")
    none = before.endswith(" NOT")
    word = "<> ALL" if none else "= ANY"
    given: Node = Value("", values, True)
    if cast:
        given = Part("", cast, (given,))
    return Part("L", f"{before.removesuffix(' NOT')} {word} ({{}}))", (*left, given))


def _values(items: Sequence[Node]) -> tuple[list[object], str] | None:
    """The values of a list, and how the list is cast."""
    values: list[object] = []
    casts = set()
    for item in items:
        match item:
            case Value():
                values.append(item.value)
                casts.add("")
            case Part(text="NULL"):
                values.append(None)
            case Part(kids=(Value() as value,)) if cast := CAST.fullmatch(item.text):
                values.append(value.value)
                casts.add(f"CAST({{}} AS {cast['cast'] or cast['colons']}[])")
            case _:
                return None
    if casts == {""} and any(isinstance(v, str) and v[:1] in "-0123456789" for v in values if v):
        return None  # a number or date as a text, which a list of texts is not compared with
    types = {type(value) for value in values if value is not None}
    alike = len(types) == 1 and len(casts) == 1 and not types & {list, dict}
    return (values, casts.pop()) if alike else None


def filler(rnd: Random, values: Sequence[object], count: int) -> list[object]:
    """More values like these: none of them, or few, in a column."""
    first = next(value for value in values if value is not None)
    numbers = range(1000, 1000 + count)
    match first:
        case bool():
            return []
        case int():
            return list(numbers)
        case float():
            return [n + 0.5 for n in numbers]
        case Decimal():
            return [Decimal(n) / 4 for n in numbers]
        case str() if first.isalpha():
            return [f"x{n}" for n in numbers]
        case datetime():
            return [datetime(2001, 1, 1, tzinfo=first.tzinfo) + timedelta(hours=n) for n in numbers]
        case date():
            return [date(2001, 1, 1) + timedelta(days=n) for n in numbers]
        case UUID():
            return [UUID(int=n) for n in numbers]
        case _:
            return []


def otherwise(rnd: Random, value: object) -> object:
    """What is as good as a value, of another type of Python's."""
    return rnd.choice([value, *_alike(value)])


def _alike(value: object) -> list[object]:
    match value:
        case bool():
            return []
        case int():
            exact = [float(value)] if abs(value) < 2**53 else []
            return [Decimal(value), str(value), *exact]
        case float() | Decimal():
            return [str(value)]
        case datetime(tzinfo=None):
            midnight = [value.date()] if value.time() == time() else []
            return [str(value), value.isoformat(), *midnight]
        case datetime():
            away = value.astimezone(timezone(timedelta(hours=5, minutes=30)))
            return [away, away.isoformat(), value.astimezone(UTC)]
        case date():
            return [str(value), datetime(value.year, value.month, value.day)]
        case UUID() | time():
            return [str(value)]
        case _:
            return []
