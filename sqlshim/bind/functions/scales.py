"""SCALE and its kin, of the digits that a number is written with, and WIDTH_BUCKET."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special
from sqlshim.bind.coerce import call, cast, coerce, number
from sqlshim.bind.functions.arrays import with_element
from sqlshim.errors import TypeMismatch
from sqlshim.functions import arrays, math
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Literal, Scalar, null_of
from sqlshim.types import INTEGERS, NUMERIC, Kind, decimal

_WHOLE = decimal(38, 0)


def _as_decimal(value: Scalar) -> Scalar:
    """Integers are decimals without places; an untyped constant has those that are written."""
    if value.type.kind is Kind.UNKNOWN:
        if not isinstance(value, Literal) or value.value is None:
            return coerce(value, decimal(38, 10))
        exact = coerce(value, NUMERIC)
        assert isinstance(exact, Literal)
        value = number(format(Decimal(str(exact.value)), "f").lstrip("-"))
    return cast(value, _WHOLE) if value.type.kind in INTEGERS else value


def _of_scale(fn: Function) -> Special:
    return lambda node, binds: call(fn, _as_decimal(binds.scalar(node.expressions[0])))


def _trimmed(node: exp.Expr, binds: Binds) -> Scalar:
    """TRIM_SCALE(x): a numeric whose digits are those of its value, as a column of one scale
    cannot have."""
    value = binds.scalar(node.expressions[0])
    if isinstance(value, Literal):
        if value.value is None:
            return null_of(NUMERIC)
        value = coerce(value, NUMERIC) if value.type.kind is Kind.UNKNOWN else value
    if value.type.kind not in INTEGERS | {Kind.DECIMAL, Kind.NUMERIC, Kind.UNKNOWN}:
        raise TypeMismatch(
            f"function trim_scale({str(value.type).lower()}) does not exist",
            sqlstate="42883",
            hint="CAST the number to NUMERIC.",
        )
    if isinstance(value, Literal):
        exact = Decimal(str(value.value)).normalize()
        plain = exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact
        return Literal(plain, NUMERIC.with_null(False))
    return cast(value, NUMERIC)


def _bucket(node: exp.Expr, binds: Binds) -> Scalar:
    """WIDTH_BUCKET(x, low, high, n) and WIDTH_BUCKET(x, thresholds)."""
    if (given := node.args.get("threshold")) is None:
        names = ("this", "min_value", "max_value", "num_buckets")
        return call(math.WIDTH_BUCKET, *(binds.scalar(node.args[n]) for n in names))
    values, value = with_element("width_bucket", binds.scalar(given), binds.scalar(node.this))
    return call(arrays.THRESHOLDS_REACHED, value, values)


SPECIAL: dict[type[exp.Expr], Special] = {exp.WidthBucket: _bucket}
NAMED: dict[str, Special] = {
    "scale": _of_scale(math.SCALE),
    "min_scale": _of_scale(math.MIN_SCALE),
    "trim_scale": _trimmed,
}
