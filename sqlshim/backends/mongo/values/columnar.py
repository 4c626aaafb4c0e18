"""BSON documents as Arrow columns, without a Python object a value: `batch(raw)`.

In comes what one reply holds, documents one after the other; out goes a record batch, or None
where a value is not of the types that have a reader here. Then `decode` does it value by value,
and says what is wrong if anything is. A reader is exact or refuses: nothing is rounded, no type
taken for another. Called by `run`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from sqlshim.backends.arrow import schema_of
from sqlshim.backends.mongo.values.decode import MIXED
from sqlshim.ir.scalar import Column
from sqlshim.types import Kind

if TYPE_CHECKING:
    import pyarrow as pa

Numbers: TypeAlias = "np.ndarray[Any, Any]"

# BSON's types.
_DOUBLE, _STRING, _BINARY, _OBJECT_ID, _BOOL, _DATE = 1, 2, 5, 7, 8, 9
_NULL, _INT, _LONG = 10, 16, 18
_LENGTH_FIRST = {_STRING: 4, _BINARY: 5}  # bytes beside those that the length counts

_SIZES = np.full(256, -1, np.int64)  # of a value; -1 for all that has no reader
for _type, _size in {
    _DOUBLE: 8, _OBJECT_ID: 12, _BOOL: 1, _DATE: 8, _NULL: 0, _INT: 4, _LONG: 8,
}.items():  # fmt: skip
    _SIZES[_type] = _size

_DAY_MS = 86_400_000
_FIRST_MS, _END_MS = -62_135_596_800_000, 253_402_300_800_000  # of the years 1 to 9999
_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), "S2")
_PADDING = bytes(512)  # so that looking past the last document is harmless
_length_at = struct.Struct("<i").unpack_from


class Unlike(Exception):
    """The documents hold something that is not read here."""


class Cells:
    """Where one column's values are: BSON type and position of each; _NULL where there is none."""

    def __init__(self, raw: Numbers, count: int) -> None:
        self.raw = raw
        self.types = np.full(count, _NULL, np.uint8)
        self.at = np.zeros(count, np.int64)

    def only(self, *types: int) -> set[int]:
        """The types that occur beside null; Unlike if there are others than these."""
        first = int(self.types[0])
        found = {first} if (self.types == first).all() else set(np.unique(self.types).tolist())
        found.discard(_NULL)
        if not found.issubset(types):
            raise Unlike
        return found

    def missing(self) -> Numbers | None:
        """True where there is no value; None if there is one everywhere."""
        nothing = self.types == _NULL
        return nothing if nothing.any() else None

    def read(self, dtype: str, wanted: Numbers | None = None) -> Numbers:
        """Values of a fixed width, all or those that are `wanted`."""
        at = self.at if wanted is None else self.at[wanted]
        return _gathered(self.raw, at, np.dtype(dtype).itemsize).view(dtype).ravel()


def _gathered(raw: Numbers, at: Numbers, width: int) -> Numbers:
    """`width` bytes at each position, a row each."""
    return np.lib.stride_tricks.sliding_window_view(raw, width)[at]


# --- where the values are ------------------------------------------------------------------


def locate(raw: bytes, names: Sequence[str]) -> tuple[int, dict[str, Cells]]:
    """How many documents there are, and where the values of each field are.

    Fields may be missing and come in any order: the field that is next in the first unfinished
    document is looked for in all of them at once.
    """
    starts, ends = _documents(raw)
    buffer = np.frombuffer(raw + _PADDING, np.uint8)
    found = {name: Cells(buffer, len(starts)) for name in names}
    keys = {name.encode() + b"\0": name for name in names}
    at = starts + 4
    for _ in range(3 * len(names) + 1):  # more turns than that: the orders differ too much
        open_ = at < ends
        if not open_.any():
            return len(starts), found
        first = int(at[np.argmax(open_)])
        key = raw[first + 1 : raw.index(b"\0", first + 1) + 1]
        if key not in keys:
            raise Unlike
        here = open_ & _matches(buffer, at + 1, key)
        at = _step(found[keys[key]], at, here, len(key) + 1)
    raise Unlike


