"""DuckDB macros for numbers of any size, which are texts here: see `sqlshim.numerics`.

`numeric_key(t)` makes the key of a number written out, `numeric_text(k)` writes a key out,
`numeric_exactly(k)` does so if ten digits after the point are enough.
"""

from __future__ import annotations

from sqlshim.backends.duckdb.macros.errors import raised

_TOO_FINE = raised(
    "22003",
    "a number has more than 10 digits after the point; CAST it to DECIMAL",
    "VARCHAR",
)
_UNREADABLE = raised("22P02", "invalid input syntax for type numeric", "VARCHAR")
_DIGITS = "'0123456789', '9876543210'"
_NUMBER = r"'^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$'"

MACROS = (
    # --- out of a key: its body without sign and end, digits, and the place of the first
    f"""numeric_body(k) AS
        CASE WHEN substr(k, 1, 1) = '0' THEN translate(rtrim(substr(k, 2), '~'), {_DIGITS})
             ELSE substr(k, 2) END""",
    """numeric_digits(k) AS substr(numeric_body(k), 11)""",
    """numeric_place(k) AS CAST(substr(numeric_body(k), 1, 10) AS BIGINT) - 5000000000""",
    """numeric_unsigned(digits, place) AS
        CASE WHEN place < 0 THEN '0.' || repeat('0', -place - 1) || digits
             WHEN place >= length(digits) - 1
             THEN digits || repeat('0', place - length(digits) + 1)
             ELSE substr(digits, 1, place + 1) || '.' || substr(digits, place + 2) END""",
    """numeric_text(k) AS
        CASE WHEN k = '1' THEN '0'
             ELSE CASE WHEN substr(k, 1, 1) = '0' THEN '-' ELSE '' END
                  || numeric_unsigned(numeric_digits(k), numeric_place(k)) END""",
    f"""numeric_exactly(k) AS
        CASE WHEN k <> '1' AND length(numeric_digits(k)) - 1 - numeric_place(k) > 10
             THEN {_TOO_FINE} ELSE numeric_text(k) END""",
    # --- into a key
    """numeric_mantissa(t) AS split_part(lower(ltrim(trim(t), '+-')), 'e', 1)""",
    """numeric_power(t) AS
        coalesce(TRY_CAST(split_part(lower(ltrim(trim(t), '+-')), 'e', 2) AS BIGINT), 0)""",
    """numeric_all(t) AS replace(numeric_mantissa(t), '.', '')""",
    """numeric_first(t) AS
        length(split_part(numeric_mantissa(t), '.', 1)) - 1 + numeric_power(t)
        - (length(numeric_all(t)) - length(ltrim(numeric_all(t), '0')))""",
    """numeric_magnitude(t) AS
        lpad(CAST(numeric_first(t) + 5000000000 AS VARCHAR), 10, '0')
        || trim(numeric_all(t), '0')""",
    f"""numeric_key(t) AS
        CASE WHEN NOT regexp_matches(t, {_NUMBER}) THEN {_UNREADABLE}
             WHEN trim(numeric_all(t), '0') = '' THEN '1'
             WHEN trim(t)[1] = '-' THEN '0' || translate(numeric_magnitude(t), {_DIGITS}) || '~'
             ELSE '2' || numeric_magnitude(t) END""",
)
