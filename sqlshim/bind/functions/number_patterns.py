"""Patterns of numbers: TO_CHAR(x, '9,990.00') and TO_NUMBER, read once, when the statement is
bound; the rows that do the work get their places."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from sqlshim.bind.binds import Binds, constant_text, int_literal, text_literal
from sqlshim.bind.coerce import call, cast, coerce
from sqlshim.errors import NotSupportedError
from sqlshim.functions import math, text
from sqlshim.ir.scalar import Cast, Scalar
from sqlshim.number_patterns import check_pattern
from sqlshim.types import NUMBERS, TEXT, Kind, decimal

_SHAPE = re.compile(
    r"(?P<fm>FM)?(?P<lead>S|MI|PL)?(?P<whole>[90,G]*)(?:[.D](?P<places>[90]*))?"
    r"(?P<trail>S|MI)?",
    re.IGNORECASE,
)
_HINT = "9 0 . D , G S MI FM are supported, and a comma only before three digits."


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """Digits before the point, how many of them at least, after it, kept in any case; `style` as
    in `macros.numbers`."""

    digits: int
    zeros: int
    places: int
    kept: int
    style: str
    point: bool


def read_pattern(pattern: str) -> NumberPattern:
    """NotSupportedError for what no row can write."""
    found = _SHAPE.fullmatch(pattern)
    if found is None or not re.search("[90]", pattern) or (found["lead"] and found["trail"]):
        raise NotSupportedError(f"the pattern {pattern!r} is not supported", hint=_HINT)
    whole = found["whole"].upper().replace("G", ",")
    grouped = "," in whole
    digits = whole.replace(",", "")
    if grouped and whole != _grouped(digits):
        raise NotSupportedError(f"the pattern {pattern!r} is not supported", hint=_HINT)
    lead, trail = (found["lead"] or "").upper(), (found["trail"] or "").upper()
    if lead in ("MI", "PL"):
        raise NotSupportedError(f"the pattern {pattern!r} is not supported", hint=_HINT)
    places = found["places"] or ""
    sign = {"S": "E", "MI": "M"}.get(trail, "S" if lead else "")
    return NumberPattern(
        digits=len(digits),
        zeros=len(digits) - digits.index("0") if "0" in digits else 0,
        places=len(places),
        kept=places.rindex("0") + 1 if "0" in places else 0,
        style=("G" if grouped else "") + ("F" if found["fm"] else "") + sign,
        point=found["places"] is not None,
    )


def _grouped(digits: str) -> str:
    return ",".join(re.findall(".{1,3}", digits[::-1]))[::-1]


def number_to_char(value: Scalar, pattern: str) -> Scalar:
    """TO_CHAR of a number."""
    if value.type.kind not in NUMBERS:
        raise NotSupportedError(f"the pattern {pattern!r} is not supported", hint=_HINT)
    try:
        shape = read_pattern(pattern)
    except NotSupportedError:
        check_pattern(pattern)
        return call(text.NUMBER_AS, cast(value, TEXT), text_literal(pattern))
    if shape.point and not shape.places:
        raise NotSupportedError(f"the pattern {pattern!r} is not supported", hint=_HINT)
    exact = _exact(value)
    rounded: Scalar = call(math.ROUND_TO, exact, int_literal(shape.places))
    rounded = Cast(rounded, decimal(38, shape.places, value.type.nullable))
    numbers = (shape.digits, shape.zeros, shape.kept)
    return call(text.TO_CHAR_NUMBER, rounded, *map(int_literal, numbers), text_literal(shape.style))


def _exact(value: Scalar) -> Scalar:
    if value.type.kind is Kind.DECIMAL:
        return value
    return cast(value, decimal(38, 0 if value.type.kind not in (Kind.DOUBLE, Kind.REAL) else 10))


def to_number(node: exp.Expr, binds: Binds) -> Scalar:
    """TO_NUMBER(text, pattern): as many digits as the pattern has, with its signs and commas."""
    value = coerce(binds.scalar(node.expressions[0]), TEXT)
    return read_number(value, constant_text(node.expressions[1], binds, "the pattern of TO_NUMBER"))


def read_number(value: Scalar, pattern: str) -> Scalar:
    """The number that a text is by a pattern."""
    shape = read_pattern(pattern)
    before = "[-+]?" if "E" not in shape.style and "M" not in shape.style else ""
    behind = "" if before else "[-+]?"
    point = rf"(?:\.\d{{0,{shape.places}}})?" if shape.point else ""
    digits = rf"(?:,?\d){{0,{shape.digits}}}"
    found = rf"\s*{before}{digits}{point}{behind}\s*"
    number = call(text.TO_NUMBER, value, text_literal(found))
    return cast(number, decimal(38, shape.places))
