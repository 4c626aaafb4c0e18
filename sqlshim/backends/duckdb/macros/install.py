"""DuckDB macros that say what PostgreSQL does where DuckDB's own functions differ.

`session.connect` creates them once in each database; `compile.functions`, `compile.casts` and their
kin call them. Bytes, mathematics and dates have modules of their own; how an error is raised stands
in `errors`.
"""

from __future__ import annotations

from sqlshim.backends.duckdb.macros import (
    aggregates,
    arrays,
    binary,
    dates,
    json,
    math,
    numbers,
    numerics,
    series,
)
from sqlshim.backends.duckdb.macros.errors import REFUSED_SQL, raised

_FIELD = raised("22023", "field position must not be zero", "VARCHAR")
_LENGTH = raised("22011", "negative substring length not allowed", "VARCHAR")
_NULL_CHARACTER = raised("54000", "null character not permitted", "VARCHAR")
_TOO_LARGE = raised("54000", "requested character not valid", "VARCHAR")
_UNESCAPABLE = raised("42601", "invalid Unicode escape", "VARCHAR")

_TRUE = "('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1')"
_FALSE = "('f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0')"

# PostgreSQL writes 1e15 where DuckDB still writes 1000000000000000.0.
_SIXTEEN_DIGITS = r"^(-?\d)(\d{15})(?:\.(\d+))?$"

# the words that an identifier may not be without quotes
_KEYWORDS = (
    " all analyse analyze and any array as asc asymmetric authorization between bigint binary"
    " bit boolean both case cast char character check coalesce collate collation column"
    " concurrently constraint create cross current_catalog current_date current_role"
    " current_schema current_time current_timestamp current_user dec decimal default"
    " deferrable desc distinct do else end except exists extract false fetch float for foreign"
    " freeze from full grant greatest group grouping having ilike in initially inner inout int"
    " integer intersect interval into is isnull join lateral leading least left like limit"
    " localtime localtimestamp national natural nchar none normalize not notnull null nullif"
    " numeric offset on only or order out outer overlaps overlay placing position precision"
    " primary real references returning right row select session_user setof similar smallint"
    " some substring symmetric table tablesample then time timestamp to trailing treat trim"
    " true union unique user using values varchar variadic verbose when where window with"
    " xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi"
    " xmlroot xmlserialize xmltable "
)
_IS_KEYWORD = f"contains('{_KEYWORDS}', ' ' || s || ' ')"
_UNICODE = r"\\\\|\\\+[0-9A-Fa-f]{6}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\[0-9A-Fa-f]{4}"

