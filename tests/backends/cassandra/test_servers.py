"""What older servers and ScyllaDB lack, and that plans for them do without."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.accept import accept
from sqlshim.backends.cassandra.compile import compile_query
from sqlshim.backends.cassandra.paths.restrict import Path, restrict
from sqlshim.backends.cassandra.servers import (
    SINCE,
    Feature,
    Version,
    is_scylla,
    lacking,
    oldest,
    version_of,
)
from sqlshim.backends.protocol import Pushdown
from sqlshim.functions import aggregates as agg
from sqlshim.ir.keys import key_test
from sqlshim.ir.relational import Aggregate, Filter
from sqlshim.ir.scalar import AggregateCall, Column, Param, Scalar
from tests.backends.cassandra.trees import (
    COLUMNS,
    INDEXES,
    col,
    eq,
    gt,
    isin,
    scan,
    table,
)

CASSANDRA_3_0, CASSANDRA_3_11, CASSANDRA_4, CASSANDRA_5 = (3, 0, 24), (3, 11, 16), (4, 1, 3), (5, 0)
SCYLLA_5 = (5, 4, 1)

VERSIONS = [
    ("5.0.6", (5, 0, 6)),
    ("5.0-beta1", (5, 0)),
    ("4.1.3-SNAPSHOT", (4, 1, 3)),
    ("2024.1.2-0.20240401.64115ae91a55", (2024, 1, 2)),
    ("", ()),
    ("unknown", ()),
]


@pytest.mark.parametrize(("text", "version"), VERSIONS)
def test_versions_are_read(text: str, version: Version) -> None:
    assert version_of(text) == version


LACKING = [
    (CASSANDRA_5, None, set()),
    (CASSANDRA_4, None, {Feature.FILTERING_IN}),
    (CASSANDRA_3_11, None, {Feature.FILTERING_IN, Feature.IN_BESIDE_COLLECTIONS}),
    (CASSANDRA_3_0, None, set(SINCE)),
    ((), None, set(SINCE)),
    ((3, 0, 8), SCYLLA_5, {Feature.FILTERING_IN, Feature.IN_BESIDE_COLLECTIONS}),
    ((3, 0, 8), (2024, 1), {Feature.FILTERING_IN, Feature.IN_BESIDE_COLLECTIONS}),
    ((3, 0, 8), (), set(SINCE)),
]


@pytest.mark.parametrize(("release", "scylla", "missing"), LACKING)
def test_what_is_missing_follows_from_the_versions(
    release: Version, scylla: Version | None, missing: set[Feature]
) -> None:
    assert lacking(release, scylla) == missing


def test_only_one_partitioner_has_tokens_of_64_bits() -> None:
    name = "org.apache.cassandra.dht."
    assert lacking(CASSANDRA_5, None, name + "Murmur3Partitioner") == set()
    assert lacking(CASSANDRA_5, None, name + "RandomPartitioner") == {Feature.TOKEN_RANGES}


def test_a_cluster_is_as_old_as_its_oldest_node() -> None:
    hosts = [SimpleNamespace(release_version=v) for v in ("5.0.2", None, "4.1.3")]
    assert oldest(SimpleNamespace(all_hosts=lambda: hosts)) == (4, 1, 3)
    assert oldest(SimpleNamespace(all_hosts=lambda: hosts[1:2])) == ()


def test_scylla_is_known_by_its_tables() -> None:
    keyspace = SimpleNamespace(tables={"scylla_tables": None})
    assert is_scylla(SimpleNamespace(keyspaces={"system_schema": keyspace}))
    assert not is_scylla(SimpleNamespace(keyspaces={"system_schema": SimpleNamespace(tables={})}))
    assert not is_scylla(SimpleNamespace(keyspaces={}))


KEY = [eq("a", 1), eq("b", "x")]
KEYS_OF_V = key_test(col("v"), Param(0, t.array(t.INTEGER)))
# A WHERE, and for 5.0, 4.1, 3.11 and 3.0 how many of its conjuncts are sent and by which path.
SENT: list[tuple[str, list[Scalar], list[tuple[int, Path]]]] = [
    ("key", [*KEY, eq("c", 1), eq("d", "y")], [(4, Path.KEY)] * 4),
    ("slice", [*KEY, gt("c", 1)], [(3, Path.SLICE)] * 4),
    (
        "IN on a clustering column",
        [*KEY, isin("c", 1, 2)],
        [(3, Path.SLICE), (3, Path.SLICE), (2, Path.PARTITION), (2, Path.PARTITION)],
    ),
    ("partitions", [isin("a", 1, 2), eq("b", "x")], [(2, Path.PARTITIONS)] * 4),
    (
        "filter in a partition",
        [*KEY, gt("w", 1.0)],
        [(3, Path.PARTITION)] * 3 + [(2, Path.PARTITION)],
    ),
    ("filter of the ring", [gt("w", 1.0)], [(1, Path.RING)] * 3 + [(0, Path.RING)]),
    ("part of the key", [eq("a", 1)], [(1, Path.RING)] * 3 + [(0, Path.RING)]),
    (
        "filter by IN",
        [isin("price", 1, 2), gt("c", 1)],
        [(2, Path.RING)] + [(1, Path.RING)] * 2 + [(0, Path.RING)],
    ),
    ("index", [eq("v", 1)], [(1, Path.INDEX)] * 4),
    ("keys by an index", [KEYS_OF_V], [(1, Path.INDEX_KEYS)] * 4),
    (
        "filter beside keys by an index",
        [KEYS_OF_V, gt("w", 1.0)],
        [(2, Path.INDEX_KEYS)] * 3 + [(1, Path.INDEX_KEYS)],
    ),
    ("filter beside an index", [eq("v", 1), gt("c", 1)], [(2, Path.INDEX)] * 3 + [(1, Path.INDEX)]),
]


@pytest.mark.parametrize(("where", "expected"), [s[1:] for s in SENT], ids=[s[0] for s in SENT])
def test_what_a_server_cannot_filter_stays_local(
    where: list[Scalar], expected: list[tuple[int, Path]]
) -> None:
    found = []
    for release in (CASSANDRA_5, CASSANDRA_4, CASSANDRA_3_11, CASSANDRA_3_0):
        restriction = restrict(where, COLUMNS, table(indexes=INDEXES, lacks=lacking(release)))
        assert len(restriction.terms) + len(restriction.left) == len(where)
        assert all("the server is too old" in why or "IN" in why for _, why in restriction.left)
        found.append((len(restriction.terms), restriction.path))
    assert found == expected


TOO_OLD = [
    ((3, 7), eq("a", 1), Feature.FILTERING_KEYS),  # filters, but not by half a partition key
    ((3, 7), gt("w", 1.0), None),
    ((3, 7), isin("v", 1, 2), Feature.FILTERING_IN),
    (CASSANDRA_4, isin("v", 1, 2), Feature.FILTERING_IN),
    (CASSANDRA_4, isin("a", 1, 2), Feature.FILTERING_IN),
    (CASSANDRA_3_0, isin("a", 1, 2), Feature.FILTERING),
    (CASSANDRA_5, isin("a", 1, 2), None),
]


@pytest.mark.parametrize(("release", "condition", "lack"), TOO_OLD)
def test_what_a_server_is_too_old_for_is_said(
    release: Version, condition: Scalar, lack: Feature | None
) -> None:
    left = restrict([condition], COLUMNS, table(lacks=lacking(release))).left
    assert left == (((condition, f"the server is too old for {lack}"),) if lack else ())


def test_without_collections_old_servers_take_in_on_clustering_columns() -> None:
    readings = table(lacks=lacking(CASSANDRA_3_11), plain=True)
    columns = {number: column for number, column in COLUMNS.items() if column in readings.columns}
    restriction = restrict([*KEY, isin("c", 1, 2)], columns, readings)
    assert (restriction.path, restriction.left) == (Path.SLICE, ())


def _grouped(lacks: frozenset[str], *calls: AggregateCall, by: tuple[str, ...] = ()) -> Aggregate:
    keys = tuple((Column(100 + i, name, col(name).type), col(name)) for i, name in enumerate(by))
    made = tuple((Column(200 + i, "x", call.type), call) for i, call in enumerate(calls))
    return Aggregate(scan(of=table(lacks=lacks)), keys, made)


SUM_V = AggregateCall(agg.SUM, (col("v"),), t.BIGINT)
COUNT = AggregateCall(agg.COUNT, (), t.BIGINT.with_null(False))


@pytest.mark.parametrize(
    ("release", "calls", "by", "taken"),
    [
        (CASSANDRA_3_11, (SUM_V, COUNT), ("a", "b"), True),
        (CASSANDRA_3_0, (COUNT,), ("a", "b"), False),
        (CASSANDRA_3_0, (SUM_V,), (), False),
        ((3, 2), (SUM_V,), (), True),
        (CASSANDRA_3_0, (COUNT,), (), True),
    ],
)
def test_aggregates_need_a_server_that_has_them(
    release: Version, calls: tuple[AggregateCall, ...], by: tuple[str, ...], taken: bool
) -> None:
    answer = accept(_grouped(lacking(release), *calls, by=by), Pushdown.ALWAYS)
    assert (answer.taken is not None) is taken


def test_without_tokens_of_64_bits_a_scan_is_one_request() -> None:
    readings = table(lacks=frozenset({Feature.TOKEN_RANGES}))
    query = compile_query(Filter(scan("v", "w", of=readings), (gt("w", 1.0),)))
    assert query.show() == ['SELECT "v", "w" FROM "ks"."readings" WHERE "w" > ? ALLOW FILTERING']
    assert query.scans_ring
