"""Answers that arrive in pieces: on connections of the driver without a socket."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from cassandra import ProtocolVersion
from cassandra.connection import Connection
from cassandra.segment import Segment, SegmentCodec

from sqlshim.backends.cassandra.framing import WholeSegments, mended

BODIES = [b"first", bytes(range(256)) * 3, b"", b"the last"]
LARGE = bytes(i * 7 % 251 for i in range(Segment.MAX_PAYLOAD_LENGTH + 1000))  # two segments


class Talking(Connection):  # type: ignore[misc]
    """Keeps the bodies of the messages that arrive, and what ends it."""

    def __init__(self, codec: SegmentCodec) -> None:
        super().__init__(protocol_version=ProtocolVersion.V5)
        self._enable_checksumming()
        self._segment_codec = codec
        self.bodies: list[bytes] = []
        self.error: BaseException | None = None

    def process_msg(self, header: Any, body: bytes) -> None:
        self.bodies.append(body)

    def defunct(self, exc: BaseException) -> None:
        self.error = exc

    def hear(self, data: bytes) -> None:
        self._iobuf.write(data)
        self.process_io_buffer()


def as_it_is(payload: bytes) -> bytes:
    """A compressor that shortens nothing, with the length before it as lz4's in the driver."""
    return len(payload).to_bytes(4, "big") + payload


def halves(payload: bytes) -> bytes:
    """One that shortens texts of pairs of equal bytes."""
    even, odd = payload[::2], payload[1::2]
    return len(payload).to_bytes(4, "big") + (even if even == odd else payload + b" ")


def doubles(payload: bytes) -> bytes:
    return bytes(byte for one in payload[4:] for byte in (one, one))


CODECS = {
    "uncompressed": SegmentCodec(),
    "not shortened": SegmentCodec(as_it_is, doubles),
    "compressed": SegmentCodec(halves, doubles),
}


def sent(codec: SegmentCodec, bodies: list[bytes]) -> bytes:
    """Messages of these bodies as a server sends them."""
    out = BytesIO()
    for body in bodies:
        header = bytes([0x85, 0, 0, 1, 8]) + len(body).to_bytes(4, "big")
        codec.encode(out, header + body)
    return out.getvalue()


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_two_reads_may_meet_at_any_byte(codec: SegmentCodec) -> None:
    data = sent(codec, BODIES)
    for cut in range(1, len(data)):
        connection = mended(Talking)(codec)
        connection.hear(data[:cut])
        connection.hear(data[cut:])
        assert (cut, connection.error, connection.bodies) == (cut, None, BODIES)


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@pytest.mark.parametrize("size", [1, 2, 5, 7])
def test_reads_may_be_as_small_as_they_like(codec: SegmentCodec, size: int) -> None:
    data = sent(codec, BODIES)
    connection = mended(Talking)(codec)
    for start in range(0, len(data), size):
        connection.hear(data[start : start + size])
    assert (connection.error, connection.bodies) == (None, BODIES)


def test_a_message_of_several_segments_may_be_cut_between_and_in_them() -> None:
    codec = CODECS["uncompressed"]
    data = sent(codec, [LARGE, b"next"])
    second = 6 + Segment.MAX_PAYLOAD_LENGTH + 4
    for cut in (3, 6, second - 4, *range(second - 1, second + 8), len(data) - 2):
        connection = mended(Talking)(codec)
        connection.hear(data[:cut])
        connection.hear(data[cut:])
        assert (cut, connection.error, connection.bodies) == (cut, None, [LARGE, b"next"])


def test_what_is_damaged_is_still_noticed() -> None:
    codec = CODECS["uncompressed"]
    for at in (0, 4, 20):
        data = bytearray(sent(codec, [b"some message"]))
        data[at] ^= 1
        connection = mended(Talking)(codec)
        connection.hear(bytes(data) + bytes(1 << 17))
        assert "CRC mismatch" in str(connection.error)


def test_a_class_is_mended_once() -> None:
    assert mended(Talking) is mended(Talking)
    assert mended(Talking).__mro__[:3] == (mended(Talking), WholeSegments, Talking)
