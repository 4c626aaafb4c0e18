"""Intervals out of text, by PostgreSQL's input rules. Called by `instants` and the binder.

A fraction of a year goes to whole months, of a month to days of which it has 30, of a day to time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

from sqlshim.errors import InvalidDatetime
from sqlshim.types import Interval

_UNIT_MONTHS = {"quarter": 3, "qtr": 3, "year": 12, "yr": 12, "y": 12, "decade": 120, "dec": 120,
                "century": 1200, "centurie": 1200, "cent": 1200, "c": 1200, "millennium": 12000,
                "millennia": 12000, "mil": 12000}  # fmt: skip
_UNIT_DAYS = {"day": 1, "d": 1, "week": 7, "w": 7}
_UNIT_MICROS = {"hour": 3_600_000_000, "hr": 3_600_000_000, "h": 3_600_000_000,
                "minute": 60_000_000, "min": 60_000_000, "m": 60_000_000, "second": 1_000_000,
                "sec": 1_000_000, "s": 1_000_000, "millisecond": 1000, "msec": 1000, "ms": 1000,
                "microsecond": 1, "usec": 1, "us": 1}  # fmt: skip
_SHORT = frozenset({"s", "ms", "us"})  # whose s is not a plural's
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_QUANTITY = re.compile(rf"\s*({_NUMBER})\s*([a-zA-Z]+)", re.ASCII)
_BARE = re.compile(rf"\s*({_NUMBER})\s*(?=$|[+-]?\d+:)", re.ASCII)
_YEAR_MONTH = re.compile(r"\s*([+-]?)(\d+)-(\d+)(?=\s|$)", re.ASCII)
_HMS = re.compile(r"\s*([+-]?)(\d+):(\d{1,2})(?::(\d{1,2})(\.\d*)?)?(?=\s|$)", re.ASCII)
_ISO = re.compile(
    rf"P(?=.)(?:({_NUMBER})Y)?(?:({_NUMBER})M)?(?:({_NUMBER})W)?(?:({_NUMBER})D)?"
    rf"(?:T(?=.)(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?",
    re.ASCII,
)
_ISO_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")


def parse_interval(text: str, unit: str | None = None) -> Interval:
    """An INTERVAL literal: PostgreSQL's forms and ISO 8601's, or a bare number of `unit`."""
    if unit is not None and re.fullmatch(rf"\s*{_NUMBER}\s*", text, re.ASCII):
        text = f"{text.strip()} {unit}"
    rest = text.strip().removeprefix("@").lstrip()
    ago = rest.lower().endswith(" ago")
    total = _Total()
    for number, name in _quantities(rest[:-4].rstrip() if ago else rest, text):
        total.add(number, name, text)
    result = total.interval()
    return -result if ago else result


class _Total:
    """What has been read so far."""

    def __init__(self) -> None:
        self.months = self.days = 0
        self.micros = Decimal(0)

    def add(self, number: Decimal, name: str, text: str) -> None:
        """So many of a unit; each keeps the part that is whole and hands on the rest."""
        if name in _UNIT_MONTHS:
            self.months += int((number * _UNIT_MONTHS[name]).to_integral_value(ROUND_HALF_EVEN))
        elif name in ("month", "mon"):
            self.months += int(number)
            self._add_days((number - int(number)) * 30)
        elif name in _UNIT_DAYS:
            self._add_days(number * _UNIT_DAYS[name])
        elif name in _UNIT_MICROS:
            self.micros += number * _UNIT_MICROS[name]
        else:
            raise _unreadable(text)

    def _add_days(self, number: Decimal) -> None:
        self.days += int(number)
        self.micros += (number - int(number)) * 86_400_000_000

    def interval(self) -> Interval:
        return Interval(self.months, self.days, int(self.micros.to_integral_value(ROUND_HALF_EVEN)))


def _unreadable(text: str) -> InvalidDatetime:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return InvalidDatetime(f'invalid input syntax for type interval: "{shown}"')


def _quantities(rest: str, text: str) -> Iterator[tuple[Decimal, str]]:
    """Each number with its unit."""
    if not rest:
        raise _unreadable(text)
    if iso := _ISO.fullmatch(rest.upper()):
        for number, name in zip(iso.groups(), _ISO_UNITS, strict=True):
            if number:
                yield Decimal(number), name
        return
    while rest:
        if found := _HMS.match(rest):
            yield _micros(found), "us"
        elif found := _YEAR_MONTH.match(rest):
            sign = -1 if found[1] == "-" else 1
            yield Decimal(sign * (int(found[2]) * 12 + int(found[3]))), "month"
        elif found := _QUANTITY.match(rest):
            name = found[2].lower()
            yield Decimal(found[1]), name if name in _SHORT else name.removesuffix("s")
        elif found := _BARE.match(rest):
            at_end = found.end() == len(rest)
            yield Decimal(found[1]), "second" if at_end else "day"
        else:
            raise _unreadable(text)
        rest = rest[found.end() :].lstrip()


def _micros(found: re.Match[str]) -> Decimal:
    sign, hours, minutes, seconds, fraction = found.groups()
    total = Decimal((int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) * 10**6)
    total += Decimal(fraction if fraction and len(fraction) > 1 else 0) * 10**6
    return -total if sign == "-" else total
