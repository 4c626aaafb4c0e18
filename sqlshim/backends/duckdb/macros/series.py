"""DuckDB macros for generate_series with bounds of the rows: a step of zero is an error."""

from __future__ import annotations

from sqlshim.backends.duckdb.macros.errors import raised

_MESSAGE = "step size cannot equal zero"

MACROS = (
    f"""pg_series(low, high, step) AS
        generate_series(low, high, CASE WHEN step = 0
            THEN {raised("22023", _MESSAGE, "BIGINT")} ELSE step END)""",
    f"""pg_series_of_instants(low, high, step) AS
        generate_series(low, high, CASE WHEN step = INTERVAL 0 SECOND
            THEN {raised("22023", _MESSAGE, "INTERVAL")} ELSE step END)""",
)
