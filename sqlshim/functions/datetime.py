"""Date and time functions: PostgreSQL manual, "Date/Time Functions and Operators".

The first argument of EXTRACT and DATE_TRUNC is a Literal with one of the names below. The current
date and time are parameters that `engine` fills in once a statement.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions.model import (
    A_DATE,
    A_DOUBLE,
    A_TEXT,
    A_TIME,
    A_TIMESTAMP,
    A_UUID,
    AN_INSTANT,
    AN_INTERVAL,
    INT,
    Function,
    NullResult,
    Want,
    own_nulls,
    scalar,
    sig,
)
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTERVAL,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    Kind,
    SqlType,
)

_ZONED = Want("timestamptz", frozenset({Kind.TIMESTAMPTZ}), TIMESTAMPTZ, frozenset({Kind.DATE}))
_PLAIN = Want("timestamp", frozenset({Kind.TIMESTAMP}), TIMESTAMP)

EXTRACT_PARTS = (
    "century", "day", "decade", "dow", "doy", "hour", "isodow", "isoyear", "microseconds",
    "millennium", "milliseconds", "minute", "month", "quarter", "week", "year",
)  # fmt: skip
EXTRACT_FRACTIONAL = ("second", "epoch", "julian")
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
    sig(A_TEXT, AN_INTERVAL, gives=INTERVAL),
)
AGE: Function = scalar(
    "AGE", "a - b in years, months and days", sig(A_TIMESTAMP, A_TIMESTAMP, gives=INTERVAL)
)
MAKE_DATE: Function = scalar(
    "MAKE_DATE", "a date from year, month, day", sig(INT, INT, INT, gives=DATE)
)
LAST_DAY: Function = scalar("LAST_DAY", "the last day of the month", sig(AN_INSTANT, gives=DATE))
TO_TIMESTAMP: Function = scalar(
    "TO_TIMESTAMP", "the instant so many seconds after 1970", sig(A_DOUBLE, gives=TIMESTAMPTZ)
)
TOTIMESTAMP: Function = own_nulls(
    "TOTIMESTAMP",
    "the time of a timeuuid, to the millisecond, as in CQL; NULL for any other UUID",
    NullResult.ALWAYS,
    sig(A_UUID, gives=TIMESTAMP),
)
TOUNIXTIMESTAMP: Function = scalar(
    "TOUNIXTIMESTAMP",
    "the milliseconds since 1970 of a timestamp, or of the time of a timeuuid",
    sig(A_TIMESTAMP, gives=BIGINT),
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
    "ISFINITE",
    "whether a date or timestamp is not infinite",
    sig(AN_INSTANT, gives=BOOLEAN),
    sig(AN_INTERVAL, gives=BOOLEAN),
)
TO_CHAR: Function = scalar(
    "TO_CHAR",
    "a date or timestamp by a pattern of YYYY MM DD DDD HH24 HH12 MI SS US and punctuation",
    sig(AN_INSTANT, A_TEXT, gives=TEXT),
)

# --- intervals, zones, and what other dialects add

DATE_BIN: Function = scalar(
    "DATE_BIN",
    "the start of the stretch that b lies in; stretches of length a are counted from c",
    sig(AN_INTERVAL, A_TIMESTAMP, A_TIMESTAMP, gives=_same_instant),
)
JUSTIFY_HOURS: Function = scalar(
    "JUSTIFY_HOURS", "an interval with 24 hours as a day", sig(AN_INTERVAL, gives=INTERVAL)
)
JUSTIFY_DAYS: Function = scalar(
    "JUSTIFY_DAYS", "an interval with 30 days as a month", sig(AN_INTERVAL, gives=INTERVAL)
)
JUSTIFY_INTERVAL: Function = scalar(
    "JUSTIFY_INTERVAL", "both, and all parts of one sign", sig(AN_INTERVAL, gives=INTERVAL)
)
MAKE_INTERVAL: Function = scalar(
    "MAKE_INTERVAL",
    "an interval of years, months, weeks, days, hours, minutes, seconds",
    sig(INT, INT, INT, INT, INT, INT, A_DOUBLE, gives=INTERVAL),
)
TIMEZONE: Function = scalar(
    "TIMEZONE",
    "t AT TIME ZONE z: an instant as the clock there shows it, and the other way round",
    sig(A_TEXT, _ZONED, gives=TIMESTAMP),
    sig(A_TEXT, _PLAIN, gives=TIMESTAMPTZ),
)
DATE_DIFF: Function = scalar(
    "DATE_DIFF",
    "how many borders of a unit lie between b and c (T-SQL, Snowflake, DuckDB)",
    sig(A_TEXT, AN_INSTANT, AN_INSTANT, gives=BIGINT),
)
TIMESTAMP_DIFF: Function = scalar(
    "TIMESTAMP_DIFF",
    "how many whole units fit between b and c (MySQL)",
    sig(A_TEXT, A_TIMESTAMP, A_TIMESTAMP, gives=BIGINT),
)
MONTHS_BETWEEN: Function = scalar(
    "MONTHS_BETWEEN",
    "a - b in months, a whole number between equal days or last days (Oracle)",
    sig(A_TIMESTAMP, A_TIMESTAMP, gives=DOUBLE),
)
ADD_MONTHS: Function = scalar(
    "ADD_MONTHS",
    "so many months later; from the last day of a month to a last day (Oracle)",
    sig(AN_INSTANT, INT, gives=lambda args: args[0]),
)
NEXT_DAY: Function = scalar(
    "NEXT_DAY",
    "the first day after a that is weekday b, Monday being 1 (Oracle)",
    sig(A_DATE, INT, gives=DATE),
)
STR_TO_TIME: Function = own_nulls(
    "STR_TO_TIME",
    "a timestamp out of text by strftime's codes; NULL if it does not match (MySQL)",
    NullResult.ALWAYS,
    sig(A_TEXT, A_TEXT, gives=TIMESTAMP),
)
