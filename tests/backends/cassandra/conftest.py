"""A keyspace of its own for the server tests: `cql` is the plain driver's session in it, `store`
our backend, `connect(...)` a DB-API connection."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import RoundRobinPolicy
from cassandra.query import tuple_factory

import sqlshim
from sqlshim.backends.cassandra import open_store
from sqlshim.backends.protocol import Backend, FullScan, Options


@pytest.fixture(scope="module")
def keyspace() -> str:
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def cql(cassandra_uri: str, keyspace: str) -> Iterator[Any]:
    place = urlsplit(cassandra_uri)
    profile = ExecutionProfile(
        row_factory=tuple_factory, load_balancing_policy=RoundRobinPolicy(), request_timeout=60
    )
    cluster = Cluster(
        [place.hostname],
        port=place.port,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        connect_timeout=60,  # on a busy machine a server may take its time
        control_connection_timeout=60,
    )
    session = cluster.connect()
    session.execute(
        f"CREATE KEYSPACE {keyspace} WITH replication = "
        "{'class': 'SimpleStrategy', 'replication_factor': 1} AND durable_writes = false"
    )
    session.set_keyspace(keyspace)
    yield session
    session.execute(f"DROP KEYSPACE {keyspace}")
    cluster.shutdown()


@pytest.fixture(scope="module")
def uri(cassandra_uri: str, keyspace: str, cql: Any) -> str:
    return urlunsplit(urlsplit(cassandra_uri)._replace(path=f"/{keyspace}"))


@pytest.fixture
def store(uri: str) -> Iterator[Backend]:
    backend = open_store(uri, "", Options(full_scan=FullScan.ALLOW))
    yield backend
    backend.close()


@pytest.fixture
def connect(uri: str) -> Iterator[Callable[..., Any]]:
    opened: list[Any] = []

    def connect_(**options: Any) -> Any:
        opened.append(sqlshim.connect(uri, **{"full_scan": "allow", "autocommit": True} | options))
        return opened[-1]

    yield connect_
    for connection in opened:
        connection.close()
