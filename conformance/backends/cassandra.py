"""Cassandra: one keyspace a run, emptied between files (a keyspace a file would be slow)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable

from conformance.backends import Adapter, Connection, Unavailable
from conformance.backends._servers import server_uri
from conformance.backends._sqlshim import Store


def raw_cluster(uri: str) -> Any:
    """The plain driver's cluster for a `cassandra://` URI."""
    parts = urlsplit(uri)
    login = None
    if parts.username:
        login = PlainTextAuthProvider(unquote(parts.username), unquote(parts.password or ""))
    hosts, port = _hosts(parts.netloc)
    return Cluster(hosts, port=port, auth_provider=login, connect_timeout=60)


def _hosts(netloc: str) -> tuple[list[str], int]:
    """The hosts and the port (CQL's drivers know one for all) of `user:pass@h1,h2:9042`."""
    hosts, port = [], 9042
    for place in netloc.rpartition("@")[2].split(","):
        host, _, number = place.partition(":")
        hosts.append(host)
        port = int(number) if number else port
    return hosts, port


def with_keyspace(uri: str, keyspace: str) -> str:
    return urlunsplit(urlsplit(uri)._replace(path=f"/{keyspace}"))


class Cassandra(Store):
    def __init__(self, pushdown: str, uri: str, stop: Callable[[], None]) -> None:
        super().__init__("cassandra", pushdown)
        self._stop = stop
        self._keyspace = f"slt_{uuid.uuid4().hex[:12]}"
        self._uri = with_keyspace(uri, self._keyspace)
        self._cluster = raw_cluster(uri)
        try:
            self._session = self._cluster.connect()
        except NoHostAvailable as error:
            self._cluster.shutdown()
            raise Unavailable(f"no Cassandra there: {error}") from error
        self._session.default_timeout = 60
        self._session.execute(
            f"CREATE KEYSPACE {self._keyspace} WITH replication = "
            "{'class': 'SimpleStrategy', 'replication_factor': 1} AND durable_writes = false"
        )

    def fresh(self) -> Connection:
        self._hang_up()
        tables = self._session.execute(
            "SELECT table_name FROM system_schema.tables WHERE keyspace_name = %s",
            (self._keyspace,),
        )
        for (table,) in tables:
            self._session.execute(f'DROP TABLE IF EXISTS {self._keyspace}."{table}"')
        return self._open(self._uri)

    def close(self) -> None:
        self._hang_up()
        self._session.execute(f"DROP KEYSPACE IF EXISTS {self._keyspace}")
        self._cluster.shutdown()
        self._stop()


def open(pushdown: str, uri: str | None) -> Adapter:
    return Cassandra(pushdown, *server_uri("cassandra", uri))
