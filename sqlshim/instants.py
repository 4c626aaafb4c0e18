"""Dates, times and intervals out of text and other values: PostgreSQL's input rules.

Used by `values.convert` and by the binder for literals.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from sqlshim.errors import DataError, DatetimeOutOfRange, InvalidDatetime, InvalidText
from sqlshim.types import Interval, Kind, SqlType


def quoted(value: object) -> str:
    """A value as a message shows it, cut to 60 characters."""
    text = str(value)
    return '"' + (text if len(text) <= 60 else text[:57] + "...") + '"'


def check_encodable(text: str) -> None:
    """DataError for a text that is not Unicode: half of a surrogate pair."""
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            "invalid character in text: half of a surrogate pair", sqlstate="22021"
        ) from error


def bad(value: object, target: SqlType) -> InvalidText:
    """The error for a value that cannot be read as `target`."""
    return InvalidText(f"invalid input syntax for type {str(target).lower()}: {quoted(value)}")


_DATE = re.compile(r"\s*(\d{4,6})-(\d{1,2})-(\d{1,2})\s*", re.ASCII)
_TIME = re.compile(
    r"\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(z|utc|[+-]\d{1,2}(?::?\d{2})?)?\s*",
    re.ASCII | re.IGNORECASE,
)


def to_date(value: object, target: SqlType) -> object:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        return _parse_timestamp(value, target)[0].date()
    raise bad(value, target)


def to_timestamp(value: object, target: SqlType) -> object:
    zoned = target.kind is Kind.TIMESTAMPTZ
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        return value.replace(tzinfo=dt.UTC) if zoned else value
    if isinstance(value, dt.date):
        moment = dt.datetime(value.year, value.month, value.day)
        return moment.replace(tzinfo=dt.UTC) if zoned else moment
    if isinstance(value, str):
        moment, offset = _parse_timestamp(value, target)
        return _in_utc(moment, offset, value) if zoned else moment
    raise bad(value, target)


def _in_utc(moment: dt.datetime, offset: dt.timedelta, text: str) -> dt.datetime:
    try:
        return (moment - offset).replace(tzinfo=dt.UTC)
    except OverflowError as error:
        raise DatetimeOutOfRange(f"timestamp out of range: {quoted(text)}") from error


def _parse_timestamp(text: str, target: SqlType) -> tuple[dt.datetime, dt.timedelta]:
    date = _DATE.match(text)
    if date is None:
        raise InvalidDatetime(
            f"invalid input syntax for type {str(target).lower()}: {quoted(text)}"
        )
    rest = text[date.end() :].lstrip("Tt ")
    offset = dt.timedelta()
    clock = dt.time()
    if rest:
        found = _TIME.fullmatch(rest)
        if found is None:
            raise InvalidDatetime(
                f"invalid input syntax for type {str(target).lower()}: {quoted(text)}"
            )
        clock, offset = _clock(found, text)
    try:
        return dt.datetime.combine(dt.date(*map(int, date.groups())), clock), offset
    except (ValueError, OverflowError) as error:
        raise DatetimeOutOfRange(f"date/time field value out of range: {quoted(text)}") from error


def _clock(found: re.Match[str], text: str) -> tuple[dt.time, dt.timedelta]:
    hour, minute, second, fraction, zone = found.groups()
    micros = round(int((fraction or "0").ljust(9, "0")) / 1000)
    try:
        clock = dt.time(int(hour), int(minute), int(second or 0), min(micros, 999_999))
    except ValueError as error:
        raise DatetimeOutOfRange(f"date/time field value out of range: {quoted(text)}") from error
    offset = dt.timedelta()
    if zone and zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        offset = dt.timedelta(hours=int(hours), minutes=int(minutes)) * (
            -1 if zone[0] == "-" else 1
        )
    return clock, offset


def to_time(value: object, target: SqlType) -> object:
    if isinstance(value, dt.time):
        return value
    if isinstance(value, dt.datetime):
        return value.time()
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidDatetime(f"invalid input syntax for type time: {quoted(value)}")
    return _clock(found, str(value))[0]


_UNIT_MONTHS = {"month": 1, "mon": 1, "quarter": 3, "year": 12, "yr": 12, "y": 12, "decade": 120,
                "century": 1200, "centurie": 1200}  # fmt: skip
_UNIT_DAYS = {"day": 1, "d": 1, "week": 7, "w": 7}
_UNIT_MICROS = {"hour": 3_600_000_000, "hr": 3_600_000_000, "h": 3_600_000_000,
                "minute": 60_000_000, "min": 60_000_000, "m": 60_000_000, "second": 1_000_000,
                "sec": 1_000_000, "s": 1_000_000, "millisecond": 1000, "ms": 1000,
                "microsecond": 1, "us": 1}  # fmt: skip
_QUANTITY = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*([a-zA-Z]+)", re.ASCII)
_HMS = re.compile(r"\s*([+-]?)(\d+):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*", re.ASCII)


def parse_interval(text: str, unit: str | None = None) -> Interval:
    """An INTERVAL literal: PostgreSQL's verbose form, or a bare number of `unit`."""
    if unit is not None and re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", text, re.ASCII):
        text = f"{text.strip()} {unit}"
    months = days = micros = Decimal(0)
    rest = text.strip()
    if not rest:
        raise InvalidDatetime(f"invalid input syntax for type interval: {quoted(text)}")
    ago = rest.lower().endswith(" ago")
    rest = rest[:-4] if ago else rest
    while rest.strip():
        if found := _HMS.match(rest):
            micros += _hms_micros(found)
        elif found := _QUANTITY.match(rest):
            number, name = Decimal(found[1]), found[2].lower()
            name = (
                name
                if name in ("s", "ms", "us", "d", "h", "m", "w", "y")
                else name.removesuffix("s")
            )
            if name in _UNIT_MONTHS:
                months += number * _UNIT_MONTHS[name]
            elif name in _UNIT_DAYS:
                days += number * _UNIT_DAYS[name]
            elif name in _UNIT_MICROS:
                micros += number * _UNIT_MICROS[name]
            else:
                raise InvalidDatetime(f"invalid input syntax for type interval: {quoted(text)}")
        else:
            raise InvalidDatetime(f"invalid input syntax for type interval: {quoted(text)}")
        rest = rest[found.end() :]
    days += (months % 1) * 30
    micros += (days % 1) * 86_400_000_000
    result = Interval(int(months), int(days), int(micros))
    return -result if ago else result


def _hms_micros(found: re.Match[str]) -> Decimal:
    sign, hours, minutes, seconds, fraction = found.groups()
    total = (int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) * 10**6
    total += int((fraction or "0").ljust(6, "0"))
    return Decimal(-total if sign == "-" else total)


def to_interval(value: object, target: SqlType) -> object:
    if isinstance(value, Interval):
        return value
    if isinstance(value, dt.timedelta):
        return Interval(0, value.days, value.seconds * 10**6 + value.microseconds)
    if isinstance(value, str):
        return parse_interval(value)
    raise bad(value, target)
