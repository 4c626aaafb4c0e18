"""Durations: their text, and what they are made of and become."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
import pytest
from cassandra.util import Duration as DriverDuration

import sqlshim
from sqlshim.durations import Duration, of_interval, parse_duration, to_duration, to_interval
from sqlshim.types import Interval

HOUR = 3600 * 10**9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Duration(), "0s"),
        (Duration(14, 2, 3), "1y2mo2d3ns"),
        (Duration(-14, -2, -3_661_000_002_003), "-1y2mo2d1h1m1s2us3ns"),
        (Duration(0, 0, 72 * HOUR), "72h"),
        (Duration(0, 400, 5_000_000), "400d5ms"),
        (Duration(2**31 - 1, 0, 0), "178956970y7mo"),
        (Duration(-(2**31), 0, 0), "-178956970y8mo"),
    ],
    ids=str,
)
def test_the_text_is_cql_and_reads_back(value: Duration, text: str) -> None:
    assert str(value) == text
    assert parse_duration(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("60m", Duration(0, 0, HOUR)),
        ("1W", Duration(0, 7)),
        ("-2µs", Duration(0, 0, -2000)),
        (" 1Y2MO ", Duration(14)),
        ("P1Y2M3DT4H5M6S", Duration(14, 3, 4 * HOUR + 306 * 10**9)),
        ("P2W", Duration(0, 14)),
        ("-P1D", Duration(0, -1)),
        ("P0001-02-03T04:05:06", Duration(14, 3, 4 * HOUR + 306 * 10**9)),
    ],
)
def test_every_form_of_cql_is_read(text: str, value: Duration) -> None:
    assert parse_duration(text) == value


@pytest.mark.parametrize(
    "text", ["", "-", "P", "PT", "1", "1d2y", "1 day", "1.5h", "1d ago", "--1d"]
)
def test_other_text_is_an_error(text: str) -> None:
    with pytest.raises(sqlshim.DataError, match="invalid input syntax for type duration") as caught:
        parse_duration(text)
    assert caught.value.sqlstate == "22007"


@pytest.mark.parametrize(
    "make",
    [lambda: Duration(1, -1), lambda: Duration(2**31), lambda: parse_duration("3000000000mo")],
)
def test_what_cassandra_cannot_hold_is_an_error(make: Callable[[], Duration]) -> None:
    with pytest.raises(sqlshim.DataError) as caught:
        make()
    assert caught.value.sqlstate == "22008"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (DriverDuration(1, 2, 3), Duration(1, 2, 3)),
        (pa.MonthDayNano([1, 2, 3]), Duration(1, 2, 3)),
        (Interval(1, 2, 3), Duration(1, 2, 3000)),
        (Interval(0, 1, -3_600_000_000), Duration(0, 0, 23 * HOUR)),
        (dt.timedelta(hours=-30), Duration(0, -1, -6 * HOUR)),
        ("1d", Duration(0, 1)),
    ],
)
def test_what_a_duration_is_made_of(given: object, expected: Duration) -> None:
    assert to_duration(given) == expected


def test_an_interval_of_two_signs_in_months_is_no_duration() -> None:
    with pytest.raises(sqlshim.DataError, match="one sign"):
        of_interval(Interval(1, -1))


def test_an_interval_keeps_a_duration_to_the_microsecond() -> None:
    assert to_interval(Duration(1, 2, 3000)) == Interval(1, 2, 3)
    with pytest.raises(sqlshim.DataError, match="has nanoseconds"):
        to_interval(Duration(0, 0, 1))


def test_durations_are_values() -> None:
    assert len({Duration(1), Duration(1), -Duration(-1), Duration(0, 30)}) == 2
    with pytest.raises(AttributeError):
        Duration(1).months = 2  # type: ignore[misc]


# --- in statements ---------------------------------------------------------------------------


@pytest.fixture
def spans() -> sqlshim.Connection:
    connection = sqlshim.connect("memory://")
    connection.execute("CREATE TABLE spans (k INT PRIMARY KEY, d DURATION, l DURATION[])")
    connection.execute(
        "INSERT INTO spans VALUES (1, '1mo', ARRAY['1d']), (2, ?, ?), (3, NULL, NULL)",
        (DriverDuration(0, 0, 1), [Duration(1), None]),
    )
    return connection


def test_arrow_has_months_days_and_nanoseconds(spans: sqlshim.Connection) -> None:
    table = spans.execute("SELECT d, l FROM spans ORDER BY k").fetch_arrow_table()
    span = pa.month_day_nano_interval()
    assert table.schema.types == [span, pa.list_(span)]
    assert table["d"].to_pylist() == [pa.MonthDayNano([1, 0, 0]), pa.MonthDayNano([0, 0, 1]), None]
    assert table["l"].to_pylist()[1] == [pa.MonthDayNano([1, 0, 0]), None]


def test_pandas_has_date_offsets(spans: sqlshim.Connection) -> None:
    frame = spans.execute("SELECT d FROM spans WHERE k = 2").fetch_df()
    assert frame["d"][0].kwds["nanoseconds"] == 1


def test_a_duration_is_of_the_family_of_times(spans: sqlshim.Connection) -> None:
    cursor = spans.execute("SELECT d FROM spans")
    assert cursor.description is not None
    assert cursor.description[0][1] == sqlshim.DATETIME


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT k FROM spans WHERE d < '1d'",
        "SELECT k FROM spans WHERE d BETWEEN '1d' AND '2d'",
        "SELECT k FROM spans WHERE d >= ANY (SELECT d FROM spans)",
        "SELECT k FROM spans WHERE d > ALL (l)",
        "SELECT k FROM spans WHERE l < l",
        "SELECT MIN(d) FROM spans",
        "SELECT GREATEST(d, '1d') FROM spans",
        "SELECT k FROM spans ORDER BY d",
        "SELECT DISTINCT d FROM spans ORDER BY 1",
        "SELECT ROW_NUMBER() OVER (ORDER BY d) FROM spans",
        "SELECT ARRAY_AGG(k ORDER BY d) FROM spans",
        "SELECT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY d) FROM spans",
        "SELECT k FROM spans ORDER BY l",
    ],
)
def test_durations_have_no_order(spans: sqlshim.Connection, sql: str) -> None:
    with pytest.raises(sqlshim.ProgrammingError, match="duration") as caught:
        spans.execute(sql)
    assert caught.value.sqlstate == "42883"
    assert "INTERVAL" in (caught.value.hint or "")


def test_a_transaction_that_has_begun_can_still_read_durations(spans: sqlshim.Connection) -> None:
    assert spans.execute("SELECT CAST(x AS DURATION) FROM (VALUES ('1d')) t(x), spans").fetchone()
