"""The driver's connections, mended: an answer may be cut at any byte on its way.

Protocol 5 sends answers in segments. The driver (3.30, and scylla-driver) forgets what it has of a
segment's header where a read ends inside it, and takes a segment that did not shrink under
compression for two bytes shorter than it is; either way the next bytes are read as something else
and the connection is given up with "CRC mismatch". Busy machines see that, whose reads end
anywhere. For `session`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from cassandra.segment import CRC32_LENGTH, Segment


class WholeSegments:
    """Before a connection class of the driver: no segment is looked at before it is all there."""

    _io_buffer: Any
    _segment_codec: Any

    def _process_segment_buffer(self) -> None:
        held = self._io_buffer
        if held.readable_io_bytes() < self._wanted():
            held._segment_consumed = False
            held.io_buffer.seek(0)  # from where the rest is kept
        else:
            super()._process_segment_buffer()  # type: ignore[misc]

    def _wanted(self) -> int:
        """The bytes of the first segment, or of its header as long as that is not there."""
        header: int = self._segment_codec.header_length_with_crc
        if self._io_buffer.readable_io_bytes() < header:
            return header
        with self._io_buffer.io_buffer.getbuffer() as data:
            payload = int.from_bytes(data[:3], "little") & int(Segment.MAX_PAYLOAD_LENGTH)
        return header + payload + int(CRC32_LENGTH)


@cache
def mended(connection: type) -> type:
    """A connection class of the driver that waits for whole segments."""
    return type(f"Whole{connection.__name__}", (WholeSegments, connection), {})
