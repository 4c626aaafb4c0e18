"""Fixtures every test may use: real servers, started once and only when a test wants one.

`SQLSHIM_TEST_MONGODB_URI` and `SQLSHIM_TEST_CASSANDRA_URI` name servers to use instead. Where one
cannot be had the test is skipped by name, unless `SQLSHIM_REQUIRE_SERVERS` is set.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from importlib.metadata import distributions, version

import pytest

from conformance.servers import (
    Kind,
    ServerUnavailable,
    WantedServers,
    describe,
    wanted_servers,
)

_PACKAGES = ("sqlglot", "duckdb", "pyarrow", "pymongo", "cassandra-driver", "scylla-driver")


def pytest_configure() -> None:
    """Give back the signals that a shell's `&` or `nohup` ignores: children would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="rewrite golden files to what is")


def pytest_report_header() -> list[str]:
    # scylla-driver may stand in cassandra-driver's place
    found = {name for d in distributions() if (name := d.metadata["Name"]) in _PACKAGES}
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES if name in found)
    python = ".".join(map(str, sys.version_info[:3]))
    return [f"Python {python}, {packages}", *describe()]


@pytest.fixture(scope="session")
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten."""
    return bool(request.config.getoption("--accept"))


@pytest.fixture(scope="session")
def servers() -> Iterator[WantedServers]:
    """`servers.get("mongo")` and `servers.get("cassandra")`; stopped at the end of the session."""
    with wanted_servers() as wanted:
        yield wanted


def uri_or_skip(servers: WantedServers, kind: Kind) -> str:
    """The URI of a server, or a skipped test where this machine cannot have one."""
    try:
        return servers.uri(kind)
    except ServerUnavailable as error:
        if os.environ.get("SQLSHIM_REQUIRE_SERVERS"):
            raise
        pytest.skip(f"no {kind} server: {error}")


@pytest.fixture(scope="session")
def mongo_uri(servers: WantedServers) -> str:
    """A MongoDB database to write to."""
    return uri_or_skip(servers, "mongo")


@pytest.fixture(scope="session")
def cassandra_uri(servers: WantedServers) -> str:
    """A Cassandra keyspace to write to."""
    return uri_or_skip(servers, "cassandra")