def _documents(raw: bytes) -> tuple[Numbers, Numbers]:
    """Where each document begins, and where its last byte is."""
    end = len(raw)
    found = _equally_long(raw)
    if found is None:
        starts = []
        at = 0
        while at < end:
            starts.append(at)
            at += _length_at(raw, at)[0]
        found = np.array(starts, np.int64)
    return found, np.append(found[1:], end) - 1


def _equally_long(raw: bytes) -> Numbers | None:
    """Where each document begins if they are all as long as the first; otherwise None."""
    (length,) = _length_at(raw)
    if len(raw) % length:
        return None
    lengths = np.frombuffer(raw, np.uint8).reshape(-1, length)[:, :4]
    if (lengths != lengths[0]).any():
        return None
    starts: Numbers = np.arange(0, len(raw), length, dtype=np.int64)
    return starts


def _matches(buffer: Numbers, at: Numbers, key: bytes) -> Numbers:
    if len(key) > len(_PADDING):
        raise Unlike
    same: Numbers = (_gathered(buffer, at, len(key)) == np.frombuffer(key, np.uint8)).all(axis=1)
    return same


def _step(cells: Cells, at: Numbers, here: Numbers, skip: int) -> Numbers:
    """Note the values of the documents `here`, and go past them."""
    values = np.where(here, at + skip, at)
    cells.types[here] = cells.raw[at[here]]
    cells.at[here] = values[here]
    sizes = _SIZES[cells.raw[at]]
    for kind, more in _LENGTH_FIRST.items():
        if (these := here & (cells.raw[at] == kind)).any():
            lengths = _gathered(cells.raw, values[these], 4).view("<i4").ravel()
            sizes[these] = lengths.astype(np.int64) + more
    if (sizes[here] < 0).any():
        raise Unlike
    return np.where(here, values + sizes, at)


# --- values --------------------------------------------------------------------------------


def _array(values: Numbers, missing: Numbers | None, arrow: pa.DataType) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values, mask=missing).cast(arrow)
    except pa.ArrowInvalid as error:  # an integer beyond its column's type
        raise Unlike from error


def _filled(cells: Cells, dtype: str, *sources: tuple[int, str]) -> Numbers:
    """Values that may have several BSON types, each with its width; zero where there is none."""
    types = cells.only(*(kind for kind, _ in sources))
    if len(types) == 1 and cells.missing() is None:
        (only,) = types
        return cells.read(dict(sources)[only])
    values = np.zeros(len(cells.at), dtype)
    for kind, width in sources:
        if kind in types:
            here = cells.types == kind
            values[here] = cells.read(width, here)
    return values


def _integers(cells: Cells, arrow: pa.DataType) -> pa.Array:
    return _array(_filled(cells, "i8", (_INT, "<i4"), (_LONG, "<i8")), cells.missing(), arrow)


def _doubles(cells: Cells, arrow: pa.DataType) -> pa.Array:
    sources = (_DOUBLE, "<f8"), (_INT, "<i4"), (_LONG, "<i8")
    values = _filled(cells, "f8", *sources).astype("f8", copy=False)
    return _array(values, cells.missing(), arrow)


def _booleans(cells: Cells, arrow: pa.DataType) -> pa.Array:
    return _array(_filled(cells, "u1", (_BOOL, "u1")).astype(bool), cells.missing(), arrow)


def _moments(cells: Cells) -> Numbers:
    millis = _filled(cells, "i8", (_DATE, "<i8"))
    if len(millis) and not _FIRST_MS <= millis.min() <= millis.max() < _END_MS:
        raise Unlike
    return millis


def _timestamps(cells: Cells, arrow: pa.DataType) -> pa.Array:
    return _array(_moments(cells) * 1000, cells.missing(), arrow)


