"""Which kinds of value an explicit CAST converts into which. Asked by `coerce`."""

from __future__ import annotations

from sqlshim.types import NUMBERS, Kind

_NUMBERS = NUMBERS | {Kind.NUMERIC}
_INSTANT_KINDS = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ})


def castable(source: Kind, target: Kind) -> bool:
    """Whether PostgreSQL has a cast between these kinds."""
    if source is target or Kind.TEXT in (source, target) or source is Kind.UNKNOWN:
        return True
    if Kind.DURATION in (source, target):
        return Kind.INTERVAL in (source, target)
    if source is Kind.JSON:
        return True
    if source in _NUMBERS and target in _NUMBERS:
        return True
    if Kind.BOOLEAN in (source, target):
        return Kind.INTEGER in (source, target)
    if source in _INSTANT_KINDS:
        return target in _INSTANT_KINDS or (target is Kind.TIME and source is not Kind.DATE)
    return (source, target) in {
        (Kind.TIME, Kind.INTERVAL),
        (Kind.INTERVAL, Kind.TIME),
    } or target is Kind.JSON
