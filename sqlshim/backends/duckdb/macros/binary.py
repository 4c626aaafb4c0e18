"""DuckDB macros for bytes: their text forms, single bytes and bits, by way of hexadecimal."""

from __future__ import annotations

from sqlshim.backends.duckdb.macros.errors import raised

_BAD_BYTES = raised("22P02", "invalid input syntax for type bytea", "BLOB")
_BAD_HEX = raised("22023", "invalid hexadecimal data", "BLOB")
_BAD_BASE64 = raised("22023", "invalid base64 data", "BLOB")
_INDEX = raised("2202E", "index out of valid range")
_BIT = raised("22023", "new bit must be 0 or 1")

_START = raised("22011", "negative substring length not allowed")

_ESCAPED = r"([^\\]|\\\\|\\[0-3][0-7][0-7])*"
_PIECES = r"[^\\]+|\\\\|\\[0-3][0-7][0-7]"
_OCTAL = "CAST(p[2] AS INTEGER) * 64 + CAST(p[3] AS INTEGER) * 8 + CAST(p[4] AS INTEGER)"
_DIGITS = "CAST(n // 64 AS VARCHAR) || CAST(n // 8 % 8 AS VARCHAR) || CAST(n % 8 AS VARCHAR)"
_BYTE_AT = "CAST('0x' || substring(hex(b), CAST(n AS INTEGER) * 2 + 1, 2) AS INTEGER)"

MACROS = (
    rf"""pg_unescaped(x) AS
        CASE WHEN x IS NULL OR NOT contains(x, '\') THEN encode(x)
             WHEN NOT regexp_full_match(x, '(?s){_ESCAPED}') THEN {_BAD_BYTES}
             ELSE unhex(array_to_string(list_transform(
                 regexp_extract_all(x, '(?s){_PIECES}'),
                 lambda p: CASE WHEN p[1] <> '\' THEN hex(encode(p))
                           WHEN p = '\\' THEN '5C'
                           ELSE printf('%02X', {_OCTAL}) END), '')) END""",
    r"""pg_bytes(x) AS
        CASE WHEN starts_with(x, '\x') THEN unhex(regexp_replace(substring(x, 3), '\s', '', 'g'))
             ELSE pg_unescaped(x) END""",
    r"""pg_bytes_text(x) AS '\x' || lower(hex(x))""",
    rf"""pg_escaped(b) AS
        array_to_string(list_transform(
            list_transform(regexp_extract_all(hex(b), '..'),
                           lambda h: CAST('0x' || h AS INTEGER)),
            lambda n: CASE WHEN n = 0 OR n > 127 THEN '\' || {_DIGITS}
                      WHEN n = 92 THEN '\\' ELSE chr(n) END), '')""",
    # PostgreSQL ends a line after 76 characters, unless the last four are the padded rest
    r"""pg_base64(b) AS
        regexp_replace(base64(b), '([A-Za-z0-9+/]{76})', '\1' || chr(10), 'g')""",
    rf"""pg_from_hex(x) AS
        CASE WHEN x IS NULL THEN NULL
             WHEN regexp_full_match(x, '(\s*[0-9a-fA-F]{{2}})*\s*')
             THEN unhex(regexp_replace(x, '\s', '', 'g')) ELSE {_BAD_HEX} END""",
    rf"""pg_from_base64(x) AS
        CASE WHEN x IS NULL THEN NULL
             WHEN regexp_full_match(regexp_replace(x, '\s', '', 'g'),
                 '([A-Za-z0-9+/]{{4}})*([A-Za-z0-9+/]{{2}}==|[A-Za-z0-9+/]{{3}}=)?')
             THEN from_base64(regexp_replace(x, '\s', '', 'g')) ELSE {_BAD_BASE64} END""",
    f"""pg_get_byte(b, n) AS
        CASE WHEN b IS NULL OR n IS NULL THEN NULL
             WHEN n < 0 OR n >= octet_length(b) THEN {_INDEX}
             ELSE {_BYTE_AT} END""",
    f"""pg_set_byte(b, n, v) AS
        CASE WHEN b IS NULL OR n IS NULL OR v IS NULL THEN NULL
             WHEN n < 0 OR n >= octet_length(b) THEN encode(CAST({_INDEX} AS VARCHAR))
             ELSE unhex(left(hex(b), CAST(n AS INTEGER) * 2) || printf('%02X', v & 255)
                        || substring(hex(b), CAST(n AS INTEGER) * 2 + 3)) END""",
    "pg_get_bit(b, n) AS (pg_get_byte(b, n // 8) >> CAST(n % 8 AS INTEGER)) & 1",
    f"""pg_set_bit(b, n, v) AS
        CASE WHEN v NOT IN (0, 1) THEN encode(CAST({_BIT} AS VARCHAR))
             ELSE pg_set_byte(b, n // 8, (pg_get_byte(b, n // 8) & ~(1 << CAST(n % 8 AS INTEGER)))
                                         | (v << CAST(n % 8 AS INTEGER))) END""",
    """pg_bit_count(b) AS
        coalesce(list_sum(list_transform(regexp_extract_all(hex(b), '..'),
                                         lambda h: bit_count(CAST('0x' || h AS INTEGER)))),
                 CASE WHEN b IS NULL THEN NULL ELSE 0 END)""",
    # bytes with a space behind each, so that no half of one is found
    r"""pg_spaced_bytes(b) AS regexp_replace(hex(b), '(..)', '\1 ', 'g')""",
    """pg_any_byte(b) AS '(?:' || replace(rtrim(pg_spaced_bytes(b)), ' ', ' |') || ' )*'""",
    """pg_trim_bytes(b, chars, side) AS
        CASE WHEN b IS NULL OR chars IS NULL OR side IS NULL THEN NULL
             WHEN octet_length(chars) = 0 THEN b
             ELSE unhex(replace(regexp_replace(regexp_replace(pg_spaced_bytes(b),
                      CASE WHEN side = 'r' THEN '^' ELSE '^' || pg_any_byte(chars) END, ''),
                      CASE WHEN side = 'l' THEN '$' ELSE pg_any_byte(chars) || '$' END, ''),
                      ' ', '')) END""",
    """pg_bytes_position(b, part) AS
        CASE WHEN octet_length(part) = 0 THEN 1
             ELSE (instr(pg_spaced_bytes(b), pg_spaced_bytes(part)) + 2) // 3 END""",
    f"""pg_overlay_bytes(b, new, start, len) AS
        CASE WHEN b IS NULL OR new IS NULL OR start IS NULL OR len IS NULL THEN NULL
             WHEN start < 1 THEN encode(CAST({_START} AS VARCHAR))
             ELSE unhex(left(hex(b), CAST((start - 1) * 2 AS INTEGER)) || hex(new)
                        || substring(hex(b), CAST(greatest(start + len - 1, 0) * 2 + 1 AS INTEGER)))
             END""",
    """pg_bytes_from(b, start) AS unhex(
            substring(hex(b), CASE WHEN start < 1 THEN 1 ELSE start * 2 - 1 END))""",
    """pg_bytes_slice(b, start, len) AS unhex(pg_substring(hex(b), start * 2 - 1, len * 2))""",
)
