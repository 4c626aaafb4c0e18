"""The older words mean the same: what a server of 4.4 would be sent, on the server there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from sqlshim.backends.mongo.capabilities import named

DATES = [
    dt.datetime(1, 1, 1),
    dt.datetime(1899, 12, 31, 23, 59, 59, 999000),
    dt.datetime(1969, 12, 31, 23, 59, 59, 1000),
    dt.datetime(1970, 1, 1),
    dt.datetime(2000, 2, 29, 12, 30, 15, 500000),
    dt.datetime(2023, 1, 31, 0, 0, 0, 1000),
    dt.datetime(2024, 12, 30, 7, 0),
    None,
]
UNITS = ["millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"]
INTERVALS = ["1 month", "-1 month", "13 months 2 days", "1 day 3 hours", "-90 minutes", "0 days"]


@pytest.fixture(scope="module")
def filled(database: Any) -> Any:
    database.dates.insert_many(
        [
            {
                "_id": i,
                "at": at,
                "day": at and at.replace(hour=0, minute=0, second=0, microsecond=0),
                "a.b": i if i % 2 else None,
                "doc": {"x y": i} if i else None,
                "n": None if i < 3 else i,
            }
            for i, at in enumerate(DATES)
        ]
    )
    database.other.insert_many([{"_id": i, "n": i % 5, "m": i} for i in range(12)] + [{"_id": 99}])
    database.command("create", "empty")
    return database


Ask = Callable[[str], list[Any]]


def asker(connection: Any, version: str) -> Ask:
    (store,) = connection._world.stores.values()
    store.server = named(version)

    def run(sql: str) -> list[Any]:
        cursor = connection.cursor()
        cursor.execute(f"EXPLAIN {sql}")
        assert "local from here" not in str(cursor.fetchall())
        rows: list[Any] = cursor.execute(sql).fetchall()
        return rows

    return run


@pytest.mark.parametrize(
    "sql",
    [
        *(f"SELECT _id, DATE_TRUNC('{unit}', at) FROM dates ORDER BY 1" for unit in UNITS),
        *(
            f"SELECT _id, at + INTERVAL '{i}' FROM dates WHERE _id > 0 ORDER BY 1"
            for i in INTERVALS
        ),
        "SELECT _id, CAST(at AS DATE) - DATE '1969-12-30' FROM dates ORDER BY 1",
        "SELECT _id, CAST(at AS DATE) + 45 FROM dates ORDER BY 1",
        'SELECT _id, "a.b" FROM dates ORDER BY 1',
        'SELECT _id, COALESCE("a.b", n, _id) FROM dates ORDER BY 1',
        "SELECT COUNT(*), SUM(n) FROM dates WHERE n > 100",
        "SELECT COUNT(*), MAX(_id) FROM empty",
        "SELECT COUNT(*), MAX(_id) FROM dates",
        "SELECT d._id, o._id FROM dates d JOIN other o ON o.n = d.n AND o.m > 3 ORDER BY 1, 2",
        "SELECT d._id, o._id FROM dates d LEFT JOIN other o ON o.n = d.n AND o.m > 3 ORDER BY 1, 2",
        "SELECT _id FROM dates d WHERE EXISTS (SELECT 1 FROM other o WHERE o.n = d.n AND o.m > 6)",
        "SELECT d._id, q.c FROM dates d JOIN (SELECT COUNT(*) AS c FROM empty) q ON q.c < d._id",
    ],
)
def test_an_older_server_would_answer_alike(
    filled: Any, connect: Callable[..., Any], sql: str
) -> None:
    old, new = (asker(connect(), version)(sql) for version in ("4.4", "9.0"))
    assert old == new
