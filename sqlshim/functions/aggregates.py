"""Aggregate functions. DISTINCT, FILTER and ORDER BY belong to the call (`ir.AggregateCall`).

`ORDERED` are those whose result depends on the order of the rows. Of the ordered-set aggregates the
value of WITHIN GROUP (ORDER BY value) is the first argument and the call's only sort key.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions.model import (
    A_BOOL,
    A_DECIMAL,
    A_DOUBLE,
    A_TEXT,
    AN_INTERVAL,
    ANY,
    INT,
    NUMBER,
    Function,
    NullResult,
    aggregate,
    first,
    sig,
)
from sqlshim.types import BIGINT, BOOLEAN, DOUBLE, INTERVAL, JSON, TEXT, SqlType, array, decimal


def _sum_of_decimals(args: Sequence[SqlType]) -> SqlType:
    return decimal(38, args[0].scale or 0)


def _array_of_first(args: Sequence[SqlType]) -> SqlType:
    return array(args[0])


COUNT = aggregate(
    "COUNT",
    "how many are not NULL; COUNT(*) how many rows",
    sig(gives=BIGINT),
    sig(ANY, gives=BIGINT),
    null=NullResult.NEVER,
)
SUM = aggregate(
    "SUM",
    "the sum; NULL over nothing; of integers an exact BIGINT, its overflow an error",
    sig(INT, gives=BIGINT),
    sig(A_DECIMAL, gives=_sum_of_decimals),
    sig(A_DOUBLE, gives=DOUBLE),
    sig(AN_INTERVAL, gives=INTERVAL),
)
AVG = aggregate(
    "AVG",
    "the mean in double precision; NULL over nothing",
    sig(NUMBER, gives=DOUBLE),
    sig(AN_INTERVAL, gives=INTERVAL),
)
MIN = aggregate("MIN", "the smallest; NULL over nothing", sig(ANY, gives=first))
MAX = aggregate("MAX", "the largest; NULL over nothing", sig(ANY, gives=first))
BOOL_AND = aggregate("BOOL_AND", "whether all are true", sig(A_BOOL, gives=BOOLEAN))
BOOL_OR = aggregate("BOOL_OR", "whether any is true", sig(A_BOOL, gives=BOOLEAN))
STDDEV_SAMP = aggregate("STDDEV_SAMP", "sample standard deviation", sig(A_DOUBLE, gives=DOUBLE))
STDDEV_POP = aggregate("STDDEV_POP", "population standard deviation", sig(A_DOUBLE, gives=DOUBLE))
VAR_SAMP = aggregate("VAR_SAMP", "sample variance", sig(A_DOUBLE, gives=DOUBLE))
VAR_POP = aggregate("VAR_POP", "population variance", sig(A_DOUBLE, gives=DOUBLE))
STRING_AGG = aggregate(
    "STRING_AGG", "the texts one after the other with a separator", sig(A_TEXT, A_TEXT, gives=TEXT)
)
ANY_VALUE = aggregate("ANY_VALUE", "one of the values that are not NULL", sig(ANY, gives=first))
TOTAL = aggregate(
    "TOTAL",
    "SQLite's sum in double precision; 0 over nothing",
    sig(A_DOUBLE, gives=DOUBLE),
    null=NullResult.NEVER,
)
BIT_AND = aggregate("BIT_AND", "the bits that all values have", sig(INT, gives=first))
BIT_OR = aggregate("BIT_OR", "the bits that any value has", sig(INT, gives=first))
BIT_XOR = aggregate("BIT_XOR", "the bits that an odd number has", sig(INT, gives=first))

# --- collecting

ARRAY_AGG = aggregate(
    "ARRAY_AGG", "the values, NULLs too, as an array", sig(ANY, gives=_array_of_first)
)
JSON_AGG = aggregate("JSON_AGG", "the values, NULLs too, as a JSON array", sig(ANY, gives=JSON))
JSONB_AGG = aggregate("JSONB_AGG", "the same as JSON_AGG", sig(ANY, gives=JSON))
JSON_OBJECT_AGG = aggregate(
    "JSON_OBJECT_AGG",
    "a JSON object of the keys and values; a key that is NULL is an error",
    sig(ANY, ANY, gives=JSON),
)
JSONB_OBJECT_AGG = aggregate(
    "JSONB_OBJECT_AGG",
    "the same; the last value of each key, short keys first",
    sig(ANY, ANY, gives=JSON),
)

# --- ordered sets: f(…) WITHIN GROUP (ORDER BY value)

PERCENTILE_CONT = aggregate(
    "PERCENTILE_CONT",
    "the value below which a fraction of the values lies, interpolated",
    sig(A_DOUBLE, A_DOUBLE, gives=DOUBLE, variadic=True),
)
PERCENTILE_DISC = aggregate(
    "PERCENTILE_DISC",
    "the first value at or beyond a fraction of the values",
    sig(ANY, A_DOUBLE, gives=first, variadic=True),
)
MODE = aggregate("MODE", "the most frequent value, the first of several", sig(ANY, gives=first))
MEDIAN = aggregate("MEDIAN", "the value in the middle, interpolated", sig(A_DOUBLE, gives=DOUBLE))

# --- statistics of the pairs (y, x) in which neither is NULL


def _of_pairs(name: str, doc: str) -> Function:
    return aggregate(name, doc, sig(A_DOUBLE, A_DOUBLE, gives=DOUBLE))


CORR = _of_pairs("CORR", "correlation")
COVAR_POP = _of_pairs("COVAR_POP", "population covariance")
COVAR_SAMP = _of_pairs("COVAR_SAMP", "sample covariance")
REGR_SLOPE = _of_pairs("REGR_SLOPE", "the slope of the fitted line")
REGR_INTERCEPT = _of_pairs("REGR_INTERCEPT", "where the fitted line meets x = 0")
REGR_R2 = _of_pairs("REGR_R2", "the square of the correlation")
REGR_AVGX = _of_pairs("REGR_AVGX", "the mean of x")
REGR_AVGY = _of_pairs("REGR_AVGY", "the mean of y")
REGR_SXX = _of_pairs("REGR_SXX", "the sum of squares of x around its mean")
REGR_SYY = _of_pairs("REGR_SYY", "the sum of squares of y around its mean")
REGR_SXY = _of_pairs("REGR_SXY", "the sum of products around the means")
REGR_COUNT = aggregate(
    "REGR_COUNT",
    "how many pairs there are",
    sig(A_DOUBLE, A_DOUBLE, gives=BIGINT),
    null=NullResult.NEVER,
)

WITHIN_GROUP = frozenset({PERCENTILE_CONT, PERCENTILE_DISC, MODE})
ORDERED = WITHIN_GROUP | {
    STRING_AGG, ARRAY_AGG, JSON_AGG, JSONB_AGG, JSON_OBJECT_AGG, JSONB_OBJECT_AGG,
}  # fmt: skip