def _dates(cells: Cells, arrow: pa.DataType) -> pa.Array:
    days, rest = np.divmod(_moments(cells), _DAY_MS)
    if rest.any():
        raise Unlike
    return _array(days.astype("i4"), cells.missing(), arrow)


def _texts(cells: Cells, arrow: pa.DataType) -> pa.Array:
    types = cells.only(_STRING, _OBJECT_ID)
    if types == {_OBJECT_ID}:
        return _identifiers(cells, arrow)
    if _OBJECT_ID in types:
        raise Unlike
    return _slices(cells, arrow, head=4, tail=1)


def _binaries(cells: Cells, arrow: pa.DataType) -> pa.Array:
    if cells.only(_BINARY) and cells.raw[cells.at[cells.types == _BINARY] + 4].any():
        raise Unlike  # a subtype of its own, such as a UUID
    return _slices(cells, arrow, head=5, tail=0)


def _slices(cells: Cells, arrow: pa.DataType, head: int, tail: int) -> pa.Array:
    """Bytes of varying length, after a length and `head` bytes and less `tail` bytes.

    Arrow sees the whole reply as values with gaps between them and copies every other one.
    """
    import pyarrow as pa

    missing = cells.missing()
    lengths = _gathered(cells.raw, cells.at, 4).view("<i4").ravel().astype(np.int64) - tail
    begins = cells.at + head
    if missing is not None:
        begins = np.maximum.accumulate(np.where(missing, 0, begins + lengths))
        begins = np.where(missing, begins, cells.at + head)
        lengths = np.where(missing, 0, lengths)
    bounds = np.empty(2 * len(begins), np.int32)
    bounds[0::2], bounds[1::2] = begins, begins + lengths
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(cells.raw)]
    pieces = pa.Array.from_buffers(pa.binary(), len(bounds) - 1, buffers)
    wanted = pa.array(np.arange(0, len(bounds), 2), mask=missing)
    try:
        return pieces.take(wanted).cast(arrow)
    except pa.ArrowInvalid as error:  # not UTF-8
        raise Unlike from error


def _identifiers(cells: Cells, arrow: pa.DataType) -> pa.Array:
    import pyarrow as pa

    digits = _HEX[_gathered(cells.raw, cells.at, 12)]
    bounds = np.arange(0, 24 * len(cells.at) + 1, 24, dtype=np.int32)
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(np.ascontiguousarray(digits))]
    texts = pa.Array.from_buffers(arrow, len(cells.at), buffers)
    missing = cells.missing()
    if missing is None:
        return texts
    return texts.take(pa.array(np.arange(len(cells.at)), mask=missing))


Reader = Callable[[Cells, "pa.DataType"], "pa.Array"]
_READERS: dict[Kind, Reader] = {
    Kind.BOOLEAN: _booleans,
    Kind.SMALLINT: _integers,
    Kind.INTEGER: _integers,
    Kind.BIGINT: _integers,
    Kind.DOUBLE: _doubles,
    Kind.TEXT: _texts,
    Kind.BYTES: _binaries,
    Kind.DATE: _dates,
    Kind.TIMESTAMP: _timestamps,
    Kind.TIMESTAMPTZ: _timestamps,
}


class ColumnarDecoder:
    """The readers of a query's columns; made once a query."""

    def __init__(
        self, columns: Sequence[Column], names: Sequence[str], natives: Sequence[str]
    ) -> None:
        self._columns = columns
        self._names = names
        self.useful = bool(columns) and all(
            c.type.kind in _READERS and native != MIXED
            for c, native in zip(columns, natives, strict=True)
        )

    def batch(self, raw: bytes) -> pa.RecordBatch | None:
        """The documents as a record batch; None where only `decode` can tell."""
        import pyarrow as pa

        if not self.useful:
            return None
        schema = schema_of(self._columns)
        try:
            _, found = locate(raw, self._names)
            arrays = [
                _READERS[column.type.kind](found[name], field.type)
                for column, name, field in zip(self._columns, self._names, schema, strict=True)
            ]
        except Unlike:
            return None
        return pa.record_batch(arrays, schema=schema)
