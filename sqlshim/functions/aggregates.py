"""Aggregate functions. DISTINCT, FILTER and ORDER BY belong to the call (`ir.AggregateCall`)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions.model import (
    A_BOOL,
    A_DECIMAL,
    A_DOUBLE,
    A_TEXT,
    ANY,
    INT,
    NUMBER,
    NullResult,
    aggregate,
    first,
    sig,
)
from sqlshim.types import BIGINT, BOOLEAN, DOUBLE, TEXT, SqlType, decimal


def _sum_of_decimals(args: Sequence[SqlType]) -> SqlType:
    return decimal(38, args[0].scale or 0)


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
)
AVG = aggregate("AVG", "the mean in double precision; NULL over nothing", sig(NUMBER, gives=DOUBLE))
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
