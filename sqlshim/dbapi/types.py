"""PEP 249 type objects and constructors.

`cursor.description[i][1]` is a `types.Kind`; it compares equal to the type object of its family:
`description[0][1] == sqlshim.NUMBER`.
"""

from __future__ import annotations

import datetime as dt

from sqlshim.types import NUMBERS, Kind


class DBAPIType:
    """A family of kinds; equal to each of its members."""

    def __init__(self, name: str, *kinds: Kind) -> None:
        self.name = name
        self.kinds = frozenset(kinds)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DBAPIType):
            return self.kinds == other.kinds
        return other in self.kinds

    def __hash__(self) -> int:
        return hash(self.kinds)

    def __repr__(self) -> str:
        return f"sqlshim.{self.name}"


STRING = DBAPIType("STRING", Kind.TEXT, Kind.JSON, Kind.UUID)
BINARY = DBAPIType("BINARY", Kind.BYTES)
NUMBER = DBAPIType("NUMBER", *NUMBERS, Kind.NUMERIC, Kind.BOOLEAN)
DATETIME = DBAPIType(
    "DATETIME", Kind.DATE, Kind.TIME, Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.INTERVAL, Kind.DURATION
)
ROWID = DBAPIType("ROWID")

Date = dt.date
Time = dt.time
Timestamp = dt.datetime
Binary = bytes


def DateFromTicks(ticks: float) -> dt.date:  # noqa: N802 - PEP 249's name
    """The local date of seconds since the epoch."""
    return dt.date.fromtimestamp(ticks)


def TimeFromTicks(ticks: float) -> dt.time:  # noqa: N802
    """The local time of seconds since the epoch."""
    return dt.datetime.fromtimestamp(ticks).time()


def TimestampFromTicks(ticks: float) -> dt.datetime:  # noqa: N802
    """The local timestamp of seconds since the epoch."""
    return dt.datetime.fromtimestamp(ticks)
