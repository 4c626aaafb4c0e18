"""How the driver decodes instants for us: as the integers the server sends.

The driver makes objects of them on its event loop. A timestamp in the year 12000 raises there,
which closes the connection with every other request on it; and a `Date` object a cell is slow.
`IntegerHandler` is a protocol handler whose result messages know these three types as integers;
`values` makes dates and times of them. The compiled parser finds a decoder by the name of a
type's class, hence the names given below.
"""

from __future__ import annotations

from typing import Any

from cassandra import type_codes
from cassandra.cqltypes import DateType, SimpleDateType, TimeType
from cassandra.marshal import int32_unpack, int64_unpack, uint32_pack
from cassandra.protocol import ProtocolHandler, ResultMessage


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
_Result = type(
    "IntegerResultMessage",
    (_BY_OPCODE[ResultMessage.opcode],),
    {"type_codes": {**ResultMessage.type_codes, **_TYPES}},
)


class IntegerHandler(ProtocolHandler):  # type: ignore[misc]
    """The driver's protocol with instants as integers."""

    message_types_by_opcode = {**_BY_OPCODE, ResultMessage.opcode: _Result}  # noqa: RUF012
