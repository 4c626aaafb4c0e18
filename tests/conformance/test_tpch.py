"""TPC-H: the comparison, the data, and the queries on the stores at scale factor 0.01."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from conformance.backends.cassandra import with_keyspace
from conformance.backends.mongo import with_database
from conformance.tpch.check import ORDER_KEYS, QUERIES, check, not_one_pipeline, query, reference
from conformance.tpch.compare import difference
from conformance.tpch.data import parquet_dir
from conformance.tpch.load import load
from conformance.tpch.schema import TABLES

SCALE = 0.01
ON_STORES = ("q01", "q03", "q06", "q12")
PUSHDOWN = ("auto", "always", "never")


@pytest.fixture(scope="module")
def directory() -> Path:
    return parquet_dir(SCALE)


# --- comparing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected", "keys"),
    [
        ([], [], ()),
        ([(1, "b"), (2, "a")], [(2, "a"), (1, "b")], ()),
        ([(1, "b"), (1, "a")], [(1, "a"), (1, "b")], (0,)),
        ([(1.0000001,)], [(1.0,)], (0,)),
        ([("a", 1.0000001), ("a", 2.0)], [("a", 2.0000001), ("a", 1.0)], (0,)),
        ([(dt.datetime(1995, 3, 5),)], [(dt.date(1995, 3, 5),)], ()),
        ([(None, 1)], [(None, 1)], (0,)),
    ],
)
def test_equal_results(
    got: list[tuple[object, ...]], expected: list[tuple[object, ...]], keys: tuple[int, ...]
) -> None:
    assert difference(got, expected, keys) is None


@pytest.mark.parametrize(
    ("got", "expected", "keys", "remark"),
    [
        ([(1,)], [], (), "1 rows, expected 0"),
        ([(2,), (1,)], [(1,), (2,)], (0,), "row 1 is out of order: [2], expected [1]"),
        ([(1,), (1,)], [(1,), (2,)], (), "row [1], expected [2]"),
        ([(1.00001,)], [(1.0,)], (), "row [1.00001], expected [1.0]"),
        ([(1,)], [(1.0,)], (), "row [1], expected [1.0]"),
        ([(None,)], [(0,)], (), "row [None], expected [0]"),
        ([(1,)], [(1, 2)], (), "row [1], expected [1, 2]"),
    ],
)
def test_different_results(
    got: list[tuple[object, ...]],
    expected: list[tuple[object, ...]],
    keys: tuple[int, ...],
    remark: str,
) -> None:
    assert difference(got, expected, keys) == remark


@pytest.mark.parametrize(
    ("plan", "fine"),
    [
        (["Remote mongo", "  Scan lineitem"], True),
        (["Remote mongo\n  Scan lineitem"], True),
        (["Sort", "  Remote mongo"], False),
        (["Remote mongo", "  Remote mongo"], False),
        (["Scan lineitem"], False),
    ],
)
def test_one_pipeline_is_one_remote_node_at_the_root(plan: list[str], fine: bool) -> None:
    assert (not_one_pipeline(plan) is None) is fine


# --- data and queries ----------------------------------------------------------------------


def test_the_data_is_that_of_the_scale_factor(directory: Path) -> None:
    rows = {t.name: pq.read_metadata(directory / f"{t.name}.parquet").num_rows for t in TABLES}
    assert rows == {
        "region": 5,
        "nation": 25,
        "supplier": 100,
        "customer": 1500,
        "part": 2000,
        "partsupp": 8000,
        "orders": 15000,
        "lineitem": 60175,
    }


def test_there_are_22_queries_and_their_order_is_known(directory: Path) -> None:
    names = sorted(path.stem for path in QUERIES.glob("*.sql"))
    assert names == sorted(ORDER_KEYS) == [f"q{n:02}" for n in range(1, 23)]


def test_the_reference_answers_q06(directory: Path) -> None:
    # The answer that the specification's own generator gives at this scale factor.
    assert reference(directory, "q06", SCALE) == [(pytest.approx(1193053.2253),)]


def test_the_threshold_of_q11_depends_on_the_scale_factor() -> None:
    assert "* 0.0001000000\n" in query("q11", 1)
    assert "* 0.0100000000\n" in query("q11", 0.01)


# --- on the stores -------------------------------------------------------------------------


def failures(
    uri: str, pushdown: str, name: str, directory: Path, one_pipeline: bool = False
) -> list[str]:
    outcomes = check(uri, pushdown, [name], SCALE, directory, one_pipeline)
    return [str(outcome) for outcome in outcomes if outcome.kind != "passed"]


@pytest.fixture(scope="module")
def mongo_tpch(mongo_uri: str) -> str:
    uri = with_database(mongo_uri, "tpch_test")
    load("mongo", uri, SCALE)
    return uri


@pytest.fixture(scope="module")
def cassandra_tpch(cassandra_uri: str) -> str:
    uri = with_keyspace(cassandra_uri, "tpch_test")
    load("cassandra", uri, SCALE)
    return uri


@pytest.fixture(scope="module")
def embedded_tpch(tmp_path_factory: pytest.TempPathFactory) -> str:
    uri = tmp_path_factory.mktemp("tpch").as_uri()
    load("duckdb", uri, SCALE)
    return uri


@pytest.mark.parametrize("name", ORDER_KEYS)
def test_the_embedded_store_answers_all_queries(
    name: str, embedded_tpch: str, directory: Path
) -> None:
    assert failures(embedded_tpch, "auto", name, directory) == []


@pytest.mark.parametrize("pushdown", PUSHDOWN)
@pytest.mark.parametrize("name", ON_STORES)
def test_mongo_answers(name: str, pushdown: str, mongo_tpch: str, directory: Path) -> None:
    one_pipeline = pushdown == "always"
    assert failures(mongo_tpch, pushdown, name, directory, one_pipeline) == []


@pytest.mark.parametrize("pushdown", PUSHDOWN)
@pytest.mark.parametrize("name", ON_STORES)
def test_cassandra_answers(name: str, pushdown: str, cassandra_tpch: str, directory: Path) -> None:
    assert failures(cassandra_tpch, pushdown, name, directory) == []


def test_dates_are_no_foreign_keys() -> None:
    keys = {t.name: t.foreign_keys for t in TABLES}
    assert keys["orders"] == ("o_custkey",)
    assert keys["lineitem"] == ("l_partkey", "l_suppkey")
