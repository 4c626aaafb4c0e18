"""Macros on JSON text: its parts, and the values of one type in a field whose type varies."""

from __future__ import annotations

from sqlshim.backends.duckdb.macros.errors import raised

_NO_ARRAY = raised("22023", "cannot get array length of a non-array", "BIGINT")
_NO_ELEMENTS = raised("22023", "cannot extract elements from a value that is no array", "VARCHAR")
_NO_KEYS = raised("22023", "cannot take the keys of a value that is no object", "VARCHAR")

MACROS = (
    r"""pg_bracketed(v, items) AS
        CASE WHEN v IS NULL THEN NULL ELSE '[' || coalesce(items, '') || ']' END""",
    # a space after each colon and comma that is in no string, as jsonb writes them, and no others
    r"""pg_spaced(j) AS rtrim(regexp_replace(
            regexp_replace(CAST(j AS VARCHAR), '("(?:[^"\\]|\\.)*")|\s+', '\1', 'g'),
            '((?:"(?:[^"\\]|\\.)*"|[^",:])*)([,:]|$)', '\1\2 ', 'g'))""",
    # DuckDB writes the numbers that it takes out of JSON text anew (1.50 as 1.5): while it works
    # on a text they are strings that begin with a mark
    r"""pg_marked(v) AS regexp_replace(regexp_replace(CAST(v AS VARCHAR),
            '((?:[^"0-9-]|"(?:[^"\\]|\\.)*")*)(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|$)',
            '\1"\\u0001#\2"', 'g'), '("\\u0001#")+$', '')""",
    r"""pg_unmarked(v) AS
        regexp_replace(CAST(v AS VARCHAR), '"\\u0001#([-+.0-9eE]+)"', '\1', 'g')""",
    # The first argument once only: in a chain of steps each would double the whole text before it.
    """pg_json_part(v, path) AS pg_spaced(pg_unmarked(json_extract(pg_marked(v), path)))""",
    """pg_json_field(v, k) AS
        pg_json_part(v, '/' || replace(replace(k, '~', '~0'), '/', '~1'))""",
    """pg_json_get(v, k) AS
        CASE json_type(v) WHEN 'OBJECT' THEN pg_json_field(v, k) END""",
    """pg_json_at(v, i) AS
        pg_json_part(v, CASE WHEN i < 0 THEN '$[#' ELSE '$[' END || i || ']')""",
    """pg_json_step(v, k) AS
        CASE json_type(v) WHEN 'OBJECT' THEN pg_json_get(v, k)
             WHEN 'ARRAY' THEN pg_json_at(v, TRY_CAST(k AS INTEGER)) END""",
    """pg_json_text(v) AS
        CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN pg_spaced(v)
             WHEN json_type(v) IN ('VARCHAR', 'NULL') THEN json_extract_string(v, '$')
             ELSE trim(CAST(v AS VARCHAR)) END""",
    """pg_json_has_key(v, k) AS
        CASE CASE WHEN v IS NULL OR k IS NULL THEN '' ELSE json_type(v) END
             WHEN '' THEN NULL
             WHEN 'OBJECT' THEN list_contains(json_keys(v), k)
             WHEN 'ARRAY' THEN list_contains(
                 list_transform(list_filter(json_extract(v, '$[*]'),
                                lambda e: json_type(e) = 'VARCHAR'),
                                lambda e: json_extract_string(e, '$')), k)
             ELSE coalesce(json_type(v) = 'VARCHAR' AND json_extract_string(v, '$') = k, FALSE)
             END""",
    f"""pg_json_array_length(v) AS
        CASE WHEN v IS NULL THEN NULL WHEN json_type(v) = 'ARRAY'
             THEN CAST(json_array_length(v) AS INTEGER) ELSE {_NO_ARRAY} END""",
    """pg_json_typeof(v) AS
        CASE json_type(v) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array'
             WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean'
             WHEN 'NULL' THEN 'null' ELSE CASE WHEN v IS NOT NULL THEN 'number' END END""",
    f"""pg_json_elements(v) AS
        CASE WHEN v IS NULL THEN NULL WHEN json_type(v) = 'ARRAY'
             THEN list_transform(json_extract(pg_marked(v), '$[*]'),
                                 lambda e: pg_spaced(pg_unmarked(e)))
             ELSE [{_NO_ELEMENTS}] END""",
    f"""pg_json_keys(v) AS
        CASE WHEN v IS NULL THEN NULL WHEN json_type(v) = 'OBJECT' THEN json_keys(v)
             ELSE [{_NO_KEYS}] END""",
    "pg_json_elements_text(v) AS list_transform(v, lambda e: pg_json_text(e))",
    """pg_json_entries(v) AS list_transform(pg_json_keys(v),
        lambda k: {'key': k, 'value': pg_json_get(v, k)})""",
    """pg_json_entries_text(v) AS list_transform(pg_json_keys(v),
        lambda k: {'key': k, 'value': pg_json_text(pg_json_get(v, k))})""",
    # the values of one type in a field whose type varies
    """pg_read_text(v) AS
        CASE json_type(v) WHEN 'VARCHAR' THEN json_extract_string(v, '$')
             WHEN 'OBJECT' THEN json_extract_string(v, '/$oid') END""",
    """pg_read_double(v) AS
        CASE WHEN json_type(v) IN ('UBIGINT', 'BIGINT', 'DOUBLE')
             THEN TRY_CAST(json_extract_string(v, '$') AS DOUBLE)
             WHEN json_type(v) = 'OBJECT'
             THEN TRY_CAST(coalesce(json_extract_string(v, '/$numberDecimal'),
                                    json_extract_string(v, '/$numberDouble')) AS DOUBLE) END""",
    """pg_read_boolean(v) AS CASE json_type(v) WHEN 'BOOLEAN' THEN v = 'true' END""",
    """pg_read_timestamp(v) AS
        CASE json_type(v) WHEN 'OBJECT'
             THEN TRY_CAST(json_extract_string(v, '/$date') AS TIMESTAMP) END""",
)
