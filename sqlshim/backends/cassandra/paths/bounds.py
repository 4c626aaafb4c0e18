"""What a comparison with a value becomes for a column of a CQL type.

`decide` takes a term and the execution's parameters and gives the comparisons to send, with
values of exactly the column's type: for an int column `x > 3.5` is `x > 3` and `x < 10^12` is
`x <= 2147483647` (not dropped: NULLs must not come back). None says that no row can match.
All of it follows from one notion: the largest value of the column's type that is not above.
"""

from __future__ import annotations

import datetime as dt
import math
import socket
import struct
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlshim.errors import DataError
from sqlshim.ir.scalar import Literal, Param
from sqlshim.types import Kind


class Op(StrEnum):
    EQ = "="
    IN = "IN"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    CONTAINS = "CONTAINS"
    CONTAINS_KEY = "CONTAINS KEY"
    ENTRY = "[]"  # m[k] = v


OF_COLLECTIONS = frozenset({Op.CONTAINS, Op.CONTAINS_KEY, Op.ENTRY})
POINTS = OF_COLLECTIONS | {Op.EQ}  # what an index finds at one place


Form = tuple[Op, int]  # how a comparison is written: the columns compared at once, 0 if one


@dataclass(frozen=True, slots=True)
class Term:
    """A column compared with a value, or with several for IN. A slice over several clustering
    columns has the others in `beside` and a value for each; an entry of a map has its key and
    its value."""

    column: str
    op: Op
    values: tuple[Literal | Param, ...]
    beside: tuple[str, ...] = ()
    of_time: bool = False  # the time of a timeuuid is compared with an instant
    part: int | None = None  # of the rows that a set of keys holds, which value is the column's

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, *self.beside)

    @property
    def keys(self) -> Param | None:
        """The parameter that holds the whole list, for a set of keys found elsewhere."""
        first = self.values[0] if self.values else None
        return first if isinstance(first, Param) and first.type.kind is Kind.ARRAY else None


@dataclass(frozen=True, slots=True)
class Floor:
    """The largest value of a type not above the one asked for; `exact`: it is that one.
    `below`: there is none, and `value` is the smallest of the type."""

    value: object
    exact: bool = True
    below: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A comparison ready to send. For IN `value` is a list, for the first columns of a slice over
    several and for an entry of a map a tuple."""

    op: Op
    value: object

    @property
    def form(self) -> Form:
        return self.op, len(self.value) if isinstance(self.value, tuple) else 0

    @property
    def cells(self) -> tuple[object, ...]:
        """The values for the markers."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


_TICKS = 10_000  # of 100 ns in a millisecond
_START = -12_219_292_800_000  # milliseconds from 1970 to 1582, where UUIDs begin
LEAST, MOST = 0x8080808080808080, 0x7F7F7F7F7F7F7F7F  # Cassandra compares signed bytes
_MAX_KEY = 65535  # bytes of a key
EPOCH = dt.datetime(1970, 1, 1)
_MILLISECOND = dt.timedelta(milliseconds=1)
FLOAT_MAX = struct.unpack(">f", b"\x7f\x7f\xff\xff")[0]


def value_of(scalar: Literal | Param, params: Sequence[object]) -> object:
    """The value of a literal or of this execution's parameter; a REAL is what 32 bits hold."""
    value = scalar.value if isinstance(scalar, Literal) else params[scalar.index]
    if scalar.type.kind is Kind.REAL and isinstance(value, int | float):
        return as_real(float(value))
    return value


def as_real(value: float) -> float:
    """The nearest 32-bit float; infinity for what is beyond."""
    if math.isfinite(value) and abs(value) > FLOAT_MAX:
        return math.copysign(math.inf, value)
    near: float = struct.unpack(">f", struct.pack(">f", value))[0]
    return near


