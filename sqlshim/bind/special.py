"""All nodes and calls whose binding is more than picking arguments, out of the `special_*` modules
and their kin. `scalars` looks them up."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind import (
    arrays,
    json,
    jsonb_operators,
    nested,
    special_functions,
    special_legacy,
    special_operators,
    special_strings,
    vectors,
)
from sqlshim.bind.returned_rows import series_array

SPECIAL = (
    special_operators.SPECIAL
    | special_strings.SPECIAL
    | special_functions.SPECIAL
    | nested.SPECIAL
    | arrays.SPECIAL
    | json.SPECIAL
    | jsonb_operators.SPECIAL
    | vectors.SPECIAL
    | special_legacy.SPECIAL
    | {exp.GenerateSeries: series_array}
)
CALLS = (
    jsonb_operators.NAMED
    | arrays.NAMED
    | vectors.NAMED
    | json.NAMED
    | nested.NAMED
    | special_functions.CALLS
    | special_legacy.CALLS
)
