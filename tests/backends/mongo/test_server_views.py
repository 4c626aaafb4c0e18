"""Views, time series, capped and empty collections, odd names, an `_id` that is null: what only
looks like a table with a key. Every mode gives the same answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

import sqlshim

Ask = Callable[..., list[Any]]
MODES = ("always", "auto", "never")


@pytest.fixture(scope="module")
def filled(database: Any) -> Any:
    database.base.insert_many(
        [{"_id": i, "g": i % 2, "tags": ["a", "b"][:i], "p": i % 3} for i in range(4)]
    )
    database.other.insert_many([{"_id": i, "name": f"o{i}"} for i in range(3)])
    views: dict[str, tuple[str, list[Any]]] = {
        "unwound": ("base", [{"$unwind": "$tags"}]),
        "keyless": ("base", [{"$project": {"_id": 0, "g": 1}}]),
        "grouped": ("base", [{"$group": {"_id": {"$cond": [{"$eq": ["$g", 0]}, None, "x"]}}}]),
        "of_view": ("unwound", [{"$match": {"g": 1}}]),
        "looked_up": (
            "base",
            [
                {
                    "$lookup": {
                        "from": "other",
                        "localField": "p",
                        "foreignField": "_id",
                        "as": "o",
                    }
                },
                {"$unwind": "$o"},
            ],
        ),
        "nobody": ("base", [{"$match": {"g": 99}}]),
    }
    for name, (on, pipeline) in views.items():
        database.create_collection(name, viewOn=on, pipeline=pipeline)
    database.create_collection("series", timeseries={"timeField": "at", "metaField": "m"})
    at = dt.datetime(2024, 1, 1)
    same = {"_id": 7, "at": at, "m": {"s": 1}}
    database.series.insert_many([{**same, "v": 1.5}, {**same, "v": 2.5}])
    database.create_collection("capped", capped=True, size=100_000, max=3)
    database.capped.insert_many([{"_id": i, "x": i} for i in range(5)])
    database.create_collection("nothing")
    database.null_key.insert_many([{"_id": None, "x": 1}, {"_id": 1, "x": 2}])
    return database


@pytest.fixture
def ask(filled: Any, connect: Callable[..., Any]) -> Ask:
    def run(sql: str, *params: object) -> list[Any]:
        """The rows, which every mode gives."""
        found = []
        for mode in MODES:
            cursor = connect(pushdown=mode).cursor()
            found.append(sorted(cursor.execute(sql, params or None).fetchall(), key=repr))
        assert found[0] == found[1] == found[2]
        return found[0]

    return run


def test_a_view_has_no_key(ask: Ask, connect: Callable[..., Any]) -> None:
    assert ask("SELECT DISTINCT _id FROM unwound") == [(1,), (2,), (3,)]
    assert ask("SELECT COUNT(*) FROM (SELECT DISTINCT _id, g FROM unwound) q") == [(3,)]
    assert ask("SELECT _id, COUNT(*) FROM unwound GROUP BY _id") == [(1, 1), (2, 2), (3, 2)]
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connect().execute("SELECT _id, tags FROM unwound GROUP BY _id")
    assert caught.value.sqlstate == "42803"


def test_a_view_has_the_fields_that_its_documents_have(ask: Ask) -> None:
    assert ask("SELECT * FROM keyless") == [(0,), (0,), (1,), (1,)]
    assert ask("SELECT * FROM nobody") == []
    assert ask("SELECT COUNT(*) FROM nobody") == [(0,)]


def test_the_id_of_a_view_may_be_null(ask: Ask) -> None:
    assert ask("SELECT _id FROM grouped WHERE _id IS NULL") == [(None,)]
    assert ask("SELECT COUNT(_id), COUNT(*) FROM grouped") == [(1, 2)]


def test_views_of_views_and_with_a_lookup_inside(ask: Ask) -> None:
    assert ask("SELECT _id, tags FROM of_view") == [(1, "a"), (3, "a"), (3, "b")]
    assert ask("SELECT v.o.name, COUNT(*) FROM looked_up v GROUP BY v.o.name") == [
        ("o0", 2), ("o1", 1), ("o2", 1)]  # fmt: skip
    joined = "SELECT b._id, v.tags FROM base b LEFT JOIN of_view v ON v._id = b._id"
    assert ask(joined) == [(0, None), (1, "a"), (2, None), (3, "a"), (3, "b")]


def test_a_view_takes_no_rows(filled: Any, connect: Callable[..., Any]) -> None:
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connect().execute("INSERT INTO unwound (_id) VALUES (9)")
    assert caught.value.sqlstate == "42809"


def test_the_id_of_a_time_series_is_no_key(ask: Ask) -> None:
    assert ask("SELECT DISTINCT _id FROM series") == [(7,)]
    assert ask("SELECT m.s, SUM(v), MIN(at) FROM series GROUP BY m.s") == [
        (1, 4.0, dt.datetime(2024, 1, 1))]  # fmt: skip
    assert ask("SELECT v FROM series WHERE at >= '2024-01-01' AND v > 2") == [(2.5,)]


def test_the_one_null_id_of_a_collection_is_null(ask: Ask) -> None:
    assert ask("SELECT x FROM null_key WHERE _id IS NULL") == [(1,)]
    assert ask("SELECT COUNT(_id) FROM null_key") == [(1,)]
    assert ask("SELECT a.x, b.x FROM null_key a LEFT JOIN null_key b ON a._id = b._id") == [
        (1, None), (2, 2)]  # fmt: skip


def test_capped_and_empty_collections_are_tables(ask: Ask) -> None:
    assert ask("SELECT x FROM capped") == [(2,), (3,), (4,)]
    assert ask("SELECT * FROM nothing") == []
    assert ask("SELECT COUNT(*), MAX(_id) FROM nothing") == [(0, None)]
    assert ask("SELECT c.x, n._id FROM capped c LEFT JOIN nothing n ON n._id = 'x'") == [
        (2, None), (3, None), (4, None)]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["a.b", "with space", "quo'te", 'dou"ble', "select", "emoji😀", "Ünï", "a`b", "back\\s"]
)
def test_a_collection_of_any_name_is_read_joined_and_united(
    filled: Any, ask: Ask, name: str
) -> None:
    filled[name].insert_one({"_id": 1, "v": name})
    table = '"' + name.replace('"', '""') + '"'
    assert ask(f"SELECT * FROM {table}") == [(1, name)]
    assert ask(f"SELECT a.v FROM {table} a JOIN {table} b ON a._id = b._id AND a.v = b.v") == [
        (name,)]  # fmt: skip
    assert ask(f"SELECT v FROM {table} UNION ALL SELECT v FROM {table}") == [(name,)] * 2
    assert ask(f"SELECT o.name, t.v FROM other o LEFT JOIN {table} t ON t._id = o._id") == [
        ("o0", None), ("o1", name), ("o2", None)]  # fmt: skip
