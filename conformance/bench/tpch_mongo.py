"""TPC-H on MongoDB against plans made by hand: one pipeline where that is the fast way, otherwise
scans of the columns needed that pass the keys they found to the next scan, joined in DuckDB.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pymongo
from bson.int64 import Int64
from pymongo.database import Database
from pymongoarrow.api import aggregate_arrow_all

from conformance.backends._sqlshim import connect
from conformance.bench.race import Race
from conformance.tpch.check import ORDER_KEYS, query
from conformance.tpch.compare import difference

Rows = list[tuple[Any, ...]]
Store = Database[dict[str, Any]]
Match = dict[str, Any]

MOST_KEYS = 20_000  # above this a plain scan is faster than $in
ONE_PIPELINE, SCANS = 1.1, 1.3  # how much longer sqlshim may take than either kind of plan


@contextmanager
def suite(uri: str, scale: float) -> Iterator[Iterator[Race]]:
    """The races over the data at `uri`."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    with client, closing(connect(uri, "auto")) as connection:
        database = client[urlsplit(uri).path.strip("/")]
        yield (
            Race(
                name,
                partial(fetch, connection, query(name, scale)),
                partial(plan, database),
                most,
                partial(difference, keys=ORDER_KEYS[name]),
            )
            for name, (plan, most) in PLANS.items()
        )


