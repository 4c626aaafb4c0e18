"""Dates and times that a constant names in words, or in a form other than ISO's: `'today'::date`,
`DATE 'Jan 5, 2024'`. Called for explicit casts; PostgreSQL's DateStyle is ISO, MDY."""

from __future__ import annotations

import datetime as dt
import re

from sqlshim.bind.binds import Binds
from sqlshim.bind.coerce import call, cast
from sqlshim.bind.words import Word
from sqlshim.errors import DatetimeOutOfRange
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.types import (
    DATE,
    INTERVAL,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    Interval,
    Kind,
    SqlType,
)

_INSTANTS = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)
_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1}
_WORDS = frozenset({*_DAYS, "now", "epoch"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)",
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})",
        rf"{_NAME}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})",
        rf"(?P<day>\d{{1,2}})[\s-]{_NAME}[\s-](?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})-{_NAME}-(?P<day>\d{{1,2}})",
    )
)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(\.\d{1,6})?)?\s*([ap])m", re.IGNORECASE)


def untyped(text: str, binds: Binds) -> Literal:
    """An untyped constant, which may name a moment where the dialect is PostgreSQL's."""
    word, t = text.strip().lower(), UNKNOWN.with_null(False)
    if word not in _WORDS or binds.context.dialect != "postgres":
        return Literal(text, t)
    return Word(text, t, lambda wanted: _moment(word, wanted, binds))


def _moment(word: str, wanted: SqlType, binds: Binds) -> Scalar | None:
    if wanted.kind is Kind.TIME and word == "now":
        return cast(binds.context.current(TIMESTAMP), TIME)
    return _named(word, wanted, binds) if wanted.kind in _INSTANTS else None


def special_moment(value: Scalar, wanted: SqlType, binds: Binds) -> Scalar | None:
    """The date or time that an untyped constant names; None where it is read as usual."""
    if not isinstance(value, Literal) or not isinstance(value.value, str):
        return None
    if value.type.kind is not Kind.UNKNOWN:
        return None
    text = value.value.strip()
    if wanted.kind is Kind.TIME:
        return _clock(text)
    if wanted.kind not in _INSTANTS:
        return None
    return _named(text.lower(), wanted, binds) or _written(text, wanted)


def _named(word: str, wanted: SqlType, binds: Binds) -> Scalar | None:
    if word == "now":
        zoned = wanted.kind is Kind.TIMESTAMPTZ
        if wanted.kind is Kind.DATE:
            return binds.context.current(DATE)
        return binds.context.current(TIMESTAMPTZ if zoned else TIMESTAMP)
    if word == "epoch":
        start = Literal(dt.date(1970, 1, 1), DATE.with_null(False))
        return cast(start, wanted)
    if word not in _DAYS:
        return None
    step = Literal(Interval(days=_DAYS[word]), INTERVAL.with_null(False))
    moved = call(op.ADD, cast(binds.context.current(DATE), TIMESTAMP), step)
    return cast(moved, wanted)


def _written(text: str, wanted: SqlType) -> Scalar | None:
    for pattern in _DATES:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        month = parts.get("month")
        number = int(month) if month else _MONTHS.index(parts["name"][:3].lower()) + 1
        try:
            day = dt.date(int(parts["year"]), number, int(parts["day"]))
        except ValueError as error:
            raise DatetimeOutOfRange(f'date/time field value out of range: "{text}"') from error
        return cast(Literal(day, DATE.with_null(False)), wanted)
    return None


def _clock(text: str) -> Scalar | None:
    if text.lower() == "allballs":
        return Literal(dt.time(), TIME.with_null(False))
    found = _CLOCK.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= 12:
        return None
    hour = int(found[1]) % 12 + (12 if found[5].lower() == "p" else 0)
    micros = round(float(found[4] or 0) * 10**6)
    moment = dt.time(hour, int(found[2]), int(found[3] or 0), micros)
    return Literal(moment, TIME.with_null(False))
