"""Connecting: what goes wrong is said in time, by the right class, without the password."""

from __future__ import annotations

import logging
import socket
import time
from typing import Any

import cassandra as driver
import pytest
from cassandra.cluster import Cluster, NoHostAvailable
from cassandra.connection import ConnectionShutdown

from sqlshim.backends.cassandra import open_store
from sqlshim.backends.cassandra.backend import CassandraBackend
from sqlshim.backends.cassandra.errors import translated
from sqlshim.backends.cassandra.framing import WholeSegments
from sqlshim.backends.cassandra.policies import MOST, TruthfulRetryPolicy
from sqlshim.backends.protocol import Options
from sqlshim.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    Error,
    InsufficientPrivilege,
    InterfaceError,
    OperationalError,
    OutcomeUnknown,
    ProgrammingError,
    QueryCanceled,
    TableExists,
)

SOON = Options(connect_timeout=1.5)


def fails(uri: str, options: Options = SOON) -> Error:
    with pytest.raises(Error) as caught:
        open_store(uri, "", options)
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(caught.value)
    return caught.value


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = fails(f"cassandra://me:secret@127.0.0.1:{port}/ks")
    assert isinstance(error, ConnectionFailed)


def test_somebody_listens_and_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        error = fails(f"cassandra://me:secret@127.0.0.1:{silent.getsockname()[1]}/ks")
        assert isinstance(error, ConnectionFailed)
        assert time.monotonic() - start < 60  # not a request's ten minutes


def test_an_unknown_host() -> None:
    error = fails("cassandra://me:secret@no-such-host.invalid/ks")
    assert isinstance(error, ConnectionFailed)
    assert "no-such-host.invalid:9042: the host's name is not known" in str(error)


def test_an_unknown_keyspace_names_a_near_one(uri: str, keyspace: str) -> None:
    error = fails(uri.replace(keyspace, keyspace + "x"), Options())
    assert isinstance(error, ProgrammingError)
    assert error.sqlstate == "3F000"
    assert error.hint == f"Did you mean {keyspace!r}?"


def test_an_unknown_datacenter_names_a_near_one(uri: str) -> None:
    error = fails(uri.partition("?")[0] + "?local_dc=datacentre1", Options())
    assert isinstance(error, InterfaceError)
    assert error.hint == "Set local_dc to datacenter1."


# --- a server that is slow, or an answer that is cut off ------------------------------------

GARBLED = ConnectionShutdown('CRC mismatch on header 85dbe7. Received 40000", computed 86fbb.')
SLOW = driver.OperationTimedOut("Timed out creating connection (5 seconds)")
REFUSED = ConnectionRefusedError(111, "Connection refused")
LOGIN = driver.AuthenticationFailed("Failed to authenticate: Bad credentials")


def no_host(*causes: Exception) -> NoHostAvailable:
    errors = {f"10.0.0.{i}:9042": cause for i, cause in enumerate(causes)}
    return NoHostAvailable("Unable to connect to any servers", errors)


