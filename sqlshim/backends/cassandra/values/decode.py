"""How the driver decodes rows for us: not at all on its event loop, and instants as integers.

A result's rows come as a `Page`, the bytes that the server sent: who reads it chooses between the
driver's tuples and columns (`columns`). The driver would decode on its event loop, where whatever
raises closes the connection with every other request on it, and make a `Date` object a cell.
`PageHandler` is a protocol handler whose result messages hold pages and know three types as
integers; `values` makes dates and times of them. The compiled parser finds a decoder by the name
of a type's class, hence the names given below.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from struct import Struct
from typing import Any

from cassandra import type_codes
from cassandra.cqltypes import DateType, SimpleDateType, TimeType
from cassandra.marshal import int32_unpack, int64_unpack, uint32_pack
from cassandra.protocol import RESULT_KIND_ROWS, ProtocolHandler, ResultMessage


class _Milliseconds(DateType):  # type: ignore[misc]
    """timestamp: milliseconds since 1970."""

    @staticmethod
    def deserialize(data: bytes, protocol_version: int) -> int:
        return int64_unpack(data)  # type: ignore[no-any-return]


class _Days(SimpleDateType):  # type: ignore[misc]
    """date: days since 1970 with the highest bit flipped, read as a signed number."""

    @staticmethod
    def deserialize(data: bytes, protocol_version: int) -> int:
        return int32_unpack(data)  # type: ignore[no-any-return]

    @staticmethod
    def serialize(value: Any, protocol_version: int) -> bytes:
        if isinstance(value, int):
            return uint32_pack(value & 0xFFFFFFFF)  # type: ignore[no-any-return]
        return SimpleDateType.serialize(value, protocol_version)  # type: ignore[no-any-return]


class _Nanoseconds(TimeType):  # type: ignore[misc]
    """time: nanoseconds since midnight."""

    @staticmethod
    def deserialize(data: bytes, protocol_version: int) -> int:
        return int64_unpack(data)  # type: ignore[no-any-return]


# A class named so at its definition would replace the driver's own in its registry.
_Milliseconds.__name__ = _Nanoseconds.__name__ = "LongType"
_Days.__name__ = "Int32Type"

_TYPES = {
    type_codes.DateType: _Milliseconds,
    type_codes.SimpleDateType: _Days,
    type_codes.TimeType: _Nanoseconds,
}

_BY_OPCODE = ProtocolHandler.message_types_by_opcode
_Result: Any = type(
    "IntegerResultMessage",
    (_BY_OPCODE[ResultMessage.opcode],),
    {"type_codes": {**ResultMessage.type_codes, **_TYPES}},
)
_count = Struct(">i")
_head = Struct(">ii")

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Rows as the server sent them: a number of rows at `at` of `raw`, and their cells. `metadata`
    is what the driver knows of each column: keyspace, table, name, type."""

    raw: bytes
    at: int
    metadata: Sequence[tuple[str, str, str, Any]]
    protocol_version: int

    @property
    def begin(self) -> int:
        """Where the first row's cells are."""
        return self.at + _count.size

    def __len__(self) -> int:
        count: int = _count.unpack_from(self.raw, self.at)[0]
        return count

    def rows(self) -> list[Row]:
        """The rows as the driver reads them."""
        return self._parsed(self.metadata, self.raw[self.at :])

    def values(self, column: int, count: int, cells: bytes) -> list[Any]:
        """What the driver reads in cells of one column, taken out of their rows."""
        rows = self._parsed(self.metadata[column : column + 1], _count.pack(count) + cells)
        return [value for (value,) in rows]

    def _parsed(self, metadata: Sequence[Any], rows: bytes) -> list[Row]:
        message = _Result(RESULT_KIND_ROWS)
        head = _head.pack(ResultMessage._NO_METADATA_FLAG, len(metadata))
        body = BytesIO(head + rows)
        message.recv_results_rows(body, self.protocol_version, {}, metadata, None)
        return message.parsed_rows  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows())


def joined(pages: Sequence[Page]) -> Page:
    """Pages of one statement as one."""
    first = pages[0]
    if len(pages) == 1:
        return first
    count = _count.pack(sum(map(len, pages)))
    cells = (page.raw[page.begin :] for page in pages)
    return Page(b"".join((count, *cells)), 0, first.metadata, first.protocol_version)


class _PageMessage(_Result):  # type: ignore[misc]
    """A result message whose rows are a Page."""

    def recv_results_rows(
        self, f: Any, protocol_version: int, user_types: Any, metadata: Any, encryption: Any
    ) -> None:
        raw = f.read()
        body = BytesIO(raw)
        self.recv_results_metadata(body, user_types)
        metadata = self.column_metadata or metadata
        self.column_names = [column[2] for column in metadata]
        self.column_types = [column[3] for column in metadata]
        self.parsed_rows = Page(raw, body.tell(), metadata, protocol_version)


class PageHandler(ProtocolHandler):  # type: ignore[misc]
    """The driver's protocol with rows as pages and instants as integers."""

    message_types_by_opcode = {**_BY_OPCODE, ResultMessage.opcode: _PageMessage}  # noqa: RUF012
