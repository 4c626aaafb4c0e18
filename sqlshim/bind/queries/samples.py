"""TABLESAMPLE BERNOULLI and SYSTEM (percent) [REPEATABLE (seed)].

Each row is drawn by itself, for SYSTEM too: a store's blocks are not known here. With a seed the
draw depends on the seed and the row alone, so that equal rows are drawn together.
"""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import int_literal, text_literal
from sqlshim.bind.coerce import call, cast, coerce
from sqlshim.bind.scalars import ScalarBinder
from sqlshim.bind.scope import position
from sqlshim.errors import DataError, NotSupportedError
from sqlshim.functions import encodings, math, text
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Filter, Rel
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.types import DOUBLE, TEXT

_METHODS = ("BERNOULLI", "SYSTEM", "")
_READ = {"method", "percent", "seed"}
_DIGITS = 8  # hexadecimal, of a hash


def sampled(rel: Rel, node: exp.Expr, binder: ScalarBinder) -> Rel:
    """`rel`, the rows of a table, with those that its TABLESAMPLE draws."""
    sample = node.args.get("sample")
    if sample is None:
        return rel
    method = sample.args["method"].name.upper() if sample.args.get("method") else ""
    odd = [k for k, v in sample.args.items() if v and k not in _READ]
    if method not in _METHODS or odd or sample.args.get("percent") is None:
        raise NotSupportedError(
            "TABLESAMPLE is supported as BERNOULLI or SYSTEM of a percentage",
            position=position(sample) or position(node),
        )
    share = _share(sample.args["percent"], binder)
    if share >= 1:
        return rel
    draw: Scalar
    if sample.args.get("seed") is None:
        draw = call(op.LT, call(math.RANDOM), Literal(share, DOUBLE.with_null(False)))
    else:
        seed = binder.scalar(sample.args["seed"])
        draw = _drawn(rel, seed, share)
    return Filter(rel, (draw,))


def _share(node: exp.Expr, binder: ScalarBinder) -> float:
    value = coerce(binder.scalar(node), DOUBLE)
    if not isinstance(value, Literal) or not isinstance(value.value, float):
        raise NotSupportedError("the percentage of TABLESAMPLE must be a constant")
    if not 0 <= value.value <= 100:
        raise DataError(
            "sample percentage must be between 0 and 100", sqlstate="2202H", position=position(node)
        )
    return value.value / 100


def _drawn(rel: Rel, seed: Scalar, share: float) -> Scalar:
    """Whether the hash of the row and the seed lies in the first part of all hashes."""
    parts = [cast(seed, TEXT), *(cast(c, TEXT) for c in rel.columns)]
    known = call(text.CONCAT_WS, text_literal("\x1f"), *parts)
    drawn = call(text.LEFT, call(encodings.MD5, known), int_literal(_DIGITS))
    return call(op.LT, drawn, text_literal(f"{int(share * 16**_DIGITS):0{_DIGITS}x}"))
