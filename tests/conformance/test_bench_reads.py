"""The benches of reading at a tiny size: both sides of every race read the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from conformance.backends.cassandra import with_keyspace
from conformance.backends.mongo import with_database
from conformance.bench import reads_cassandra, reads_mongo
from conformance.bench.race import Contest, Measured, run
from conformance.tpch.load import load

SCALE = 0.01  # at smaller ones partsupp repeats keys


def outcomes(suite: AbstractContextManager[Iterator[Contest]]) -> dict[str, str]:
    """The remark of every race, the unit of every figure."""
    with suite as contests:
        told = [run(contest, rounds=1) for contest in contests]
    return {t.name: t.unit if isinstance(t, Measured) else t.remark for t in told}


def test_reading_from_mongodb(mongo_uri: str) -> None:
    uri = with_database(mongo_uri, "bench_test")
    load("mongo", uri, SCALE)
    found = outcomes(reads_mongo.suite(uri, SCALE))
    planned = [f"q{n:02}" for n in range(1, 23)]
    assert found == (
        dict.fromkeys(("point", "fetchall", "arrow"), "")
        | {f"plan-{name}": "ms" for name in planned}
        | {f"cached-{name}": "µs" for name in planned}
    )


def test_reading_from_cassandra(cassandra_uri: str) -> None:
    uri = with_keyspace(cassandra_uri, "bench_test")
    load("cassandra", uri, SCALE)
    found = outcomes(reads_cassandra.suite(uri, SCALE))
    assert found.pop("memory") == "MB"
    raced = ["point", "in/single-reads", "in/batches", "join-by-key"]
    raced += [f"arrow/{readers}-readers" for readers in (1, 2, 4, 8)]
    assert found == dict.fromkeys(raced, "")
