"""The servers a test run wants: those the environment names, else ones started on first use.

Used by the pytest fixtures, the conformance runner and the benchmarks. A server is started at most
once per `WantedServers` and stopped when it is closed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pymongo import MongoClient

from .cassandra import cassandra
from .fetch import CASSANDRA_VERSION, MONGODB_VERSION
from .mongo import mongod
from .server import Kind, Server

VARIABLES: dict[Kind, str] = {
    "mongo": "SQLSHIM_TEST_MONGODB_URI",
    "cassandra": "SQLSHIM_TEST_CASSANDRA_URI",
}
_VERSIONS: dict[Kind, str] = {"mongo": MONGODB_VERSION, "cassandra": CASSANDRA_VERSION}


class WantedServers:
    """Asks for a server by kind; the first asking starts it unless the environment names one."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._known: dict[Kind, Server] = {}

    def get(self, kind: Kind) -> Server:
        """The one server of this kind. Raises `ServerUnavailable` or `ServerFailed`."""
        if kind not in self._known:
            self._known[kind] = given(kind) or self._start(kind)
        return self._known[kind]

    def uri(self, kind: Kind) -> str:
        return self.get(kind).uri

    def _start(self, kind: Kind) -> Server:
        return self._stack.enter_context(mongod() if kind == "mongo" else cassandra())


@contextmanager
def wanted_servers() -> Iterator[WantedServers]:
    """`with wanted_servers() as servers: servers.uri("mongo")`."""
    with ExitStack() as stack:
        yield WantedServers(stack)


def given(kind: Kind) -> Server | None:
    """The server that the environment names, if it names one."""
    uri = os.environ.get(VARIABLES[kind])
    if not uri:
        return None
    hosts = uri.partition("://")[2].partition("/")[0].rpartition("@")[2]
    version = _asked_version(uri) if kind == "mongo" else "of the environment"
    return Server(kind=kind, version=version, hosts=hosts, options="", given_uri=uri)


def _asked_version(uri: str) -> str:
    client: MongoClient[dict[str, Any]] = MongoClient(uri, serverSelectionTimeoutMS=10_000)
    with client:
        return str(client.server_info()["version"])


def describe() -> list[str]:
    """A line per kind for a report's header, without starting anything and without passwords."""
    lines = []
    for kind, variable in VARIABLES.items():
        name = "MongoDB" if kind == "mongo" else "Cassandra"
        if os.environ.get(variable):
            lines.append(f"{name} at the address in {variable}")
        else:
            lines.append(f"{name} {_VERSIONS[kind]}, started when a test wants it")
    return lines
