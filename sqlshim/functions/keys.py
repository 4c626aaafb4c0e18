"""The condition by which one store's rows are reduced to those that another's can join.

`IN_KEYS(column, $n)` is true when the column is among the values of parameter `n`, a list that is
found while the statement runs, and for every row when that parameter is None: too many keys, or
none known. `plan.key_sets` makes it; no text of SQL does, so it is not in `functions.ALL`. A store
says that it takes key sets by accepting it. With several columns the list holds rows of values.
"""

from __future__ import annotations

from sqlshim.functions.model import ANY, NullResult, own_nulls, sig
from sqlshim.types import BOOLEAN

IN_KEYS = own_nulls(
    "IN_KEYS",
    "whether a is one of the keys found in another store",
    NullResult.NEVER,
    sig(ANY, ANY, gives=BOOLEAN),
    symbol="IN KEYS",
)
