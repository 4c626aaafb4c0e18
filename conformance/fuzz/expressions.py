"""Random expressions of a wanted kind over the columns in scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from conformance.fuzz.tree import Many, Node, Part, Value
from conformance.fuzz.world import KINDS, TYPES, constant

# kind -> templates; a letter after the template for each slot.
FUNCTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "I": (
        ("{} + {}", "II"), ("{} - {}", "II"), ("{} * {}", "II"), ("ABS({})", "I"),
        ("LENGTH({})", "T"), ("POSITION({} IN {})", "TT"), ("OCTET_LENGTH({})", "T"),
        ("({} - {})", "AA"), ("CAST({} AS INTEGER)", "L"), ("MOD({}, 3)", "I"), ("{} / 2", "I"),
        ("CAST({} AS INTEGER)", "N"), ("ASCII({})", "T"), ("- {}", "I"),
    ),
    "B": (
        ("{} + {}", "BI"), ("{} - {}", "BB"), ("CAST({} AS BIGINT)", "I"), ("ABS({})", "B"),
        ("{} / 3", "B"), ("MOD({}, 5)", "B"), ("{} * 2", "B"),
    ),
    "D": (
        ("{} + {}", "DD"), ("{} - {}", "DI"), ("{} * {}", "DD"), ("ABS({})", "D"),
        ("FLOOR({})", "D"), ("CEIL({})", "D"), ("ROUND({})", "D"), ("TRUNC({})", "D"),
        ("CAST({} AS DOUBLE PRECISION)", "I"), ("CAST({} AS DOUBLE PRECISION)", "N"),
        ("SQRT(ABS({}))", "D"), ("- {}", "D"), ("{} / 2", "D"),
    ),
    "N": (
        ("{} + {}", "NN"), ("{} - {}", "NI"), ("{} * {}", "NN"), ("ABS({})", "N"),
        ("ROUND({}, 1)", "N"), ("FLOOR({})", "N"), ("CAST({} AS DECIMAL(10, 2))", "I"),
        ("TRUNC({})", "N"),
    ),
    "T": (
        ("{} || {}", "TT"), ("UPPER({})", "T"), ("LOWER({})", "T"), ("SUBSTRING({}, 1, 2)", "T"),
        ("SUBSTRING({}, {})", "TI"), ("TRIM({})", "T"), ("REPLACE({}, {}, 'x')", "TT"),
        ("LEFT({}, 1)", "T"), ("RIGHT({}, 1)", "T"), ("REVERSE({})", "T"),
        ("LPAD({}, 3, '*')", "T"), ("RPAD({}, 3, '.')", "T"), ("CAST({} AS TEXT)", "I"),
        ("CAST({} AS TEXT)", "N"), ("CAST({} AS TEXT)", "D"), ("CAST({} AS TEXT)", "L"),
        ("CAST({} AS TEXT)", "A"), ("CAST({} AS TEXT)", "S"), ("REPEAT({}, 2)", "T"),
        ("SPLIT_PART({}, 'a', 1)", "T"), ("LTRIM({})", "T"), ("TRANSLATE({}, 'a%', 'b')", "T"),
    ),
    "A": (
        ("CAST({} AS DATE)", "S"), ("{} + 1", "A"), ("{} - 30", "A"), ("LAST_DAY({})", "A"),
    ),
    "S": (
        ("CAST({} AS TIMESTAMP)", "A"), ("DATE_TRUNC('month', {})", "S"),
        ("DATE_TRUNC('day', {})", "S"), ("{} + INTERVAL '1' DAY", "S"),
        ("{} + INTERVAL '1' MONTH", "S"), ("{} - INTERVAL '90' MINUTE", "S"),
        ("DATE_TRUNC('week', {})", "S"),
    ),
}  # fmt: skip
# May raise a DataError.
RISKY: dict[str, tuple[tuple[str, str], ...]] = {
    "I": (("{} / {}", "II"), ("CAST({} AS INTEGER)", "T"), ("CAST({} AS INTEGER)", "B"),
          ("MOD({}, {})", "II"), ("CAST({} AS INTEGER)", "D")),
    "B": (("{} * {}", "BB"), ("CAST({} AS BIGINT)", "D")),
    "D": (("{} / {}", "DD"), ("CAST({} AS DOUBLE PRECISION)", "T"), ("SQRT({})", "D")),
    "N": (("CAST({} AS DECIMAL(10, 2))", "T"), ("CAST({} AS DECIMAL(10, 2))", "D")),
    "A": (("CAST({} AS DATE)", "T"),),
}  # fmt: skip
PARTS = ("year", "month", "day", "dow", "doy", "quarter", "week", "isodow")
TIMES = ("hour", "minute", "epoch", "second")
COMPARISONS = ("=", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
ALIKE = {"I": "IIBDN", "B": "BBI", "D": "DDI", "N": "NNI", "A": "AAS", "S": "SSA"}
PATTERNS = ("a%", "%a", "%a%", "_", "__", "%", "", "a\\%", "a\\_%", "%.%", "[a]", "$%", "%\\\\",
            "^%", "_b%", "é", "%本", "a_", "%''")  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A column in scope, as it is written."""

    text: str
    kind: str


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
    return value(rnd, kind)


def value(rnd: Random, kind: str) -> Node:
    if rnd.random() < 0.06:
        return Part(kind, f"CAST(NULL AS {TYPES[kind]})")
    given = constant(rnd, kind)
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
    return rnd.choice((_comparison, _comparison, _null_test, _in_list, _between, _like))(inner)


def _comparison(scope: Scope) -> Node:
    rnd = scope.rnd
    kind = _kind(scope)
    other = rnd.choice(ALIKE.get(kind, kind))
    # A bare column on the left reaches indexes.
    left = leaf(scope, kind) if rnd.random() < 0.6 else expression(scope, kind)
    if rnd.random() < 0.3 and kind not in "L":
        right: Node = Value("", constant(rnd, kind), rnd.random() < 0.5)
    else:
        right = expression(scope, other)
    return Part("L", f"({{}} {rnd.choice(COMPARISONS)} {{}})", (left, right))


def _null_test(scope: Scope) -> Node:
    kind = _kind(scope)
    word = scope.rnd.choice(("NULL", "NOT NULL"))
    return Part("L", f"({{}} IS {word})", (leaf(scope, kind),))


def _in_list(scope: Scope) -> Node:
    rnd = scope.rnd
    kind = _kind(scope)
    kids: list[Node] = [value(rnd, kind) for _ in range(rnd.randint(1, 4))]
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
    pattern = Value("", rnd.choice(PATTERNS), rnd.random() < 0.3)
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
    if scope.names and scope.rnd.random() < 0.9:
        return scope.rnd.choice(scope.names).kind
    return scope.rnd.choice(KINDS)
