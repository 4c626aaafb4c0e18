"""TO_CHAR, TO_DATE and TO_TIMESTAMP by PostgreSQL's patterns. A pattern is a constant: its pieces
become calls that every store knows, put together here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, constant_text, int_literal, text_literal
from sqlshim.bind.coerce import call, case, cast, coerce, logical, settle
from sqlshim.bind.functions.number_patterns import number_to_char, to_number
from sqlshim.bind.functions.timeuuids import instant
from sqlshim.errors import NotSupportedError, TypeMismatch
from sqlshim.functions import datetime, regex, text
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Literal, Scalar, null_of
from sqlshim.types import DATE, DOUBLE, INSTANTS, INTEGER, TEXT, TIMESTAMPTZ, Kind

_INSTANTS = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)
Piece = Callable[[Scalar, bool], Scalar]  # of the value, and whether FM takes the padding off

_KEYWORD = re.compile(
    r'"(?P<quoted>[^"]*)"|(?P<fm>FM)?(?P<word>Y,YYY|YYYY|YYY|YY|Y|IYYY|IYY|IY|IDDD|ID|IW|I|Q|MM|MONTH|Month|month'
    r"|MON|Mon|mon|RM|rm|WW|W|DDD|DD|DAY|Day|day|DY|Dy|dy|D|J|CC|HH24|HH12|HH|MI|SSSSS"
    r"|SSSS|SS|MS|US|FF[1-6]|AM|PM|A\.M\.|P\.M\.|am|pm|a\.m\.|p\.m\.|BC|AD|TZH|TZM|TZ|OF|tz"
    r"|yyyy|yyy|yy|mm|ddd|dd|hh24|hh12|hh|mi|ss|ms|us|q|iyyy|iw|id)(?P<th>TH|th)?|(?P<any>.)",
    re.DOTALL,
)


def _number(part: str, width: int, shift: int = 0, last: int | None = None) -> Piece:
    """A part as a number filled with zeros; `last` keeps only so many digits at its end."""

    def build(value: Scalar, bare: bool) -> Scalar:
        number = call(datetime.EXTRACT, text_literal(part), value)
        if shift:
            number = call(op.ADD, number, int_literal(shift))
        return _digits(number, width, bare, last)

    return build


def _digits(number: Scalar, width: int, bare: bool, last: int | None = None) -> Scalar:
    shown = cast(number, TEXT)
    filled = call(text.LPAD, shown, int_literal(width), text_literal("0"))
    long = call(op.GT, call(text.LENGTH, shown), int_literal(width))
    if last is not None:
        cut = call(text.RIGHT, filled, int_literal(last))
        return call(text.LTRIM, cut, text_literal("0")) if bare else cut
    return shown if bare else case([(long, shown)], filled)


def _name(codes: str, width: int, change: Callable[[Scalar], Scalar]) -> Piece:
    """A name in one of three spellings, filled with spaces to the longest."""

    def build(value: Scalar, bare: bool) -> Scalar:
        name = change(call(datetime.TO_CHAR, value, text_literal(codes)))
        if bare or not width:
            return name
        return call(text.RPAD, name, int_literal(width), text_literal(" "))

    return build


def _spellings(word: str, codes: str, width: int) -> dict[str, Piece]:
    return {
        word.upper(): _name(codes, width, lambda e: call(text.UPPER, e)),
        word.capitalize(): _name(codes, width, lambda e: e),
        word.lower(): _name(codes, width, lambda e: call(text.LOWER, e)),
    }


def _half_day(first: str, second: str) -> Piece:
    def build(value: Scalar, bare: bool) -> Scalar:
        hour = call(datetime.EXTRACT, text_literal("hour"), value)
        morning = call(op.LT, hour, int_literal(12))
        return case([(morning, text_literal(first))], text_literal(second))

    return build


def _hour_12(value: Scalar, bare: bool) -> Scalar:
    hour = call(datetime.EXTRACT, text_literal("hour"), value)
    late = call(op.ADD, hour, int_literal(11))
    return _digits(call(op.ADD, call(op.MOD, late, int_literal(12)), int_literal(1)), 2, bare)


def _second(value: Scalar, bare: bool) -> Scalar:
    micros = call(datetime.EXTRACT, text_literal("microseconds"), value)
    return _digits(call(op.DIV_INT, micros, int_literal(10**6)), 2, bare)


def _fraction(digits: int) -> Piece:
    def build(value: Scalar, bare: bool) -> Scalar:
        micros = call(datetime.EXTRACT, text_literal("microseconds"), value)
        rest = call(op.MOD, micros, int_literal(10**6))
        return _digits(call(op.DIV_INT, rest, int_literal(10 ** (6 - digits))), digits, False)

    return build


def _of_day(value: Scalar, bare: bool) -> Scalar:
    """Seconds past midnight."""
    micros = call(datetime.EXTRACT, text_literal("microseconds"), value)
    total = call(op.DIV_INT, micros, int_literal(10**6))
    for part, seconds in (("minute", 60), ("hour", 3600)):
        number = call(datetime.EXTRACT, text_literal(part), value)
        total = call(op.ADD, total, call(op.MUL, number, int_literal(seconds)))
    return _digits(total, 1, bare)


def _weeks(part: str) -> Piece:
    """The week of the year or month, the first beginning with its first day."""

    def build(value: Scalar, bare: bool) -> Scalar:
        day = call(datetime.EXTRACT, text_literal(part), value)
        week = call(op.DIV_INT, call(op.ADD, day, int_literal(6)), int_literal(7))
        return _digits(week, 2 if part == "doy" else 1, bare)

    return build


def _constant(shown: str) -> Piece:
    return lambda value, bare: text_literal(shown)


_PIECES: dict[str, Piece] = {
    "YYYY": _number("year", 4), "YYY": _number("year", 4, last=3),
    "YY": _number("year", 4, last=2), "Y": _number("year", 4, last=1),
    "IYYY": _number("isoyear", 4), "IYY": _number("isoyear", 4, last=3),
    "IY": _number("isoyear", 4, last=2), "I": _number("isoyear", 4, last=1),
    "CC": _number("century", 2), "Q": _number("quarter", 1), "MM": _number("month", 2),
    "DDD": _number("doy", 3), "DD": _number("day", 2), "D": _number("dow", 1, shift=1),
    "ID": _number("isodow", 1), "IW": _number("week", 2), "WW": _weeks("doy"), "W": _weeks("day"),
    "HH24": _number("hour", 2), "HH12": _hour_12, "HH": _hour_12, "MI": _number("minute", 2),
    "SS": _second, "MS": _fraction(3), "US": _fraction(6), "SSSS": _of_day, "SSSSS": _of_day,
    **{f"FF{n}": _fraction(n) for n in range(1, 7)},
    **_spellings("month", "%B", 9), **_spellings("mon", "%b", 0),
    **_spellings("day", "%A", 9), **_spellings("dy", "%a", 0),
    **dict.fromkeys(("AM", "PM"), _half_day("AM", "PM")),
    **dict.fromkeys(("am", "pm"), _half_day("am", "pm")),
    **dict.fromkeys(("A.M.", "P.M."), _half_day("A.M.", "P.M.")),
    **dict.fromkeys(("a.m.", "p.m."), _half_day("a.m.", "p.m.")),
    "AD": _constant("AD"), "BC": _constant("AD"),
}  # fmt: skip
# runs of these alone are one call of the row, with strftime's codes
_CODES = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "DDD": "%j", "HH24": "%H", "HH12": "%I", "HH": "%I",
          "MI": "%M", "SS": "%S", "US": "%f"}  # fmt: skip
# what may have st, nd, rd or th behind it
_COUNTED = frozenset({"YYYY", "MM", "DD", "DDD", "D", "ID", "Q", "WW", "W", "IW", "CC", "HH24"}
                     | {"HH12", "HH", "MI", "SS"})  # fmt: skip
_OF_AN_INTERVAL = frozenset({"HH24", "MI", "SS", "MS", "US", "DD", "MM", "YYYY"})


# What means the same in Oracle; its FM holds for all that follows.
_OF_ORACLE = re.compile(
    r"(?:YYYY|MONTH|Month|month|MON|Mon|mon|MM|DDD|DD|DAY|Day|day|DY|Dy|dy|HH24|HH12|HH|MI|SS|AM|PM"
    r"|Q|yyyy|mm|dd|hh24|mi|ss|\W)*|(?:FM)?[90.,DG]+",
)


def to_char(node: exp.Expr, binds: Binds) -> Scalar:
    """TO_CHAR(value, pattern) of a number, an instant or an interval."""
    value = binds.scalar(node.expressions[0])
    if len(node.expressions) == 1:  # Oracle's
        return cast(settle(value), TEXT)
    shape = binds.scalar(node.expressions[1])
    if isinstance(shape, Literal) and shape.value is None:
        return null_of(TEXT)
    pattern = constant_text(node.expressions[1], binds, "the pattern of TO_CHAR")
    if not pattern:
        return null_of(TEXT)
    oracle = binds.context.dialect == "oracle"
    if oracle and not _OF_ORACLE.fullmatch(pattern):
        raise NotSupportedError(f"the pattern {pattern!r} of TO_CHAR is not supported here")
    if value.type.kind is Kind.UNKNOWN:
        value = coerce(value, TIMESTAMPTZ)
    if value.type.kind in _INSTANTS or value.type.kind in (Kind.TIME, Kind.INTERVAL):
        return written(value, pattern)
    return number_to_char(value, pattern)


def written(value: Scalar, pattern: str) -> Scalar:
    """An instant, a time or an interval by a pattern."""
    found = list(_KEYWORD.finditer(pattern))
    words = [m["word"].upper() for m in found if m["word"]]
    if value.type.kind in (Kind.TIME, Kind.INTERVAL):
        odd = [w for w in words if w not in _OF_AN_INTERVAL]
    else:
        plain = all(
            ((m["word"] or "").upper() in _CODES and not m["fm"] and not m["th"])
            or ((m["any"] or "") in " :/-.,;T" and m["any"])
            for m in found
        )
        if plain:
            codes = "".join(m["any"] or _CODES[m["word"].upper()] for m in found)
            return call(datetime.TO_CHAR, value, text_literal(codes))
        odd = []
    odd += [m["word"] for m in found if m["word"] and _refused(m)]
    if odd:
        raise NotSupportedError(f"{odd[0]!r} in a pattern of TO_CHAR is not supported")
    pieces = [_piece_of(m, value) for m in found]
    strict = call(text.CONCAT, *pieces)
    if not value.type.nullable:
        return strict
    return case([(call(op.IS_NULL, value), null_of(TEXT))], strict)


def _refused(found: re.Match[str]) -> bool:
    word = found["word"]
    return _piece(word) is None or (bool(found["th"]) and word.upper() not in _COUNTED)


def _ordinal(shown: Scalar, suffix: str) -> Scalar:
    """A number with st, nd, rd or th."""
    spelled = [s.upper() if suffix.isupper() else s for s in ("th", "st", "nd", "rd")]
    last = call(text.RIGHT, shown, int_literal(1))
    teens = call(op.EQ, call(text.LEFT, call(text.RIGHT, shown, int_literal(2)), int_literal(1)),
                 text_literal("1"))  # fmt: skip
    teens = logical(op.AND, [teens, call(op.GT, call(text.LENGTH, shown), int_literal(1))])
    arms = [(teens, text_literal(spelled[0]))]
    arms += [(call(op.EQ, last, text_literal(str(n))), text_literal(spelled[n])) for n in (1, 2, 3)]
    return call(op.CONCAT_OP, shown, case(arms, text_literal(spelled[0])))


def _piece(word: str) -> Piece | None:
    return _PIECES.get(word) or _PIECES.get(word.upper())


def _piece_of(found: re.Match[str], value: Scalar) -> Scalar:
    word = found["word"]
    if not word:
        return text_literal(found["any"] or found["quoted"] or "")
    piece = _piece(word)
    assert piece is not None
    shown = piece(value, bool(found["fm"]))
    return _ordinal(shown, found["th"]) if found["th"] else shown


# --- reading ---------------------------------------------------------------------------------

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = ("january", "february", "march", "april", "may", "june", "july", "august",
                "september", "october", "november", "december")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Field:
    """What a keyword reads: a regular expression, and the part it is of."""

    part: str
    digits: int = 0
    letters: str = ""


_FIELDS = {
    "YYYY": _Field("year", 4), "MM": _Field("month", 2), "DD": _Field("day", 2),
    "DDD": _Field("doy", 3), "HH24": _Field("hour", 2), "HH12": _Field("hour12", 2),
    "HH": _Field("hour12", 2), "MI": _Field("minute", 2), "SS": _Field("second", 2),
    "MS": _Field("milli", 3), "US": _Field("micro", 6),
    "MONTH": _Field("name", letters="|".join(_MONTH_NAMES)),
    "MON": _Field("name", letters="|".join(_MONTHS)),
    "AM": _Field("half", letters="am|pm"), "PM": _Field("half", letters="am|pm"),
}  # fmt: skip


def read_instant(fn_type: Kind) -> Special:
    """TO_DATE and TO_TIMESTAMP(text, pattern); TO_TIMESTAMP(seconds) as well."""

    def build(node: exp.Expr, binds: Binds) -> Scalar:
        if len(node.expressions) == 1:
            return _of_one(binds.scalar(node.expressions[0]), fn_type)
        value = coerce(binds.scalar(node.expressions[0]), TEXT)
        pattern = constant_text(node.expressions[1], binds, "the pattern of TO_DATE")
        parts = _read(value, pattern)
        date = _date_of(parts)
        return date if fn_type is Kind.DATE else _instant_of(date, parts)

    return build


def _of_one(value: Scalar, fn_type: Kind) -> Scalar:
    """Of a number of seconds as in PostgreSQL, of a timeuuid or an instant as in CQL."""
    if value.type.kind not in INSTANTS | {Kind.UUID}:
        if fn_type is Kind.DATE:
            raise TypeMismatch(
                f"to_date takes a text and a pattern, not {str(value.type).lower()}",
                sqlstate="42883",
            )
        return call(datetime.TO_TIMESTAMP, value)
    return cast(instant(value), DATE) if fn_type is Kind.DATE else instant(value)


def _read(value: Scalar, pattern: str) -> dict[str, Scalar]:
    """Each part that the pattern has, as text out of `value`."""
    found = list(_KEYWORD.finditer(pattern))
    shape, parts = "", []
    for place, m in enumerate(found):
        word = (m["word"] or "").upper()
        if not word:
            shape += _separator(m)
            continue
        known = _FIELDS.get(word)
        if known is None or m["th"]:
            raise NotSupportedError(f"{m['word']!r} in a pattern of TO_DATE is not supported")
        after = found[place + 1] if place + 1 < len(found) else None
        joined = after is not None and bool(after["word"])
        shape += r"\s*" + _reading(known, joined)
        parts.append(known.part)
    if len(set(parts)) < len(parts):
        raise NotSupportedError("a pattern of TO_DATE that names a part twice is not supported")
    whole = text_literal(f"(?si)^{shape}")
    return {
        part: call(regex.REGEXP_FIELD, value, whole, int_literal(n), text_literal(pattern))
        for n, part in enumerate(parts, 1)
    }


def _separator(found: re.Match[str]) -> str:
    char = found["any"]
    if char is not None and not char.isalnum():
        return r"[^0-9A-Za-z]*"
    return r"[^ ]" * len(found["quoted"] or char or "")


def _reading(known: _Field, joined: bool) -> str:
    if known.letters:
        return f"({known.letters})"
    return rf"(\d{{1,{known.digits}}})" if joined or known.part != "year" else r"(\d{1,6})"


def _date_of(parts: dict[str, Scalar]) -> Scalar:
    def number(part: str, default: int) -> Scalar:
        return cast(parts[part], INTEGER) if part in parts else int_literal(default)

    month = number("month", 1)
    if "name" in parts:
        start = call(text.LEFT, call(text.LOWER, parts["name"]), int_literal(3))
        at = call(text.POSITION, text_literal("".join(_MONTHS)), start)
        month = call(op.DIV_INT, call(op.ADD, at, int_literal(2)), int_literal(3))
    if "year" not in parts:
        raise NotSupportedError("a pattern of TO_DATE without YYYY is not supported")
    if "doy" in parts:
        first = call(datetime.MAKE_DATE, number("year", 1), int_literal(1), int_literal(1))
        return call(op.ADD, first, call(op.SUB, number("doy", 1), int_literal(1)))
    return call(datetime.MAKE_DATE, number("year", 1), month, number("day", 1))


def _instant_of(date: Scalar, parts: dict[str, Scalar]) -> Scalar:
    def number(part: str) -> Scalar:
        return cast(parts[part], INTEGER) if part in parts else int_literal(0)

    hour = number("hour")
    if "hour12" in parts:
        hour = call(op.MOD, number("hour12"), int_literal(12))
        if "half" in parts:
            late = call(op.EQ, call(text.LOWER, parts["half"]), text_literal("pm"))
            hour = case([(late, call(op.ADD, hour, int_literal(12)))], hour)
    second = cast(number("second"), DOUBLE)
    for part, width in (("milli", 3), ("micro", 6)):
        if part in parts:
            digits = call(text.RPAD, parts[part], int_literal(width), text_literal("0"))
            share = call(op.DIV, cast(digits, DOUBLE), int_literal(10**width))
            second = call(op.ADD, second, share)
    whole = [call(datetime.EXTRACT, text_literal(p), date) for p in ("year", "month", "day")]
    moment = call(datetime.MAKE_TIMESTAMP, *whole, hour, number("minute"), second)
    return cast(moment, TIMESTAMPTZ)


CALLS: dict[str, Special] = {
    "sqlshim_to_char": to_char,
    "sqlshim_to_number": to_number,
    "sqlshim_to_date": read_instant(Kind.DATE),
    "sqlshim_to_timestamp": read_instant(Kind.TIMESTAMPTZ),
}
