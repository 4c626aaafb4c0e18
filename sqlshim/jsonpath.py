"""SQL/JSON paths over values as `jsonb` reads them: JSONB_PATH_QUERY, `@?`, `@@` and their kin.

In lax mode, the default, an array is unwrapped where its elements are wanted and what is not
there is nothing; in strict mode both are errors. A predicate is true, false or unknown (None).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlshim.errors import DataError, DivisionByZero
from sqlshim.jsonb import Value
from sqlshim.jsonpath_syntax import Node, parse
from sqlshim.python_patterns import compiled

_PREDICATES = frozenset({"or", "and", "not", "exists", "compare", "starts", "like", "unknown"})
_NOTHING: Node = ("value", None)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Here:
    """What `$`, `@`, `$name` and `last` mean, and the mode."""

    root: Value
    current: Value
    variables: Mapping[str, Value]
    lax: bool
    last: int = -1


def query(value: Value, path: str, variables: Value) -> list[Value]:
    """All that a path finds. DataError in strict mode, and for what cannot be computed."""
    lax, tree = parse(path)
    if not isinstance(variables, dict):
        raise DataError('"vars" argument is not an object', sqlstate="22023")
    return _items(tree, _Here(value, value, variables, lax))


def matches(value: Value, path: str, variables: Value) -> bool | None:
    """The one boolean that a path gives."""
    found = query(value, path, variables)
    if len(found) == 1 and (found[0] is None or isinstance(found[0], bool)):
        return found[0]
    raise DataError("single boolean result is expected", sqlstate="22038")


def _items(node: Node, here: _Here) -> list[Value]:
    kind = node[0]
    if kind in _PREDICATES:
        return [_truth(node, here)]
    return _ITEMS[kind](here, *node[1:])


# --- steps -----------------------------------------------------------------------------------


def _unwrapped(values: list[Value], here: _Here) -> Iterator[Value]:
    """In lax mode the elements of arrays in their place."""
    for value in values:
        if here.lax and isinstance(value, list):
            yield from value
        else:
            yield value


def _variable(here: _Here, name: str) -> list[Value]:
    if name not in here.variables:
        raise DataError(f'could not find jsonpath variable "{name}"', sqlstate="42704")
    return [here.variables[name]]


def _member(here: _Here, base: Node, name: str) -> list[Value]:
    found = []
    for value in _unwrapped(_items(base, here), here):
        if isinstance(value, dict) and name in value:
            found.append(value[name])
        elif not here.lax and isinstance(value, dict):
            raise DataError(f'JSON object does not contain key "{name}"', sqlstate="2203A")
        elif not here.lax:
            raise DataError(
                "jsonpath member accessor can only be applied to an object", sqlstate="2203A"
            )
    return found


def _members(here: _Here, base: Node) -> list[Value]:
    found: list[Value] = []
    for value in _unwrapped(_items(base, here), here):
        if isinstance(value, dict):
            found += _in_order(value).values()
        elif not here.lax:
            raise DataError(
                "jsonpath wildcard member accessor can only be applied to an object",
                sqlstate="2203C",
            )
    return found


def _in_order(value: dict[str, Value]) -> dict[str, Value]:
    """An object with its keys in jsonb's order."""
    return {k: value[k] for k in sorted(value, key=lambda k: (len(k.encode()), k.encode()))}


def _array(value: Value, here: _Here, what: str) -> list[Value]:
    if isinstance(value, list):
        return value
    if here.lax:
        return [value]
    raise DataError(f"jsonpath {what} can only be applied to an array", sqlstate="22039")


def _elements(here: _Here, base: Node) -> list[Value]:
    return [
        element
        for value in _items(base, here)
        for element in _array(value, here, "wildcard array accessor")
    ]


def _places(here: _Here, base: Node, places: tuple[tuple[Node, Node | None], ...]) -> list[Value]:
    found: list[Value] = []
    for value in _items(base, here):
        array = _array(value, here, "array accessor")
        inside = replace(here, last=len(array) - 1)
        for low, high in places:
            first = _place(low, inside)
            final = first if high is None else _place(high, inside)
            if not here.lax and not 0 <= first <= final < len(array):
                raise DataError("jsonpath array subscript is out of bounds", sqlstate="22033")
            found += array[max(first, 0) : final + 1] if final >= 0 else []
    return found


def _place(node: Node, here: _Here) -> int:
    found = _items(node, here)
    if len(found) != 1 or not isinstance(found[0], Decimal):
        raise DataError("jsonpath array subscript is not a single numeric value", sqlstate="22033")
    return int(found[0])


def _last(here: _Here) -> list[Value]:
    return [Decimal(here.last)]


def _below(here: _Here, base: Node, low: int, high: int | None) -> list[Value]:
    """`.**`: a value and all that is in it, of some depths."""
    found: list[Value] = []

    def walk(value: Value, depth: int) -> None:
        if depth >= low:
            found.append(value)
        if high is None or depth < high:
            inner = list(_in_order(value).values()) if isinstance(value, dict) else value
            for part in inner if isinstance(inner, list) else ():
                walk(part, depth + 1)

    for value in _items(base, here):
        walk(value, 0)
    return found


def _filter(here: _Here, base: Node, test: Node) -> list[Value]:
    values = _unwrapped(_items(base, here), here)
    return [v for v in values if _truth(test, replace(here, current=v)) is True]