def decide(term: Term, native: str, params: Sequence[object], key: KeyPart) -> Bound | None:
    """The comparison to send, or None if no row can match."""
    if term.keys is not None:
        keys: Any = params[term.keys.index]
        return _decide_in([k for k in keys if k is not None], native, key)
    values = [v for s in term.values if (v := value_of(s, params)) is not None]
    if term.op is Op.IN:
        return _decide_in(values, native, key)
    if not values:
        return None  # a comparison with NULL is never true
    if term.of_time:
        return _decide_time(term.op, _timestamp(values[0]))
    floor = FLOORS[native](values[0])
    if floor is None:
        return None  # the type has no such value and no order worth the name
    return _compare(term.op, floor, native, key)


def _decide_time(op: Op, floor: Floor) -> Bound | None:
    """A comparison of timeuuids, which Cassandra orders by time: with the last of a millisecond, or
    the first of one that is met exactly."""
    lower, ticks = op in (Op.GT, Op.GE), (int(str(floor.value)) - _START) * _TICKS
    if ticks < 0:
        return Bound(Op.GE, timeuuid(0, LEAST)) if lower else None
    if ticks >= 2**60:
        return None if lower else Bound(Op.LE, timeuuid(2**60 - 1, MOST))
    if floor.exact and op in (Op.GE, Op.LT):
        return Bound(op, timeuuid(ticks, LEAST))
    return Bound(Op.GT if lower else Op.LE, timeuuid(ticks + _TICKS - 1, MOST))


def timeuuid(ticks: int, rest: int) -> uuid.UUID:
    """A UUID of version 1 so many 100 ns after 1582; `rest` are its lower 64 bits."""
    low, middle, high = ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48
    return uuid.UUID(int=low << 96 | middle << 80 | 1 << 76 | high << 64 | rest)


def decide_contained(term: Term, elements: Sequence[str], params: Sequence[object]) -> Bound | None:
    """The same for what a collection holds; `elements` are the types of its keys and values."""
    if term.op is not Op.ENTRY:
        elements = elements[:1] if term.op is Op.CONTAINS_KEY else elements[-1:]
    sent: list[object] = []
    for native, scalar in zip(elements, term.values, strict=True):
        value = value_of(scalar, params)
        floor = None if value is None else FLOORS[native](value)
        if floor is None or not floor.exact:
            return None
        sent.append(floor.value)
    return Bound(term.op, tuple(sent) if term.op is Op.ENTRY else sent[0])


def _decide_in(values: Sequence[object], native: str, key: KeyPart) -> Bound | None:
    floors = (FLOORS[native](v) for v in values)
    found = {_distinct(f.value): f.value for f in floors if f and f.exact and key.may_be(f.value)}
    return Bound(Op.IN, list(found.values())) if found else None


def _distinct(value: object) -> object:
    return (type(value), value)


def _compare(op: Op, floor: Floor, native: str, key: KeyPart) -> Bound | None:
    value = floor.value
    if op is Op.EQ:
        return Bound(op, value) if floor.exact and key.may_be(value) else None
    key.check_length(value)
    if floor.below:
        return Bound(Op.GE, value) if op in (Op.GT, Op.GE) else None
    if not floor.exact:
        op = {Op.GE: Op.GT, Op.LT: Op.LE}.get(op, op)
    if native in ("float", "double") and value == 0:
        # Cassandra puts -0.0 below 0.0, SQL makes them equal.
        value = -0.0 if op in (Op.GE, Op.LT) else 0.0
    return Bound(op, value)


@dataclass(frozen=True, slots=True)
class KeyPart:
    """What a column is in the key, as far as it limits the values the server takes."""

    in_key: bool = False
    alone: bool = False  # the only partition key column: it cannot be empty

    def may_be(self, value: object) -> bool:
        """Whether a row can hold `value` here; asking the server for others is an error."""
        if not self.in_key or not isinstance(value, str | bytes):
            return True
        return _length(value) <= _MAX_KEY and not (self.alone and not value)

    def check_length(self, value: object) -> None:
        if self.in_key and isinstance(value, str | bytes) and _length(value) > _MAX_KEY:
            raise DataError("a key column is compared with a value of more than 65535 bytes")


