"""Statements as trees of templates, so that a failing one can be made smaller without a parser.

`render` gives the SQL and its parameters; `smaller` the trees that differ from one by one cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True)
class Part:
    """A template with one `{}` a kid. Parts of one kind (a type's letter) may stand for another."""

    kind: str
    text: str
    kids: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Many:
    """A list of which kids may be dropped until `least` are left; with none it prints nothing."""

    before: str
    separator: str
    kids: tuple[Node, ...]
    least: int = 0


@dataclass(frozen=True)
class Value:
    """A value, as a literal or as a parameter; `others` are what a parameter is in a second
    execution of the statement: one value, or none if it stays the same."""

    kind: str
    value: object
    parameter: bool = False
    others: tuple[object, ...] = ()


Node: TypeAlias = Part | Many | Value


@dataclass(frozen=True)
class Query:
    """A statement, and whether its rows have one order only."""

    tree: Node
    ordered: bool = False


SIMPLE = {
    "I": "1",
    "B": "CAST(1 AS BIGINT)",
    "D": "CAST(1 AS DOUBLE PRECISION)",
    "N": "1.00",
    "T": "'a'",
    "L": "TRUE",
    "A": "DATE '2024-02-29'",
    "S": "TIMESTAMP '2024-02-29 00:00:00'",
    "Z": "TIMESTAMPTZ '2024-02-29 00:00:00+00'",
    "M": "TIME '12:30:00'",
    "U": "CAST('00000000-0000-0000-0000-000000000001' AS UUID)",
    "i": "ARRAY[1]",
    "t": "ARRAY['a']",
}


def render(node: Node) -> tuple[str, list[object]]:
    parameters: list[object] = []
    return _text(node, parameters), parameters


def literal_sql(node: Node) -> str:
    """The statement with its parameters as literals."""
    return render(inlined(node))[0]


def inlined(node: Node) -> Node:
    """With literals in place of parameters."""
    match node:
        case Value():
            return replace(node, parameter=False, others=())
        case Part() | Many():
            return replace(node, kids=tuple(map(inlined, node.kids)))


def executions(node: Node) -> Iterator[Node]:
    """The statement, and what it is when it is executed again with other arguments, if it is."""
    yield node
    if (again := _again(node)) != node:
        yield again


def _again(node: Node) -> Node:
    match node:
        case Value(others=(other,)):
            return replace(node, value=other, others=())
        case Value():
            return node
        case Part() | Many():
            return replace(node, kids=tuple(map(_again, node.kids)))


def _text(node: Node, parameters: list[object]) -> str:
    match node:
        case Value(parameter=True):
            parameters.append(node.value)
            return "?"
        case Value():
            return literal(node.value)
        case Many():
            if not node.kids:
                return ""
            return node.before + node.separator.join(_text(kid, parameters) for kid in node.kids)
        case Part():
            if not node.kids:
                return node.text
            first, *rest = node.text.split("{}")
            assert len(rest) == len(node.kids), node.text
            texts = [_text(kid, parameters) for kid in node.kids]
            pairs = zip(texts, rest, strict=True)
            return first + "".join(text + after for text, after in pairs)


def literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case float() if not math.isfinite(value):
            return f"CAST('{value}' AS DOUBLE PRECISION)"
        case float():
            return f"CAST({value!r} AS DOUBLE PRECISION)"
        case int() | Decimal():
            return f"({value})" if value < 0 else str(value)
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime(tzinfo=None):
            return f"TIMESTAMP '{value.isoformat(' ')}'"
        case datetime():
            return f"TIMESTAMPTZ '{value.isoformat(' ')}'"
        case time():
            return f"TIME '{value.isoformat()}'"
        case UUID():
            return f"CAST('{value}' AS UUID)"
        case date():
            return f"DATE '{value.isoformat()}'"
        case bytes():
            return f"CAST('\\x{value.hex()}' AS BYTEA)"
        case list():
            items = ", ".join(map(literal, value))
            if all(v is None for v in value):  # of any type
                return f"'{{{items}}}'"
            return f"CAST(ARRAY[{items}] AS {_element(value)}[])"
        case dict():
            return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
        case _:
            raise TypeError(f"no literal for {value!r}")


def _element(values: Sequence[object]) -> str:
    """The type of a list's elements."""
    first = next((value for value in values if value is not None), None)
    match first:
        case bool() | float() | Decimal() | str() | UUID() | time() | bytes():
            return _ELEMENTS[type(first)]
        case datetime():
            return "TIMESTAMP" if first.tzinfo is None else "TIMESTAMPTZ"
        case date():
            return "DATE"
        case _:
            small = all(abs(v) < 2**31 for v in values if isinstance(v, int))
            return "INTEGER" if small else "BIGINT"


_ELEMENTS = {bool: "BOOLEAN", float: "DOUBLE PRECISION", Decimal: "NUMERIC", str: "TEXT",
             UUID: "UUID", time: "TIME", bytes: "BYTEA"}  # fmt: skip


def smaller(node: Node) -> Iterator[Node]:
    """Every tree with one cut made: the big cuts, near the root, first."""
    yield from _cuts(node)
    if isinstance(node, Value):
        return
    for at, kid in enumerate(node.kids):
        for less in smaller(kid):
            yield replace(node, kids=_put(node.kids, at, less))


def _cuts(node: Node) -> Iterator[Node]:
    match node:
        case Value(parameter=True):
            yield from _simpler_arguments(node)
        case Many() if len(node.kids) > node.least:
            if len(node.kids) > 3:
                half = max(len(node.kids) // 2, node.least)
                yield replace(node, kids=node.kids[:half])
                yield replace(node, kids=node.kids[-half:])
            for at in range(len(node.kids)):
                yield replace(node, kids=node.kids[:at] + node.kids[at + 1 :])
        case Part() if node.kids and node.kind:
            yield from (kid for kid in _below(node) if _kind(kid) == node.kind)
            if node.kind in SIMPLE:
                yield Part(node.kind, SIMPLE[node.kind])


def _simpler_arguments(node: Value) -> Iterator[Value]:
    yield replace(node, parameter=False, others=())
    if node.others:
        yield replace(node, others=())
        yield replace(node, value=node.others[0], others=())
    values = node.value
    if isinstance(values, list) and values:
        half = len(values) // 2
        yield replace(node, value=values[:half])
        yield replace(node, value=values[-half or 1 :])


def _below(node: Part | Many) -> Iterator[Node]:
    for kid in node.kids:
        yield kid
        if isinstance(kid, Many):
            yield from _below(kid)


def _kind(node: Node) -> str:
    return "" if isinstance(node, Many) else node.kind


def _put(kids: Sequence[Node], at: int, kid: Node) -> tuple[Node, ...]:
    return (*kids[:at], kid, *kids[at + 1 :])
