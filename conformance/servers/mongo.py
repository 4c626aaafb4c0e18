"""A real mongod: one node or three, always a replica set, so that transactions work.

    with mongod() as server:
        server.uri            # mongodb://127.0.0.1:PORT/sqlshim_test?replicaSet=rs0

`test_commands=True` allows `configureFailPoint`, the way to inject a server's errors exactly.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from .errors import ServerFailed
from .fetch import mongod_binary
from .homes import free_ports, new_home, sweep
from .process import Process
from .server import Credentials, Server

_SET = "rs0"
_START_SECONDS = 60
_ELECTION_SECONDS = 90
_Client = MongoClient[dict[str, Any]]


@contextmanager
def mongod(
    nodes: int = 1,
    *,
    credentials: Credentials | None = None,
    test_commands: bool = False,
    cache_gb: float | None = None,
    election_timeout_ms: int | None = None,
) -> Iterator[Server]:
    """A running replica set of `nodes` members on free ports; stopped and removed at the end.

    With `credentials` it wants a password, and this user exists. `election_timeout_ms` shortens
    the 10 s that MongoDB waits before it elects a new primary.
    """
    binary = mongod_binary()
    sweep()
    ports = free_ports(nodes)
    options = ["--wiredTigerCacheSizeGB", str(cache_gb or (0.5 if nodes == 1 else 0.25))]
    options += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
    if test_commands:
        options += ["--setParameter", "enableTestCommands=1"]
    key = secrets.token_hex(32) if credentials else None
    with ExitStack() as stack:
        members = []
        for port in ports:
            member = _member(str(binary), port, options, key)
            stack.callback(member.discard)
            member.start()
            members.append(member)
        for member, port in zip(members, ports, strict=True):
            _wait_for_answer(member, port)
        _initiate(ports, election_timeout_ms)
        version = _wait_for_primary(members, ports, credentials)

        def restart(number: int) -> None:
            members[number].start()
            _wait_for_answer(members[number], ports[number])

        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        yield Server(
            kind="mongo",
            version=version,
            hosts=hosts,
            options=f"replicaSet={_SET}",
            nodes=tuple(members),
            credentials=credentials,
            restart=restart,
        )


def _member(binary: str, port: int, options: Sequence[str], key: str | None) -> Process:
    home = new_home("mongod")
    data = home / "data"
    data.mkdir()
    command = [binary, "--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1"]
    command += ["--replSet", _SET, "--nounixsocket", *options]
    if key is not None:
        key_file = home / "key"
        key_file.write_text(key)
        key_file.chmod(0o600)
        command += ["--keyFile", str(key_file)]
    return Process(f"mongod on port {port}", command, home)


@contextmanager
def _direct(port: int) -> Iterator[_Client]:
    client: _Client = MongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=1000
    )
    with client:
        yield client


def _wait_for_answer(member: Process, port: int) -> None:
    def answers() -> bool:
        try:
            with _direct(port) as client:
                client.admin.command("ping")
        except PyMongoError:
            return False
        return True

    member.wait_until(answers, _START_SECONDS, "answering")


def _initiate(ports: Sequence[int], election_timeout_ms: int | None) -> None:
    config: dict[str, Any] = {
        "_id": _SET,
        "members": [{"_id": n, "host": f"127.0.0.1:{port}"} for n, port in enumerate(ports)],
    }
    if election_timeout_ms is not None:
        config["settings"] = {"electionTimeoutMillis": election_timeout_ms}
    with _direct(ports[0]) as client:
        client.admin.command("replSetInitiate", config)


def _wait_for_primary(
    members: Sequence[Process], ports: Sequence[int], credentials: Credentials | None
) -> str:
    """Wait until a member takes writes, make the user there, and return the server's version."""
    primary: list[int] = []

    def elected() -> bool:
        primary.extend(port for port in ports if _is_primary(port))
        return bool(primary)

    members[0].wait_until(elected, _ELECTION_SECONDS, "part of a set with a primary")
    if credentials is not None:
        _create_user(primary[0], credentials)
    with _direct(primary[0]) as client:
        return str(client.admin.command("buildInfo")["version"])


def _is_primary(port: int) -> bool:
    try:
        with _direct(port) as client:
            return bool(client.admin.command("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False


def _create_user(port: int, who: Credentials) -> None:
    # Until the first user exists, a client on the same machine may make one.
    deadline = time.monotonic() + 30
    while True:
        try:
            with _direct(port) as client:
                client.admin.command("createUser", who.user, pwd=who.password, roles=["root"])
            return
        except OperationFailure as error:
            if time.monotonic() > deadline:
                raise ServerFailed(f"could not make the user {who.user}: {error}") from error
            time.sleep(0.2)
