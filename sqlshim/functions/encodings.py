"""Bytes, their text forms and hashes: PostgreSQL manual, "Binary String Functions"."""

from __future__ import annotations

from sqlshim.functions.model import A_TEXT, BYTES_OR_TEXT, INT, Want, scalar, sig
from sqlshim.types import BIGINT, BYTES, INTEGER, TEXT, Kind

SOME_BYTES = Want("bytes", frozenset({Kind.BYTES}), BYTES)

MD5 = scalar("MD5", "the MD5 hash in hexadecimal", sig(BYTES_OR_TEXT, gives=TEXT))
SHA1 = scalar(
    "SHA1", "the SHA-1 hash in hexadecimal (MySQL, DuckDB)", sig(BYTES_OR_TEXT, gives=TEXT)
)
SHA256 = scalar("SHA256", "the SHA-256 hash of bytes", sig(SOME_BYTES, gives=BYTES))
SHA224 = scalar("SHA224", "the SHA-224 hash of bytes", sig(SOME_BYTES, gives=BYTES))
SHA384 = scalar("SHA384", "the SHA-384 hash of bytes", sig(SOME_BYTES, gives=BYTES))
SHA512 = scalar("SHA512", "the SHA-512 hash of bytes", sig(SOME_BYTES, gives=BYTES))
ENCODE_HEX = scalar(
    "ENCODE_HEX", "ENCODE(b, 'hex'): bytes in hexadecimal", sig(SOME_BYTES, gives=TEXT)
)
ENCODE_BASE64 = scalar(
    "ENCODE_BASE64",
    "ENCODE(b, 'base64'): bytes in base 64, lines of 76 characters",
    sig(SOME_BYTES, gives=TEXT),
)
ENCODE_ESCAPE = scalar(
    "ENCODE_ESCAPE",
    "ENCODE(b, 'escape'): zero and high bytes as \\ooo, a backslash doubled",
    sig(SOME_BYTES, gives=TEXT),
)
DECODE_HEX = scalar(
    "DECODE_HEX", "DECODE(t, 'hex'): bytes out of hexadecimal", sig(A_TEXT, gives=BYTES)
)
DECODE_BASE64 = scalar(
    "DECODE_BASE64", "DECODE(t, 'base64'): bytes out of base 64", sig(A_TEXT, gives=BYTES)
)
DECODE_ESCAPE = scalar(
    "DECODE_ESCAPE", "DECODE(t, 'escape'): bytes out of \\ooo and \\\\", sig(A_TEXT, gives=BYTES)
)
CONVERT_FROM = scalar(
    "CONVERT_FROM", "CONVERT_FROM(b, 'UTF8'): bytes as text", sig(SOME_BYTES, gives=TEXT)
)
CONVERT_TO = scalar("CONVERT_TO", "CONVERT_TO(t, 'UTF8'): text as bytes", sig(A_TEXT, gives=BYTES))
TRIM_BYTES = scalar(
    "TRIM_BYTES",
    "TRIM, LTRIM, RTRIM of bytes: without those of the second at both ends, or at one (l, r)",
    sig(SOME_BYTES, SOME_BYTES, A_TEXT, gives=BYTES),
)
POSITION_OF_BYTES = scalar(
    "POSITION_OF_BYTES",
    "POSITION(b IN a): where bytes first occur in others, 0 if nowhere",
    sig(SOME_BYTES, SOME_BYTES, gives=INTEGER),
)
OVERLAY_BYTES = scalar(
    "OVERLAY_BYTES",
    "OVERLAY of bytes: a with the part from position c, of length d, replaced by b",
    sig(SOME_BYTES, SOME_BYTES, INT, INT, gives=BYTES),
)
GET_BYTE = scalar("GET_BYTE", "byte number n, from 0", sig(SOME_BYTES, INT, gives=INTEGER))
SET_BYTE = scalar(
    "SET_BYTE", "the bytes with number n replaced", sig(SOME_BYTES, INT, INT, gives=BYTES)
)
GET_BIT = scalar(
    "GET_BIT",
    "bit number n, from 0, the lowest of a byte first",
    sig(SOME_BYTES, INT, gives=INTEGER),
)
SET_BIT = scalar(
    "SET_BIT", "the bytes with bit number n set to 0 or 1", sig(SOME_BYTES, INT, INT, gives=BYTES)
)
BIT_COUNT = scalar(
    "BIT_COUNT",
    "how many bits are set",
    sig(SOME_BYTES, gives=BIGINT),
    sig(INT, gives=BIGINT),
)
