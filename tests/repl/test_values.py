from __future__ import annotations

import datetime as dt
import enum
import json
from decimal import Decimal
from uuid import UUID

import pytest

from sqlshim.repl.values import to_json, to_text

UTC = dt.UTC
ZEROS = "00000000-0000-0000-0000-00000000000"
NAN, INF = float("nan"), float("inf")


class Color(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("value", "text", "as_json"),
    [
        ('a\n"b" é', 'a\n"b" é', '"a\\n\\"b\\" é"'),
        (7, "7", "7"),
        (Color.RED, "1", "1"),
        (True, "true", "true"),
        (1.5, "1.5", "1.5"),
        (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
        (1e300, "1e+300", "1e+300"),
        (NAN, "NaN", '"NaN"'),
        (-INF, "-Infinity", '"-Infinity"'),
        (Decimal("1.10"), "1.10", "1.10"),
        (Decimal("1E+3"), "1000", "1E+3"),
        (Decimal("1E+6000"), "1E+6000", "1E+6000"),
        (Decimal("12345678901234567890.12"), "12345678901234567890.12", "12345678901234567890.12"),
        (Decimal("NaN"), "NaN", '"NaN"'),
        (Decimal("-Infinity"), "-Infinity", '"-Infinity"'),
        (b"\x00hi", "\\x006869", '"\\\\x006869"'),
        (dt.date(2024, 5, 1), "2024-05-01", '"2024-05-01"'),
        (dt.datetime(2024, 5, 1, 10), "2024-05-01 10:00:00", '"2024-05-01T10:00:00"'),
        (
            dt.datetime(2024, 5, 1, 10, tzinfo=UTC),
            "2024-05-01 10:00:00+00:00",
            '"2024-05-01T10:00:00+00:00"',
        ),
        (dt.time(1, 2, 3, 4), "01:02:03.000004", '"01:02:03.000004"'),
        (dt.timedelta(days=1, hours=2), "1 day 02:00:00", '"1 day 02:00:00"'),
        (dt.timedelta(minutes=-30), "-00:30:00", '"-00:30:00"'),
        (dt.timedelta(hours=-26), "-1 days -02:00:00", '"-1 days -02:00:00"'),
        (dt.timedelta(days=-2), "-2 days", '"-2 days"'),
        (dt.timedelta(0), "00:00:00", '"00:00:00"'),
        (UUID(int=1), ZEROS + "1", f'"{ZEROS}1"'),
        ([1, None, "x"], '[1, null, "x"]', '[1, null, "x"]'),
        ({"a": {"b": Decimal("1.0")}}, '{"a": {"b": 1.0}}', '{"a": {"b": 1.0}}'),
    ],
    ids=repr,
)
def test_values_have_a_text_and_a_json_form(value: object, text: str, as_json: str) -> None:
    assert (to_text(value), to_json(value)) == (text, as_json)
    json.loads(as_json)


def test_json_has_null_for_none() -> None:
    assert to_json(None) == "null"