def _length(value: str | bytes) -> int:
    return len(value.encode()) if isinstance(value, str) else len(value)


# --- the largest value not above -----------------------------------------------------------


def _integer(bits: int) -> Callable[[object], Floor | None]:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def floor(value: object) -> Floor:
        if isinstance(value, float) and not math.isfinite(value):
            return Floor(low, False, True) if value < 0 else Floor(high, False)
        whole = value if type(value) is int else math.floor(_number(value))
        if whole < low:
            return Floor(low, False, True)
        return Floor(high, False) if whole > high else Floor(whole, whole == value)

    return floor


def _number(value: object) -> int | float | Decimal:
    if not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        raise DataError(f"{value!r} is not a number that can be compared here")
    return value


def _varint(value: object) -> Floor:
    whole = math.floor(_number(value))
    return Floor(whole, whole == value)


def _decimal(value: object) -> Floor:
    number = _number(value)
    return Floor(number if isinstance(number, Decimal) else Decimal(number))


def _double(value: object) -> Floor:
    return Floor(float(value))  # type: ignore[arg-type]


def _float(value: object) -> Floor:
    """The 32-bit float not above: 0.1 has none that equals it."""
    wide = float(value)  # type: ignore[arg-type]
    if not math.isfinite(wide):
        return Floor(wide)
    if abs(wide) > FLOAT_MAX:
        return Floor(FLOAT_MAX if wide > 0 else -math.inf, False)
    near = as_real(wide)
    return Floor(near if near <= wide else _float_below(near), near == wide)


def _float_below(value: float) -> float:
    bits = struct.unpack(">i", struct.pack(">f", value))[0]
    if value == 0:
        bits = struct.unpack(">i", b"\x80\x00\x00\x01")[0]
    else:
        bits += 1 if bits < 0 else -1
    below: float = struct.unpack(">f", struct.pack(">i", bits))[0]
    return below


def _timestamp(value: object) -> Floor:
    """Milliseconds since 1970."""
    since = naive(value) - EPOCH
    return Floor(since // _MILLISECOND, not since % _MILLISECOND)


def naive(value: object) -> dt.datetime:
    """A date or an instant as a timestamp in UTC without a zone."""
    match value:
        case dt.datetime(tzinfo=None):
            return value
        case dt.datetime():
            return value.astimezone(dt.UTC).replace(tzinfo=None)
        case dt.date():
            return dt.datetime(value.year, value.month, value.day)
        case _:
            raise DataError(f"{value!r} is not a date or timestamp")


def _date(value: object) -> Floor:
    instant = naive(value)
    return Floor(instant.date(), instant.time() == dt.time())


def _ascii(value: object) -> Floor | None:
    return Floor(value) if isinstance(value, str) and value.isascii() else None


def _inet(value: object) -> Floor | None:
    """SQL compares addresses as the text they are shown as; only that spelling is equal."""
    family = socket.AF_INET6 if ":" in str(value) else socket.AF_INET
    try:
        shown = socket.inet_ntop(family, socket.inet_pton(family, str(value)))
    except OSError:
        return None
    return Floor(value) if shown == value else None


def _timeuuid(value: object) -> Floor | None:
    return Floor(value) if isinstance(value, uuid.UUID) and value.version == 1 else None


FLOORS: dict[str, Callable[[object], Floor | None]] = {
    "ascii": _ascii,
    "bigint": _integer(64),
    "blob": Floor,
    "boolean": Floor,
    "counter": _integer(64),
    "date": _date,
    "decimal": _decimal,
    "double": _double,
    "float": _float,
    "inet": _inet,
    "int": _integer(32),
    "smallint": _integer(16),
    "text": Floor,
    "timestamp": _timestamp,
    "timeuuid": _timeuuid,
    "tinyint": _integer(8),
    "uuid": Floor,
    "varchar": Floor,
    "varint": _varint,
}