# --- values ----------------------------------------------------------------------------------


def _method(here: _Here, base: Node, name: str) -> list[Value]:
    values = _items(base, here)
    if name == "type":
        return [_type(v) for v in values]
    if name == "size":
        return [Decimal(len(_array(v, here, "item method .size()"))) for v in values]
    if name == "keyvalue":
        return [row for v in _unwrapped(values, here) for row in _entries(v)]
    return [_number(v, name) for v in _unwrapped(values, here)]


def _type(value: Value) -> str:
    names = {bool: "boolean", Decimal: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _entries(value: Value) -> list[Value]:
    if not isinstance(value, dict):
        raise DataError(
            "jsonpath item method .keyvalue() can only be applied to an object", sqlstate="2203C"
        )
    none = Decimal(0)
    return [{"id": none, "key": k, "value": v} for k, v in _in_order(value).items()]


def _number(value: Value, name: str) -> Value:
    if name == "double" and isinstance(value, str):
        try:
            return Decimal(str(float(value)))
        except ValueError:
            value = None
    if not isinstance(value, Decimal):
        raise DataError(
            f"jsonpath item method .{name}() can only be applied to a numeric value",
            sqlstate="22036",
        )
    if name == "double":
        return Decimal(repr(float(value)))
    rounding = {"ceiling": "ROUND_CEILING", "floor": "ROUND_FLOOR"}.get(name)
    return abs(value) if rounding is None else value.to_integral_value(rounding)


def _operand(node: Node, here: _Here, side: str, sign: str) -> Decimal:
    found = list(_unwrapped(_items(node, here), here))
    if len(found) != 1 or not isinstance(found[0], Decimal):
        raise DataError(
            f"{side} operand of jsonpath operator {sign} is not a single numeric value",
            sqlstate="22038",
        )
    return found[0]


def _compute(here: _Here, sign: str, left: Node, right: Node) -> list[Value]:
    a, b = _operand(left, here, "left", sign), _operand(right, here, "right", sign)
    if sign in "/%" and not b:
        raise DivisionByZero("division by zero")
    made = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
            "%": operator.mod}[sign](a, b)  # fmt: skip
    return [made]


def _signed(here: _Here, sign: str, node: Node) -> list[Value]:
    found: list[Value] = []
    for value in _unwrapped(_items(node, here), here):
        if not isinstance(value, Decimal):
            raise DataError(
                f"operand of unary jsonpath operator {sign} is not a numeric value",
                sqlstate="2203B",
            )
        found.append(-value if sign == "-" else value)
    return found


# --- predicates ------------------------------------------------------------------------------


def _truth(node: Node, here: _Here) -> bool | None:
    match node:
        case ("and", left, right):
            a, b = _truth(left, here), _truth(right, here)
            return False if False in (a, b) else None if None in (a, b) else True
        case ("or", left, right):
            a, b = _truth(left, here), _truth(right, here)
            return True if True in (a, b) else None if None in (a, b) else False
        case ("not", inner):
            known = _truth(inner, here)
            return None if known is None else not known
        case ("unknown", inner):
            return _truth(inner, here) is None
        case ("exists", inner):
            found = _found(inner, here)
            return None if found is None else bool(found)
        case ("compare", sign, left, right):
            return _any_pair(left, right, here, lambda a, b: _compare(sign, a, b))
        case ("starts", left, right):
            return _any_pair(left, right, here, _starts)
        case ("like", left, pattern, flags):
            shape = compiled(pattern, flags)
            return _any_pair(left, _NOTHING, here, lambda a, _: _like(shape, a))
        case _:
            raise DataError("a jsonpath predicate is expected", sqlstate="42601")


def _found(node: Node, here: _Here) -> list[Value] | None:
    """What a part of a predicate finds; None where that fails."""
    try:
        return _items(node, here)
    except DataError:
        return None


def _any_pair(
    left: Node, right: Node, here: _Here, test: Callable[[Value, Value], bool | None]
) -> bool | None:
    a, b = _found(left, here), _found(right, here)
    if a is None or b is None:
        return None
    results = [test(x, y) for x in _unwrapped(a, here) for y in _unwrapped(b, here)]
    if not here.lax and None in results:
        return None
    return True if True in results else None if None in results else False


def _compare(sign: str, a: Value, b: Value) -> bool | None:
    if type(a) is not type(b):
        return sign == "!=" if a is None or b is None else None
    if isinstance(a, list | dict):
        return None
    if a is None:
        return sign in ("==", "<=", ">=")
    return _ORDER[sign](a, b)


def _starts(a: Value, b: Value) -> bool | None:
    return a.startswith(b) if isinstance(a, str) and isinstance(b, str) else None


def _like(pattern: re.Pattern[str], a: Value) -> bool | None:
    return pattern.search(a) is not None if isinstance(a, str) else None


_ITEMS: dict[str, Callable[..., list[Value]]] = {
    "root": lambda here: [here.root],
    "current": lambda here: [here.current],
    "value": lambda here, value: [value],
    "variable": _variable,
    "last": _last,
    "member": _member,
    "members": _members,
    "elements": _elements,
    "places": _places,
    "below": _below,
    "filter": _filter,
    "method": _method,
    "compute": _compute,
    "sign": _signed,
}
