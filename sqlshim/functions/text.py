"""Text functions: PostgreSQL manual, "String Functions and Operators". Positions count code points
from 1."""

from __future__ import annotations

from sqlshim.functions.model import (
    A_TEXT,
    ANY,
    BYTES_OR_TEXT,
    INT,
    NullResult,
    Want,
    own_nulls,
    scalar,
    sig,
)
from sqlshim.types import BOOLEAN, BYTES, INTEGER, TEXT, UUID, Kind

_SOME_BYTES = Want("bytes", frozenset({Kind.BYTES}), BYTES)

UPPER = scalar("UPPER", "text in capitals", sig(A_TEXT, gives=TEXT))
LOWER = scalar("LOWER", "text in small letters", sig(A_TEXT, gives=TEXT))
LENGTH = scalar("LENGTH", "the number of code points", sig(A_TEXT, gives=INTEGER))
OCTET_LENGTH = scalar(
    "OCTET_LENGTH", "the number of bytes (UTF-8)", sig(BYTES_OR_TEXT, gives=INTEGER)
)
SUBSTRING = scalar(
    "SUBSTRING",
    "text from a position, for a length; a start below 1 uses up length (PostgreSQL)",
    sig(A_TEXT, INT, gives=TEXT),
    sig(A_TEXT, INT, INT, gives=TEXT),
)
TRIM = scalar(
    "TRIM", "text without the given characters at both ends", sig(A_TEXT, A_TEXT, gives=TEXT)
)
LTRIM = scalar(
    "LTRIM", "text without the given characters at its start", sig(A_TEXT, A_TEXT, gives=TEXT)
)
RTRIM = scalar(
    "RTRIM", "text without the given characters at its end", sig(A_TEXT, A_TEXT, gives=TEXT)
)
REPLACE = scalar(
    "REPLACE", "text with every b replaced by c", sig(A_TEXT, A_TEXT, A_TEXT, gives=TEXT)
)
POSITION = scalar(
    "POSITION", "where b first occurs in a, 0 if nowhere", sig(A_TEXT, A_TEXT, gives=INTEGER)
)
CONCAT = own_nulls(
    "CONCAT",
    "the arguments as text, one after the other; NULLs are left out",
    NullResult.NEVER,
    sig(ANY, gives=TEXT, variadic=True),
)
CONCAT_WS = own_nulls(
    "CONCAT_WS",
    "the arguments as text with a separator between; NULLs are left out",
    NullResult.ANY,
    sig(A_TEXT, ANY, gives=TEXT, variadic=True),
)
LEFT = scalar(
    "LEFT", "the first n characters; all but the last -n if n < 0", sig(A_TEXT, INT, gives=TEXT)
)
RIGHT = scalar(
    "RIGHT", "the last n characters; all but the first -n if n < 0", sig(A_TEXT, INT, gives=TEXT)
)
LPAD = scalar(
    "LPAD", "text filled on the left, or cut, to a length", sig(A_TEXT, INT, A_TEXT, gives=TEXT)
)
RPAD = scalar(
    "RPAD", "text filled on the right, or cut, to a length", sig(A_TEXT, INT, A_TEXT, gives=TEXT)
)
REVERSE = scalar("REVERSE", "the code points in opposite order", sig(A_TEXT, gives=TEXT))
REPEAT = scalar("REPEAT", "text n times", sig(A_TEXT, INT, gives=TEXT))
SPLIT_PART = scalar(
    "SPLIT_PART",
    "the n-th part of a between separators b; negative n counts from the end",
    sig(A_TEXT, A_TEXT, INT, gives=TEXT),
)
STARTS_WITH = scalar("STARTS_WITH", "whether a begins with b", sig(A_TEXT, A_TEXT, gives=BOOLEAN))
ASCII = scalar("ASCII", "the number of the first code point, 0 for ''", sig(A_TEXT, gives=INTEGER))
CHR = scalar("CHR", "the character with this code point number", sig(INT, gives=TEXT))
TRANSLATE = scalar(
    "TRANSLATE",
    "each character found in b replaced by the one at its place in c, or dropped",
    sig(A_TEXT, A_TEXT, A_TEXT, gives=TEXT),
)
MD5 = scalar("MD5", "the MD5 hash in hexadecimal", sig(A_TEXT, gives=TEXT))
BIT_LENGTH = scalar("BIT_LENGTH", "the number of bits (UTF-8)", sig(BYTES_OR_TEXT, gives=INTEGER))
INITCAP = scalar(
    "INITCAP", "each word with a capital first and small letters after", sig(A_TEXT, gives=TEXT)
)
OVERLAY = scalar(
    "OVERLAY",
    "a with the part from position c, of length d, replaced by b",
    sig(A_TEXT, A_TEXT, INT, INT, gives=TEXT),
)
QUOTE_LITERAL = scalar("QUOTE_LITERAL", "text as an SQL literal", sig(A_TEXT, gives=TEXT))
QUOTE_NULLABLE = own_nulls(
    "QUOTE_NULLABLE",
    "text as an SQL literal, NULL as the word",
    NullResult.NEVER,
    sig(A_TEXT, gives=TEXT),
)
TO_HEX = scalar("TO_HEX", "an integer in hexadecimal", sig(INT, gives=TEXT))
SHA256 = scalar("SHA256", "the SHA-256 hash of bytes", sig(_SOME_BYTES, gives=BYTES))
REGEXP_LIKE = scalar(
    "REGEXP_LIKE",
    "whether a regular expression matches somewhere",
    sig(A_TEXT, A_TEXT, gives=BOOLEAN),
)
GEN_RANDOM_UUID = own_nulls(
    "GEN_RANDOM_UUID",
    "a random UUID, anew for each row",
    NullResult.NEVER,
    sig(gives=UUID),
    volatile=True,
)
