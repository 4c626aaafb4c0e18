"""JSON text read, changed and written as PostgreSQL's jsonb does: numbers keep their digits, keys
are unique and in jsonb's order, a space follows each colon and comma.

JSON texts in, JSON texts out; the binder uses it for constants, the local engine for the rest.
InvalidText for text that is no JSON, DataError for what a jsonb function refuses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from sqlshim.errors import DataError, InvalidText, StatementTooComplex

Value = object  # None, bool, Decimal, str, list or dict


def read(text: str) -> Value:
    """The value of a JSON text."""
    try:
        return json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse, strict=True
        )
    except (ValueError, InvalidOperation) as error:
        raise InvalidText("invalid input syntax for type json", sqlstate="22P02") from error
    except RecursionError as error:
        raise StatementTooComplex("a JSON value is nested too deeply") from error


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def write(value: Value, indent: int | None = None, level: int = 0) -> str:
    """The text of a value; with `indent` a line for each part."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(abs(value) if value == 0 else value, "f")
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return _joined("[", [write(v, indent, level + 1) for v in value], "]", indent, level)
        case dict():
            keys = sorted(value, key=lambda k: (len(k.encode()), k.encode()))
            parts = [f"{write(k)}: {write(value[k], indent, level + 1)}" for k in keys]
            return _joined("{", parts, "}", indent, level)
        case _:
            raise TypeError(type(value).__name__)


def _joined(start: str, parts: list[str], end: str, indent: int | None, level: int) -> str:
    if indent is None or not parts:
        return start + ", ".join(parts) + end
    inner = "\n" + " " * indent * (level + 1)
    return start + inner + ("," + inner).join(parts) + "\n" + " " * indent * level + end


def normal(text: str) -> str:
    """The text as jsonb keeps it."""
    return write(read(text))


# --- comparing -------------------------------------------------------------------------------


def contains(whole: Value, part: Value) -> bool:
    """`whole @> part`."""
    if isinstance(whole, list) and not isinstance(part, list | dict):
        return any(_same_scalar(v, part) for v in whole)  # an array may contain a bare scalar
    return _holds(whole, part)


def _holds(whole: Value, part: Value) -> bool:
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(k in whole and _holds(whole[k], v) for k, v in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(_holds(w, v) for w in whole) for v in part)
    return _same_scalar(whole, part)


def _same_scalar(a: Value, b: Value) -> bool:
    if isinstance(a, list | dict) or isinstance(b, list | dict):
        return False
    return type(a) is type(b) and a == b


def comparable(value: Value) -> str:
    """Texts that are equal where the values are: 1.0 is 1."""
    return write(_trimmed(value))


def _trimmed(value: Value) -> Value:
    match value:
        case Decimal():
            return value.quantize(Decimal(1)) if value == value.to_integral() else value.normalize()
        case list():
            return [_trimmed(v) for v in value]
        case dict():
            return {k: _trimmed(v) for k, v in value.items()}
        case _:
            return value


# --- changing --------------------------------------------------------------------------------


def _failed(message: str) -> DataError:
    return DataError(message, sqlstate="22023")


def concat(a: Value, b: Value) -> Value:
    """`a || b`: objects are merged, anything else is joined as arrays."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a | b
    return _listed(a) + _listed(b)


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


def delete(value: Value, key: str) -> Value:
    """`value - key`: of an object a key, of an array the strings that equal it."""
    if isinstance(value, dict):
        return {k: v for k, v in value.items() if k != key}
    if isinstance(value, list):
        return [v for v in value if not (isinstance(v, str) and v == key)]
    raise _failed("cannot delete from scalar")


def delete_at(value: Value, place: int) -> Value:
    """`value - place`, counted from 0, or backwards from -1."""
    if isinstance(value, dict):
        raise _failed("cannot delete from object using integer index")
    if not isinstance(value, list):
        raise _failed("cannot delete from scalar")
    at = place if place >= 0 else place + len(value)
    return [v for i, v in enumerate(value) if i != at]


def delete_path(value: Value, path: Sequence[str | None]) -> Value:
    """`value #- path`"""
    if not isinstance(value, dict | list):
        raise _failed("cannot delete path in scalar")
    return _at(value, path, _gone, create=False, replace=True) if path else value


def _gone(old: Value) -> list[Value]:
    return []


def set_at(value: Value, path: Sequence[str | None], new: Value, create: bool) -> Value:
    """JSONB_SET(value, path, new, create)"""
    if not isinstance(value, dict | list):
        raise _failed("cannot set path in scalar")
    return _at(value, path, lambda old: [new], create, replace=True) if path else value


def insert_at(value: Value, path: Sequence[str | None], new: Value, after: bool) -> Value:
    """JSONB_INSERT(value, path, new, after): beside an element, or as a new key."""
    if not isinstance(value, dict | list):
        raise _failed("cannot set path in scalar")
    change: Change = (lambda old: [old, new]) if after else (lambda old: [new, old])
    return _at(value, path, change, create=True, replace=False) if path else value


Change = Callable[[Value], list[Value]]  # what stands in the place of an element


def _at(
    value: Value, path: Sequence[str | None], change: Change, create: bool, replace: bool
) -> Value:
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return _in_object(value, step, rest, change, create, replace)
    if isinstance(value, list):
        return _in_array(value, step, rest, change, create, replace)
    return value


def _in_object(
    value: dict[str, Value],
    step: str | None,
    rest: Sequence[str | None],
    change: Change,
    create: bool,
    replace: bool,
) -> Value:
    if step is None:
        raise DataError("path element at position 1 is null", sqlstate="22004")
    if rest:
        if step not in value:
            return value
        return value | {step: _at(value[step], rest, change, create, replace)}
    if step not in value:
        return value | {step: _new(change)[0]} if create else value
    if not replace:
        raise _failed("cannot replace existing key")
    made = change(value[step])
    return value | {step: made[0]} if made else {k: v for k, v in value.items() if k != step}


def _in_array(
    value: list[Value],
    step: str | None,
    rest: Sequence[str | None],
    change: Change,
    create: bool,
    replace: bool,
) -> Value:
    try:
        place = int(str(step))
    except ValueError as error:
        raise DataError(
            f'path element at position 1 is not an integer: "{step}"', sqlstate="22P02"
        ) from error
    at = place if place >= 0 else place + len(value)
    if 0 <= at < len(value):
        if rest:
            return [*value[:at], _at(value[at], rest, change, create, replace), *value[at + 1 :]]
        return [*value[:at], *change(value[at]), *value[at + 1 :]]
    if rest or not create:
        return value
    new = _new(change)
    return [*new, *value] if at < 0 else [*value, *new]


_OLD = object()


def _new(change: Change) -> list[Value]:
    """What a change puts beside an element, or in its place."""
    return [v for v in change(_OLD) if v is not _OLD]


def strip_nulls(value: Value) -> Value:
    """Objects without the keys whose value is null."""
    match value:
        case dict():
            return {k: strip_nulls(v) for k, v in value.items() if v is not None}
        case list():
            return [strip_nulls(v) for v in value]
        case _:
            return value


def pretty(value: Value) -> str:
    """JSONB_PRETTY"""
    return write(value, 4)


def exists(value: Value, key: str) -> bool:
    """`value ? key`"""
    if isinstance(value, dict | list):
        return key in value
    return isinstance(value, str) and value == key
