"""How a comparison sees a field of documents whose type varies.

`bind.varying` makes the call; no text of SQL does, so it is not in `functions.ALL`.
"""

from __future__ import annotations

from sqlshim.functions.model import NullResult, Want, own_nulls, sig
from sqlshim.types import JSON, Kind

READ_AS = own_nulls(
    "READ_AS",
    "the value where it has the type of the call; NULL elsewhere",
    NullResult.ALWAYS,
    sig(Want("json", frozenset({Kind.JSON})), gives=JSON),
)
