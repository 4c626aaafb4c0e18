"""How requests treat the cluster: what the URI's options become at the driver, TLS verified."""

from __future__ import annotations

import gc
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT
from cassandra.policies import ConstantSpeculativeExecutionPolicy, TokenAwarePolicy

import sqlshim
from sqlshim.backends.cassandra import open_store
from sqlshim.backends.cassandra.backend import CassandraBackend
from sqlshim.backends.cassandra.levels import Levels
from sqlshim.backends.cassandra.policies import TruthfulRetryPolicy
from sqlshim.backends.cassandra.session import Session
from sqlshim.backends.protocol import Options
from sqlshim.errors import InterfaceError, OperationalError, QueryCanceled

Connect = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def _table(cql: Any) -> None:
    cql.execute("CREATE TABLE things (k int PRIMARY KEY, x int)")
    for k in range(30):
        cql.execute(f"INSERT INTO things (k, x) VALUES ({k}, {k})")


@pytest.fixture
def opened(uri: str) -> Iterator[Callable[[str], CassandraBackend]]:
    stores: list[CassandraBackend] = []

    def open_(options: str) -> CassandraBackend:
        store = open_store(f"{uri}&{options}", "", Options())
        assert isinstance(store, CassandraBackend)
        stores.append(store)
        return store

    yield open_
    for store in stores:
        store.close()


def test_the_options_reach_the_driver(opened: Callable[[str], CassandraBackend]) -> None:
    store = opened("consistency=one&serial_consistency=local_serial&speculative_delay=0.25")
    profile = store._session.cluster.profile_manager.profiles[EXEC_PROFILE_DEFAULT]
    assert profile.consistency_level == ConsistencyLevel.ONE
    assert profile.serial_consistency_level == ConsistencyLevel.LOCAL_SERIAL
    assert isinstance(profile.load_balancing_policy, TokenAwarePolicy)
    policy = profile.speculative_execution_policy
    assert isinstance(policy, ConstantSpeculativeExecutionPolicy)
    assert policy.delay == 0.25


def test_after_the_first_read_timeout_the_same_node_is_asked_again() -> None:
    policy = TruthfulRetryPolicy()
    read = SimpleNamespace(is_idempotent=True)
    taken = [policy.on_read_timeout(read, retry_num=n)[0] for n in range(4)]
    assert taken == [policy.RETRY_NEXT_HOST, policy.RETRY, policy.RETRY, policy.RETHROW]
    write = SimpleNamespace(is_idempotent=False)
    assert policy.on_read_timeout(write, retry_num=0)[0] == policy.RETHROW


