"""Macros on arrays: NULL elements, and places that DuckDB counts from the end."""

from __future__ import annotations

from sqlshim.backends.duckdb.macros.errors import raised

_NULL_THRESHOLD = raised("22004", "thresholds array must not contain NULLs")

MACROS = (
    # x op ANY (array), of the comparisons with each element
    """pg_any(found) AS
        CASE WHEN found IS NULL THEN NULL
             WHEN list_contains(found, TRUE) THEN TRUE
             WHEN list_count(found) < len(found) THEN NULL
             ELSE FALSE END""",
    f"""pg_thresholds(x, reached) AS
        CASE WHEN x IS NULL OR reached IS NULL THEN NULL
             WHEN list_count(reached) < len(reached) THEN {_NULL_THRESHOLD}
             ELSE CAST(len(list_filter(reached, lambda e: e)) AS INTEGER) END""",
    """pg_contains_all(a, b) AS list_has_all(a, b) AND list_count(b) = len(b)""",
    """pg_array_cat(a, b) AS
        CASE WHEN a IS NOT NULL OR b IS NOT NULL THEN list_concat(a, b) END""",
    """pg_slice(x, low, high) AS
        CASE WHEN low IS NULL OR high IS NULL THEN NULL
             WHEN high < 1 THEN list_slice(x, 2, 1)
             ELSE list_slice(x, greatest(low, 1), high) END""",
    """pg_array_to_string(x, gap) AS
        CASE WHEN gap IS NULL OR x IS NULL THEN NULL
             ELSE coalesce(array_to_string(x, gap), '') END""",
    """pg_array_to_string_by(x, gap) AS
        CASE WHEN gap IS NULL OR x IS NULL THEN NULL
             ELSE coalesce(substring(array_to_string(list_transform(
                 list_filter(x, lambda e: e IS NOT NULL), lambda e: gap || e), ''),
                 length(gap) + 1), '') END""",
    r"""pg_array_item(x) AS
        CASE WHEN x = '' OR upper(x) = 'NULL' OR regexp_matches(x, '[{},"\\\s]')
             THEN '"' || replace(replace(x, '\', '\\'), '"', '\"') || '"' ELSE x END""",
    """pg_array_text(l) AS
        '{' || array_to_string(list_transform(l, lambda e: coalesce(e, 'NULL')), ',') || '}'""",
    """pg_string_to_array(x, gap) AS
        CASE WHEN x = '' THEN list_slice([x], 2, 1)
             WHEN gap = '' THEN [x]
             ELSE string_split(x, coalesce(gap, '')) END""",
)
