"""One connection to a cluster: opened within a time, statements prepared once, requests sent.

Everything that needs the driver's Cluster and Session goes through `Session`; driver exceptions
leave it as sqlshim's.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from inspect import signature
from types import MappingProxyType
from typing import Any

from cassandra import AuthenticationFailed as DriverLoginFailed
from cassandra import ConsistencyLevel, OperationTimedOut, ProtocolVersion
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    HostDistance,
    SpeculativeExecutionPolicy,
    TokenAwarePolicy,
)
from cassandra.query import BoundStatement, PreparedStatement, tuple_factory

from sqlshim.backends.cassandra.errors import DRIVER_ERRORS, translated, translating
from sqlshim.backends.cassandra.framing import mended
from sqlshim.backends.cassandra.levels import Levels
from sqlshim.backends.cassandra.policies import TruthfulRetryPolicy
from sqlshim.backends.cassandra.servers import Version, is_scylla, lacking, oldest, version_of
from sqlshim.backends.cassandra.uri import Address, Tls
from sqlshim.backends.cassandra.values.decode import PageHandler
from sqlshim.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    Error,
    InsufficientPrivilege,
    InterfaceError,
    nearest,
    without_secrets,
)

# The driver logs what it also raises; without a handler Python would print that on stderr.
logging.getLogger("cassandra").addHandler(logging.NullHandler())

MOST_PREPARED = 500
CONNECT_ERRORS: tuple[type[Exception], ...] = (*DRIVER_ERRORS, OSError, Error)
NO_HINTS: Mapping[str, str] = MappingProxyType({})
SHORTEST_ATTEMPT = 0.5  # seconds that are left for another attempt to connect
BETWEEN_ATTEMPTS = 0.1
NO_TIMEOUT = 600.0  # seconds for one request when the statement has no timeout


class _Routed(BoundStatement):  # type: ignore[misc]
    """A statement with a list of partition keys, of which the driver knows no routing key."""

    routing_key: bytes | None = None


class Session:
    """An open cluster. Thread-safe, as the driver is."""

    def __init__(self, address: Address, connect_timeout: float) -> None:
        self._prepared: OrderedDict[tuple[str, object], PreparedStatement] = OrderedDict()
        self._lock = threading.Lock()
        self.levels = Levels()
        self.page_rows = address.page_size
        self._longest = address.request_timeout or NO_TIMEOUT
        self.cluster, self._session = _connect_within(address, connect_timeout)

    @property
    def metadata(self) -> Any:
        """The driver's metadata: keyspaces, hosts, the ring."""
        return self.cluster.metadata

    @property
    def protocol_version(self) -> int:
        """What was agreed upon with the server."""
        version: int = self.cluster.protocol_version
        return version

    def is_near(self, host: Any) -> bool:
        """Whether requests may go to a host now."""
        profile = self.cluster.profile_manager.default
        near: bool = profile.load_balancing_policy.distance(host) == HostDistance.LOCAL
        return near and host.is_up is True

    def lacks(self) -> frozenset[str]:
        """What this cluster cannot do."""
        scylla: Version | None = None
        if is_scylla(self.metadata):
            found = self.read("SELECT version FROM system.versions WHERE key = 'local'")
            scylla = version_of(found[0][0]) if found else ()
        return lacking(oldest(self.metadata), scylla, self.metadata.partitioner or "")

    def prepare(self, text: str, stamp: object) -> PreparedStatement:
        """The prepared statement of a text. `stamp` stands for the columns' types: a table that
        was dropped and made anew with others must not meet the old statement."""
        with self._lock:
            found = self._prepared.get((text, stamp))
            if found is not None:
                self._prepared.move_to_end((text, stamp))
                return found
        with translating():
            made = self._session.prepare(text)
        with self._lock:
            self._prepared[text, stamp] = made
            while len(self._prepared) > MOST_PREPARED:
                self._prepared.popitem(last=False)
        return made

    def send(
        self,
        statement: PreparedStatement,
        values: Sequence[object],
        timeout: float | None = None,
        *,
        idempotent: bool,
        page_rows: int | None = None,
        hints: Mapping[str, str] = NO_HINTS,
        routing_key: bytes | None = None,
    ) -> Any:
        """Start a request; the driver's ResponseFuture. `values` have the markers' types."""
        if routing_key is None:
            bound = statement.bind(values)
        else:
            bound = _Routed(statement).bind(values)
            bound.routing_key = routing_key
        bound.is_idempotent = idempotent
        bound.fetch_size = page_rows or self.page_rows
        self.levels.apply(bound, hints)
        return self._session.execute_async(bound, timeout=min(timeout or NO_TIMEOUT, self._longest))

    def read(self, text: str, values: Sequence[object] = (), stamp: object = None) -> list[Any]:
        """All rows of a small query."""
        statement = self.prepare(text, stamp)
        with translating():
            return list(self.send(statement, values, idempotent=True).result())

    def run_ddl(self, text: str) -> None:
        """Change the schema and wait until all nodes agree."""
        with translating(writing=True):
            self._session.execute(text, timeout=NO_TIMEOUT)

    def forget_prepared(self) -> None:
        """After a change of the schema."""
        with self._lock:
            self._prepared.clear()

    def close(self) -> None:
        """Close all connections; harmless twice."""
        self.forget_prepared()
        self.cluster.shutdown()


