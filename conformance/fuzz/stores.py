"""The same tables on `memory://`, the oracle, and on a store in its three pushdown modes."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pymongo
from bson import Binary, Decimal128, Int64

import sqlshim
from conformance.backends import Unavailable
from conformance.backends._servers import server_uri
from conformance.backends._sqlshim import connect
from conformance.backends.cassandra import raw_cluster, with_keyspace
from conformance.backends.mongo import with_database
from conformance.fuzz.compare import Answer, Failed, Rows
from conformance.fuzz.cql import create_and_fill, indexes_of
from conformance.fuzz.tree import Node, render
from conformance.fuzz.world import Column, Row, Table, World
from sqlshim.backends.cassandra import compile as compiling

MODES = ("always", "never", "auto")
FEW_KEYS = 4


def ask(connection: Any, sql: str, parameters: Sequence[object] = ()) -> Answer:
    try:
        cursor = connection.execute(sql, list(parameters))
        rows = tuple(map(tuple, cursor.fetchall()))
    except sqlshim.Error as error:
        foreign = isinstance(error, sqlshim.InternalError)
        return Failed(error.sqlstate or "", f"{type(error).__name__}: {error}", foreign)
    except Exception as error:  # whatever else comes out is what we are looking for
        return Failed("", f"{type(error).__name__}: {error}", foreign=True)
    return Rows(rows, tuple(str(column[1]) for column in cursor.description or ()))


@dataclass(frozen=True)
class InMode:
    """A connection that several modes share: what it knows of the tables is asked once."""

    connection: Any
    mode: str

    def execute(self, sql: str, parameters: Sequence[object]) -> Any:
        self.connection.pushdown = self.mode
        return self.connection.execute(sql, parameters)

    def close(self) -> None:
        self.connection.close()


def in_modes(uri: str, modes: Sequence[str], apart: bool) -> dict[str, Any]:
    """A connection a mode, `apart` or the same one."""
    if apart:
        return {mode: connect(uri, mode) for mode in modes}
    shared = connect(uri, modes[0])
    return {mode: InMode(shared, mode) for mode in modes}


class Side:
    """One place with a world in it: a connection a mode, all over the same rows."""

    def __init__(self, modes: Sequence[str] = MODES) -> None:
        self.modes = modes
        self.connections: Mapping[str, Any] = {}
        self._loads = 0

    def _opened(self, uri: str) -> Mapping[str, Any]:
        """Every fourth world is seen by connections of their own."""
        self._loads += 1
        return in_modes(uri, self.modes, apart=self._loads % 4 == 0)

    def load(self, world: World) -> None:
        """Replace what is there by `world`."""
        raise NotImplementedError

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()
        self.connections = {}

    def _fill(self, connection: Any, world: Sequence[Table], raw: bool) -> None:
        for table in world:
            connection.execute(table.ddl)
            rows = [row for n, row in enumerate(table.rows) if raw or n not in table.raw]
            if rows:
                connection.execute(*table.insert(rows))


class Embedded(Side):
    """`memory://`: each mode has tables of its own."""

    def load(self, world: World) -> None:
        self.close()
        self.connections = {mode: connect("memory://", mode) for mode in self.modes}
        for connection in self.connections.values():
            self._fill(connection, world, raw=True)


class Mongo(Side):
    def __init__(self, uri: str, stop: Callable[[], None]) -> None:
        super().__init__()
        self._uri = uri
        self._stop = stop
        self._client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
        self._name = ""

    def load(self, world: World) -> None:
        self._drop()
        self._name = f"fuzz_{uuid.uuid4().hex[:12]}"
        uri = with_database(self._uri, self._name)
        first = connect(uri, "always")
        self._fill(first, [table for table in world if table.form == "sql"], raw=False)
        first.close()
        for table in world:
            self._finish(table)
        self.connections = self._opened(uri)

    def _finish(self, table: Table) -> None:
        collection = self._client[self._name].get_collection(table.name)
        if table.raw:
            collection.insert_many(
                [document(table.columns, table.rows[n], n) for n in sorted(table.raw)],
                bypass_document_validation=True,
            )
        kinds = {column.name: column.kind for column in table.columns}
        for name in table.indexes:
            collection.create_index([(f"{name}.city" if kinds[name] == "R" else name, 1)])

    def _drop(self) -> None:
        super().close()
        if self._name:
            self._client.drop_database(self._name)
            self._name = ""

    def close(self) -> None:
        self._drop()
        self._client.close()
        self._stop()


def document(columns: Sequence[Column], row: Row, seed: int) -> dict[str, Any]:
    """A row as another program would have written it: no field for some NULLs, mixed numbers."""
    rnd = Random(seed)
    found: dict[str, Any] = {}
    for column, value in zip(columns, row, strict=True):
        if value is not None or rnd.random() < 0.3:
            found[column.name] = _bson(rnd, column.kind, value)
    return found


def _bson(rnd: Random, kind: str, value: object) -> object:
    match value:
        case bool() | None:
            return value
        case float() if value.is_integer():
            small = abs(value) < 2**31
            return rnd.choice([value, Int64(int(value)), *([int(value)] if small else [])])
        case dict():
            kept = {k: v for k, v in value.items() if v is not None or rnd.random() < 0.5}
            return dict(rnd.sample(list(kept.items()), len(kept)))
        case int() if kind == "B":
            return Int64(value)
        case Decimal():
            return Decimal128(value)
        case UUID():
            return Binary.from_uuid(value)
        case time():
            return value.isoformat()
        case date() if not isinstance(value, datetime):
            return datetime(value.year, value.month, value.day)
        case _:
            return value


class Cassandra(Side):
    """Of keys it is made to look up a few only, so that lists of both lengths are met."""

    def __init__(self, uri: str, stop: Callable[[], None]) -> None:
        super().__init__()
        self._stop = stop
        self._keyspace = f"fuzz_{uuid.uuid4().hex[:12]}"
        self._uri = with_keyspace(uri, self._keyspace)
        self._cluster = raw_cluster(uri)
        self._session = self._cluster.connect()
        self._session.default_timeout = 60
        self._session.execute(
            f"CREATE KEYSPACE {self._keyspace} WITH replication = "
            "{'class': 'SimpleStrategy', 'replication_factor': 1} AND durable_writes = false"
        )
        self._session.execute(f"CREATE TYPE {self._keyspace}.pair (a int, b text)")
        told = self._session.execute("SELECT release_version FROM system.local").one()
        before_5 = int(told.release_version.partition(".")[0]) < 5  # no storage-attached indexes
        self._using = "" if before_5 else "USING 'sai'"
        self._many_keys, compiling.MANY_KEYS = compiling.MANY_KEYS, FEW_KEYS

    def load(self, world: World) -> None:
        super().close()
        for table in world:
            self._session.execute(f"DROP TABLE IF EXISTS {self._keyspace}.{table.name}")
        first = connect(self._uri, "always")
        self._fill(first, [table for table in world if table.form == "sql"], raw=True)
        first.close()
        for table in world:
            if table.form == "cql":
                create_and_fill(self._session, self._keyspace, table)
            for index in indexes_of(table):
                self._session.execute(
                    f"CREATE INDEX ON {self._keyspace}.{table.name} ({index}) {self._using}"
                )
        self.connections = self._opened(self._uri)

    def close(self) -> None:
        super().close()
        compiling.MANY_KEYS = self._many_keys
        self._session.execute(f"DROP KEYSPACE IF EXISTS {self._keyspace}")
        self._cluster.shutdown()
        self._stop()


class Oracle(ABC):
    """Who says what the answer is."""

    typed = True  # whether its types must be the store's
    whole = True  # whether it understands every statement

    @abstractmethod
    def load(self, world: World) -> None:
        """Replace what is there by `world`."""

    @abstractmethod
    def answer(self, tree: Node) -> Answer:
        """Its answer to a statement."""

    @abstractmethod
    def close(self) -> None:
        """Give up what it holds."""


class OfOurs(Oracle):
    """`memory://`: DuckDB, reached by our own binder and compiler."""

    def __init__(self) -> None:
        self._side = Embedded(("always",))

    def load(self, world: World) -> None:
        self._side.load(world)

    def answer(self, tree: Node) -> Answer:
        return ask(self._side.connections["always"], *render(tree))

    def close(self) -> None:
        self._side.close()


class OfStore(Oracle):
    """The store itself without any pushdown, for what no other one can hold."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def load(self, world: World) -> None:
        """The store has the world already."""

    def answer(self, tree: Node) -> Answer:
        return ask(self._side.connections["never"], *render(tree))

    def close(self) -> None:
        """It is the store's to close."""


@dataclass
class Stores:
    """The oracle and the store it judges."""

    _oracle: Oracle
    store: Side
    name: str
    _unlike: bool = False

    @property
    def oracle(self) -> Oracle:
        return OfStore(self.store) if self._unlike else self._oracle

    def load(self, world: World) -> None:
        self._unlike = any(table.unlike for table in world)
        self.oracle.load(world)
        self.store.load(world)

    def close(self) -> None:
        self._oracle.close()
        self.store.close()


def open_stores(backend: str, uri: str | None, oracle: Oracle) -> Stores:
    match backend:
        case "duckdb":
            return Stores(oracle, Embedded(), backend)
        case "mongo":
            return Stores(oracle, Mongo(*server_uri("mongo", uri)), backend)
        case "cassandra":
            return Stores(oracle, Cassandra(*server_uri("cassandra", uri)), backend)
        case _:
            raise Unavailable(f"nothing to fuzz on {backend!r}")
