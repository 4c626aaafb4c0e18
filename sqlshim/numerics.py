"""Numbers of any size as texts that sort, group and join as the numbers do.

The engine and Arrow hold decimals of 38 digits. A value of Kind.NUMERIC travels as its key:
`key(-12.5)`; `number(key, whole)` is the way back. A key begins with the sign (0, 1 or 2), then
comes the place of the first digit, then the digits without trailing zeros; of a negative number all
digits are turned over, with an end that is above every digit. 1.5 and 1.50 are one number and one
key; `canonical` is the one Decimal of it.
"""

from __future__ import annotations

from decimal import Context, Decimal

_PLACES = 5_000_000_000  # makes the place of the first digit a number above 0, of ten digits
_TURNED = str.maketrans("0123456789", "9876543210")
_END = "~"
_WIDE = Context(prec=10_000, Emax=999_999_999, Emin=-999_999_999)
MOST_SHOWN = 5_000  # zeros that a number is written out with


def key(value: int | Decimal) -> str:
    """The key of a number."""
    sign, digits, exponent = _parts(value)
    if not digits:
        return "1"
    text = f"{len(digits) + exponent - 1 + _PLACES:010d}{digits}"
    return f"0{text.translate(_TURNED)}{_END}" if sign else f"2{text}"


def _parts(value: int | Decimal) -> tuple[bool, str, int]:
    if isinstance(value, int):
        sign, digits, exponent = value < 0, _digits(abs(value)), 0
    else:
        negative, places, power = value.as_tuple()
        sign, digits, exponent = bool(negative), "".join(map(str, places)), int(power)
    stripped = digits.lstrip("0").rstrip("0")
    return sign, stripped, exponent + len(digits) - len(digits.rstrip("0"))


def _digits(value: int) -> str:
    # int's own str() refuses more than 4300 digits
    return str(value) if value.bit_length() < 10_000 else format(Decimal(value), "f")


def number(text: str, whole: bool) -> int | Decimal:
    """The number of a key, an int if it is a whole one's."""
    negative, body = text[0] == "0", text[1:]
    if not body:
        return 0 if whole else Decimal(0)
    if negative:
        body = body.removesuffix(_END).translate(_TURNED)
    digits = body[10:]
    exponent = int(body[:10]) - _PLACES - len(digits) + 1
    found = Decimal((int(negative), tuple(map(int, digits)), exponent))
    return int(found) if whole else _without_power(found, exponent)


def canonical(value: Decimal) -> Decimal:
    """The number without zeros at its end, as `number` gives it."""
    negative, digits, exponent = _parts(value)
    if not digits:
        return Decimal(0)
    found = Decimal((int(negative), tuple(map(int, digits)), exponent))
    return _without_power(found, exponent)


def _without_power(value: Decimal, exponent: int) -> Decimal:
    """100 rather than 1E+2."""
    return value.quantize(1, context=_WIDE) if 0 < exponent <= MOST_SHOWN else value


def written(value: int | Decimal) -> str:
    """All digits of a number."""
    return _digits(value) if isinstance(value, int) else format(value, "f")
