"""DuckDB macros for mathematics: errors where PostgreSQL has them, and angles in degrees, which it
computes so that the sine of 30 is exactly one half."""

from __future__ import annotations

from sqlshim.backends.duckdb.macros.errors import raised

_OVERFLOW = raised("22003", "value out of range: overflow")
_RANGE = raised("22003", "input is out of range")
_INTEGER_RANGE = raised("22003", "integer out of range")
_NEGATIVE_FACTORIAL = raised("22003", "factorial of a negative number is undefined")
_COUNT = raised("2201G", "count must be greater than zero")
_BOUNDS = raised("2201G", "lower bound cannot equal upper bound")
_NOT_A_NUMBER = raised("2201G", "operand, lower bound, and upper bound cannot be NaN")
_UNBOUNDED = raised("2201G", "lower and upper bounds must be finite")
_COMPLEX_POWER = raised(
    "2201F", "a negative number raised to a non-integer power yields a complex result"
)
_INFINITE = "CAST('Infinity' AS DOUBLE)"
_RADIANS = "(3.1415926535897932384626433832795e0 / 180e0)"
# the angle of the first quadrant with the same sine (or cosine) but for its sign
_FOLDED = "(90e0 - abs(90e0 - abs(180e0 - fmod(abs(x), 360e0))))"
_SINE_SIGN = "(CASE WHEN (x < 0) <> (fmod(abs(x), 360e0) > 180) THEN -1e0 ELSE 1e0 END)"
_COSINE_SIGN = "(CASE WHEN abs(180e0 - fmod(abs(x), 360e0)) < 90 THEN -1e0 ELSE 1e0 END)"

MACROS = (
    """pg_mod(a, b) AS CASE WHEN b = -1 THEN a - a ELSE a % b END""",
    f"""pg_exp(x) AS
        CASE WHEN isinf(exp(x)) AND NOT isinf(x) THEN {_OVERFLOW} ELSE exp(x) END""",
    f"""pg_power(a, b) AS
        CASE WHEN isinf(power(a, b)) AND NOT isinf(a) AND NOT isinf(b) THEN {_OVERFLOW}
             WHEN isnan(power(a, b)) AND NOT isnan(a) AND NOT isnan(b) THEN {_COMPLEX_POWER}
             ELSE power(a, b) END""",
    f"""pg_factorial(n) AS
        CASE WHEN n < 0 THEN {_NEGATIVE_FACTORIAL} ELSE factorial(CAST(n AS INTEGER)) END""",
    f"""pg_acosh(x) AS CASE WHEN x < 1 THEN {_RANGE} ELSE acosh(x) END""",
    f"""pg_atanh(x) AS CASE WHEN abs(x) > 1 THEN {_RANGE} ELSE atanh(x) END""",
    f"""pg_cot(x) AS CASE WHEN x = 0 THEN {_INFINITE} ELSE cot(x) END""",
    f"""pg_sin_0_30(x) AS sin(x * {_RADIANS}) / sin(30e0 * {_RADIANS}) / 2e0""",
    f"""pg_cos_0_60(x) AS
        1e0 - (1e0 - cos(x * {_RADIANS})) / (1e0 - cos(60e0 * {_RADIANS})) / 2e0""",
    """pg_sin_q1(x) AS
        CASE WHEN x <= 30 THEN pg_sin_0_30(x) ELSE pg_cos_0_60(90e0 - x) END""",
    """pg_cos_q1(x) AS
        CASE WHEN x <= 60 THEN pg_cos_0_60(x) ELSE pg_sin_0_30(90e0 - x) END""",
    f"""pg_sind(x) AS
        CASE WHEN isinf(x) THEN {_RANGE} ELSE {_SINE_SIGN} * pg_sin_q1({_FOLDED}) + 0e0 END""",
    f"""pg_cosd(x) AS
        CASE WHEN isinf(x) THEN {_RANGE} ELSE {_COSINE_SIGN} * pg_cos_q1({_FOLDED}) + 0e0 END""",
    """pg_tan_q1(x) AS pg_sin_q1(x) / pg_cos_q1(x)""",
    f"""pg_tand(x) AS
        CASE WHEN isinf(x) THEN {_RANGE}
             WHEN {_FOLDED} = 90 THEN {_SINE_SIGN} * {_COSINE_SIGN} * {_INFINITE}
             ELSE {_SINE_SIGN} * {_COSINE_SIGN} * pg_tan_q1({_FOLDED}) / pg_tan_q1(45e0) + 0e0
        END""",
    f"""pg_cotd(x) AS
        CASE WHEN isinf(x) THEN {_RANGE}
             WHEN {_FOLDED} = 0 THEN {_SINE_SIGN} * {_COSINE_SIGN} * {_INFINITE}
             ELSE {_SINE_SIGN} * {_COSINE_SIGN} * pg_tan_q1(90e0 - {_FOLDED}) / pg_tan_q1(45e0)
                  + 0e0
        END""",
    """pg_asin_q1(x) AS
        CASE WHEN x <= 0.5e0 THEN asin(x) / asin(0.5e0) * 30e0
             ELSE 90e0 - acos(x) / acos(0.5e0) * 60e0 END""",
    f"""pg_asind(x) AS
        CASE WHEN abs(x) > 1 THEN {_RANGE}
             WHEN x < 0 THEN -pg_asin_q1(-x) ELSE pg_asin_q1(x) END""",
    f"""pg_acosd(x) AS
        CASE WHEN abs(x) > 1 THEN {_RANGE}
             WHEN x < 0 THEN 90e0 + pg_asin_q1(-x) ELSE 90e0 - pg_asin_q1(x) END""",
    """pg_atand(x) AS atan(x) / atan(1e0) * 45e0""",
    """pg_atan2d(y, x) AS atan2(y, x) / atan(1e0) * 45e0""",
    f"""pg_width_bucket(x, low, high, n) AS
        CASE WHEN x IS NULL OR low IS NULL OR high IS NULL OR n IS NULL THEN NULL
             WHEN n <= 0 THEN {_COUNT}
             WHEN isnan(x) OR isnan(low) OR isnan(high) THEN {_NOT_A_NUMBER}
             WHEN isinf(low) OR isinf(high) THEN {_UNBOUNDED}
             WHEN low = high THEN {_BOUNDS}
             WHEN n >= 2147483647 THEN {_INTEGER_RANGE}
             WHEN (x < low) = (low < high) AND x <> low THEN 0
             WHEN x = high OR (x > high) = (low < high) THEN CAST(n AS INTEGER) + 1
             ELSE CAST(floor(n * (x - low) / (high - low)) AS INTEGER) + 1 END""",
    """pg_min_scale(t) AS
        CASE WHEN contains(t, '.') THEN length(rtrim(split_part(t, '.', 2), '0'))
             WHEN t IS NOT NULL THEN 0 END""",
)
