"""Series: DuckDB's table function where the bounds are known, its list where rows decide them.

The list of a step of zero is empty in DuckDB, an error in PostgreSQL: hence `macros.series`.
"""

from __future__ import annotations

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, call, cast
from sqlshim.backends.duckdb.compile.draft import item
from sqlshim.backends.duckdb.compile.scalars import Scalars
from sqlshim.ir import walk
from sqlshim.ir.relational import Series
from sqlshim.types import BIGINT, INTEGERS, SqlType

_VALUE = "v"


def series(scalars: Scalars, rel: Series) -> exp.Select:
    """The SELECT of the values."""
    (column,) = rel.columns
    bounds = (rel.start, rel.stop, rel.step)
    # DuckDB counts in BIGINT; a NULL without a type would be one of another overload
    args: list[E] = [cast(scalars.compile(e), _counted(e.type)) for e in bounds]
    if any(walk.reads(e) for e in bounds):
        macro = "pg_series" if column.type.kind in INTEGERS else "pg_series_of_instants"
        made = call(macro, *args)
        return exp.select(item(column, cast(call("unnest", made), column.type)))
    made = call("generate_series", *args)
    alias = exp.TableAlias(this=exp.to_identifier("s"), columns=[exp.to_identifier(_VALUE)])
    source = exp.Table(this=made, alias=alias)
    value = item(column, cast(exp.column(_VALUE), column.type))
    return exp.select(value).from_(source)


def _counted(t: SqlType) -> SqlType:
    return BIGINT if t.kind in INTEGERS else t