def _cluster(address: Address, connect_timeout: float) -> Any:
    login = None
    if address.user is not None:
        login = PlainTextAuthProvider(address.user, address.password or "")
    # Not shuffled, so that it is known to which replica a batch of keys goes.
    local = DCAwareRoundRobinPolicy(address.local_dc or "")
    balance = TokenAwarePolicy(local, shuffle_replicas=False)
    profile = ExecutionProfile(
        load_balancing_policy=balance,
        retry_policy=TruthfulRetryPolicy(),
        consistency_level=ConsistencyLevel.name_to_value[address.consistency],
        serial_consistency_level=ConsistencyLevel.name_to_value[address.serial_consistency],
        request_timeout=None,
        row_factory=tuple_factory,
        speculative_execution_policy=_second_chances(address),
    )
    cluster = Cluster(
        contact_points=list(address.hosts),
        port=address.hosts[0][1],
        auth_provider=login,
        ssl_context=_encryption(address.tls) if address.tls else None,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        connect_timeout=max(0.1, connect_timeout / len(address.hosts)),
        control_connection_timeout=connect_timeout,
        schema_event_refresh_window=0,  # other clients' tables are seen at once
        **_introduction(),
    )
    cluster.connection_class = mended(cluster.connection_class)
    # Where to start from; as a constructor's argument it would forbid going down to older ones.
    cluster.protocol_version = ProtocolVersion.V5
    return cluster


def _introduction() -> dict[str, object]:
    """Who we are, to the server, as far as the driver can say it: scylla-driver cannot."""
    words: dict[str, object] = {"application_name": "sqlshim", "client_id": uuid.uuid4()}
    known = signature(Cluster.__init__).parameters
    return {name: word for name, word in words.items() if name in known}


def _second_chances(address: Address) -> SpeculativeExecutionPolicy | None:
    """Asking a second and third node when the first is slow: the driver does so for idempotent
    statements only, and `send` says truthfully which are."""
    if address.speculative_delay is None:
        return None
    return ConstantSpeculativeExecutionPolicy(address.speculative_delay, max_attempts=2)


def _encryption(tls: Tls) -> ssl.SSLContext:
    """Certificate and host name are verified; the driver asks for the name of each node."""
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.cert_file is not None:
            context.load_cert_chain(tls.cert_file, tls.key_file)
    except OSError as error:
        raise InterfaceError(f"a TLS file cannot be used: {error}") from error
    return context


class _Attempt:
    """A connection being made in a thread: the driver's timeouts are per step, and looking up
    host names has none, so the sum is watched from outside."""

    def __init__(self, address: Address, timeout: float) -> None:
        self.cluster: Any = None
        self.session: Any = None
        self.error: Exception | None = None
        self.given_up = False
        self._address, self._timeout = address, timeout

    def finished(self, within: float) -> bool:
        """Make the attempt; False if it takes too long, and is given up."""
        worker = threading.Thread(target=self._run, name="sqlshim-cassandra-connect", daemon=True)
        worker.start()
        worker.join(within)
        if not worker.is_alive():
            return True
        self.given_up = True
        if not worker.is_alive():
            self.stop()  # it was done at the last moment
        return False

    def _run(self) -> None:
        try:
            self.cluster = _cluster(self._address, self._timeout)
            self.session = self.cluster.connect()
        except CONNECT_ERRORS as error:
            self.error = error
        if self.given_up or self.error is not None:
            self.stop()

    def stop(self) -> None:
        if self.cluster is not None:
            self.cluster.shutdown()


def _connect_within(address: Address, timeout: float) -> tuple[Any, Any]:
    """The cluster and its session, or ConnectionFailed in time. A server that was slow, or an
    answer that was cut off, is tried again as long as there is time."""
    until = time.monotonic() + timeout
    hosts = ", ".join(f"{host}:{port}" for host, port in address.hosts)
    before: Exception | None = None
    while True:
        attempt = _Attempt(address, timeout)
        if not attempt.finished(until - time.monotonic()):
            raise _too_slow(hosts, timeout, before) from before
        if attempt.error is None:
            attempt.session.client_protocol_handler = PageHandler
            return attempt.cluster, attempt.session
        before = attempt.error
        if not _may_pass(before) or until - time.monotonic() < SHORTEST_ATTEMPT:
            raise _why_not(before, attempt.cluster, address, hosts) from before
        time.sleep(BETWEEN_ATTEMPTS)


def _too_slow(hosts: str, timeout: float, before: Exception | None) -> ConnectionFailed:
    said = "" if before is None else f"; the attempt before: {_said(before)}"
    return ConnectionFailed(
        f"no Cassandra node at {hosts} answered within {timeout:g} s{said}",
        hint="A larger connect_timeout gives a busy server more time.",
    )


def _said(error: BaseException) -> str:
    if isinstance(error, OperationTimedOut):
        return f"a node did not answer in time: {without_secrets(str(error))}"
    return translated(error).detail


def _may_pass(error: BaseException) -> bool:
    """Whether another attempt may get further: no node said no, and one was slow or garbled."""
    if isinstance(error, NoHostAvailable):
        causes = error.errors.values() if isinstance(error.errors, dict) else error.errors
        return any(map(_may_pass, causes)) and not any(map(_is_refusal, causes))
    if isinstance(error, ConnectionException):
        return "CRC mismatch" in str(error)
    return isinstance(error, OperationTimedOut)


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, DriverLoginFailed)


def _why_not(error: BaseException, cluster: Any, address: Address, hosts: str) -> Error:
    if isinstance(error, Error):
        return error
    known = [] if cluster is None else cluster.metadata.all_hosts()
    centers = sorted({h.datacenter for h in known if h.datacenter})
    if isinstance(error, NoHostAvailable) and centers and address.local_dc not in (None, *centers):
        near = nearest(str(address.local_dc), centers) or centers
        return InterfaceError(
            f"no node is in the datacenter {address.local_dc!r}",
            hint=f"Set local_dc to {' or '.join(near)}.",
        )
    found = translated(error)
    if isinstance(found, AuthenticationFailed | InsufficientPrivilege):
        return found
    return ConnectionFailed(f"cannot connect to Cassandra at {hosts}: {_said(error)}")
