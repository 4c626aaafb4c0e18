"""Text functions: PostgreSQL manual, "String Functions and Operators". Positions count code points
from 1."""

from __future__ import annotations

from sqlshim.functions.encodings import SOME_BYTES
from sqlshim.functions.model import (
    A_BOOL,
    A_DECIMAL,
    A_TEXT,
    ANY,
    BYTES_OR_TEXT,
    INT,
    NullResult,
    own_nulls,
    scalar,
    sig,
)
from sqlshim.types import BOOLEAN, BYTES, DECIMAL, INTEGER, TEXT, UUID, array

UPPER = scalar("UPPER", "text in capitals", sig(A_TEXT, gives=TEXT))
LOWER = scalar("LOWER", "text in small letters", sig(A_TEXT, gives=TEXT))
LENGTH = scalar(
    "LENGTH",
    "the number of code points, or of bytes",
    sig(A_TEXT, gives=INTEGER),
    sig(SOME_BYTES, gives=INTEGER),
)
OCTET_LENGTH = scalar(
    "OCTET_LENGTH", "the number of bytes (UTF-8)", sig(BYTES_OR_TEXT, gives=INTEGER)
)
SUBSTRING = scalar(
    "SUBSTRING",
    "text from a position, for a length; a start below 1 uses up length (PostgreSQL)",
    sig(A_TEXT, INT, gives=TEXT),
    sig(A_TEXT, INT, INT, gives=TEXT),
    sig(SOME_BYTES, INT, gives=BYTES),
    sig(SOME_BYTES, INT, INT, gives=BYTES),
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
GEN_RANDOM_UUID = own_nulls(
    "GEN_RANDOM_UUID",
    "a random UUID, anew for each row",
    NullResult.NEVER,
    sig(gives=UUID),
    volatile=True,
)
ENDS_WITH = scalar(
    "ENDS_WITH", "whether a ends with b (DuckDB, Snowflake)", sig(A_TEXT, A_TEXT, gives=BOOLEAN)
)
CONTAINS = scalar(
    "CONTAINS", "whether b occurs in a (DuckDB, Snowflake)", sig(A_TEXT, A_TEXT, gives=BOOLEAN)
)
NUMBER_AS = scalar(
    "NUMBER_AS",
    "a number, as text, by a pattern of TO_CHAR that stores do not know",
    sig(A_TEXT, A_TEXT, gives=TEXT),
)
PARSE_IDENT = scalar(
    "PARSE_IDENT",
    "the parts of a dotted name; FALSE takes what follows them",
    sig(A_TEXT, A_BOOL, gives=array(TEXT.with_null(False))),
)
QUOTE_IDENT = scalar(
    "QUOTE_IDENT", "text as an identifier, in double quotes if need be", sig(A_TEXT, gives=TEXT)
)
NORMALIZE = scalar("NORMALIZE", "text in Unicode normal form C", sig(A_TEXT, gives=TEXT))
UNISTR = scalar(
    "UNISTR", "text with \\XXXX, \\+XXXXXX and \\uXXXX as characters", sig(A_TEXT, gives=TEXT)
)
LEVENSHTEIN = scalar(
    "LEVENSHTEIN",
    "how many characters must change to make a of b",
    sig(A_TEXT, A_TEXT, gives=INTEGER),
)
SUBSTRING_INDEX = scalar(
    "SUBSTRING_INDEX",
    "what stands before the n-th separator b; after it, from the end, if n < 0 (MySQL)",
    sig(A_TEXT, A_TEXT, INT, gives=TEXT),
)
TO_CHAR_NUMBER = scalar(
    "TO_CHAR_NUMBER",
    "TO_CHAR(x, '999,990.00'): a number by a pattern of 9 0 . D , G S MI FM",
    sig(A_DECIMAL, INT, INT, INT, A_TEXT, gives=TEXT),
)
TO_NUMBER = scalar(
    "TO_NUMBER",
    "a number out of text, by a pattern of 9 0 . D , G S",
    sig(A_TEXT, A_TEXT, gives=DECIMAL),
)
