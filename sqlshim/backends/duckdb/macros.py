"""DuckDB macros that say what PostgreSQL does where DuckDB's own functions differ.

`session.connect` creates them once in each database; `compile_functions` and `compile_casts`
call them. An error is raised by casting a text that can never be a number: unlike `error()`
such an expression is not volatile, so the optimizer may still move it and TRY may catch it.
`errors.py` reads the mark `sqlshim:<SQLSTATE>:<message>` back out of DuckDB's message; a text
that PostgreSQL would refuse and DuckDB would take is made unreadable by a leading `REFUSED`.
"""

from __future__ import annotations

REFUSED = "\x01"
_REFUSED = "chr(1)"


def _raise(sqlstate: str, message: str) -> str:
    return f"CAST('sqlshim:{sqlstate}:{message}' AS INTEGER)"


_OVERFLOW = _raise("22003", "value out of range: overflow")
_RANGE = _raise("22003", "input is out of range")
_NEGATIVE_FACTORIAL = _raise("22003", "factorial of a negative number is undefined")
_FIELD = _raise("22023", "field position must not be zero")
_LENGTH = _raise("22011", "negative substring length not allowed")
_NULL_CHARACTER = _raise("54000", "null character not permitted")
_TOO_LARGE = _raise("54000", "requested character not valid")
_COMPLEX_POWER = _raise(
    "2201F", "a negative number raised to a non-integer power yields a complex result"
)

_TRUE = "('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1')"
_FALSE = "('f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0')"

# PostgreSQL writes 1e15 where DuckDB still writes 1000000000000000.0.
_SIXTEEN_DIGITS = r"^(-?\d)(\d{15})(?:\.(\d+))?$"

MACROS = (
    # text that is no whole number at all must not be rounded into one: '12.7', '1e3'
    rf"""pg_integer_text(x) AS
        CASE WHEN x IS NULL OR regexp_full_match(x, '\s*[+-]?\d+\s*') THEN x
             ELSE {_REFUSED} || x END""",
    f"""pg_boolean(x) AS
        CASE WHEN x IS NULL THEN NULL
             WHEN lower(trim(x)) IN {_TRUE} THEN TRUE
             WHEN lower(trim(x)) IN {_FALSE} THEN FALSE
             ELSE CAST({_REFUSED} || x AS BOOLEAN) END""",
    r"""pg_bytes(x) AS
        CASE WHEN starts_with(x, '\x') THEN unhex(substring(x, 3)) ELSE encode(x) END""",
    rf"""pg_double_text(x) AS
        CASE WHEN isnan(x) THEN 'NaN'
             WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
             WHEN abs(x) >= 1e15 AND abs(x) < 1e16
             THEN regexp_replace(
                 regexp_replace(CAST(x AS VARCHAR), '{_SIXTEEN_DIGITS}', '\1.\2\3'),
                 '\.?0*$', '') || 'e+15'
             ELSE regexp_replace(CAST(x AS VARCHAR), '\.0$', '') END""",
    r"""pg_bytes_text(x) AS '\x' || lower(hex(x))""",
    r"""pg_interval_text(x) AS
        regexp_replace(
            replace(replace(CAST(x AS VARCHAR), 'months', 'mons'), 'month', 'mon'),
            '-1 (year|mon|day)\b', '-1 \1s', 'g')""",
    f"""pg_substring(s, start, len) AS
        CASE WHEN s IS NULL OR start IS NULL OR len IS NULL THEN NULL
             WHEN len < 0 THEN CAST({_LENGTH} AS VARCHAR)
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
             WHEN n = 0 THEN CAST({_FIELD} AS VARCHAR)
             WHEN sep = '' THEN CASE WHEN n IN (1, -1) THEN s ELSE left(s, 0) END
             ELSE split_part(s, sep, n) END""",
    f"""pg_chr(n) AS
        CASE WHEN n = 0 THEN CAST({_NULL_CHARACTER} AS VARCHAR)
             WHEN n < 0 OR n > 1114111 OR n BETWEEN 55296 AND 57343
             THEN CAST({_TOO_LARGE} AS VARCHAR)
             ELSE chr(CAST(n AS INTEGER)) END""",
    # DuckDB's reverse() keeps combining characters with their base
    """pg_reverse(s) AS array_to_string(list_reverse(string_split(s, '')), '')""",
    f"""pg_exp(x) AS
        CASE WHEN isinf(exp(x)) AND NOT isinf(x) THEN {_OVERFLOW} ELSE exp(x) END""",
    f"""pg_power(a, b) AS
        CASE WHEN isinf(power(a, b)) AND NOT isinf(a) AND NOT isinf(b) THEN {_OVERFLOW}
             WHEN isnan(power(a, b)) AND NOT isnan(a) AND NOT isnan(b) THEN {_COMPLEX_POWER}
             ELSE power(a, b) END""",
    # centuries begin with the year 1: 2000 belongs to the one that began in 1901
    """pg_trunc_from_1(part, t) AS
        date_trunc(part, t - INTERVAL 1 YEAR) + INTERVAL 1 YEAR""",
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
             WHEN start < 1 THEN CAST({_LENGTH} AS VARCHAR)
             ELSE left(s, start - 1) || r || substring(s, greatest(start + len, 1)) END""",
    r"""pg_quote_literal(s) AS
        CASE WHEN contains(s, '\') THEN 'E' ELSE '' END
        || '''' || replace(replace(s, '\', '\\'), '''', '''''') || '''' """,
    f"""pg_factorial(n) AS
        CASE WHEN n < 0 THEN {_NEGATIVE_FACTORIAL} ELSE factorial(CAST(n AS INTEGER)) END""",
    f"""pg_acosh(x) AS CASE WHEN x < 1 THEN {_RANGE} ELSE acosh(x) END""",
    f"""pg_atanh(x) AS CASE WHEN abs(x) > 1 THEN {_RANGE} ELSE atanh(x) END""",
    """pg_cot(x) AS CASE WHEN x = 0 THEN CAST('Infinity' AS DOUBLE) ELSE cot(x) END""",
)
