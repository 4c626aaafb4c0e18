"""Random expressions of a wanted kind over the columns in scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from conformance.fuzz.constants import computed
from conformance.fuzz.functions import (
    ALIKE,
    COMPARISONS,
    FUNCTIONS,
    NUMBERS,
    OVERLAPS,
    PARTS,
    PATTERNS,
    PREDICATES,
    REGEXES,
    RISKY,
    SIMILAR,
    TIMES,
)
from conformance.fuzz.names import Name
from conformance.fuzz.special import special
from conformance.fuzz.tree import Many, Node, Part, Value
from conformance.fuzz.world import ARRAYS, KINDS, TYPES, constant


@dataclass
class Scope:
    """What an expression may use; `subquery` makes a predicate with one, while depth is left."""

    rnd: Random
    names: Sequence[Name]
    depth: int = 3
    subquery: Callable[[Scope], Node] | None = None
    scalar: Callable[[Scope, str], Node] | None = None
    outer: Sequence[Name] = field(default_factory=tuple)

    def deeper(self) -> Scope:
        return Scope(self.rnd, self.names, self.depth - 1, self.subquery, self.scalar, self.outer)

    def constant(self, kind: str) -> object:
        """A value of this kind, mostly one that some column here has."""
        with_values = [n.values for n in self.names if n.kind == kind and n.values]
        if with_values and self.rnd.random() < 0.7:
            return self.rnd.choice(self.rnd.choice(with_values))
        return constant(self.rnd, kind)


def expression(scope: Scope, kind: str) -> Node:
    rnd = scope.rnd
    if kind == "L":
        return predicate(scope) if rnd.random() < 0.6 else leaf(scope, kind)
    if scope.depth <= 0 or rnd.random() < 0.35:
        return leaf(scope, kind)
    inner = scope.deeper()
    chance = rnd.random()
    if chance < 0.12:
        return _case(inner, kind)
    if chance < 0.22:
        return _choice(inner, kind)
    if chance < 0.30 and kind in "IB":
        return _extract(inner, kind)
    if chance < 0.34 and scope.scalar is not None and scope.depth > 1:
        return scope.scalar(inner, kind)
    templates = FUNCTIONS[kind]
    if chance > 0.97 and kind in RISKY:
        templates = RISKY[kind]
    template, kinds = rnd.choice(templates)
    return Part(kind, f"({template})", tuple(expression(inner, k) for k in kinds))


def leaf(scope: Scope, kind: str) -> Node:
    rnd = scope.rnd
    fitting = [name for name in scope.names if name.kind == kind]
    outside = [name for name in scope.outer if name.kind == kind]
    if outside and rnd.random() < 0.35:
        fitting = outside
    if fitting and rnd.random() < 0.8:
        return Part(kind, rnd.choice(fitting).text)
    return value(scope, kind)


def value(scope: Scope, kind: str) -> Node:
    """A constant with a type, as a literal or a parameter."""
    rnd = scope.rnd
    if rnd.random() < 0.06:
        null = (Value("", None, rnd.random() < 0.4),)
        return Part(kind, f"CAST({{}} AS {TYPES[kind]})", null)
    given = scope.constant(kind)
    if rnd.random() < 0.12:
        return computed(rnd, kind, given)
    if rnd.random() < 0.3:
        return Part(kind, f"CAST({{}} AS {TYPES[kind]})", (Value("", given, True),))
    if kind in "BD" and rnd.random() < 0.5 and not (isinstance(given, float) and given % 1 == 0):
        return Value(kind, given)
    return Part(kind, f"CAST({{}} AS {TYPES[kind]})", (Value("", given),))


def predicate(scope: Scope) -> Node:
    rnd = scope.rnd
    if scope.depth <= 0:
        return _comparison(scope)
    inner = scope.deeper()
    chance = rnd.random()
    if chance < 0.18:
        word = rnd.choice((" AND ", " OR "))
        kids = tuple(predicate(inner) for _ in range(rnd.randint(2, 3)))
        return Part("L", "({})", (Many("", word, kids, 1),))
    if chance < 0.26:
        return Part("L", "(NOT {})", (predicate(inner),))
    if chance < 0.32:
        word = rnd.choice(("TRUE", "FALSE", "NOT TRUE", "NOT FALSE", "NULL", "NOT NULL"))
        return Part("L", f"({{}} IS {word})", (predicate(inner),))
    if chance < 0.38 and scope.subquery is not None and scope.depth > 1:
        return scope.subquery(inner)
    if chance < 0.39 and scope.scalar is not None and scope.depth > 1:
        return scope.scalar(inner, "L")
    if chance < 0.44:
        return rnd.choice((_regex, _rows, _rows, _durations, _of_array, _of_array))(inner)
    if chance < 0.49:
        template, kinds = rnd.choice(PREDICATES)
        return Part("L", f"({template})", tuple(expression(inner, k) for k in kinds))
    if chance < 0.56 and (unlike := special(rnd, scope.names)) is not None:
        return unlike
    return rnd.choice((_comparison, _comparison, _null_test, _in_list, _between, _like))(inner)


def _comparison(scope: Scope) -> Node:
    rnd = scope.rnd
    kind = _kind(scope)
    other = rnd.choice(ALIKE.get(kind, kind))
    # A bare column on the left reaches indexes.
    left = leaf(scope, kind) if rnd.random() < 0.6 else expression(scope, kind)
    chance = rnd.random()
    right: Node
    if chance < 0.35 and kind != "L":
        right = _untyped(scope, kind)
    elif chance < 0.42 and kind in "IBDN":
        right = Value("", rnd.choice(NUMBERS))
    else:
        right = expression(scope, other)
    return Part("L", f"({{}} {rnd.choice(COMPARISONS)} {{}})", (left, right))


def _untyped(scope: Scope, kind: str) -> Node:
    """A constant that takes its type from what it is compared with."""
    rnd = scope.rnd
    chance = rnd.random()
    if chance < 0.05:
        return Value("", None, True)
    given = scope.constant(kind)
    if chance > 0.85:
        return computed(rnd, kind, given)
    if chance < 0.2 and kind in "IBNAS":
        return Value("", str(given))
    # The type of an empty list is not known: it is taken for one of texts.
    return Value("", given, chance < 0.6 and given != [])


def _regex(scope: Scope) -> Node:
    rnd = scope.rnd
    word, patterns = rnd.choice(
        (("~", REGEXES), ("~*", REGEXES), ("!~", REGEXES), ("SIMILAR TO", SIMILAR))
    )
    kids = (expression(scope, "T"), Value("", rnd.choice(patterns)))
    return Part("L", f"({{}} {word} {{}})", kids)


def _rows(scope: Scope) -> Node:
    """A comparison of rows, mostly of columns with constants."""
    rnd = scope.rnd
    kinds = [_kind(scope), _kind(scope)]
    left = tuple(leaf(scope, kind) for kind in kinds)
    others = [
        Part("", "({}, {})", tuple(value(scope, kind) for kind in kinds))
        for _ in range(rnd.randint(1, 3))
    ]
    row = Part("", "({}, {})", left)
    if rnd.random() < 0.5:
        word = rnd.choice(("IN", "IN", "NOT IN"))
        return Part("L", f"({{}} {word} ({{}}))", (row, Many("", ", ", tuple(others), 1)))
    return Part("L", f"({{}} {rnd.choice(COMPARISONS)} {{}})", (row, others[0]))


def _durations(scope: Scope) -> Node:
    sign = scope.rnd.choice(("<", ">=", "="))
    length = scope.rnd.choice(("1 day", "90 minutes", "0 days", "-1 month"))
    kids = (leaf(scope, "S"), expression(scope, "S"))
    return Part("L", f"({{}} - {{}} {sign} INTERVAL '{length}')", kids)


def _of_array(scope: Scope) -> Node:
    rnd = scope.rnd
    kind, inside = rnd.choice(("iI", "tT"))
    if rnd.random() < 0.3:
        kids = (leaf(scope, kind), value(scope, kind))
        return Part("L", f"({{}} {rnd.choice(OVERLAPS)} {{}})", kids)
    if rnd.random() < 0.1:
        text = Part("", "CONVERT_TO({}, 'UTF8')", (leaf(scope, "T"),))
        given = Value("", str(scope.constant("T")).encode(), True)
        return Part("L", f"({{}} {rnd.choice(COMPARISONS)} {{}})", (text, given))
    some = rnd.choice(("ANY", "ANY", "ALL"))
    sign = rnd.choice(("=", "=", "<>", "<", ">="))
    kids = (expression(scope, inside), leaf(scope, kind))
    return Part("L", f"({{}} {sign} {some} ({{}}))", kids)


def _null_test(scope: Scope) -> Node:
    kind = _kind(scope)
    word = scope.rnd.choice(("NULL", "NOT NULL"))
    return Part("L", f"({{}} IS {word})", (leaf(scope, kind),))


def _in_list(scope: Scope) -> Node:
    rnd = scope.rnd
    kind = _kind(scope)
    plain = rnd.random() < 0.5
    kids: list[Node] = [
        _untyped(scope, kind) if plain and kind != "L" else value(scope, kind)
        for _ in range(rnd.randint(1, 4))
    ]
    if rnd.random() < 0.2:
        kids.append(Part("", "NULL"))
    word = rnd.choice(("IN", "IN", "NOT IN"))
    return Part(
        "L", f"({{}} {word} ({{}}))", (expression(scope, kind), Many("", ", ", (*kids,), 1))
    )


def _between(scope: Scope) -> Node:
    kind = _kind(scope)
    word = scope.rnd.choice(("BETWEEN", "BETWEEN", "NOT BETWEEN"))
    kids = (expression(scope, kind), leaf(scope, kind), leaf(scope, kind))
    return Part("L", f"({{}} {word} {{}} AND {{}})", kids)


def _like(scope: Scope) -> Node:
    rnd = scope.rnd
    word = rnd.choice(("LIKE", "LIKE", "NOT LIKE", "ILIKE"))
    pattern: Node = Value("", rnd.choice(PATTERNS), rnd.random() < 0.3)
    if rnd.random() < 0.1:
        pattern = Part("", "'!%!_a%' ESCAPE '!'")
    return Part("L", f"({{}} {word} {{}})", (expression(scope, "T"), pattern))


def _case(scope: Scope, kind: str) -> Node:
    arms = tuple(
        Part("", " WHEN {} THEN {}", (predicate(scope), expression(scope, kind)))
        for _ in range(scope.rnd.randint(1, 2))
    )
    last = (Part("", " ELSE {}", (expression(scope, kind),)),) if scope.rnd.random() < 0.6 else ()
    return Part(kind, "(CASE{}{} END)", (Many("", "", arms, 1), Many("", "", last)))


def _choice(scope: Scope, kind: str) -> Node:
    word = scope.rnd.choice(("COALESCE", "NULLIF", "GREATEST", "LEAST"))
    kids = tuple(expression(scope, kind) for _ in range(2))
    return Part(kind, f"{word}({{}}, {{}})", kids)


def _extract(scope: Scope, kind: str) -> Node:
    rnd = scope.rnd
    inside = rnd.choice("AS")
    words = PARTS if inside == "A" or rnd.random() < 0.6 else TIMES[:2]
    text = f"CAST(EXTRACT({rnd.choice(words)} FROM {{}}) AS {TYPES[kind]})"
    return Part(kind, text, (expression(scope, inside),))


def _kind(scope: Scope) -> str:
    """A kind that some column has, mostly."""
    kinds = [name.kind for name in scope.names if name.kind in KINDS + ARRAYS]
    if kinds and scope.rnd.random() < 0.9:
        return scope.rnd.choice(kinds)
    return scope.rnd.choice(KINDS)
