"""One connection to a cluster: opened within a time, statements prepared once, requests sent.

Everything that needs the driver's Cluster and Session goes through `Session`; driver exceptions
leave it as sqlshim's.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.policies import DCAwareRoundRobinPolicy, TokenAwarePolicy
from cassandra.query import PreparedStatement, tuple_factory

from sqlshim.backends.cassandra.errors import DRIVER_ERRORS, translated, translating
from sqlshim.backends.cassandra.policies import TruthfulRetryPolicy
from sqlshim.backends.cassandra.uri import Address
from sqlshim.errors import ConnectionFailed, Error, InterfaceError, OperationalError, nearest

# The driver logs what it also raises; without a handler Python would print that on stderr.
logging.getLogger("cassandra").addHandler(logging.NullHandler())

MOST_PREPARED = 500
PAGE_ROWS = 5000
CONNECT_ERRORS: tuple[type[Exception], ...] = (*DRIVER_ERRORS, OSError)
NO_TIMEOUT = 600.0  # seconds for one request when the statement has no timeout


class Session:
    """An open cluster. Thread-safe, as the driver is."""

    def __init__(self, address: Address, connect_timeout: float) -> None:
        self._prepared: OrderedDict[tuple[str, object], PreparedStatement] = OrderedDict()
        self._lock = threading.Lock()
        self.cluster = _cluster(address, connect_timeout)
        try:
            self._session = _connect_within(self.cluster, address, connect_timeout)
        except BaseException:
            self.cluster.shutdown()
            raise

    @property
    def metadata(self) -> Any:
        """The driver's metadata: keyspaces, hosts, the ring."""
        return self.cluster.metadata

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
        page_rows: int = PAGE_ROWS,
    ) -> Any:
        """Start a request; the driver's ResponseFuture. `values` have the markers' types."""
        bound = statement.bind(values)
        bound.is_idempotent = idempotent
        bound.fetch_size = page_rows
        return self._session.execute_async(bound, timeout=timeout or NO_TIMEOUT)

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
    balance = TokenAwarePolicy(DCAwareRoundRobinPolicy(address.local_dc or ""))
    profile = ExecutionProfile(
        load_balancing_policy=balance,
        retry_policy=TruthfulRetryPolicy(),
        consistency_level=ConsistencyLevel.name_to_value[address.consistency],
        request_timeout=None,
        row_factory=tuple_factory,
    )
    with translating():
        return Cluster(
            contact_points=list(address.hosts),
            port=address.hosts[0][1],
            auth_provider=login,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            connect_timeout=max(0.1, connect_timeout / len(address.hosts)),
            control_connection_timeout=connect_timeout,
            schema_event_refresh_window=0,  # other clients' tables are seen at once
            application_name="sqlshim",
            client_id=uuid.uuid4(),
        )


def _connect_within(cluster: Any, address: Address, timeout: float) -> Any:
    """The session. The driver's timeouts are per attempt, so the sum is watched from outside."""
    outcome: list[Any] = []

    def connect() -> None:
        try:
            outcome.append(cluster.connect())
        except CONNECT_ERRORS as error:
            outcome.append(error)

    worker = threading.Thread(target=connect, name="sqlshim-cassandra-connect", daemon=True)
    worker.start()
    worker.join(timeout)
    hosts = ", ".join(f"{host}:{port}" for host, port in address.hosts)
    if not outcome:
        raise ConnectionFailed(f"no Cassandra node at {hosts} answered within {timeout:g} s")
    if isinstance(outcome[0], BaseException):
        raise _why_not(outcome[0], cluster, address, hosts) from outcome[0]
    return outcome[0]


def _why_not(error: BaseException, cluster: Any, address: Address, hosts: str) -> Error:
    centers = sorted({h.datacenter for h in cluster.metadata.all_hosts() if h.datacenter})
    if isinstance(error, NoHostAvailable) and centers and address.local_dc not in (None, *centers):
        near = nearest(str(address.local_dc), centers) or centers
        return InterfaceError(
            f"no node is in the datacenter {address.local_dc!r}",
            hint=f"Set local_dc to {' or '.join(near)}.",
        )
    found = translated(error)
    if isinstance(found, OperationalError) and found.sqlstate != "58000":
        return found
    return ConnectionFailed(f"cannot connect to Cassandra at {hosts}: {found.detail}")
