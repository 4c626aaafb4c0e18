"""Operators on text that dialects mean differently by one form: LIKE, `||` and `+`.

`scalars` finds them in `SPECIAL`; which dialect means what is told by `sql.dialects.traits_of`.
"""

from __future__ import annotations

import re

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, text_literal
from sqlshim.bind.coerce import call, case, cast, coerce, logical, settle
from sqlshim.bind.functions.arrays import array_in, concatenated
from sqlshim.bind.functions.dialects import is_day, stepped
from sqlshim.bind.functions.jsonb_operators import concatenated_json, without
from sqlshim.bind.queries.oracle import days_between, moved_by_days
from sqlshim.bind.scope import position
from sqlshim.bind.truth import operands
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.functions import operators as op
from sqlshim.functions import regex
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.sql.dialects import traits_of
from sqlshim.types import BYTES, DATE, TEXT, TIMESTAMP, Kind

_STRINGS = frozenset((Kind.TEXT, Kind.UNKNOWN))


def like(node: exp.Expr, binds: Binds) -> Scalar:
    return _like(node, binds, text_literal(traits_of(binds.context.dialect).like_escape))


def like_escape(node: exp.Expr, binds: Binds) -> Scalar:
    escape = coerce(binds.scalar(node.expression), TEXT)
    if isinstance(escape, Literal) and isinstance(escape.value, str) and len(escape.value) > 1:
        raise ProgrammingError(
            "invalid escape string", sqlstate="22025", hint="ESCAPE takes one character, or ''."
        )
    return _like(node.this, binds, escape)


def _like(node: exp.Expr, binds: Binds, escape: Scalar) -> Scalar:
    if (quantified := array_in(node.expression)) is not None:
        return _like_each(node, *quantified, binds)
    traits = traits_of(binds.context.dialect)
    folds = isinstance(node, exp.ILike) or traits.like_folds_case
    pattern = binds.scalar(node.expression)
    if traits.like_classes and isinstance(pattern, Literal) and "[" in str(pattern.value):
        return _like_with_classes(node, str(pattern.value), escape, binds)
    result = call(op.ILIKE if folds else op.LIKE, binds.scalar(node.this), pattern, escape)
    return call(op.NOT, result) if node.args.get("negate") else result


def _like_with_classes(node: exp.Expr, pattern: str, escape: Scalar, binds: Binds) -> Scalar:
    """T-SQL's LIKE '[a-c]%', as a regular expression."""
    quote = escape.value if isinstance(escape, Literal) else None
    if quote:
        raise NotSupportedError(
            "classes of characters in LIKE … ESCAPE are not supported", position=position(node)
        )
    pieces = re.findall(r"\[\^?\]?[^\]]*\]|.", pattern, re.DOTALL)
    shape = "".join(_class_or_character(p) for p in pieces)
    subject = coerce(binds.scalar(node.this), TEXT)
    result = call(regex.REGEXP_LIKE, subject, text_literal(rf"(?s)\A(?:{shape})\z"))
    return call(op.NOT, result) if node.args.get("negate") else result


def _class_or_character(piece: str) -> str:
    if len(piece) > 1:
        return piece.replace("\\", "\\\\")
    return {"%": ".*", "_": "."}.get(piece) or re.escape(piece)


def _like_each(node: exp.Expr, over: exp.Expr, every: bool, binds: Binds) -> Scalar:
    """LIKE ANY (ARRAY['a%', 'b%']): of patterns that are written out."""
    patterns = over.expressions if isinstance(over, exp.Array | exp.Tuple) else []
    if not patterns:
        raise NotSupportedError(
            "LIKE ANY and ALL are supported of patterns that are written out",
            position=position(node),
            hint="Write LIKE ANY (ARRAY['a%', 'b%']).",
        )
    negate = bool(node.args.get("negate"))
    tests = [
        like(type(node)(this=node.this.copy(), expression=p.copy(), negate=negate), binds)
        for p in patterns
    ]
    return logical(op.AND if every else op.OR, tests)


def concat_op(node: exp.Expr, binds: Binds) -> Scalar:
    """`||`: one side must be text (PostgreSQL); the other is cast."""
    left, right = binds.scalar(node.this), binds.scalar(node.expression)
    if (joined := concatenated(left, right)) is not None:
        return joined
    if (merged := concatenated_json(left, right)) is not None:
        return merged
    kinds = {left.type.kind, right.type.kind}
    if kinds <= {Kind.BYTES, Kind.UNKNOWN} and Kind.BYTES in kinds:
        return call(op.CONCAT_OP, coerce(left, BYTES), coerce(right, BYTES))
    if traits_of(binds.context.dialect).empty_is_null:
        return _without_nulls(_as_text(left), _as_text(right))
    if not kinds & _STRINGS:
        return call(op.CONCAT_OP, left, right)  # raises TypeMismatch
    return call(op.CONCAT_OP, _as_text(left), _as_text(right))


def _without_nulls(left: Scalar, right: Scalar) -> Scalar:
    """Oracle's `||`: with NULL it is the other side, so NULL only where both are."""
    either = case([(call(op.IS_NULL, right), left)], call(op.CONCAT_OP, left, right))
    return case([(call(op.IS_NULL, left), right)], either)


def add(node: exp.Expr, binds: Binds) -> Scalar:
    """`+`, which joins two texts in T-SQL."""
    left, right = binds.scalar(node.this), binds.scalar(node.expression)
    dialect = binds.context.dialect
    texts = {left.type.kind, right.type.kind} <= _STRINGS
    if texts and traits_of(dialect).plus_joins_text:
        return call(op.CONCAT_OP, _as_text(left), _as_text(right))
    if right.type.kind is Kind.INTERVAL:
        return stepped(op.ADD, _moment(left, binds), right, binds)
    if (moved := moved_by_days(op.ADD, left, right, dialect)) is not None:
        return moved
    return call(op.ADD, *operands([left, right], dialect, compared=False))


def sub(node: exp.Expr, binds: Binds) -> Scalar:
    left, right = binds.scalar(node.this), binds.scalar(node.expression)
    if (rest := without(left, right)) is not None:
        return rest
    dialect = binds.context.dialect
    if right.type.kind is Kind.INTERVAL:
        return stepped(op.SUB, _moment(left, binds), right, binds)
    if (moved := moved_by_days(op.SUB, left, right, dialect)) is not None:
        return moved
    if (days := days_between(left, right, dialect)) is not None:
        return days
    return call(op.SUB, *operands([left, right], dialect, compared=False))


def _moment(value: Scalar, binds: Binds) -> Scalar:
    """What an interval is added to: in MySQL a literal is a date or an instant there."""
    if binds.context.dialect != "mysql" or value.type.kind is not Kind.UNKNOWN:
        return value
    return coerce(value, DATE if is_day(value, binds) else TIMESTAMP)


def _as_text(arg: Scalar) -> Scalar:
    return cast(settle(arg), TEXT)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.Add: add,
    exp.Sub: sub,
    exp.DPipe: concat_op,
    exp.Like: like,
    exp.ILike: like,
    exp.Escape: like_escape,
}
