"""Date and time functions: PostgreSQL manual, "Date/Time Functions and Operators".

The first argument of EXTRACT and DATE_TRUNC is a Literal with one of the names below. The current
date and time are parameters that `engine` fills in once a statement.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions.model import (
    A_DOUBLE,
    A_TEXT,
    A_TIME,
    A_TIMESTAMP,
    AN_INSTANT,
    AN_INTERVAL,
    INT,
    Function,
    scalar,
    sig,
)
from sqlshim.types import BIGINT, BOOLEAN, DATE, DOUBLE, INTERVAL, TEXT, TIME, TIMESTAMP, SqlType

EXTRACT_PARTS = (
    "century", "day", "decade", "dow", "doy", "hour", "isodow", "isoyear", "microseconds",
    "millennium", "milliseconds", "minute", "month", "quarter", "week", "year",
)  # fmt: skip
EXTRACT_FRACTIONAL = ("second", "epoch")
TRUNC_PARTS = (
    "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter",
    "year", "decade", "century", "millennium",
)  # fmt: skip


def _same_instant(args: Sequence[SqlType]) -> SqlType:
    return args[1]


EXTRACT: Function = scalar(
    "EXTRACT",
    "a part of a date or time as a whole number: EXTRACT(year FROM d)",
    sig(A_TEXT, AN_INSTANT, gives=BIGINT),
    sig(A_TEXT, AN_INTERVAL, gives=BIGINT),
    sig(A_TEXT, A_TIME, gives=BIGINT),
)
EXTRACT_FRACTION: Function = scalar(
    "EXTRACT_FRACTION",
    "seconds or the epoch, with their fraction: EXTRACT(second FROM t)",
    sig(A_TEXT, AN_INSTANT, gives=DOUBLE),
    sig(A_TEXT, AN_INTERVAL, gives=DOUBLE),
    sig(A_TEXT, A_TIME, gives=DOUBLE),
)
DATE_TRUNC: Function = scalar(
    "DATE_TRUNC",
    "a timestamp cut to a unit: DATE_TRUNC('month', t)",
    sig(A_TEXT, A_TIMESTAMP, gives=_same_instant),
)
AGE: Function = scalar(
    "AGE", "a - b in years, months and days", sig(A_TIMESTAMP, A_TIMESTAMP, gives=INTERVAL)
)
MAKE_DATE: Function = scalar(
    "MAKE_DATE", "a date from year, month, day", sig(INT, INT, INT, gives=DATE)
)
LAST_DAY: Function = scalar("LAST_DAY", "the last day of the month", sig(AN_INSTANT, gives=DATE))
TO_TIMESTAMP: Function = scalar(
    "TO_TIMESTAMP", "the instant so many seconds after 1970", sig(INT, gives=TIMESTAMP)
)
MAKE_TIME: Function = scalar(
    "MAKE_TIME", "a time from hour, minute, second", sig(INT, INT, A_DOUBLE, gives=TIME)
)
MAKE_TIMESTAMP: Function = scalar(
    "MAKE_TIMESTAMP",
    "a timestamp from year, month, day, hour, minute, second",
    sig(INT, INT, INT, INT, INT, A_DOUBLE, gives=TIMESTAMP),
)
ISFINITE: Function = scalar(
    "ISFINITE", "whether a date or timestamp is not infinite", sig(AN_INSTANT, gives=BOOLEAN)
)
TO_CHAR: Function = scalar(
    "TO_CHAR",
    "a date or timestamp by a pattern of YYYY MM DD DDD HH24 HH12 MI SS US and punctuation",
    sig(AN_INSTANT, A_TEXT, gives=TEXT),
)
