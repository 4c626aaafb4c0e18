"""Python values of a result row as text: for people and CSV (`to_text`), and as JSON (`to_json`).

The text is PostgreSQL's where it has one: `2024-05-01 10:00:00`, `\\x6869`, `1 day 02:00:00`,
`NaN`, `Infinity`. JSON numbers are exact (a Decimal is written digit by digit); what JSON has no
number for is a string.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

_quoted = json.JSONEncoder(ensure_ascii=False).encode


def to_text(value: object) -> str:
    """`value` as plain text; a list or a document as JSON. None is the caller's business."""
    say = _TEXT.get(type(value)) or _text_by_base(value)
    return say(value)


def to_json(value: object) -> str:
    """`value` as one JSON value on one line."""
    say = _JSON.get(type(value)) or _json_by_base(value)
    return say(value)


def is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _float(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        return "NaN" if value.is_nan() else "Infinity" if value > 0 else "-Infinity"
    # 1E+3 is 1000 to a reader; but a Decimal128 may have an exponent of 6,144
    return format(value, "f") if -40 < value.adjusted() < 40 else str(value)


def _bytes(value: bytes) -> str:
    return "\\x" + value.hex()


def _interval(value: dt.timedelta) -> str:
    rest, sign = value - dt.timedelta(days=value.days), ""
    days = value.days
    if days < 0 and rest:  # Python keeps the time of day positive; people read -00:30:00
        days, rest, sign = days + 1, dt.timedelta(days=1) - rest, "-"
    seconds, fraction = rest.seconds, f".{rest.microseconds:06}" if rest.microseconds else ""
    clock = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"
    if not days:
        return clock
    unit = "day" if days == 1 else "days"
    return f"{days} {unit} {clock}" if rest else f"{days} {unit}"


def _array(value: Sequence[object]) -> str:
    return f"[{', '.join(map(to_json, value))}]"


def _document(value: Mapping[object, object]) -> str:
    pairs = (f"{_quoted(str(key))}: {to_json(item)}" for key, item in value.items())
    return f"{{{', '.join(pairs)}}}"


_TEXT: dict[type, Callable[[Any], str]] = {
    str: str,
    int: str,
    bool: lambda value: "true" if value else "false",
    float: _float,
    Decimal: _decimal,
    bytes: _bytes,
    dt.datetime: lambda value: value.isoformat(sep=" "),
    dt.date: dt.date.isoformat,
    dt.time: dt.time.isoformat,
    dt.timedelta: _interval,
    list: _array,
    tuple: _array,
    dict: _document,
}

_JSON: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "null",
    str: _quoted,
    int: str,
    bool: _TEXT[bool],
    float: lambda value: repr(value) if math.isfinite(value) else f'"{_float(value)}"',
    Decimal: lambda value: str(value) if value.is_finite() else f'"{_decimal(value)}"',
    dt.datetime: lambda value: f'"{value.isoformat()}"',
    list: _array,
    tuple: _array,
    dict: _document,
}


def _text_by_base(value: object) -> Callable[[Any], str]:
    """For subclasses (an IntEnum, a driver's own str) and for types unknown here: their str()."""
    return next((say for kind, say in _TEXT.items() if isinstance(value, kind)), str)


def _json_by_base(value: object) -> Callable[[Any], str]:
    found = (say for kind, say in _JSON.items() if isinstance(value, kind))
    return next(found, lambda unknown: _quoted(to_text(unknown)))
