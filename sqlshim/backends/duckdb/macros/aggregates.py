"""Macros that finish what DuckDB's lists collect: JSON text, joined text, percentiles.

Called by `compile.aggregates` and `compile.json`; `install` creates them with the others.
"""

from __future__ import annotations

from sqlshim.backends.duckdb.macros.errors import raised

_FRACTION = raised("22003", "percentile value is not between 0 and 1", "BIGINT")
_NULL_KEY = raised("22023", "field name must not be null", "VARCHAR")

MACROS = (
    """pg_sum_intervals(l) AS
        CASE WHEN list_count(l) > 0
             THEN list_reduce(list_filter(l, lambda e: e IS NOT NULL), lambda a, b: a + b) END""",
    # JSON
    r"""pg_json_array(l) AS '[' || array_to_string(l, ', ') || ']'""",
    r"""pg_json_pair(key, value) AS {'k': key, 'v': value}""",
    rf"""pg_json_member(pair, colon) AS
        CASE WHEN pair.k IS NULL THEN {_NULL_KEY}
             ELSE CAST(to_json(pair.k) AS VARCHAR) || colon || pair.v END""",
    r"""pg_json_object(l) AS
        '{ ' || array_to_string(list_transform(l, lambda e: pg_json_member(e, ' : ')), ', ')
        || ' }'""",
    r"""pg_json_built(l) AS
        '{' || array_to_string(list_transform(l, lambda e: pg_json_member(e, ' : ')), ', ')
        || '}'""",
    # of equal keys the last one stays; short keys come first
    r"""pg_jsonb_object(l) AS
        '{' || array_to_string(list_transform(list_sort(list_transform(list_filter(l,
            lambda e, i: e.k IS NULL
                OR NOT list_contains(list_transform(l[i + 1:], lambda later: later.k), e.k)),
            lambda e: {'n': strlen(e.k), 'e': e})),
            lambda s: pg_json_member(s.e, ': ')), ', ') || '}'""",
    r"""pg_json_number(x) AS
        CASE WHEN x IN ('NaN', 'Infinity', '-Infinity') THEN '"' || x || '"' ELSE x END""",
    r"""pg_json_instant(x) AS
        replace(CASE WHEN x[-3] = '+' THEN x || ':00' ELSE x END, ' ', 'T')""",
    # aggregates
    """pg_joined(l) AS
        list_transform([list_filter(l, lambda e: e.v IS NOT NULL)], lambda s:
            CASE WHEN len(s) > 0
                 THEN array_to_string(list_transform(s, lambda e: coalesce(e.k, '') || e.v), '')
                      [length(coalesce(s[1].k, '')) + 1:] END)[1]""",
    """pg_null_for_nan(x) AS CASE WHEN NOT isnan(x) THEN x END""",
    f"""pg_percentile_cont(l, f) AS
        list_transform([list_filter(l, lambda v: v IS NOT NULL)], lambda s:
            CASE WHEN NOT f BETWEEN 0 AND 1 THEN {_FRACTION}
                 WHEN len(s) = 0 OR f IS NULL THEN NULL
                 WHEN floor(f * (len(s) - 1)) = f * (len(s) - 1)
                 THEN s[CAST(f * (len(s) - 1) AS BIGINT) + 1]
                 ELSE s[CAST(floor(f * (len(s) - 1)) AS BIGINT) + 1]
                    + (s[CAST(ceil(f * (len(s) - 1)) AS BIGINT) + 1]
                       - s[CAST(floor(f * (len(s) - 1)) AS BIGINT) + 1])
                    * (f * (len(s) - 1) - floor(f * (len(s) - 1))) END)[1]""",
    f"""pg_percentile_disc(l, f) AS
        list_transform([list_filter(l, lambda v: v IS NOT NULL)], lambda s:
            CASE WHEN f IS NULL OR len(s) = 0 THEN NULL
                 ELSE s[CASE WHEN f BETWEEN 0 AND 1
                             THEN greatest(CAST(ceil(f * len(s)) AS BIGINT), 1)
                             ELSE {_FRACTION} END] END)[1]""",
)
