"""Conditions and orders reach indexes: what the server says it does, index and bounds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from sqlshim.backends.mongo.native import MongoQuery
from sqlshim.backends.protocol import Backend, Pushdown
from sqlshim.bind.statement import bind
from sqlshim.catalog.catalog import Catalog
from sqlshim.ir.relational import Remote
from sqlshim.ir.statement import Query
from sqlshim.plan.optimize import optimize
from sqlshim.plan.split import split
from sqlshim.sql.dialects import dialect_named
from sqlshim.sql.params import uniform
from sqlshim.sql.parse import parse

ROWS = 500


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    start = dt.datetime(1994, 1, 1)
    database.items.insert_many(
        {
            "_id": i,
            "n": None if i % 10 == 0 else i,
            "x": float(i),
            "name": f"n{i:03}",
            "day": start + dt.timedelta(days=i),
            "g": i % 5,
            "free": i,
        }
        for i in range(ROWS)
    )
    for keys in ([("n", 1)], [("x", 1)], [("name", 1)], [("day", 1)], [("g", 1), ("n", -1)]):
        database.items.create_index(keys)
    database.parents.insert_many({"_id": i, "item": i * 3} for i in range(5))
    database.command("create", "nothing")


def _pipeline(store: Backend, sql: str) -> tuple[str, list[Any]]:
    tree = parse(sql, uniform(sql, False), dialect_named("postgres")).tree
    statement = bind(tree, Catalog({"": store}), (), "postgres").statement
    assert isinstance(statement, Query)
    found = split(optimize(statement.rel), {"": store}, Pushdown.ALWAYS)
    assert isinstance(found, Remote)
    native = store.compile(found.rel)
    assert isinstance(native, MongoQuery)
    return native.collection, native.template.fill(())


def _explained(database: Any, store: Backend, sql: str) -> Any:
    collection, pipeline = _pipeline(store, sql)
    return database.command(
        "explain",
        {"aggregate": collection, "pipeline": pipeline, "cursor": {}},
        verbosity="executionStats",
    )


def _nodes(plan: Any, stage: str) -> Iterator[dict[str, Any]]:
    """The documents of an explanation that describe a stage of this name."""
    if isinstance(plan, dict):
        if plan.get("stage") == stage:
            yield plan
        for key, inner in plan.items():
            if key != "rejectedPlans":
                yield from _nodes(inner, stage)
    elif isinstance(plan, list):
        for inner in plan:
            yield from _nodes(inner, stage)


def _bounds(database: Any, store: Backend, sql: str) -> tuple[str, list[str]]:
    """The index and its bounds."""
    plan = _explained(database, store, sql)
    scans = list(_nodes(plan, "IXSCAN"))
    assert scans, list(_nodes(plan, "COLLSCAN"))
    return scans[0]["indexName"], [b for field in scans[0]["indexBounds"].values() for b in field]


def _dates(start: dt.datetime, end: dt.datetime) -> str:
    millis = [int(d.replace(tzinfo=dt.UTC).timestamp() * 1000) for d in (start, end)]
    return f"[new Date({millis[0]}), new Date({millis[1]}))"


YEAR = _dates(dt.datetime(1995, 1, 1), dt.datetime(1996, 1, 1))


@pytest.mark.parametrize(
    ("condition", "index", "bounds"),
    [
        ("_id BETWEEN 7 AND 9", "_id_", ["[7, 9]"]),
        ("n = 7", "n_1", ["[7, 7]"]),
        ("n IN (9, 7)", "n_1", ["[7, 7]", "[9, 9]"]),
        ("n = 7 OR n = 9", "n_1", ["[7, 7]", "[9, 9]"]),
        ("n BETWEEN 7 AND 9", "n_1", ["[7, 9]"]),
        ("n > 490 AND n < 495", "n_1", ["(490, 495)"]),
        ("n IS NULL", "n_1", ["[undefined, undefined]", "[null, null]"]),
        ("x = 7", "x_1", ["[7.0, 7.0]"]),
        ("x < 3", "x_1", ["[-inf.0, 3.0)"]),
        ("name LIKE 'n01%'", "name_1", ['["n01", "n02")', "[/^n01/, /^n01/]"]),
        ("name LIKE 'n0_7'", "name_1", ['["n0", "n1")']),
        ("g = 3 AND n > 490", "g_1_n_-1", ["[3, 3]", "[inf.0, 490)"]),
        ("day >= '1995-01-01' AND day < '1996-01-01'", "day_1", [YEAR]),
        ("EXTRACT(YEAR FROM day) = 1995", "day_1", [YEAR]),
        ("DATE_TRUNC('year', day) = '1995-01-01'", "day_1", [YEAR]),
    ],
)
def test_a_condition_reaches_its_index(
    database: Any, store: Backend, condition: str, index: str, bounds: list[str]
) -> None:
    found, limits = _bounds(database, store, f"SELECT free FROM items WHERE {condition}")
    assert (found, limits[: len(bounds)]) == (index, bounds)


@pytest.mark.parametrize(
    ("order", "index"),
    [
        ("_id", "_id_"),
        ("_id DESC", "_id_"),
        ("n NULLS FIRST", "n_1"),
        ("n", "n_1"),
        ("n DESC", "n_1"),
        ("x", "x_1"),
        ("x DESC", "x_1"),
        ("day DESC NULLS LAST", "day_1"),
    ],
)
def test_an_order_with_a_limit_reads_few_keys(
    database: Any, store: Backend, order: str, index: str
) -> None:
    plan = _explained(database, store, f"SELECT free FROM items ORDER BY {order} LIMIT 5")
    (scan, *_) = _nodes(plan["stages"][0] if "stages" in plan else plan, "IXSCAN")
    assert scan["indexName"] == index
    assert not list(_nodes(plan, "SORT"))
    first = plan["stages"][0]["$cursor"] if "stages" in plan else plan
    assert first["executionStats"]["totalKeysExamined"] <= 10


@pytest.mark.parametrize("order", ["n", "n DESC", "x", "n NULLS FIRST", "g, n DESC NULLS LAST"])
@pytest.mark.parametrize("limit", [3, 60])
def test_an_order_through_an_index_is_that_of_sql(connect: Any, order: str, limit: int) -> None:
    sql = f"SELECT n, x, g FROM items ORDER BY {order} LIMIT {limit}"
    pushed, local = (
        connect(pushdown=mode).cursor().execute(sql).fetchall() for mode in ("always", "never")
    )
    keys = [name.split()[0] for name in order.split(", ")]
    at = ["nxg".index(key) for key in keys]
    assert [[row[i] for i in at] for row in pushed] == [[row[i] for i in at] for row in local]


def test_a_join_looks_up_by_the_foreign_index_with_the_inner_filter(
    database: Any, store: Backend
) -> None:
    sql = "SELECT i.name FROM parents p JOIN items i ON p.item = i._id WHERE i.g = 3"
    collection, pipeline = _pipeline(store, sql)
    (lookup,) = [stage["$lookup"] for stage in pipeline if "$lookup" in stage]
    assert lookup["foreignField"] == "_id"
    assert {"$match": {"g": 3}} in lookup["pipeline"]
    stats = database.command(
        "explain",
        {"aggregate": collection, "pipeline": pipeline, "cursor": {}},
        verbosity="executionStats",
    )
    stages = [stage for stage in stats["stages"] if "$lookup" in stage]
    assert [stage["indexesUsed"] for stage in stages] == [["_id_"]]
    assert [stage["collectionScans"] for stage in stages] == [0]
