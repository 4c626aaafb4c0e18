"""A page's cells as Arrow arrays, without a Python object a cell: `arrays(page, readings)`.

Each type has one of two ways. Those in `_READERS` are read out of the page's bytes, all cells of a
column at once. Of the others (decimals, collections, durations …) the column's cells are cut out
of the page and given to the driver, whose values go the way of the rows (`batches.array_of`).
Called by the stream for pages that are worth it (`FEWEST_ROWS`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from sqlshim.backends.cassandra.errors import translating
from sqlshim.backends.cassandra.values.batches import array_of, dates, times, timestamps
from sqlshim.backends.cassandra.values.cells import HEAD, Cells, Numbers, locate
from sqlshim.backends.cassandra.values.readers import Change
from sqlshim.types import Kind

if TYPE_CHECKING:
    from sqlshim.backends.cassandra.values.decode import Page
    from sqlshim.ir.scalar import Column

FEWEST_ROWS = 64  # of fewer the driver makes objects in less time than it takes to begin here


@dataclass(frozen=True, slots=True)
class Reading:
    """How one output column is read: the cell `at`, of a CQL type; `change` is what the row path
    does to a value."""

    column: Column
    native: str
    at: int
    change: Change | None
    arrow: pa.DataType


def arrays(page: Page, readings: Sequence[Reading]) -> list[pa.Array]:
    """The arrays of the readings, in their order."""
    widths = [0] * len(page.metadata)
    for reading in readings:
        widths[reading.at] = WIDTHS.get(reading.native, 0)
    found = locate(page.raw, page.begin, len(page), widths)
    return [_array(page, reading, found[reading.at]) for reading in readings]


def _array(page: Page, reading: Reading, cells: Cells) -> pa.Array:
    read = _READERS.get((reading.native, reading.column.type.kind))
    found = None if read is None else read(cells, reading.arrow)
    if found is not None:
        return found
    alone = _pieces(cells, HEAD).buffers()[2]
    with translating():
        values = page.values(reading.at, len(page), b"" if alone is None else alone.to_pybytes())
    return array_of(reading.column, values, reading.change, reading.arrow)


# --- fixed widths --------------------------------------------------------------------------

WIDTHS = {
    "bigint": 8, "boolean": 1, "counter": 8, "date": 4, "double": 8, "float": 4, "int": 4,
    "smallint": 2, "time": 8, "timestamp": 8, "timeuuid": 16, "tinyint": 1, "uuid": 16,
}  # fmt: skip

Reader = Callable[[Cells, pa.DataType], pa.Array | None]
Finish = Callable[[pa.Array, pa.DataType], pa.Array]


def _numbers(dtype: str, finish: Finish) -> Reader:
    """Values of a numpy type, from which Arrow's are made."""

    def read(cells: Cells, arrow: pa.DataType) -> pa.Array | None:
        found = cells.of_width(dtype)
        if found is None:
            return None
        values, nothing = found
        return finish(pa.array(values, mask=nothing), arrow)

    return read


def _as_they_are(values: pa.Array, arrow: pa.DataType) -> pa.Array:
    return values.cast(arrow)


def _truths(values: pa.Array, arrow: pa.DataType) -> pa.Array:
    import pyarrow.compute as pc

    return pc.not_equal(values, 0)


_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
_DASHES = (8, 13, 18, 23)
_UUID_LENGTH = 36


def _uuids(cells: Cells, arrow: pa.DataType) -> pa.Array | None:
    """UUIDs as the text that they travel as."""
    found = cells.of_width("V16")
    if found is None:
        return None
    values, nothing = found
    digits = _HEX[values.view(np.uint8).reshape(-1, 16)].view(np.uint8)
    texts = np.full((len(values), _UUID_LENGTH), ord("-"), np.uint8)
    texts[:, [i for i in range(_UUID_LENGTH) if i not in _DASHES]] = digits
    bounds = np.arange(len(values) + 1, dtype=np.int32) * _UUID_LENGTH
    return pa.Array.from_buffers(
        arrow, len(values), [_validity(nothing), pa.py_buffer(bounds), pa.py_buffer(texts)]
    )


def _validity(nothing: Numbers | None) -> pa.Buffer | None:
    return None if nothing is None else pa.py_buffer(np.packbits(~nothing, bitorder="little"))


# --- varying widths ------------------------------------------------------------------------


def _bytes(cells: Cells, arrow: pa.DataType) -> pa.Array | None:
    """Texts and blobs. None for a text that is not UTF-8: the driver says what is wrong."""
    try:
        return _pieces(cells, 0, cells.missing()).cast(arrow)
    except pa.ArrowInvalid:
        return None


def _pieces(cells: Cells, head: int, nothing: Numbers | None = None) -> pa.Array:
    """The bytes of each cell with the `head` bytes before it. Arrow sees the page as values with
    gaps between them and copies every other one."""
    bounds = np.empty(2 * len(cells.at), np.int32)
    bounds[0::2] = cells.at - head
    bounds[1::2] = cells.at + np.maximum(cells.lengths, 0)
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(cells.raw)]
    both = pa.Array.from_buffers(pa.binary(), len(bounds) - 1, buffers)
    return both.take(pa.array(np.arange(0, len(bounds), 2), mask=nothing))


_READERS: dict[tuple[str, Kind], Reader] = {
    ("bigint", Kind.BIGINT): _numbers(">i8", _as_they_are),
    ("boolean", Kind.BOOLEAN): _numbers("u1", _truths),
    ("counter", Kind.BIGINT): _numbers(">i8", _as_they_are),
    ("date", Kind.DATE): _numbers(">i4", dates),
    ("double", Kind.DOUBLE): _numbers(">f8", _as_they_are),
    ("float", Kind.REAL): _numbers(">f4", _as_they_are),
    ("int", Kind.INTEGER): _numbers(">i4", _as_they_are),
    ("smallint", Kind.SMALLINT): _numbers(">i2", _as_they_are),
    ("time", Kind.TIME): _numbers(">i8", times),
    ("timestamp", Kind.TIMESTAMP): _numbers(">i8", timestamps),
    ("timestamp", Kind.TIMESTAMPTZ): _numbers(">i8", timestamps),
    ("timeuuid", Kind.UUID): _uuids,
    ("tinyint", Kind.SMALLINT): _numbers("i1", _as_they_are),
    ("uuid", Kind.UUID): _uuids,
    ("ascii", Kind.TEXT): _bytes,
    ("blob", Kind.BYTES): _bytes,
    ("text", Kind.TEXT): _bytes,
    ("text", Kind.JSON): _bytes,
    ("varchar", Kind.TEXT): _bytes,
    ("varchar", Kind.JSON): _bytes,
}
