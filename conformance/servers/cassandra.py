"""A real Cassandra: one node, or a ring of three on loopback addresses of their own.

    with cassandra() as server:
        server.uri      # cassandra://127.0.0.1:PORT/sqlshim_test?local_dc=datacenter1

The keyspace of the URI exists, with as many replicas as there are nodes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from cassandra import DriverException
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.policies import WhiteListRoundRobinPolicy

from .errors import ServerFailed
from .fetch import CASSANDRA_VERSION, cassandra_jars, java
from .homes import free_ports, new_home, sweep
from .jvm import Node, Ports, prepare
from .process import Process
from .server import DATABASE, Credentials, Server

_READY = "Starting listening for CQL clients"
_START_SECONDS = 180
_ANSWER_SECONDS = 60
_SUPERUSER = Credentials("cassandra", "cassandra")


@contextmanager
def cassandra(
    nodes: int = 1,
    *,
    credentials: Credentials | None = None,
    heap: str | None = None,
    version: str = CASSANDRA_VERSION,
) -> Iterator[Server]:
    """A running ring of `nodes` nodes on free ports; stopped and removed at the end. `version` is
    that of a release on Maven Central, from 4.0 on.

    With `credentials` (one node only) it wants a password, and this superuser exists.
    """
    if credentials is not None and nodes > 1:
        raise ValueError("passwords are for a single node: a ring would have to replicate them")
    jars, java_binary = cassandra_jars(version), java(version)
    sweep()
    hosts = ["127.0.0.1"] if nodes == 1 else [f"127.0.1.{n}" for n in range(1, nodes + 1)]
    native, storage, ssl_storage, *jmx = free_ports(3 + nodes, ["127.0.0.1", *hosts])
    ports = Ports(native, storage, ssl_storage)
    size = heap or ("1g" if nodes == 1 else "768m")
    with ExitStack() as stack:
        ring = []
        for host, jmx_port in zip(hosts, jmx, strict=True):
            home = new_home("cassandra")
            node = Node(
                home, host, hosts[0], ports, jmx_port, size, credentials is not None, version
            )
            process = Process(
                f"Cassandra on {host}:{native}", prepare(node, jars, java_binary), home
            )
            stack.callback(process.discard)
            _start(process)  # one after another: two nodes may not join a ring at once
            ring.append(process)
        reported = _set_up(hosts, native, credentials)
        yield Server(
            kind="cassandra",
            version=reported,
            hosts=f"{','.join(hosts)}:{native}",
            options="local_dc=datacenter1",
            nodes=tuple(ring),
            credentials=credentials,
            restart=lambda number: _start(ring[number]),
        )


def _start(process: Process) -> None:
    """Start a node and wait until it says so; a restarted node's log says it once more."""
    before = _times_ready(process)
    process.start()
    process.wait_until(lambda: _times_ready(process) > before, _START_SECONDS, "taking clients")


def _times_ready(process: Process) -> int:
    if not process.log.exists():
        return 0
    return process.log.read_text(errors="replace").count(_READY)


def _set_up(hosts: Sequence[str], port: int, credentials: Credentials | None) -> str:
    """Make the user and the keyspace, and return the server's version."""
    if credentials is not None:
        with _session(hosts, port, _SUPERUSER) as session:
            session.execute(
                f"CREATE ROLE IF NOT EXISTS {_quoted(credentials.user)} "
                "WITH SUPERUSER = true AND LOGIN = true AND PASSWORD = %s",
                (credentials.password,),
            )
    with _session(hosts, port, credentials) as session:
        session.execute(
            f"CREATE KEYSPACE IF NOT EXISTS {DATABASE} WITH replication = "
            f"{{'class': 'SimpleStrategy', 'replication_factor': {len(hosts)}}}"
        )
        return str(session.execute("SELECT release_version FROM system.local").one()[0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _session(hosts: Sequence[str], port: int, who: Credentials | None) -> Iterator[Any]:
    session = _connected(hosts, port, who)
    try:
        yield session
    finally:
        session.cluster.shutdown()


def _connected(hosts: Sequence[str], port: int, who: Credentials | None) -> Any:
    # The first superuser appears a moment after the server listens; and a Cluster that could not
    # connect is shut down for good, so every attempt has its own.
    deadline = time.monotonic() + _ANSWER_SECONDS
    while True:
        try:
            return _cluster(hosts, port, who).connect()
        except (NoHostAvailable, DriverException) as error:
            if time.monotonic() > deadline:
                raise ServerFailed(f"Cassandra listens but does not answer: {error}") from error
            time.sleep(0.2)


def _cluster(hosts: Sequence[str], port: int, who: Credentials | None) -> Any:
    profile = ExecutionProfile(WhiteListRoundRobinPolicy(hosts), request_timeout=60)
    return Cluster(
        hosts,
        port=port,
        auth_provider=PlainTextAuthProvider(who.user, who.password) if who else None,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        protocol_version=5,
        connect_timeout=20,
    )
