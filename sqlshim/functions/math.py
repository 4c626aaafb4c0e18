"""Mathematical functions: PostgreSQL manual, "Mathematical Functions and Operators"."""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.functions.model import (
    A_DECIMAL,
    A_DOUBLE,
    INT,
    NUMBER,
    Function,
    NullResult,
    Want,
    own_nulls,
    scalar,
    sig,
    united,
)
from sqlshim.types import BOOLEAN, DOUBLE, INTEGER, INTEGERS, Kind, SqlType, decimal

_SAME_INT = Want("integer", INTEGERS, same=True)


def _whole(args: Sequence[SqlType]) -> SqlType:
    """Integers and decimals keep their kind (PostgreSQL: numeric); floats are doubles."""
    t = args[0]
    if t.kind in INTEGERS:
        return t
    if t.kind is Kind.DECIMAL:
        # one more digit than before: 9.9 rounds up to 10
        return decimal((t.precision or 38) - (t.scale or 0) + 1, 0)
    return DOUBLE


def _one_more_digit(args: Sequence[SqlType]) -> SqlType:
    """9.99 to one place is 10.0."""
    return decimal((args[0].precision or 38) + 1, args[0].scale or 0)


def _of_double(name: str, doc: str) -> Function:
    return scalar(name, doc, sig(A_DOUBLE, gives=DOUBLE))


ABS = scalar("ABS", "the value without its sign", sig(NUMBER, gives=lambda args: args[0]))
CEIL = scalar("CEIL", "the nearest whole number not below", sig(NUMBER, gives=_whole))
FLOOR = scalar("FLOOR", "the nearest whole number not above", sig(NUMBER, gives=_whole))
ROUND = scalar(
    "ROUND",
    "to the nearest whole number; halves away from zero for decimals, to even for doubles",
    sig(NUMBER, gives=_whole),
)
ROUND_TO = scalar(
    "ROUND_TO",
    "ROUND(x, n): to n decimal places, halves away from zero",
    sig(A_DECIMAL, INT, gives=_one_more_digit),
    sig(NUMBER, INT, gives=lambda args: args[0] if args[0].kind in INTEGERS else DOUBLE),
)
TRUNC = scalar("TRUNC", "cut to a whole number towards zero", sig(NUMBER, gives=_whole))
SIGN = scalar("SIGN", "-1, 0 or 1", sig(NUMBER, gives=DOUBLE))
SQRT = _of_double("SQRT", "the square root; of a negative number is an error")
CBRT = _of_double("CBRT", "the cube root")
POWER = scalar("POWER", "a to the power of b", sig(A_DOUBLE, A_DOUBLE, gives=DOUBLE))
EXP = _of_double("EXP", "e to the power of a")
LN = _of_double("LN", "the natural logarithm; of zero or less is an error")
LOG10 = _of_double("LOG10", "the logarithm to base 10; of zero or less is an error")
LOG = scalar(
    "LOG", "LOG(b, x): the logarithm of x to base b", sig(A_DOUBLE, A_DOUBLE, gives=DOUBLE)
)
PI = own_nulls("PI", "3.14159...", NullResult.NEVER, sig(gives=DOUBLE))
SIN = _of_double("SIN", "the sine of radians")
COS = _of_double("COS", "the cosine of radians")
TAN = _of_double("TAN", "the tangent of radians")
ASIN = _of_double("ASIN", "the arc sine in radians")
ACOS = _of_double("ACOS", "the arc cosine in radians")
ATAN = _of_double("ATAN", "the arc tangent in radians")
ATAN2 = scalar("ATAN2", "the angle of (y, x) in radians", sig(A_DOUBLE, A_DOUBLE, gives=DOUBLE))
DEGREES = _of_double("DEGREES", "radians as degrees")
RADIANS = _of_double("RADIANS", "degrees as radians")
RANDOM = own_nulls(
    "RANDOM",
    "a number from 0 up to 1, anew for each row",
    NullResult.NEVER,
    sig(gives=DOUBLE),
    volatile=True,
)
SINH = _of_double("SINH", "the hyperbolic sine")
COSH = _of_double("COSH", "the hyperbolic cosine")
TANH = _of_double("TANH", "the hyperbolic tangent")
ASINH = _of_double("ASINH", "the inverse hyperbolic sine")
ACOSH = _of_double("ACOSH", "the inverse hyperbolic cosine; of less than 1 is an error")
ATANH = _of_double("ATANH", "the inverse hyperbolic tangent; beyond 1 and -1 is an error")
COT = _of_double("COT", "the cotangent of radians; of zero is infinity")
FACTORIAL = scalar(
    "FACTORIAL", "n!; of a negative number or beyond 33 is an error", sig(INT, gives=decimal(38, 0))
)
TRUNC_TO = scalar(
    "TRUNC_TO",
    "TRUNC(x, n): cut to n decimal places towards zero; not of a double (PostgreSQL)",
    sig(A_DECIMAL, INT, gives=lambda args: args[0]),
)


# --- degrees, and what only whole numbers have ------------------------------------------------

SIND = _of_double("SIND", "the sine of degrees, exact where it is 0, 1/2 or 1")
COSD = _of_double("COSD", "the cosine of degrees")
TAND = _of_double("TAND", "the tangent of degrees")
COTD = _of_double("COTD", "the cotangent of degrees")
ASIND = _of_double("ASIND", "the arc sine in degrees")
ACOSD = _of_double("ACOSD", "the arc cosine in degrees")
ATAND = _of_double("ATAND", "the arc tangent in degrees")
ATAN2D = scalar("ATAN2D", "the angle of (y, x) in degrees", sig(A_DOUBLE, A_DOUBLE, gives=DOUBLE))
GCD = scalar("GCD", "the greatest common divisor", sig(_SAME_INT, _SAME_INT, gives=united))
LCM = scalar(
    "LCM",
    "the least common multiple; an overflow is an error",
    sig(_SAME_INT, _SAME_INT, gives=united),
)
WIDTH_BUCKET = scalar(
    "WIDTH_BUCKET",
    "which of n equal parts of the range b to c holds a; 0 below it, n + 1 from its end on",
    sig(A_DOUBLE, A_DOUBLE, A_DOUBLE, INT, gives=INTEGER),
)
SCALE = scalar("SCALE", "the digits after the point", sig(A_DECIMAL, gives=INTEGER))
MIN_SCALE = scalar(
    "MIN_SCALE",
    "the digits after the point but for zeros at the end",
    sig(A_DECIMAL, gives=INTEGER),
)
ISNAN = scalar("ISNAN", "whether a double is not a number (DuckDB)", sig(A_DOUBLE, gives=BOOLEAN))
ISINF = scalar("ISINF", "whether a double is infinite (DuckDB)", sig(A_DOUBLE, gives=BOOLEAN))
