"""Connecting: what goes wrong is said in time, by the right class, without the password."""

from __future__ import annotations

import logging
import socket
import time
from typing import Any

import cassandra as driver
import pytest
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionShutdown

from sqlshim.backends.cassandra import open_store
from sqlshim.backends.cassandra.errors import translated
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
        assert time.monotonic() - start < 4


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
