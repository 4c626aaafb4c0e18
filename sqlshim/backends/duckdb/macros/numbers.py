"""DuckDB macros for numbers written and read by a pattern: TO_CHAR(x, '9,990.00'), TO_NUMBER.

`bind/functions/number_patterns.py` reads the pattern; here come its places: `n` digits before the
point, at least `zeros` of them shown, those after the point in the text already, `kept` of them
shown in any case. `style` has the letters G (commas), F (no padding), and one for the sign: S
(before, always), E (after, always), M (a minus after).
"""

from __future__ import annotations

from sqlshim.backends.duckdb.macros.errors import raised

_UNREADABLE = raised("22P02", "invalid input syntax for type numeric", "DECIMAL(38, 10)")
_MINUS = "CASE WHEN negative THEN '-' ELSE '' END"
_EITHER = "CASE WHEN negative THEN '-' ELSE '+' END"

MACROS = (
    r"""pg_grouped(t, style) AS
        CASE WHEN contains(style, 'G')
             THEN reverse(rtrim(regexp_replace(reverse(t), '([0-9#]{3})', '\1,', 'g'), ','))
             ELSE t END""",
    """pg_whole_digits(t, zeros) AS
        lpad(ltrim(split_part(t, '.', 1), '0'),
             CAST(greatest(length(ltrim(split_part(t, '.', 1), '0')), zeros) AS INTEGER), '0')""",
    """pg_fraction(t, kept, style) AS
        CASE WHEN NOT contains(t, '.') THEN ''
             WHEN NOT contains(style, 'F') THEN '.' || split_part(t, '.', 2)
             ELSE '.' || rpad(rtrim(split_part(t, '.', 2), '0'),
                 CAST(greatest(length(rtrim(split_part(t, '.', 2), '0')), kept) AS INTEGER),
                 '0') END""",
    """pg_number_body(t, n, zeros, kept, style) AS
        CASE WHEN length(pg_whole_digits(t, 0)) > n
             THEN pg_grouped(repeat('#', n), style)
                  || regexp_replace(pg_fraction(t, kept, style), '[0-9]', '#', 'g')
             WHEN pg_whole_digits(t, zeros) = '' AND pg_fraction(t, kept, style) IN ('', '.')
             THEN '0' || pg_fraction(t, kept, style)
             ELSE pg_grouped(pg_whole_digits(t, zeros), style) || pg_fraction(t, kept, style)
             END""",
    """pg_padded(t, width, style) AS
        CASE WHEN contains(style, 'F') THEN t
             ELSE lpad(t, CAST(greatest(width, length(t)) AS INTEGER), ' ') END""",
    f"""pg_signed(body, negative, width, style) AS
        CASE WHEN contains(style, 'S') THEN pg_padded({_EITHER} || body, width + 1, style)
             WHEN contains(style, 'E') THEN pg_padded(body, width, style) || {_EITHER}
             WHEN contains(style, 'M') THEN pg_padded(body, width, style)
                  || CASE WHEN negative THEN '-' WHEN contains(style, 'F') THEN '' ELSE ' ' END
             ELSE pg_padded({_MINUS} || body, width + 1, style) END""",
    """pg_to_char_number(t, negative, n, zeros, kept, style) AS
        pg_signed(pg_number_body(t, n, zeros, kept, style), negative,
                  length(pg_grouped(repeat('#', n), style)) + length(pg_fraction(t, kept, style)),
                  style)""",
    rf"""pg_to_number(t, shape) AS
        CASE WHEN t IS NULL THEN NULL
             WHEN regexp_full_match(t, shape)
             THEN CAST(CASE WHEN contains(t, '-') THEN '-' ELSE '' END
                       || regexp_replace(t, '[^0-9.]', '', 'g') AS DECIMAL(38, 10))
             ELSE {_UNREADABLE} END""",
)
