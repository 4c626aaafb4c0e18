"""Which functions and operators exist and what they mean, as tables of rows.

`ALL` maps a row's name to the row. Constants are imported from the modules by topic.
"""

from __future__ import annotations

from types import ModuleType

from sqlshim.functions import (
    aggregates,
    arrays,
    bits,
    conditional,
    datetime,
    documents,
    encodings,
    json,
    math,
    operators,
    regex,
    text,
    windows,
)
from sqlshim.functions.model import Function

MODULES: tuple[ModuleType, ...] = (
    operators,
    conditional,
    text,
    regex,
    encodings,
    math,
    bits,
    datetime,
    documents,
    arrays,
    json,
    aggregates,
    windows,
)

ALL: dict[str, Function] = {
    row.name: row for m in MODULES for row in vars(m).values() if isinstance(row, Function)
}
