"""Real servers for tests, conformance runs and benchmarks.

`mongod()` and `cassandra()` start one and stop it again; `wanted_servers()` prefers the servers
that `SQLSHIM_TEST_MONGODB_URI` and `SQLSHIM_TEST_CASSANDRA_URI` name. By hand:
`python -m conformance servers up mongo cassandra`.
"""

from __future__ import annotations

from .cassandra import cassandra
from .errors import ServerFailed, ServerUnavailable
from .mongo import mongod
from .server import DATABASE, KINDS, Credentials, Kind, Server
from .wanted import VARIABLES, WantedServers, describe, wanted_servers

__all__ = [
    "DATABASE",
    "KINDS",
    "VARIABLES",
    "Credentials",
    "Kind",
    "Server",
    "ServerFailed",
    "ServerUnavailable",
    "WantedServers",
    "cassandra",
    "describe",
    "mongod",
    "wanted_servers",
]