def fetch(connection: Any, sql: str) -> Rows:
    """All rows of a query."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(sql)
        rows: Rows = cursor.fetchall()
        return rows


# --- pieces --------------------------------------------------------------------------------


def _day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _between(first: str, end: str) -> Match:
    return {"$gte": _day(first), "$lt": _day(end)}


def _scan(store: Store, collection: str, fields: Sequence[str], match: Match) -> pa.Table:
    projection = {"_id": 0, **dict.fromkeys(fields, 1)}
    return _pipeline(store, collection, [{"$match": match}, {"$project": projection}])


def _pipeline(store: Store, collection: str, stages: list[Any]) -> pa.Table:
    return aggregate_arrow_all(store[collection], stages)


def _keys(field: str, column: pa.ChunkedArray) -> Match:
    """The $in of the keys that a table has, or nothing when they are too many."""
    found = pc.unique(column).to_pylist()
    return {field: {"$in": found}} if len(found) <= MOST_KEYS else {}


def _joined(sql: str, **tables: pa.Table) -> Rows:
    with closing(duckdb.connect(":memory:")) as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.execute(sql).fetchall()


def _rows(store: Store, collection: str, stages: list[Any], names: Sequence[str]) -> Rows:
    options = {} if "hint" not in stages[0] else stages.pop(0)
    found = store[collection].aggregate(stages, allowDiskUse=True, **options)
    return [tuple(_plain(document[name]) for name in names) for document in found]


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Int64) else value


_PRICE = {"$multiply": ["$l_extendedprice", {"$subtract": [1, "$l_discount"]}]}


# --- one pipeline --------------------------------------------------------------------------


def q01(store: Store) -> Rows:
    charge = {"$multiply": [_PRICE, {"$add": [1, "$l_tax"]}]}
    sums = {
        "qty": {"$sum": "$l_quantity"},
        "base": {"$sum": "$l_extendedprice"},
        "price": {"$sum": _PRICE},
        "charge": {"$sum": charge},
        "disc": {"$avg": "$l_discount"},
        "avg_qty": {"$avg": "$l_quantity"},
        "avg_price": {"$avg": "$l_extendedprice"},
        "n": {"$sum": 1},
    }
    key = {"flag": "$l_returnflag", "status": "$l_linestatus"}
    stages = [
        {"hint": {"$natural": 1}},
        {"$match": {"l_shipdate": {"$lte": _day("1998-09-02")}}},
        {"$group": {"_id": key, **sums}},
        {"$set": {"flag": "$_id.flag", "status": "$_id.status"}},
        {"$sort": {"flag": 1, "status": 1}},
    ]
    names = "flag status qty base price charge avg_qty avg_price disc n"
    return _rows(store, "lineitem", stages, names.split())


def q03(store: Store) -> Rows:
    items = {
        "from": "lineitem",
        "localField": "o_orderkey",
        "foreignField": "l_orderkey",
        "pipeline": [{"$match": {"l_shipdate": {"$gt": _day("1995-03-15")}}}],
        "as": "l",
    }
    building = [c["c_custkey"] for c in store.customer.find({"c_mktsegment": "BUILDING"})]
    revenue = {
        "$multiply": ["$$l.l_extendedprice", {"$subtract": [1, "$$l.l_discount"]}],
    }
    total = {"$sum": {"$map": {"input": "$l", "as": "l", "in": revenue}}}
    stages = [
        {"$match": {"o_custkey": {"$in": building}, "o_orderdate": {"$lt": _day("1995-03-15")}}},
        {"$lookup": items},
        {"$match": {"l": {"$ne": []}}},
        {"$project": {"o_orderkey": 1, "o_orderdate": 1, "o_shippriority": 1, "revenue": total}},
        {"$sort": {"revenue": -1, "o_orderdate": 1}},
        {"$limit": 10},
    ]
    names = "o_orderkey revenue o_orderdate o_shippriority"
    return _rows(store, "orders", stages, names.split())


def q06(store: Store) -> Rows:
    match = {
        "l_shipdate": _between("1994-01-01", "1995-01-01"),
        "l_discount": {"$gte": 0.05, "$lte": 0.07},
        "l_quantity": {"$lt": 24},
    }
    revenue = {"$sum": {"$multiply": ["$l_extendedprice", "$l_discount"]}}
    stages = [{"$match": match}, {"$group": {"_id": None, "revenue": revenue}}]
    return _rows(store, "lineitem", stages, ["revenue"])


# --- scans passing key sets ----------------------------------------------------------------


def q05(store: Store) -> Rows:
    region = _scan(store, "region", ["r_regionkey"], {"r_name": "ASIA"})
    nation = _scan(
        store, "nation", ["n_nationkey", "n_name"], _keys("n_regionkey", region["r_regionkey"])
    )
    nations = nation["n_nationkey"]
    supplier = _scan(store, "supplier", ["s_suppkey", "s_nationkey"], _keys("s_nationkey", nations))
    customer = _scan(store, "customer", ["c_custkey", "c_nationkey"], _keys("c_nationkey", nations))
    year = {"o_orderdate": _between("1994-01-01", "1995-01-01")}
    custkeys = _keys("o_custkey", customer["c_custkey"])
    orders = _scan(store, "orders", ["o_orderkey", "o_custkey"], year | custkeys)
    keys = _keys("l_orderkey", orders["o_orderkey"]) | _keys("l_suppkey", supplier["s_suppkey"])
    fields = ["l_orderkey", "l_suppkey", "l_extendedprice", "l_discount"]
    lineitem = _scan(store, "lineitem", fields, keys)
    return _joined(
        """SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
        FROM lineitem JOIN orders ON l_orderkey = o_orderkey JOIN customer ON o_custkey = c_custkey
        JOIN supplier ON l_suppkey = s_suppkey AND s_nationkey = c_nationkey
        JOIN nation ON s_nationkey = n_nationkey GROUP BY n_name ORDER BY revenue DESC""",
        nation=nation,
        supplier=supplier,
        customer=customer,
        orders=orders,
        lineitem=lineitem,
    )


def q09(store: Store) -> Rows:
    part = _scan(store, "part", ["p_partkey"], {"p_name": {"$regex": "green"}})
    nation = _scan(store, "nation", ["n_nationkey", "n_name"], {})
    supplier = _scan(store, "supplier", ["s_suppkey", "s_nationkey"], {})
    fields = ["l_orderkey", "l_partkey", "l_suppkey", "l_quantity", "l_extendedprice", "l_discount"]
    lineitem = _scan(store, "lineitem", fields, _keys("l_partkey", part["p_partkey"]))
    partsupp = _scan(
        store,
        "partsupp",
        ["ps_partkey", "ps_suppkey", "ps_supplycost"],
        _keys("ps_partkey", part["p_partkey"]),
    )
    orderkeys = _keys("o_orderkey", lineitem["l_orderkey"])
    orders = _scan(store, "orders", ["o_orderkey", "o_orderdate"], orderkeys)
    return _joined(
        """SELECT n_name, year(o_orderdate) AS o_year,
            sum(l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity)
        FROM lineitem JOIN supplier ON l_suppkey = s_suppkey
        JOIN partsupp ON ps_suppkey = l_suppkey AND ps_partkey = l_partkey
        JOIN orders ON o_orderkey = l_orderkey JOIN nation ON s_nationkey = n_nationkey
        GROUP BY n_name, o_year ORDER BY n_name, o_year DESC""",
        nation=nation,
        supplier=supplier,
        lineitem=lineitem,
        partsupp=partsupp,
        orders=orders,
    )


def q12(store: Store) -> Rows:
    match = {
        "l_shipmode": {"$in": ["MAIL", "SHIP"]},
        "l_receiptdate": _between("1994-01-01", "1995-01-01"),
        "$expr": {
            "$and": [
                {"$lt": ["$l_commitdate", "$l_receiptdate"]},
                {"$lt": ["$l_shipdate", "$l_commitdate"]},
            ]
        },
    }
    lineitem = _scan(store, "lineitem", ["l_orderkey", "l_shipmode"], match)
    orderkeys = _keys("o_orderkey", lineitem["l_orderkey"])
    orders = _scan(store, "orders", ["o_orderkey", "o_orderpriority"], orderkeys)
    return _joined(
        """SELECT l_shipmode, count(*) FILTER (o_orderpriority IN ('1-URGENT', '2-HIGH')),
            count(*) FILTER (o_orderpriority NOT IN ('1-URGENT', '2-HIGH'))
        FROM lineitem JOIN orders ON o_orderkey = l_orderkey GROUP BY ALL ORDER BY ALL""",
        lineitem=lineitem,
        orders=orders,
    )


def q13(store: Store) -> Rows:
    """Customers without orders are all customers but those counted."""
    counted = _pipeline(
        store,
        "orders",
        [
            {"$match": {"o_comment": {"$not": {"$regex": "special.*requests"}}}},
            {"$group": {"_id": "$o_custkey", "n": {"$sum": 1}}},
            {"$group": {"_id": "$n", "customers": {"$sum": 1}}},
        ],
    )
    rows = [(row["_id"], row["customers"]) for row in counted.to_pylist()]
    without = store.customer.estimated_document_count() - sum(n for _, n in rows)
    rows.append((0, without))
    return sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)


def q18(store: Store) -> Rows:
    large = _pipeline(
        store,
        "lineitem",
        [
            {"$group": {"_id": "$l_orderkey", "quantity": {"$sum": "$l_quantity"}}},
            {"$match": {"quantity": {"$gt": 300}}},
        ],
    )
    fields = ["o_orderkey", "o_custkey", "o_orderdate", "o_totalprice"]
    orders = _scan(store, "orders", fields, _keys("o_orderkey", large["_id"]))
    customer = _scan(
        store, "customer", ["c_custkey", "c_name"], _keys("c_custkey", orders["o_custkey"])
    )
    return _joined(
        """SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, quantity
        FROM large JOIN orders ON _id = o_orderkey JOIN customer ON c_custkey = o_custkey
        ORDER BY o_totalprice DESC, o_orderdate LIMIT 100""",
        large=large,
        orders=orders,
        customer=customer,
    )


def q21(store: Store) -> Rows:
    nation = _scan(store, "nation", ["n_nationkey"], {"n_name": "SAUDI ARABIA"})
    supplier = _scan(
        store, "supplier", ["s_suppkey", "s_name"], _keys("s_nationkey", nation["n_nationkey"])
    )
    late = {"$expr": {"$gt": ["$l_receiptdate", "$l_commitdate"]}}
    suppkeys = _keys("l_suppkey", supplier["s_suppkey"])
    mine = _scan(store, "lineitem", ["l_orderkey", "l_suppkey"], suppkeys | late)
    orderkeys = _keys("o_orderkey", mine["l_orderkey"])
    orders = _scan(store, "orders", ["o_orderkey"], {"o_orderstatus": "F", **orderkeys})
    whether_late = {"$gt": ["$l_receiptdate", "$l_commitdate"]}
    others = _pipeline(
        store,
        "lineitem",
        [
            {"$match": _keys("l_orderkey", orders["o_orderkey"])},
            {"$project": {"_id": 0, "l_orderkey": 1, "l_suppkey": 1, "late": whether_late}},
        ],
    )
    return _joined(
        """SELECT s_name, count(*) AS numwait
        FROM mine JOIN orders ON l_orderkey = o_orderkey JOIN supplier ON l_suppkey = s_suppkey
        JOIN (SELECT l_orderkey, count(DISTINCT l_suppkey) AS suppliers,
                count(DISTINCT l_suppkey) FILTER (late) AS late
              FROM others GROUP BY l_orderkey) AS o ON o.l_orderkey = mine.l_orderkey
        WHERE suppliers > 1 AND late = 1
        GROUP BY s_name ORDER BY numwait DESC, s_name LIMIT 100""",
        mine=mine,
        orders=orders,
        supplier=supplier,
        others=others,
    )


PLANS: dict[str, tuple[Callable[[Store], Rows], float]] = {
    "q01": (q01, ONE_PIPELINE),
    "q03": (q03, ONE_PIPELINE),
    "q06": (q06, ONE_PIPELINE),
    "q05": (q05, SCANS),
    "q09": (q09, SCANS),
    "q12": (q12, SCANS),
    "q13": (q13, SCANS),
    "q18": (q18, SCANS),
    "q21": (q21, SCANS),
}
