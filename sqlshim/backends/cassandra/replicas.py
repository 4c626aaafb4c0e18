"""Which node has which partition keys: batches of keys go to a node that holds all of them.

`Replicas.groups(table, keys)` says so from the ring's metadata, without asking the server; called
by `requests` for lists of keys. A node that has none of the rows would have to ask the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from struct import pack
from typing import Any

from cassandra import cqltypes as cql

from sqlshim.backends.cassandra.errors import translating
from sqlshim.catalog.model import Table

AT_ONCE = 5_000  # keys that are looked at before the first of them are asked for

# The driver's types of the columns that a partition key is likely to have.
_TYPES: dict[str, Any] = {
    "ascii": cql.AsciiType, "bigint": cql.LongType, "blob": cql.BytesType,
    "boolean": cql.BooleanType, "date": cql.SimpleDateType, "double": cql.DoubleType,
    "float": cql.FloatType, "inet": cql.InetAddressType, "int": cql.Int32Type,
    "smallint": cql.ShortType, "text": cql.UTF8Type, "time": cql.TimeType,
    "timestamp": cql.DateType, "timeuuid": cql.TimeUUIDType, "tinyint": cql.ByteType,
    "uuid": cql.UUIDType, "varchar": cql.UTF8Type, "varint": cql.IntegerType,
}  # fmt: skip

Key = tuple[object, ...]
Group = tuple[bytes | None, list[Key]]  # with the routing key that leads to all of them
Groups = Callable[[Table, Sequence[Key]], Iterator[Group]]


def together(table: Table, keys: Sequence[Key]) -> Iterator[Group]:
    """All keys as one group: nobody knows where they are, or it makes no difference."""
    yield None, list(keys)


class Replicas:
    """The nodes of one cluster. `metadata` is the driver's; `is_near` says whether requests may
    go to a host now."""

    def __init__(
        self, metadata: Any, is_near: Callable[[Any], bool], protocol_version: Callable[[], int]
    ) -> None:
        self._metadata = metadata
        self._is_near = is_near
        self._protocol_version = protocol_version

    def groups(self, table: Table, keys: Sequence[Key]) -> Iterator[Group]:
        """The keys by the first of their replicas that is near: the node that token-aware routing
        chooses for each of them."""
        types = [_TYPES.get(table.column(name).native) for name in table.partition_key]
        one_node = sum(map(self._is_near, self._metadata.all_hosts())) < 2
        if one_node or len(keys) < 2 or None in types:
            yield from together(table, keys)
            return
        for start in range(0, len(keys), AT_ONCE):
            yield from self._placed(table.schema, types, keys[start : start + AT_ONCE])

    def _placed(self, keyspace: str, types: Sequence[Any], keys: Sequence[Key]) -> Iterator[Group]:
        version = self._protocol_version()
        found: dict[Any, tuple[bytes, list[Key]]] = {}
        for key in keys:
            with translating():
                cells = [t.serialize(v, version) for t, v in zip(types, key, strict=True)]
            routing = routing_key(cells)
            found.setdefault(self._node(keyspace, routing), (routing, []))[1].append(key)
        yield from found.values()

    def _node(self, keyspace: str, routing: bytes) -> Any:
        replicas = self._metadata.get_replicas(keyspace, routing)
        return next(filter(self._is_near, replicas), None)


def routing_key(cells: Sequence[bytes]) -> bytes:
    """A partition key as the ring's tokens are made of it."""
    if len(cells) == 1:
        return cells[0]
    return b"".join(pack(f">H{len(cell)}sB", len(cell), cell, 0) for cell in cells)
