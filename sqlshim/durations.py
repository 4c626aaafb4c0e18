"""The value of Cassandra's duration: months, days and nanoseconds, which nothing converts into one
another; hence durations are equal or not, but have no order.

`str(duration)` is CQL's own text, one text a value, so that texts are equal as durations are: the
local engine holds them so. `parse_duration` reads all three forms that CQL has.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from sqlshim.errors import DataError, DatetimeOutOfRange, InvalidDatetime
from sqlshim.types import Interval, SqlType

_INT32 = 2**31
_INT64 = 2**63
_HOUR, _MINUTE, _SECOND = 3600 * 10**9, 60 * 10**9, 10**9
_NANOS = (("h", _HOUR), ("m", _MINUTE), ("s", _SECOND), ("ms", 10**6), ("us", 1000), ("ns", 1))


@dataclass(frozen=True, slots=True)
class Duration:
    """Months, days and nanoseconds, all of one sign. DataError for what Cassandra cannot hold."""

    months: int = 0
    days: int = 0
    nanoseconds: int = 0

    def __post_init__(self) -> None:
        parts = (self.months, self.days, self.nanoseconds)
        if min(parts) < 0 < max(parts):
            raise DataError(
                f"the parts of a duration have one sign: {self.months} months, {self.days} days, "
                f"{self.nanoseconds} nanoseconds",
                sqlstate="22008",
            )
        for part, most in zip(parts, (_INT32, _INT32, _INT64), strict=True):
            if not -most <= part < most:
                raise DatetimeOutOfRange(f"duration out of range: {part}")

    def __neg__(self) -> Duration:
        return Duration(-self.months, -self.days, -self.nanoseconds)

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        shown = [f"{years}y" if years else "", f"{months}mo" if months else ""]
        shown.append(f"{abs(self.days)}d" if self.days else "")
        rest = abs(self.nanoseconds)
        for name, unit in _NANOS:
            number, rest = divmod(rest, unit)
            shown.append(f"{number}{name}" if number else "")
        negative = min(self.months, self.days, self.nanoseconds) < 0
        return ("-" if negative else "") + ("".join(shown) or "0s")


# --- out of text -----------------------------------------------------------------------------

_QUANTITIES = re.compile(
    r"(?=\d)(?:(\d+)y)?(?:(\d+)mo)?(?:(\d+)w)?(?:(\d+)d)?"
    r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?(?:(\d+)(?:us|µs|μs))?(?:(\d+)ns)?",
    re.ASCII | re.IGNORECASE,
)
_ISO = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
    re.ASCII,
)
_ALTERNATIVE = re.compile(r"P(\d{4})-(\d\d)()-(\d\d)T(\d\d):(\d\d):(\d\d)", re.ASCII)
_MONTHS = (12, 1)
_DAYS = (7, 1)
_CLOCK = tuple(unit for _, unit in _NANOS)


def parse_duration(text: str) -> Duration:
    """`1y2mo3d4h5m6s7ms8us9ns`, `P1Y2M3DT4H5M6S`, `P0001-02-03T04:05:06`, each perhaps with a
    minus before it. InvalidDatetime for any other text."""
    plain = text.strip()
    negative = plain.startswith("-")
    plain = plain.removeprefix("-")
    forms = (_QUANTITIES, _ISO, _ALTERNATIVE)
    found = next(filter(None, (form.fullmatch(plain) for form in forms)), None)
    if found is None:
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise InvalidDatetime(
            f'invalid input syntax for type duration: "{shown}"',
            hint="Write 1y2mo3d4h5m6s7ms8us9ns or P1Y2M3DT4H5M6S.",
        )
    numbers = [int(part or 0) for part in found.groups()]
    result = (
        _sum(numbers[:2], _MONTHS),
        _sum(numbers[2:4], _DAYS),
        _sum(numbers[4:], _CLOCK),
    )
    return Duration(*(-part for part in result)) if negative else Duration(*result)


def _sum(numbers: list[int], units: tuple[int, ...]) -> int:
    return sum(number * unit for number, unit in zip(numbers, units, strict=False))


# --- from and to other values ----------------------------------------------------------------


def like_duration(value: object) -> bool:
    """Whether a value is a duration, the driver's or Arrow's perhaps."""
    parts = (getattr(value, name, None) for name in ("months", "days", "nanoseconds"))
    return all(isinstance(part, int) for part in parts)


def to_duration(value: object, target: SqlType | None = None) -> Duration:
    """A value as a Duration: text, an interval, a timedelta, or what is like one."""
    match value:
        case Duration():
            return value
        case str():
            return parse_duration(value)
        case Interval():
            return of_interval(value)
        case dt.timedelta():
            micros = value.seconds * 10**6 + value.microseconds
            return of_interval(Interval(0, value.days, micros))
        case _ if like_duration(value):
            return Duration(value.months, value.days, value.nanoseconds)  # type: ignore[attr-defined]
    raise InvalidDatetime(f"a {type(value).__name__} is no duration")


def of_interval(value: Interval) -> Duration:
    """An interval as a duration. Days and time of two signs are evened out (a timedelta has its
    time of day always positive); months and days cannot be."""
    months, days, micros = value.months, value.days, value.microseconds
    if days < 0 < micros or micros < 0 < days:
        total = days * 86_400 * 10**6 + micros
        sign = -1 if total < 0 else 1
        days, micros = (sign * part for part in divmod(abs(total), 86_400 * 10**6))
    return Duration(months, days, micros * 1000)


def to_interval(value: Duration) -> Interval:
    """A duration as an interval, which has microseconds. DataError where nanoseconds would be
    lost."""
    if value.nanoseconds % 1000:
        raise DataError(
            f"the duration {value} has nanoseconds, which INTERVAL does not keep",
            sqlstate="22008",
        )
    return Interval(value.months, value.days, value.nanoseconds // 1000)