@pytest.fixture
def injected(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """What connecting fails with, one attempt after the other; no more where the list is empty."""
    failures: list[Exception] = []
    connect = Cluster.connect

    def failing(self: Cluster, *args: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop(0)
        return connect(self, *args, **options)

    monkeypatch.setattr(Cluster, "connect", failing)
    return failures


@pytest.mark.parametrize(
    "first",
    [GARBLED, SLOW, no_host(GARBLED), no_host(SLOW), no_host(SLOW, REFUSED)],
    ids=repr,
)
def test_what_may_pass_is_tried_again(
    uri: str, injected: list[Exception], first: Exception
) -> None:
    injected += [first, first]
    store = open_store(uri, "", Options(connect_timeout=60))
    assert injected == []
    assert isinstance(store, CassandraBackend)
    assert store._session.cluster.connect_timeout == 60
    store.close()


@pytest.mark.parametrize(
    "first",
    [
        REFUSED,
        LOGIN,
        no_host(REFUSED),
        no_host(SLOW, LOGIN),
        ConnectionShutdown("Connection to 10.0.0.1 was closed"),
        driver.UnresolvableContactPoints(),
    ],
    ids=repr,
)
def test_what_will_not_pass_is_said_at_once(injected: list[Exception], first: Exception) -> None:
    injected += [first, first]
    with pytest.raises(OperationalError):
        open_store("cassandra://127.0.0.1:1/ks", "", Options(connect_timeout=60))
    assert injected == [first]


def test_the_attempts_end_when_the_time_does(injected: list[Exception]) -> None:
    injected += [no_host(GARBLED)] * 1000
    error = fails("cassandra://me:secret@127.0.0.1:1/ks", Options(connect_timeout=0.8))
    assert isinstance(error, ConnectionFailed)
    assert "CRC mismatch on header" in str(error)
    assert 990 < len(injected) < 1000


def test_a_last_attempt_that_is_too_slow_tells_of_the_one_before(
    injected: list[Exception],
) -> None:
    injected += [SLOW]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = fails(f"cassandra://me:secret@127.0.0.1:{silent.getsockname()[1]}/ks")
    assert isinstance(error, ConnectionFailed)
    assert "answered within 1.5 s; the attempt before: a node did not answer in time" in str(error)
    assert error.hint == "A larger connect_timeout gives a busy server more time."


def test_the_drivers_connections_wait_for_whole_segments(uri: str) -> None:
    store = open_store(uri, "", Options())
    assert isinstance(store, CassandraBackend)
    assert issubclass(store._session.cluster.connection_class, WholeSegments)
    store.close()


def test_the_datacenter_is_discovered(uri: str) -> None:
    open_store(uri.partition("?")[0], "", Options()).close()


def test_the_driver_prints_nothing(uri: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert any(isinstance(h, logging.NullHandler) for h in logging.getLogger("cassandra").handlers)
    open_store(uri, "", Options()).close()
    assert capfd.readouterr().err == ""


HOST = "10.0.0.1:9042"
LOGIN_REFUSED = driver.AuthenticationFailed("bad")


@pytest.mark.parametrize(
    ("error", "writing", "kind"),
    [
        (NoHostAvailable("no", {HOST: LOGIN_REFUSED}), False, AuthenticationFailed),
        (NoHostAvailable("no", {HOST: ConnectionShutdown("gone")}), False, ConnectionFailed),
        (NoHostAvailable("no", {HOST: ConnectionShutdown("gone")}), True, OutcomeUnknown),
        (driver.Unauthorized("no"), False, InsufficientPrivilege),
        (driver.InvalidRequest("bad"), False, ProgrammingError),
        (driver.AlreadyExists("ks", "t"), False, TableExists),
        (driver.OperationTimedOut(), False, QueryCanceled),
        (driver.OperationTimedOut(), True, OutcomeUnknown),
        (driver.ReadTimeout("slow"), False, OperationalError),
        (driver.WriteTimeout("slow", write_type=0), True, OutcomeUnknown),
        (driver.Unavailable("few"), True, OperationalError),
        (ConnectionShutdown("gone"), True, OutcomeUnknown),
    ],
)  # fmt: skip
def test_each_driver_error_has_its_class(
    error: Exception, writing: bool, kind: type[Error]
) -> None:
    assert type(translated(error, writing=writing)) is kind


class Statement:
    def __init__(self, is_idempotent: bool) -> None:
        self.is_idempotent = is_idempotent


@pytest.mark.parametrize(
    ("idempotent", "retry", "again"),
    [(True, 0, True), (True, MOST, False), (False, 0, False)],
)
def test_only_idempotent_statements_are_sent_again(
    idempotent: bool, retry: int, again: bool
) -> None:
    policy: Any = TruthfulRetryPolicy()
    statement = Statement(idempotent)
    expected = (policy.RETRY_NEXT_HOST if again else policy.RETHROW), None
    assert policy.on_request_error(statement, None, error=None, retry_num=retry) == expected
    assert policy.on_write_timeout(statement, retry_num=retry) == expected
