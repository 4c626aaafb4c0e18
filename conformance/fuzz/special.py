"""Conditions on columns that are neither scalars nor plain arrays: JSON, arrays of documents,
values of several types, and what only CQL has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from random import Random

from conformance.fuzz.functions import COMPARISONS, DOCUMENTS
from conformance.fuzz.names import Name
from conformance.fuzz.tree import Many, Node, Part, Value

NUMBERS = (0, 1, 7, Decimal("1.5"), Decimal("1.50"), Decimal("-2.5"), 10**10, 2**63 - 1, 10**30,
           -(2**70))  # fmt: skip
MOMENTS = ("2024-02-29 12:00:00", "2024-02-29 12:00:00.001", "1990-01-01", "2024-01-01")
MIXED = (1, 2, 1.5, "1", "a", "", True, False, datetime(2024, 2, 29), -7)


def special(rnd: Random, names: Sequence[Name]) -> Node | None:
    """A condition on such a column, or None if there is none."""
    fitting = [name for name in names if name.kind in CONDITIONS]
    if not fitting:
        return None
    name = rnd.choice(fitting)
    if rnd.random() < 0.12:
        return Part("L", f"({name.text} IS {rnd.choice(('NULL', 'NOT NULL'))})")
    return CONDITIONS[name.kind](rnd, name.text, names)


def _varying(rnd: Random, text: str, names: Sequence[Name]) -> Node:
    chance = rnd.random()
    given = [Value("", rnd.choice(MIXED), rnd.random() < 0.3) for _ in range(2)]
    if chance < 0.6:
        return Part("L", f"({text} {rnd.choice(COMPARISONS)} {{}})", (given[0],))
    if chance < 0.75:
        alike = tuple(Value("", value) for value in rnd.choice(((1, 2), ("a", "1"), (1, 1.5))))
        return Part("L", f"({text} IN ({{}}))", (Many("", ", ", alike, 1),))
    if chance < 0.85:
        return Part("L", f"({text} BETWEEN 1 AND {rnd.choice(('2', '1.5', '100'))})")
    if chance < 0.92:
        return Part("L", f"({text} LIKE 'a%')")
    return _with_column(rnd, text, names, "IBDTL")


def _with_column(rnd: Random, text: str, names: Sequence[Name], kinds: str) -> Node:
    others = [name.text for name in names if name.kind in kinds and name.text != text]
    return Part("L", f"({text} {rnd.choice(COMPARISONS)} {rnd.choice(others or [text])})")


def _number(rnd: Random, text: str, names: Sequence[Name]) -> Node:
    chance = rnd.random()
    if chance < 0.5:
        given = (Value("", rnd.choice(NUMBERS)),)
        return Part("L", f"({text} {rnd.choice(COMPARISONS)} {{}})", given)
    some = tuple(Value("", number) for number in rnd.sample(NUMBERS, 3))
    if chance < 0.7:
        return Part("L", f"({text} IN ({{}}))", (Many("", ", ", some, 1),))
    if chance < 0.8:
        return Part("L", f"({text} BETWEEN {{}} AND {{}})", some[:2])
    return _with_column(rnd, text, names, "IBvn")


def _json(rnd: Random, text: str, names: Sequence[Name]) -> Node:
    document = rnd.choice(DOCUMENTS).replace("'", "''")
    return Part("L", rnd.choice((
        f"({text} @> '{document}')", f"({text} <@ '{document}')", f"JSONB_EXISTS({text}, 'a')",
        f"({text} = '{document}')", f"(JSONB_TYPEOF({text}) = 'object')",
        f"({text} -> 'a' = '1')", f"({text} ->> 'a' = 'x')", f"({text} #>> '{{b,0}}' = '1')",
        f"({text} || '{{\"b\": 2}}' @> '{document}')",
    )))  # fmt: skip


def _documents(rnd: Random, text: str, names: Sequence[Name]) -> Node:
    sign = rnd.choice(("=", "<", ">=", "<>"))
    inside = f"SELECT x.k FROM UNNEST({text}) AS x"
    return Part("L", rnd.choice((
        f"EXISTS ({inside} WHERE x.v {sign} 1)", f"('a' = ANY ({inside}))",
        f"NOT EXISTS ({inside} WHERE x.k {sign} 'a')", f"('b' NOT IN ({inside}))",
        f"(CARDINALITY({text}) {sign} 1)", f"(({text})[1].k {sign} 'a')",
        f"((SELECT MAX(x.v) FROM UNNEST({text}) AS x) {sign} 2)",
        f"EXISTS ({inside} WHERE x.k = 'a' AND x.v {sign} 1)",
    )))  # fmt: skip


def _pair(rnd: Random, text: str, names: Sequence[Name]) -> Node:
    return Part("L", f"({text} IS NOT NULL)")


def _moment(rnd: Random, text: str, names: Sequence[Name]) -> Node:
    sign = rnd.choice(("=", "<", "<=", ">", ">="))
    moment = rnd.choice(MOMENTS)
    return Part("L", rnd.choice((
        f"(TOTIMESTAMP({text}) {sign} TIMESTAMP '{moment}')",
        f"({text} > MAXTIMEUUID('{moment}'))", f"({text} < MINTIMEUUID('{moment}'))",
        f"(TOUNIXTIMESTAMP({text}) {sign} 1709208000000)",
    )))  # fmt: skip


CONDITIONS: dict[str, Callable[[Random, str, Sequence[Name]], Node]] = {
    "V": _varying,
    "v": _number,
    "n": _number,
    "J": _json,
    "d": _documents,
    "p": _pair,
    "y": _pair,
    "u": _moment,
}
