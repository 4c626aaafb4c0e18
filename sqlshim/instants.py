"""Dates, times and intervals out of text and other values: PostgreSQL's input rules.

Used by `values.convert` and by the binder for literals.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_EVEN, Decimal

from sqlshim.durations import Duration
from sqlshim.durations import to_interval as of_duration
from sqlshim.errors import DataError, DatetimeOutOfRange, InvalidDatetime, InvalidText
from sqlshim.intervals import parse_interval
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
_INFINITE = re.compile(r"\s*[+-]?inf(inity)?\s*", re.IGNORECASE)
_TIME = re.compile(
    r"\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?\s*(z|utc|[+-]\d{1,2}(?::?\d{2})?)?\s*",
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
    if text.strip().lower() == "epoch":
        return dt.datetime(1970, 1, 1), dt.timedelta()
    if _INFINITE.fullmatch(text):
        raise DatetimeOutOfRange(
            f"a {str(target).lower()} of {quoted(text)} is not supported",
            hint="Use NULL, or a last day such as '9999-12-31', for what has no end.",
        )
    date = _DATE.match(text)
    rest = text[date.end() :].lstrip("Tt ") if date else ""
    found = _TIME.fullmatch(rest) if rest else None
    if date is None or (rest and found is None):
        raise InvalidDatetime(
            f"invalid input syntax for type {str(target).lower()}: {quoted(text)}"
        )
    since, offset = _clock(found, text) if found else (dt.timedelta(), dt.timedelta())
    try:
        return dt.datetime(*map(int, date.groups())) + since, offset  # type: ignore[arg-type]
    except (ValueError, OverflowError) as error:
        raise DatetimeOutOfRange(f"date/time field value out of range: {quoted(text)}") from error


def _clock(found: re.Match[str], text: str) -> tuple[dt.timedelta, dt.timedelta]:
    """The time since midnight, up to 24:00, and the offset of the zone. A second has up to 60."""
    hour, minute, second, fraction, zone = found.groups()
    micros = int(Decimal(f"0.{fraction or 0}").scaleb(6).to_integral_value(ROUND_HALF_EVEN))
    since = dt.timedelta(
        hours=int(hour), minutes=int(minute), seconds=int(second or 0), microseconds=micros
    )
    if int(minute) > 59 or int(second or 0) > 60 or since > dt.timedelta(days=1):
        raise DatetimeOutOfRange(f"date/time field value out of range: {quoted(text)}")
    offset = dt.timedelta()
    if zone and zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        offset = dt.timedelta(hours=int(hours), minutes=int(minutes)) * (
            -1 if zone[0] == "-" else 1
        )
    return since, offset


def to_time(value: object, target: SqlType) -> object:
    if isinstance(value, dt.time):
        return value
    if isinstance(value, dt.datetime):
        return value.time()
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidDatetime(f"invalid input syntax for type time: {quoted(value)}")
    since = _clock(found, str(value))[0]
    if since == dt.timedelta(days=1):
        raise DatetimeOutOfRange(f"no datetime.time can be 24:00: {quoted(value)}")
    return (dt.datetime(1970, 1, 1) + since).time()


def to_interval(value: object, target: SqlType) -> object:
    if isinstance(value, Interval):
        return value
    if isinstance(value, Duration):
        return of_duration(value)
    if isinstance(value, dt.timedelta):
        return Interval(0, value.days, value.seconds * 10**6 + value.microseconds)
    if isinstance(value, str):
        return parse_interval(value)
    raise bad(value, target)
