"""The server helpers, on real servers: they come up, keep strangers out, and leave nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cassandra import ConsistencyLevel, Unavailable, WriteTimeout
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.policies import WhiteListRoundRobinPolicy
from pymongo import MongoClient
from pymongo.errors import OperationFailure

import sqlshim
from conformance.servers import (
    Credentials,
    Server,
    ServerFailed,
    ServerUnavailable,
    cassandra,
    cli,
    fetch,
    mongod,
    wanted_servers,
)
from conformance.servers.homes import free_ports, homes_dir, is_alive, new_home, sweep
from conformance.servers.process import Process

ROOT = Path(__file__).parent.parent


@contextmanager
def mongo_client(uri: str) -> Iterator[MongoClient[dict[str, Any]]]:
    client: MongoClient[dict[str, Any]] = MongoClient(uri, serverSelectionTimeoutMS=30_000)
    with client:
        yield client


@contextmanager
def cassandra_session(server: Server, who: Credentials | None = None) -> Iterator[Any]:
    hosts, _, port = server.hosts.rpartition(":")
    points = hosts.split(",")
    cluster = Cluster(
        points,
        port=int(port),
        protocol_version=5,
        auth_provider=PlainTextAuthProvider(who.user, who.password) if who else None,
        execution_profiles={
            EXEC_PROFILE_DEFAULT: ExecutionProfile(
                WhiteListRoundRobinPolicy(points), request_timeout=60
            )
        },
    )
    try:
        yield cluster.connect("sqlshim_test")
    finally:
        cluster.shutdown()


def sleeper(seconds: int = 600) -> Process:
    """A process that is no server: enough to watch how processes are kept."""
    home = new_home("sleeper")
    program = "import sys, time; print('a last word', flush=True); time.sleep(float(sys.argv[1]))"
    return Process("a sleeper", [sys.executable, "-c", program, str(seconds), str(home)], home)


# --- MongoDB ---------------------------------------------------------------------------------


def test_a_mongod_takes_transactions_and_leaves_nothing_behind() -> None:
    with mongod() as server:
        assert server.uri.endswith("/sqlshim_test?replicaSet=rs0")
        assert str(server) == "MongoDB 6.0.5"
        with mongo_client(server.uri) as client, client.start_session() as session:
            with session.start_transaction():
                client.sqlshim_test.t.insert_one({"_id": 1}, session=session)
            assert client.sqlshim_test.t.count_documents({}) == 1
        pids, homes = server.pids, [node.home for node in server.nodes]
    assert len(pids) == 1
    assert not any(is_alive(pid) for pid in pids)
    assert not any(home.exists() for home in homes)


def test_a_second_mongod_starts_within_seconds() -> None:
    fetch.mongod_binary()
    begun = time.monotonic()
    with mongod() as one, mongod() as other:
        assert one.hosts != other.hosts
    assert time.monotonic() - begun < 30


def test_a_mongod_with_a_password_refuses_a_wrong_one() -> None:
    with mongod(credentials=Credentials("ann", "correct horse")) as server:
        with mongo_client(server.uri) as client:
            assert client.sqlshim_test.t.count_documents({}) == 0
        wrong = server.uri_as(Credentials("ann", "wrong"))
        with mongo_client(wrong) as client, pytest.raises(OperationFailure, match="Authentication"):
            client.sqlshim_test.t.count_documents({})
        with mongo_client(server.uri_as(None)) as client, pytest.raises(OperationFailure):
            client.sqlshim_test.t.count_documents({})


def test_test_commands_inject_an_error() -> None:
    fault = {"errorCode": 8000, "failCommands": ["find"]}
    with mongod(test_commands=True) as server, mongo_client(server.uri) as client:
        client.admin.command(
            {"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": fault}
        )
        with pytest.raises(OperationFailure) as raised:
            client.sqlshim_test.t.find_one()
        assert raised.value.code == 8000


def test_a_killed_node_comes_back_with_its_data() -> None:
    with mongod() as server, mongo_client(server.uri) as client:
        client.sqlshim_test.t.insert_one({"_id": 1})
        server.nodes[0].kill()
        assert server.pids == []
        server.restart(0)
        assert client.sqlshim_test.t.count_documents({}) == 1


@pytest.mark.slow
def test_three_mongods_elect_another_primary() -> None:
    with mongod(3, election_timeout_ms=2000) as server, mongo_client(server.uri) as client:
        client.sqlshim_test.t.insert_one({"_id": 1})
        assert len(server.pids) == 3
        first = client.primary
        assert first is not None
        next(node for node in server.nodes if node.name.endswith(str(first[1]))).kill()
        assert client.sqlshim_test.t.find_one() == {"_id": 1}
        assert client.primary != first


# --- Cassandra -------------------------------------------------------------------------------


def test_a_cassandra_with_a_password_refuses_a_wrong_one() -> None:
    ann = Credentials("ann", "correct horse")
    with cassandra(credentials=ann) as server:
        assert str(server) == "Cassandra 5.0.6"
        with cassandra_session(server, ann) as session:
            session.execute("CREATE TABLE t (a int PRIMARY KEY)")
        with (
            pytest.raises(NoHostAvailable, match="AuthenticationFailed"),
            cassandra_session(server, Credentials("ann", "wrong")),
        ):
            pass
        with sqlshim.connect(f"{server.uri_as(ann)}", full_scan="allow") as connection:
            assert connection.execute("SELECT a FROM t").fetchall() == []
        for who in (Credentials("ann", "s3cret"), None):
            with pytest.raises(sqlshim.OperationalError) as caught:
                sqlshim.connect(server.uri_as(who))
            assert caught.value.sqlstate == "28P01"
            assert "s3cret" not in str(caught.value)
        pids, homes = server.pids, [node.home for node in server.nodes]
    assert not any(is_alive(pid) for pid in pids)
    assert not any(home.exists() for home in homes)


def test_the_shared_cassandra_has_the_keyspace(cassandra_uri: str) -> None:
    server = Server("cassandra", "", cassandra_uri.split("/")[2], "")
    with cassandra_session(server) as session:
        assert session.keyspace == "sqlshim_test"


@pytest.mark.slow
def test_three_cassandras_serve_a_quorum_without_one() -> None:
    with cassandra(3) as server, cassandra_session(server) as session:
        session.execute("CREATE TABLE t (a int PRIMARY KEY)")
        insert = session.prepare("INSERT INTO t (a) VALUES (?)")
        insert.consistency_level = ConsistencyLevel.ALL
        session.execute(insert, [1])
        server.nodes[2].kill()
        insert.consistency_level = ConsistencyLevel.QUORUM
        session.execute(insert, [2])
        insert.consistency_level = ConsistencyLevel.ALL
        with pytest.raises((Unavailable, WriteTimeout)):  # before or after the ring notices
            session.execute(insert, [3])


# --- processes -------------------------------------------------------------------------------


def test_a_server_that_ends_early_shows_its_log() -> None:
    process = sleeper(0)
    process.start()
    with pytest.raises(ServerFailed, match="a last word"):
        process.wait_until(lambda: False, 30, "ready")
    process.discard()


def test_a_server_that_is_not_ready_in_time_fails() -> None:
    process = sleeper()
    process.start()
    with pytest.raises(ServerFailed, match="not ready within 0 s"):
        process.wait_until(lambda: False, 0.2, "ready")
    process.discard()
    assert not process.alive


@pytest.mark.parametrize(
    ("number", "leftover"),
    [(signal.SIGTERM, False), (signal.SIGHUP, False), (signal.SIGKILL, True)],
    ids=["terminated", "hung up", "killed"],
)
def test_a_signalled_owner_leaves_no_server(number: signal.Signals, leftover: bool) -> None:
    program = (
        "import time; from tests.test_servers import sleeper; process = sleeper();"
        "process.start(); print(process.pid, process.home, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pid, home = owner.stdout.readline().split()
        owner.send_signal(number)
        assert owner.wait(30) == -number
    assert is_alive(int(pid)) == leftover  # nothing can be done by who is killed …
    sweep()
    time.sleep(0.2)
    assert not is_alive(int(pid))  # … but the next run finds it
    assert not Path(home).exists()


def test_sweeping_spares_the_servers_of_the_living() -> None:
    process = sleeper()
    process.start()
    assert process.home not in sweep()
    assert process.alive
    process.discard()


def test_free_ports_are_different() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20


def test_homes_are_private() -> None:
    assert homes_dir().stat().st_mode & 0o077 == 0


# --- by hand ---------------------------------------------------------------------------------


def test_detached_servers_outlive_the_command_until_down(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    note = str(tmp_path / "note.json")
    assert cli.main(["up", "mongo", "--detach", "--state", note]) == 0
    shown = capfd.readouterr().out
    uri = shown.split("export SQLSHIM_TEST_MONGODB_URI=")[1].strip().strip("'")
    with mongo_client(uri) as client:
        assert client.server_info()["version"] == "6.0.5"
    assert cli.main(["up", "mongo", "--detach", "--state", note]) == 0
    assert "running already" in capfd.readouterr().out
    assert cli.main(["down", "--state", note]) == 0
    assert cli.main(["status", "--state", note]) == 0
    assert capfd.readouterr().out == "# stopped MongoDB 6.0.5\n# nothing runs\n"


def test_run_gives_a_command_the_uri_and_returns_its_code(
    capfd: pytest.CaptureFixture[str],
) -> None:
    program = "import os, sys; print(os.environ['SQLSHIM_TEST_MONGODB_URI']); sys.exit(3)"
    assert cli.main(["run", "mongo", "--", sys.executable, "-c", program]) == 3
    assert "mongodb://127.0.0.1:" in capfd.readouterr().out


def test_an_unknown_kind_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["up", "oracle"]) == 2
    assert "unknown server 'oracle'" in capsys.readouterr().err


def test_the_servers_of_the_environment_are_used(
    monkeypatch: pytest.MonkeyPatch, mongo_uri: str
) -> None:
    monkeypatch.setenv("SQLSHIM_TEST_MONGODB_URI", mongo_uri)
    with wanted_servers() as servers:
        server = servers.get("mongo")
    assert (server.uri, server.nodes) == (mongo_uri, ())


def test_a_missing_java_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_find_java", lambda *_majors: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ServerUnavailable, match="OpenJDK 17"):
        fetch.java()