_OWN = (
    # text that is no whole number at all must not be rounded into one: '12.7', '1e3'
    rf"""pg_integer_text(x) AS
        CASE WHEN x IS NULL OR regexp_full_match(x, '\s*[+-]?\d+\s*') THEN x
             ELSE {REFUSED_SQL} || x END""",
    f"""pg_boolean(x) AS
        CASE WHEN x IS NULL THEN NULL
             WHEN lower(trim(x)) IN {_TRUE} THEN TRUE
             WHEN lower(trim(x)) IN {_FALSE} THEN FALSE
             ELSE CAST({REFUSED_SQL} || x AS BOOLEAN) END""",
    rf"""pg_double_text(x) AS
        CASE WHEN isnan(x) THEN 'NaN'
             WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
             WHEN abs(x) >= 1e15 AND abs(x) < 1e16
             THEN regexp_replace(
                 regexp_replace(CAST(x AS VARCHAR), '{_SIXTEEN_DIGITS}', '\1.\2\3'),
                 '\.?0*$', '') || 'e+15'
             ELSE regexp_replace(CAST(x AS VARCHAR), '\.0$', '') END""",
    r"""pg_interval_text(x) AS
        regexp_replace(
            replace(replace(CAST(x AS VARCHAR), 'months', 'mons'), 'month', 'mon'),
            '-1 (year|mon|day)\b', '-1 \1s', 'g')""",
    f"""pg_substring(s, start, len) AS
        CASE WHEN s IS NULL OR start IS NULL OR len IS NULL THEN NULL
             WHEN len < 0 THEN {_LENGTH}
             WHEN start > 0 THEN substring(s, start, len)
             ELSE substring(s, 1, greatest(start + len - 1, 0)) END""",
    """pg_lpad(s, n, fill) AS
        CASE WHEN fill = '' AND n IS NOT NULL THEN left(s, greatest(n, 0))
             ELSE lpad(s, n, fill) END""",
    """pg_rpad(s, n, fill) AS
        CASE WHEN fill = '' AND n IS NOT NULL THEN left(s, greatest(n, 0))
             ELSE rpad(s, n, fill) END""",
    f"""pg_split_part(s, sep, n) AS
        CASE WHEN s IS NULL OR sep IS NULL OR n IS NULL THEN NULL
             WHEN n = 0 THEN {_FIELD}
             WHEN sep = '' THEN CASE WHEN n IN (1, -1) THEN s ELSE left(s, 0) END
             ELSE split_part(s, sep, n) END""",
    f"""pg_chr(n) AS
        CASE WHEN n = 0 THEN {_NULL_CHARACTER}
             WHEN n < 0 OR n > 1114111 OR n BETWEEN 55296 AND 57343
             THEN {_TOO_LARGE}
             ELSE chr(CAST(n AS INTEGER)) END""",
    # DuckDB's reverse() keeps combining characters with their base
    """pg_reverse(s) AS array_to_string(list_reverse(string_split(s, '')), '')""",
    # wide enough to lose nothing, then the low bits, read as a signed number
    """pg_shift_left(x, n, mask, width) AS
        ((CAST(x AS HUGEINT) * (CAST(1 AS HUGEINT) << CAST(n & mask AS INTEGER))
            + (CAST(1 AS HUGEINT) << (width - 1)))
            & ((CAST(1 AS HUGEINT) << width) - 1)) - (CAST(1 AS HUGEINT) << (width - 1))""",
    r"""pg_initcap(s) AS
        array_to_string(list_transform(
            regexp_extract_all(s, '[\p{L}\p{N}]+|[^\p{L}\p{N}]+'),
            lambda w: upper(w[1]) || lower(w[2:])), '')""",
    f"""pg_overlay(s, r, start, len) AS
        CASE WHEN s IS NULL OR r IS NULL OR start IS NULL OR len IS NULL THEN NULL
             WHEN start < 1 THEN {_LENGTH}
             ELSE left(s, start - 1) || r || substring(s, greatest(start + len, 1)) END""",
    r"""pg_quote_literal(s) AS
        CASE WHEN contains(s, '\') THEN 'E' ELSE '' END
        || '''' || replace(replace(s, '\', '\\'), '''', '''''') || '''' """,
    rf"""pg_quote_ident(s) AS
        CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_]*') AND NOT {_IS_KEYWORD} THEN s
             ELSE '"' || replace(s, '"', '""') || '"' END""",
    rf"""pg_unistr(s) AS
        CASE WHEN s IS NULL OR NOT contains(s, '\') THEN s
             WHEN NOT regexp_full_match(s, '(?s)([^\\]|{_UNICODE})*') THEN {_UNESCAPABLE}
             ELSE array_to_string(list_transform(
                 regexp_extract_all(s, '(?s)[^\\]+|{_UNICODE}'),
                 lambda p: CASE WHEN p[1] <> '\' THEN p WHEN p = '\\' THEN '\'
                           ELSE chr(CAST('0x' || regexp_replace(p, '^\\[+uU]?', '') AS INTEGER))
                           END), '') END""",
    """pg_substring_index(s, sep, n) AS
        CASE WHEN s IS NULL OR sep IS NULL OR n IS NULL THEN NULL
             WHEN n = 0 OR sep = '' THEN ''
             WHEN n > 0 THEN list_reduce(string_split(s, sep)[1:n], lambda a, b: a || sep || b)
             ELSE list_reduce(
                 string_split(s, sep)[greatest(len(string_split(s, sep)) + n + 1, 1):],
                 lambda a, b: a || sep || b) END""",
    """pg_regexp_instr(s, pattern, before, n) AS
        CASE WHEN s IS NULL OR n IS NULL THEN NULL
             WHEN len(regexp_extract_all(s, pattern)) < n THEN 0
             ELSE length(regexp_extract(s, before, 1)) + 1 END""",
    """pg_regexp_field(s, pattern, n, format) AS
        CASE WHEN s IS NULL OR regexp_matches(s, pattern) THEN regexp_extract(s, pattern, n)
             ELSE CAST(CAST('sqlshim:22007:invalid value for ' || format AS INTEGER) AS VARCHAR)
        END""",
)

MACROS = (
    *_OWN,
    *aggregates.MACROS,
    *arrays.MACROS,
    *json.MACROS,
    *binary.MACROS,
    *dates.MACROS,
    *math.MACROS,
    *numbers.MACROS,
    *numerics.MACROS,
    *series.MACROS,
)
