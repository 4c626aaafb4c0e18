"""Functions that exist only over a window; every aggregate is a window function too.

Frames, IGNORE NULLS and the rest of OVER belong to the call (`ir.WindowCall`). `FRAMED` are those
that look at the frame; the others see the whole partition whatever the frame says.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions.model import ANY, INT, SAME, NullResult, first, sig, united, window
from sqlshim.types import BIGINT, DOUBLE, INTEGER, SqlType


def _value_or_default(args: Sequence[SqlType]) -> SqlType:
    return united((args[0], args[2]))


ROW_NUMBER = window("ROW_NUMBER", "the number of the row, from 1", sig(gives=BIGINT))
RANK = window("RANK", "the rank with gaps: 1 + the rows before the first peer", sig(gives=BIGINT))
DENSE_RANK = window("DENSE_RANK", "the rank without gaps", sig(gives=BIGINT))
PERCENT_RANK = window("PERCENT_RANK", "(rank - 1) / (rows - 1), from 0 to 1", sig(gives=DOUBLE))
CUME_DIST = window("CUME_DIST", "the share of rows up to the last peer", sig(gives=DOUBLE))
NTILE = window(
    "NTILE",
    "which of n buckets, as equal as possible, the row falls into",
    sig(INT, gives=INTEGER),
    null=NullResult.ANY,
)
LAG = window(
    "LAG",
    "the value n rows (1) before, or a default (NULL)",
    sig(ANY, gives=first),
    sig(ANY, INT, gives=first),
    sig(SAME, INT, SAME, gives=_value_or_default),
    null=NullResult.ALWAYS,
)
LEAD = window("LEAD", "the value n rows (1) after", *LAG.overloads, null=NullResult.ALWAYS)
FIRST_VALUE = window(
    "FIRST_VALUE", "the frame's first value", sig(ANY, gives=first), null=NullResult.ALWAYS
)
LAST_VALUE = window(
    "LAST_VALUE", "the frame's last value", sig(ANY, gives=first), null=NullResult.ALWAYS
)
NTH_VALUE = window(
    "NTH_VALUE", "the frame's value number n", sig(ANY, INT, gives=first), null=NullResult.ALWAYS
)

FRAMED = frozenset({FIRST_VALUE, LAST_VALUE, NTH_VALUE})
TAKES_IGNORE_NULLS = frozenset({LAG, LEAD, *FRAMED})