def test_pages_are_as_large_as_said(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    idempotent: list[bool] = []
    send = Session.send

    def recording(self: Session, statement: Any, *rest: Any, **options: Any) -> Any:
        future = send(self, statement, *rest, **options)
        sizes.append(future.query.fetch_size)
        idempotent.append(future.query.is_idempotent)
        return future

    monkeypatch.setattr(Session, "send", recording)
    with sqlshim.connect(f"{uri}&page_size=7", full_scan="allow", autocommit=True) as connection:
        rows = connection.execute("SELECT k FROM things").fetchall()
        assert sorted(rows) == [(k,) for k in range(30)]
        assert set(sizes) == {7}
        assert set(idempotent) == {True}
        idempotent.clear()
        connection.execute("INSERT INTO things (k, x) VALUES (100, 1)")
        assert False in idempotent  # IF NOT EXISTS, sent twice, says something else


LEVELS = [
    ("SELECT k FROM things WHERE k = 1", {}, "LOCAL_QUORUM"),
    ("SELECT /*+ consistency(one) */ k FROM things WHERE k = 1", {}, "ONE"),
    ("/*+ consistency('ALL') */ SELECT k FROM things WHERE k = 1", {}, "ALL"),
    ("SELECT /*+ parallel(8) */ k FROM things WHERE k = 1", {}, "LOCAL_QUORUM"),
    ("SELECT k FROM things WHERE k = 1", {"consistency": "'quorum'"}, "QUORUM"),
    ("SELECT k FROM things WHERE k = 1", {"consistency": "DEFAULT"}, "LOCAL_QUORUM"),
    ("SELECT /*+ consistency(ONE) */ k FROM things", {"consistency": "ALL"}, "ONE"),
    ("INSERT INTO things (k) VALUES (200)", {"consistency": "ALL"}, "ALL"),
    ("INSERT /*+ consistency(TWO) */ INTO things (k) SELECT 201", {}, "TWO"),
]


@pytest.mark.parametrize(("sql", "said", "level"), LEVELS, ids=[f"{s} {x}" for s, x, _ in LEVELS])
def test_consistency_is_the_statements_the_sessions_or_the_connections(
    uri: str, monkeypatch: pytest.MonkeyPatch, sql: str, said: dict[str, str], level: str
) -> None:
    sent: list[str] = []
    apply = Levels.apply

    def recording(self: Levels, bound: Any, hints: Any) -> None:
        bound.consistency_level = ConsistencyLevel.LOCAL_QUORUM  # the profile's
        apply(self, bound, hints)
        if not bound.prepared_statement.query_string.startswith("SELECT TOKEN"):  # a probe
            sent.append(ConsistencyLevel.value_to_name[bound.consistency_level])
        bound.consistency_level = ConsistencyLevel.ONE  # there is one node

    with sqlshim.connect(uri, full_scan="allow", autocommit=True) as connection:
        for name, value in said.items():
            connection.execute(f"SET {name} = {value}")
        monkeypatch.setattr(Levels, "apply", recording)
        cursor = connection.execute(sql)
        if cursor.description is not None:
            cursor.fetchall()
    assert set(sent) == {level}


def test_a_level_that_is_none(uri: str) -> None:
    with sqlshim.connect(uri) as connection:
        for sql in (
            "SET consistency = QUORUMM",
            "SELECT /*+ consistency(QUORUMM) */ * FROM things WHERE k = 1",
        ):
            with pytest.raises(sqlshim.ProgrammingError, match="Did you mean QUORUM") as caught:
                connection.execute(sql).fetchall()
            assert caught.value.sqlstate == "22023"


def test_a_store_is_set_by_its_name(uri: str) -> None:
    with sqlshim.connect({"events": uri, "mine": "memory://"}) as connection:
        connection.execute("SET events.consistency TO LOCAL_ONE")
        for sql, sqlstate in (
            ("SET mine.consistency TO ONE", "42704"),
            ("SET work_mem = '1GB'", "42704"),
            ("SET other.consistency TO ONE", "3F000"),
        ):
            with pytest.raises(sqlshim.ProgrammingError) as caught:
                connection.execute(sql).fetchall()
            assert caught.value.sqlstate == sqlstate


def test_a_request_that_takes_too_long_ends(uri: str) -> None:
    with (
        sqlshim.connect(f"{uri}&request_timeout=0.000001", full_scan="allow") as connection,
        pytest.raises(QueryCanceled),
    ):
        connection.execute("SELECT COUNT(*) FROM things").fetchall()


def test_statements_outlive_changes_of_the_schema(uri: str, cql: Any) -> None:
    cql.execute("CREATE TABLE growing (k int PRIMARY KEY, x int)")
    cql.execute("INSERT INTO growing (k, x) VALUES (1, 2)")
    with sqlshim.connect(uri) as connection:
        sql = "SELECT * FROM growing WHERE k = 1"
        assert connection.execute(sql).fetchall() == [(1, 2)]
        cql.execute("ALTER TABLE growing ADD a text")
        assert connection.execute("SELECT x FROM growing WHERE k = 1").fetchall() == [(2,)]
        cql.execute("ALTER TABLE growing DROP x")
        assert connection.execute("SELECT k FROM growing WHERE k = 1").fetchall() == [(1,)]


CHANGES = [
    ("ALTER TABLE changing ADD a text", (1, None, 2)),
    ("ALTER TABLE changing DROP x", (1, None)),
    ("ALTER TABLE changing RENAME k TO key", (1, None)),
    ("ALTER TABLE changing ADD x int", (1, None, None)),
]


def test_what_others_change_is_seen(uri: str, cql: Any) -> None:
    """The same statement again and again, its plan in the cache."""
    cql.execute("CREATE TABLE changing (k int PRIMARY KEY, x int)")
    cql.execute("INSERT INTO changing (k, x) VALUES (1, 2)")
    with sqlshim.connect(uri, full_scan="allow") as connection:
        assert _soon(connection, "SELECT * FROM changing", [(1, 2)])
        for change, row in CHANGES:
            cql.execute(change)
            assert _soon(connection, "SELECT * FROM changing", [row]), change


def test_a_table_made_anew_with_other_types_is_read_with_those(uri: str, cql: Any) -> None:
    with sqlshim.connect(uri, full_scan="allow") as connection:
        for native, value in (("int", "1"), ("text", "'1'"), ("bigint", "1")):
            cql.execute("DROP TABLE IF EXISTS anew")
            cql.execute(f"CREATE TABLE anew (k {native} PRIMARY KEY, x {native})")
            cql.execute(f"INSERT INTO anew (k, x) VALUES ({value}, {value})")
            found = "1" if native == "text" else 1
            assert _soon(connection, "SELECT k, x FROM anew WHERE k = '1'", [(found, found)])


def test_a_type_that_others_widen_is_read_whole(uri: str, cql: Any) -> None:
    cql.execute("CREATE TYPE spot (x int)")
    cql.execute("CREATE TABLE spots (k int PRIMARY KEY, at frozen<spot>)")
    cql.execute("INSERT INTO spots (k, at) VALUES (1, {x: 5})")
    with sqlshim.connect(uri) as connection:
        assert connection.execute("SELECT at FROM spots WHERE k = 1").fetchall() == [({"x": 5},)]
        cql.execute("ALTER TYPE spot ADD y int")
        assert _soon(connection, "SELECT at FROM spots WHERE k = 1", [({"x": 5, "y": None},)])


def _soon(connection: Any, sql: str, rows: list[tuple[object, ...]]) -> bool:
    """Whether the answer is `rows` within seconds: servers tell of changes as they get to it."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if connection.execute(sql).fetchall() == rows:
                return True
        except sqlshim.ProgrammingError:  # a column that is no more
            pass
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("where", ["executor", "event loop"])
def test_a_connection_may_be_forgotten_in_a_thread_of_the_driver(uri: str, where: str) -> None:
    """The garbage collector runs in any thread, and closing waits for the driver's."""
    held = [sqlshim.connect(uri)]
    store = held[0]._world.stores[""]
    assert isinstance(store, CassandraBackend)
    cluster, session = store._session.cluster, store._session._session
    done = threading.Event()

    def forget(*_: object) -> None:
        held.clear()
        gc.collect()
        done.set()

    if where == "executor":
        cluster.executor.submit(forget)
    else:
        session.execute_async("SELECT * FROM system.local").add_callback(forget)
    assert done.wait(30)
    until = time.monotonic() + 30
    while not (pools := tuple(session.get_pools())) or not all(p.is_shutdown for p in pools):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert cluster.is_shutdown


# --- TLS -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1, signed by itself, with its key in the same file."""
    home = tmp_path_factory.mktemp("tls")
    key, cert, both = home / "key.pem", home / "cert.pem", home / "both.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=node "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {cert}"
    )
    try:
        subprocess.run(command.split(), check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no openssl to make a certificate with")
    both.write_text(key.read_text() + cert.read_text())
    return both


@pytest.fixture
def listener(certificate: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A port behind TLS, and what clients say there once they are content with the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    heard: list[bytes] = []
    server = socket.create_server(("", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
                with context.wrap_socket(client, server_side=True) as secure:
                    heard.append(secure.recv(16))
            except ssl.SSLError:
                continue
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1], heard
    server.close()


def _connect(port: int, host: str = "127.0.0.1", **options: object) -> None:
    rest = "&".join(f"{name}={value}" for name, value in options.items())
    sqlshim.connect(f"cassandra://{host}:{port}/ks?{rest}", connect_timeout=3)


def test_a_trusted_certificate_is_talked_to(
    listener: tuple[int, list[bytes]], certificate: Path
) -> None:
    port, heard = listener
    with pytest.raises(OperationalError):  # it answers nothing
        _connect(port, tls_ca_file=certificate)
    assert heard
    assert heard[0][:1] in (
        b"\x05",
        b"\x04",
    )  # the version of the protocol that a request begins with


def test_an_unknown_certificate_is_refused(listener: tuple[int, list[bytes]]) -> None:
    port, heard = listener
    with pytest.raises(OperationalError, match=r"(?i)certificate verify failed"):
        _connect(port, tls="true")
    assert heard in ([], [b""])


def test_a_certificate_of_another_host_is_refused(
    listener: tuple[int, list[bytes]], certificate: Path
) -> None:
    port, heard = listener
    with pytest.raises(OperationalError, match=r"(?i)mismatch"):
        _connect(port, "127.0.0.2", tls_ca_file=certificate)
    assert not any(heard)


def test_a_file_that_is_none() -> None:
    with pytest.raises(InterfaceError, match="a TLS file cannot be used"):
        _connect(1, tls_ca_file="/nowhere.pem")
