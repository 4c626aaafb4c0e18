"""All nodes and calls whose binding is more than picking arguments, out of the modules beside
this one. `scalars` looks them up."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.functions import (
    arrays,
    dimensions,
    general,
    json,
    jsonb_operators,
    legacy,
    nested,
    operators,
    scales,
    text_operators,
    vectors,
)
from sqlshim.bind.functions.returned_rows import series_array

SPECIAL = (
    operators.SPECIAL
    | text_operators.SPECIAL
    | general.SPECIAL
    | nested.SPECIAL
    | arrays.SPECIAL
    | dimensions.SPECIAL
    | scales.SPECIAL
    | json.SPECIAL
    | jsonb_operators.SPECIAL
    | vectors.SPECIAL
    | legacy.SPECIAL
    | {exp.GenerateSeries: series_array}
)
CALLS = (
    jsonb_operators.NAMED
    | arrays.NAMED
    | dimensions.NAMED
    | scales.NAMED
    | vectors.NAMED
    | json.NAMED
    | nested.NAMED
    | general.CALLS
    | legacy.CALLS
)
