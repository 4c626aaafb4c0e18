"""Arrays and maps: elements, slices, searching and comparing with ANY. See `model`.

The binder brings arrays and the values they are asked for to a common type (`bind/arrays`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions import operators as op
from sqlshim.functions.model import (
    A_TEXT,
    A_TIMESTAMP,
    AN_INTERVAL,
    ANY,
    INT,
    Function,
    NullResult,
    Want,
    first,
    own_nulls,
    scalar,
    sig,
)
from sqlshim.types import BOOLEAN, DOUBLE, INTEGER, TEXT, Kind, SqlType, array

AN_ARRAY = Want("array", frozenset({Kind.ARRAY}))
A_MAP = Want("map", frozenset({Kind.MAP}))


def _element(args: Sequence[SqlType]) -> SqlType:
    return args[0].element or TEXT


def _array_of_first(args: Sequence[SqlType]) -> SqlType:
    return array(args[0].with_null(False))


def _second(args: Sequence[SqlType]) -> SqlType:
    return args[1]


ELEMENT = own_nulls(
    "ELEMENT",
    "the element at a place, counted from 1; NULL where there is none",
    NullResult.ALWAYS,
    sig(AN_ARRAY, INT, gives=_element),
    symbol="[]",
)
SLICE = scalar(
    "SLICE",
    "the elements from one place to another, both included",
    sig(AN_ARRAY, INT, INT, gives=first),
    symbol="[:]",
)
MAP_VALUE = own_nulls(
    "MAP_VALUE",
    "the value of a key; NULL where there is none",
    NullResult.ALWAYS,
    sig(A_MAP, ANY, gives=_element),
    symbol="[key]",
)
CARDINALITY = scalar("CARDINALITY", "how many elements there are", sig(AN_ARRAY, gives=INTEGER))

FLATTEN = scalar(
    "FLATTEN",
    "the elements of the arrays in an array; what CARDINALITY and UNNEST go through",
    sig(AN_ARRAY, gives=_element),
)
THRESHOLDS_REACHED = scalar(
    "THRESHOLDS_REACHED",
    "WIDTH_BUCKET(x, thresholds): how many of the ascending thresholds x reaches; a NULL among "
    "them is an error",
    sig(ANY, AN_ARRAY, gives=INTEGER),
)


def _any_of(name: str, comparison: Function) -> Function:
    return own_nulls(
        name,
        f"whether a {comparison.symbol} one of the elements; NULL if only a NULL may be",
        NullResult.ALWAYS,
        sig(ANY, AN_ARRAY, gives=BOOLEAN),
        symbol=f"{comparison.symbol} ANY",
    )


EQ_ANY = _any_of("EQ_ANY", op.EQ)
NE_ANY = _any_of("NE_ANY", op.NE)
LT_ANY = _any_of("LT_ANY", op.LT)
LE_ANY = _any_of("LE_ANY", op.LE)
GT_ANY = _any_of("GT_ANY", op.GT)
GE_ANY = _any_of("GE_ANY", op.GE)
ANY_OF = dict(zip(op.COMPARISONS, (EQ_ANY, NE_ANY, LT_ANY, LE_ANY, GT_ANY, GE_ANY), strict=True))
COMPARED = {fn: comparison for comparison, fn in ANY_OF.items()}

CONTAINS_ALL = scalar(
    "CONTAINS_ALL",
    "whether each element of the second is one of the first; a NULL never is",
    sig(AN_ARRAY, AN_ARRAY, gives=BOOLEAN),
    symbol="@>",
)
OVERLAPS = scalar(
    "OVERLAPS",
    "whether the arrays have an element in common",
    sig(AN_ARRAY, AN_ARRAY, gives=BOOLEAN),
    symbol="&&",
)
ARRAY_CAT = own_nulls(
    "ARRAY_CAT",
    "the elements of both; NULL counts as empty beside an array",
    NullResult.ALL,
    sig(AN_ARRAY, AN_ARRAY, gives=first),
)
ARRAY_APPEND = own_nulls(
    "ARRAY_APPEND",
    "the array with an element at its end",
    NullResult.NEVER,
    sig(AN_ARRAY, ANY, gives=first),
)
ARRAY_PREPEND = own_nulls(
    "ARRAY_PREPEND",
    "the array with an element before its first",
    NullResult.NEVER,
    sig(ANY, AN_ARRAY, gives=_second),
)
ARRAY_POSITION = own_nulls(
    "ARRAY_POSITION",
    "the first place of a value, which may be NULL; NULL if it is not there",
    NullResult.ALWAYS,
    sig(AN_ARRAY, ANY, gives=INTEGER),
)
ARRAY_REMOVE = own_nulls(
    "ARRAY_REMOVE",
    "the array without a value, which may be NULL",
    NullResult.ALWAYS,
    sig(AN_ARRAY, ANY, gives=first),
)
ARRAY_REPLACE = own_nulls(
    "ARRAY_REPLACE",
    "the array with another value for each one that is the second argument",
    NullResult.ALWAYS,
    sig(AN_ARRAY, ANY, ANY, gives=first),
)
ARRAY_TO_STRING = own_nulls(
    "ARRAY_TO_STRING",
    "the elements as text with a separator between; NULLs left out, or written as told",
    NullResult.ALWAYS,
    sig(AN_ARRAY, A_TEXT, gives=TEXT),
    sig(AN_ARRAY, A_TEXT, A_TEXT, gives=TEXT),
)
STRING_TO_ARRAY = own_nulls(
    "STRING_TO_ARRAY",
    "the parts of a text between separators; each character if that is NULL",
    NullResult.ALWAYS,
    sig(A_TEXT, A_TEXT, gives=array(TEXT)),
    sig(A_TEXT, A_TEXT, A_TEXT, gives=array(TEXT)),
)
ARRAY_POSITIONS = own_nulls(
    "ARRAY_POSITIONS",
    "all places of a value, which may be NULL",
    NullResult.ALWAYS,
    sig(AN_ARRAY, ANY, gives=array(INTEGER)),
)
ARRAY_FILL = own_nulls(
    "ARRAY_FILL",
    "an array of so many times the same value",
    NullResult.ALWAYS,
    sig(ANY, INT, gives=lambda args: array(args[0].with_null(True))),
)
ARRAY_SERIES = scalar(
    "ARRAY_SERIES",
    "the values from one to another by a step, as an array: what generate_series makes rows of",
    sig(INT, INT, INT, gives=_array_of_first),
    sig(A_TIMESTAMP, A_TIMESTAMP, AN_INTERVAL, gives=_array_of_first),
)
MAP_KEYS = scalar(
    "MAP_KEYS", "the keys of a map", sig(A_MAP, gives=lambda args: array(args[0].key or TEXT))
)
MAP_VALUES = scalar(
    "MAP_VALUES", "the values of a map", sig(A_MAP, gives=lambda args: array(_element(args)))
)


# --- vectors: similarities as in CQL, 1 for the same direction or place, less for others; distances
# as in pgvector ---------------------------------------------------------------------------


def _of_vectors(name: str, doc: str) -> Function:
    return scalar(name, doc, sig(AN_ARRAY, AN_ARRAY, gives=DOUBLE))


SIMILARITY_COSINE = _of_vectors(
    "SIMILARITY_COSINE", "(1 + c) / 2 for the cosine c of the angle between two vectors"
)
SIMILARITY_EUCLIDEAN = _of_vectors(
    "SIMILARITY_EUCLIDEAN", "1 / (1 + d * d) for the distance d of two vectors"
)
SIMILARITY_DOT_PRODUCT = _of_vectors(
    "SIMILARITY_DOT_PRODUCT", "(1 + p) / 2 for the dot product p of two vectors"
)
L2_DISTANCE = _of_vectors("L2_DISTANCE", "the distance of two vectors; also v <-> w")
COSINE_DISTANCE = _of_vectors(
    "COSINE_DISTANCE", "1 - c for the cosine c of the angle between two vectors; also v <=> w"
)
INNER_PRODUCT = _of_vectors("INNER_PRODUCT", "the dot product of two vectors")
NEGATIVE_INNER_PRODUCT = _of_vectors(
    "VECTOR_NEGATIVE_INNER_PRODUCT", "the dot product of two vectors with the other sign; v <#> w"
)
OF_VECTORS = (
    SIMILARITY_COSINE,
    SIMILARITY_EUCLIDEAN,
    SIMILARITY_DOT_PRODUCT,
    L2_DISTANCE,
    COSINE_DISTANCE,
    INNER_PRODUCT,
    NEGATIVE_INNER_PRODUCT,
)
