"""Regular expressions: PostgreSQL manual, "POSIX Regular Expressions".

A pattern is a Literal that `patterns.py` has written in the form of RE2, which all stores' engines
share, or a call of RE2_PATTERN, which does so row by row; only patterns that match the same span
there as in PostgreSQL get this far where the span counts.
"""

from __future__ import annotations

from sqlshim.functions.model import A_TEXT, INT, NullResult, own_nulls, scalar, sig
from sqlshim.types import BOOLEAN, INTEGER, TEXT, array

REGEXP_LIKE = scalar(
    "REGEXP_LIKE",
    "whether a regular expression matches somewhere",
    sig(A_TEXT, A_TEXT, gives=BOOLEAN),
)
REGEXP_REPLACE = scalar(
    "REGEXP_REPLACE",
    "text with the first match (flag g: every match) replaced; \\1 is a group, \\& the match",
    sig(A_TEXT, A_TEXT, A_TEXT, A_TEXT, gives=TEXT),
)
REGEXP_COUNT = scalar(
    "REGEXP_COUNT", "how many times it matches", sig(A_TEXT, A_TEXT, gives=INTEGER)
)
REGEXP_SUBSTR = own_nulls(
    "REGEXP_SUBSTR",
    "the n-th match, or a group of it; NULL if there are fewer",
    NullResult.ALWAYS,
    sig(A_TEXT, A_TEXT, INT, INT, gives=TEXT),
)
REGEXP_INSTR = scalar(
    "REGEXP_INSTR",
    "where the n-th match begins (or what follows it), 0 if there are fewer",
    sig(A_TEXT, A_TEXT, A_TEXT, INT, gives=INTEGER),
)
REGEXP_MATCH = own_nulls(
    "REGEXP_MATCH",
    "the groups of the first match, or the match itself, as an array; NULL if there is none",
    NullResult.ALWAYS,
    sig(A_TEXT, A_TEXT, INT, gives=array(TEXT.with_null(False))),
)
REGEXP_GROUPS = own_nulls(
    "REGEXP_GROUPS",
    "REGEXP_MATCH by a pattern that is no constant, or with groups that may take no part",
    NullResult.ALWAYS,
    sig(A_TEXT, A_TEXT, A_TEXT, gives=array(TEXT)),
)
REGEXP_PART = own_nulls(
    "REGEXP_PART",
    "REGEXP_SUBSTR and REGEXP_INSTR by a pattern that is no constant: which match, which part",
    NullResult.ALWAYS,
    sig(A_TEXT, A_TEXT, A_TEXT, gives=TEXT),
)
REGEXP_MATCHES = own_nulls(
    "REGEXP_MATCHES",
    "the groups of the first match (flag g: of every match), or the matches, as arrays in an array",
    NullResult.ALWAYS,
    sig(A_TEXT, A_TEXT, INT, A_TEXT, gives=array(array(TEXT.with_null(False), False))),
)
REGEXP_SPLIT_TO_ARRAY = scalar(
    "REGEXP_SPLIT_TO_ARRAY",
    "the pieces between the matches, as an array",
    sig(A_TEXT, A_TEXT, gives=array(TEXT.with_null(False))),
)
REGEXP_FIELD = scalar(
    "REGEXP_FIELD",
    "a group of the first match; without a match an error that names the format",
    sig(A_TEXT, A_TEXT, INT, A_TEXT, gives=TEXT),
)
RE2_PATTERN = scalar(
    "RE2_PATTERN",
    "a regular expression in RE2's form; flags i, s (its span counts), p (it splits)",
    sig(A_TEXT, A_TEXT, gives=TEXT),
)
SIMILAR_PATTERN = scalar(
    "SIMILAR_PATTERN",
    "a pattern of SIMILAR TO, with its escape character, in RE2's form",
    sig(A_TEXT, A_TEXT, gives=TEXT),
)
RE2_REPLACEMENT = scalar(
    "RE2_REPLACEMENT",
    "a replacement in RE2's form, for a pattern in that form",
    sig(A_TEXT, A_TEXT, gives=TEXT),
)
