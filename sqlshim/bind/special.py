"""Functions and operators whose binding is more than picking arguments.

Each takes the sqlglot node and the binder of its operands. `SPECIAL` is the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sqlglot import exp

from sqlshim.bind.coerce import (
    call,
    case,
    cast,
    coerce,
    condition,
    in_list,
    logical,
    null_of,
    number,
    settle,
)
from sqlshim.bind.context import Context
from sqlshim.bind.functions import DATE_PARTS
from sqlshim.bind.types import sql_type
from sqlshim.errors import NotSupportedError, ProgrammingError, TypeMismatch
from sqlshim.functions import conditional, datetime, math, text
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Cast, Literal, Scalar
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    FLOATS,
    INTEGER,
    INTEGERS,
    INTERVAL,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    Interval,
    Kind,
    decimal,
)
from sqlshim.values import parse_interval


class Binds(Protocol):
    """The binder of operands."""

    context: Context

    def scalar(self, node: exp.Expr) -> Scalar:
        """The typed form of an expression."""


Special = Callable[[exp.Expr, Binds], Scalar]


def text_literal(value: str) -> Literal:
    """A literal that is TEXT for certain."""
    return Literal(value, TEXT.with_null(False))


def int_literal(value: int) -> Literal:
    return Literal(value, INTEGER.with_null(False))


# --- constants -----------------------------------------------------------------------------


def literal(node: exp.Expr, binds: Binds) -> Scalar:
    """A number, or a text whose type is not known yet."""
    assert isinstance(node, exp.Literal)
    if node.is_string:
        return Literal(node.this, UNKNOWN.with_null(False))
    return number(node.this)


def null(node: exp.Expr, binds: Binds) -> Scalar:
    return null_of(UNKNOWN)


def boolean(node: exp.Expr, binds: Binds) -> Scalar:
    return Literal(bool(node.this), BOOLEAN.with_null(False))


def hex_string(node: exp.Expr, binds: Binds) -> Scalar:
    return Literal(bytes.fromhex(node.this), BYTES.with_null(False))


def escape_string(node: exp.Expr, binds: Binds) -> Scalar:
    return Literal(node.this, UNKNOWN.with_null(False))


def interval(node: exp.Expr, binds: Binds) -> Scalar:
    """INTERVAL '1 day', INTERVAL 1 DAY, INTERVAL x DAY."""
    unit = node.args.get("unit")
    word = unit.name.lower() if unit is not None else None
    amount = node.this
    if isinstance(amount, exp.Literal):
        return Literal(parse_interval(amount.this, word), INTERVAL.with_null(False))
    if isinstance(amount, exp.Neg) and isinstance(amount.this, exp.Literal):
        return Literal(-parse_interval(amount.this.this, word), INTERVAL.with_null(False))
    value = binds.scalar(amount)
    if word is None:
        return coerce(value, INTERVAL)
    if value.type.kind is Kind.UNKNOWN:
        value = coerce(value, INTEGER)
    return call(op.MUL, value, Literal(parse_interval("1", word), INTERVAL.with_null(False)))


# --- operators -----------------------------------------------------------------------------


def paren(node: exp.Expr, binds: Binds) -> Scalar:
    return binds.scalar(node.this)


def neg(node: exp.Expr, binds: Binds) -> Scalar:
    """-x; a negated literal is a literal (so that -9223372036854775808 is a BIGINT)."""
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        if node.this.this == "9223372036854775808":
            return Literal(-(2**63), BIGINT.with_null(False))
        if node.this.this == "2147483648":
            return Literal(-(2**31), INTEGER.with_null(False))
        positive = number(node.this.this)
        return Literal(-positive.value, positive.type)  # type: ignore[operator]
    value = binds.scalar(node.this)
    if isinstance(value, Literal) and isinstance(value.value, Interval):
        return Literal(-value.value, value.type)
    return call(op.NEG, value)


def div(node: exp.Expr, binds: Binds) -> Scalar:
    """`/`: between integers it truncates where the dialect says so (`typed`)."""
    left, right = binds.scalar(node.this), binds.scalar(node.expression)
    left, right = _untyped_as(left, right), _untyped_as(right, left)
    whole = left.type.kind in INTEGERS and right.type.kind in INTEGERS
    result: Scalar
    if whole and node.args.get("typed"):
        result = call(op.DIV_INT, left, right)
    else:
        result = call(op.DIV, left, right)
    return _null_on_zero(result, right) if node.args.get("safe") else result


def _untyped_as(arg: Scalar, other: Scalar) -> Scalar:
    if arg.type.kind is not Kind.UNKNOWN:
        return arg
    return coerce(arg, other.type if other.type.kind is not Kind.UNKNOWN else DOUBLE)


def int_div(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's a DIV b."""
    left, right = binds.scalar(node.this), binds.scalar(node.expression)
    if left.type.kind in FLOATS or right.type.kind in FLOATS:
        return cast(call(math.TRUNC, call(op.DIV, left, right)), BIGINT)
    return call(op.DIV_INT, left, right)


def _null_on_zero(result: Scalar, divisor: Scalar) -> Scalar:
    """MySQL, SQLite: a division by zero is NULL."""
    zero = call(op.EQ, divisor, int_literal(0))
    return case([(zero, null_of(result.type))], result)


def concat_op(node: exp.Expr, binds: Binds) -> Scalar:
    """`||`: one side must be text (PostgreSQL); the other is cast."""
    left, right = binds.scalar(node.this), binds.scalar(node.expression)
    kinds = {left.type.kind, right.type.kind}
    if not kinds & {Kind.TEXT, Kind.UNKNOWN}:
        return call(op.CONCAT_OP, left, right)  # raises TypeMismatch
    return call(op.CONCAT_OP, _as_text(left), _as_text(right))


def _as_text(arg: Scalar) -> Scalar:
    return cast(settle(arg), TEXT)


def not_(node: exp.Expr, binds: Binds) -> Scalar:
    return call(op.NOT, condition(binds.scalar(node.this), "NOT"))


def is_(node: exp.Expr, binds: Binds) -> Scalar:
    """IS [NOT] NULL / TRUE / FALSE / UNKNOWN, and MySQL's and SQLite's a IS b."""
    what, value = node.expression, binds.scalar(node.this)
    result: Scalar
    if isinstance(what, exp.Null):
        fn = op.IS_NOT_NULL if node.args.get("negate") else op.IS_NULL
        return call(fn, settle(value))
    if isinstance(what, exp.Boolean):
        value = condition(value, "IS TRUE" if what.this else "IS FALSE")
        result = call(op.IS_TRUE if what.this else op.IS_FALSE, value)
    else:
        result = call(op.IS_NOT_DISTINCT, value, binds.scalar(what))
    return call(op.NOT, result) if node.args.get("negate") else result


def between(node: exp.Expr, binds: Binds) -> Scalar:
    value = binds.scalar(node.this)
    low, high = binds.scalar(node.args["low"]), binds.scalar(node.args["high"])
    within = logical(op.AND, [call(op.GE, value, low), call(op.LE, value, high)])
    if node.args.get("symmetric"):
        other = logical(op.AND, [call(op.GE, value, high), call(op.LE, value, low)])
        within = logical(op.OR, [within, other])
    return within


def like(node: exp.Expr, binds: Binds) -> Scalar:
    return _like(node, binds, text_literal("\\"))


def like_escape(node: exp.Expr, binds: Binds) -> Scalar:
    escape = coerce(binds.scalar(node.expression), TEXT)
    if isinstance(escape, Literal) and isinstance(escape.value, str) and len(escape.value) > 1:
        raise ProgrammingError(
            "invalid escape string", sqlstate="22025", hint="ESCAPE takes one character, or ''."
        )
    return _like(node.this, binds, escape)


def _like(node: exp.Expr, binds: Binds, escape: Scalar) -> Scalar:
    fn = op.ILIKE if isinstance(node, exp.ILike) else op.LIKE
    result = call(fn, binds.scalar(node.this), binds.scalar(node.expression), escape)
    return call(op.NOT, result) if node.args.get("negate") else result


def in_(node: exp.Expr, binds: Binds) -> Scalar:
    """x IN (a, b, c); IN (SELECT …) is bound in `subquery`."""
    items = [binds.scalar(e) for e in node.expressions]
    if not items:
        raise NotSupportedError("IN over an array is not supported", hint="List the values.")
    return in_list(binds.scalar(node.this), items)


# --- conditional ---------------------------------------------------------------------------


def case_(node: exp.Expr, binds: Binds) -> Scalar:
    operand = node.this
    arms = []
    for arm in node.args["ifs"]:
        test = binds.scalar(arm.this)
        if operand is not None:
            test = call(op.EQ, binds.scalar(operand), test)
        arms.append((condition(test, "CASE/WHEN"), binds.scalar(arm.args["true"])))
    default = node.args.get("default")
    return case(arms, null_of(UNKNOWN) if default is None else binds.scalar(default))


def if_(node: exp.Expr, binds: Binds) -> Scalar:
    test = condition(binds.scalar(node.this), "IF")
    false = node.args.get("false")
    otherwise = null_of(UNKNOWN) if false is None else binds.scalar(false)
    return case([(test, binds.scalar(node.args["true"]))], otherwise)


def extreme(node: exp.Expr, binds: Binds) -> Scalar:
    """GREATEST / LEAST; in MySQL, Oracle and others one NULL makes the result NULL."""
    fn = conditional.GREATEST if isinstance(node, exp.Greatest) else conditional.LEAST
    args = [binds.scalar(e) for e in (node.this, *node.expressions)]
    result = call(fn, *args)
    if node.args.get("ignore_nulls") is not False or binds.context.dialect in ("postgres", "duckdb"):
        return result
    any_null = logical(op.OR, [call(op.IS_NULL, settle(a)) for a in args])
    return case([(any_null, null_of(result.type))], result)


def cast_(node: exp.Expr, binds: Binds) -> Scalar:
    to = node.args["to"]
    return cast(binds.scalar(node.this), sql_type(to), safe=isinstance(node, exp.TryCast))


# --- text ----------------------------------------------------------------------------------


def trim(node: exp.Expr, binds: Binds) -> Scalar:
    fn = {"LEADING": text.LTRIM, "TRAILING": text.RTRIM}.get(
        str(node.args.get("position") or "").upper(), text.TRIM
    )
    chars = node.args.get("expression")
    what = text_literal(" ") if chars is None else binds.scalar(chars)
    return call(fn, binds.scalar(node.this), what)


def position(node: exp.Expr, binds: Binds) -> Scalar:
    return call(text.POSITION, binds.scalar(node.this), binds.scalar(node.args["substr"]))


def concat(node: exp.Expr, binds: Binds) -> Scalar:
    """CONCAT: PostgreSQL leaves NULLs out, MySQL and others give NULL."""
    args = [settle(binds.scalar(e)) for e in node.expressions]
    if node.args.get("coalesce") or binds.context.dialect in ("postgres", "duckdb"):
        return call(text.CONCAT, *args)
    result = _as_text(args[0])
    for arg in args[1:]:
        result = call(op.CONCAT_OP, result, _as_text(arg))
    return result


def concat_ws(node: exp.Expr, binds: Binds) -> Scalar:
    return call(text.CONCAT_WS, *(settle(binds.scalar(e)) for e in node.expressions))


def pad(node: exp.Expr, binds: Binds) -> Scalar:
    fn = text.LPAD if node.args.get("is_left") else text.RPAD
    fill = node.args.get("fill_pattern")
    with_ = text_literal(" ") if fill is None else binds.scalar(fill)
    return call(fn, binds.scalar(node.this), binds.scalar(node.expression), with_)


# --- mathematics ---------------------------------------------------------------------------


def round_(node: exp.Expr, binds: Binds) -> Scalar:
    value, places = binds.scalar(node.this), node.args.get("decimals")
    if places is None:
        return call(math.ROUND, value)
    digits = binds.scalar(places)
    if isinstance(digits, Literal) and isinstance(digits.value, int) and value.type.kind is Kind.DECIMAL:
        scale = max(0, min(digits.value, value.type.scale or 0))
        whole = (value.type.precision or 38) - (value.type.scale or 0) + 1
        target = decimal(whole + scale, scale, value.type.nullable)
        return Cast(call(math.ROUND_TO, value, digits), target)
    return call(math.ROUND_TO, value, digits)


def trunc(node: exp.Expr, binds: Binds) -> Scalar:
    if node.args.get("decimals") is not None:
        raise NotSupportedError("TRUNC to a number of places is not supported yet")
    return call(math.TRUNC, binds.scalar(node.this))


def log(node: exp.Expr, binds: Binds) -> Scalar:
    """LOG(x) is to base 10 in PostgreSQL, natural in MySQL; LOG(b, x) to base b."""
    if node.args.get("expression") is None:
        natural = binds.context.dialect in ("mysql", "bigquery", "tsql", "snowflake")
        return call(math.LN if natural else math.LOG10, binds.scalar(node.this))
    base, value = binds.scalar(node.this), binds.scalar(node.expression)
    if isinstance(base, Literal) and base.value == 10:
        return call(math.LOG10, value)
    return call(math.LOG, base, value)


# --- date and time -------------------------------------------------------------------------

_SAME_PART = {"dayofweek": "dow", "dayofyear": "doy", "weekofyear": "week", "msec": "milliseconds",
              "usec": "microseconds", "dayofmonth": "day"}  # fmt: skip


def _part(name: str) -> str:
    """A part's name, singular as in the tables (PostgreSQL takes plurals too)."""
    name = _SAME_PART.get(name.lower(), name.lower())
    known = {*datetime.EXTRACT_PARTS, *datetime.EXTRACT_FRACTIONAL}
    return name if name in known or name.removesuffix("s") not in known else name.removesuffix("s")


def extract(node: exp.Expr, binds: Binds) -> Scalar:
    return _extract(_part(node.this.name), binds.scalar(node.expression))


def date_part(node: exp.Expr, binds: Binds) -> Scalar:
    """YEAR(d) and its kin."""
    value = node.this
    while isinstance(value, exp.Cast | exp.TsOrDsToDate) and not isinstance(value.this, exp.Literal):
        value = value.this
    return _extract(DATE_PARTS[type(node)], binds.scalar(value))


def _extract(part: str, value: Scalar) -> Scalar:
    fn = datetime.EXTRACT_FRACTION if part in datetime.EXTRACT_FRACTIONAL else datetime.EXTRACT
    known = (*datetime.EXTRACT_PARTS, *datetime.EXTRACT_FRACTIONAL)
    if part not in known:
        raise ProgrammingError(
            f"unit {part!r} not recognized", sqlstate="22023", hint=f"Known are {', '.join(known)}."
        )
    return call(fn, text_literal(part), value)


def date_trunc(node: exp.Expr, binds: Binds) -> Scalar:
    part = _part(node.args["unit"].name)
    if part not in datetime.TRUNC_PARTS:
        raise ProgrammingError(
            f"unit {part!r} not recognized",
            sqlstate="22023",
            hint=f"Known are {', '.join(datetime.TRUNC_PARTS)}.",
        )
    return call(datetime.DATE_TRUNC, text_literal(part), binds.scalar(node.this))


def date_shift(node: exp.Expr, binds: Binds) -> Scalar:
    """DATE_ADD / DATE_SUB and kin of other dialects."""
    fn = op.SUB if isinstance(node, exp.DateSub | exp.DatetimeSub | exp.TimestampSub) else op.ADD
    step = node.expression
    if not isinstance(step, exp.Interval):
        step = exp.Interval(this=step, unit=node.args.get("unit") or exp.var("DAY"))
    value = binds.scalar(node.this)
    if value.type.kind is Kind.UNKNOWN:
        value = coerce(value, TIMESTAMP)
    return call(fn, value, binds.scalar(step))


def current(node: exp.Expr, binds: Binds) -> Scalar:
    """CURRENT_DATE, CURRENT_TIMESTAMP, LOCALTIMESTAMP: one value for the whole statement."""
    kind = {exp.CurrentDate: DATE, exp.CurrentTimestamp: TIMESTAMPTZ}.get(type(node), TIMESTAMP)
    return binds.context.current(kind)


def date(node: exp.Expr, binds: Binds) -> Scalar:
    return cast(binds.scalar(node.this), DATE)


def bracket(node: exp.Expr, binds: Binds) -> Scalar:
    raise NotSupportedError("subscripts are not supported yet")


def tuple_(node: exp.Expr, binds: Binds) -> Scalar:
    raise NotSupportedError("row values are not supported yet")


def collate(node: exp.Expr, binds: Binds) -> Scalar:
    """COLLATE "C" is how text compares here anyway."""
    name = node.expression.name.lower()
    if name not in ("c", "posix", "ucs_basic", "binary"):
        raise NotSupportedError(
            f"collation {name!r} is not supported", hint="Text compares by code point, as in COLLATE \"C\"."
        )
    value = settle(binds.scalar(node.this))
    if value.type.kind is not Kind.TEXT:
        raise TypeMismatch(f"collations are not supported by type {str(value.type).lower()}")
    return value


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.Literal: literal,
    exp.Null: null,
    exp.Boolean: boolean,
    exp.HexString: hex_string,
    exp.ByteString: escape_string,
    exp.National: escape_string,
    exp.RawString: escape_string,
    exp.Interval: interval,
    exp.Paren: paren,
    exp.Neg: neg,
    exp.Div: div,
    exp.IntDiv: int_div,
    exp.DPipe: concat_op,
    exp.Not: not_,
    exp.Is: is_,
    exp.Between: between,
    exp.Like: like,
    exp.ILike: like,
    exp.Escape: like_escape,
    exp.In: in_,
    exp.Case: case_,
    exp.If: if_,
    exp.Greatest: extreme,
    exp.Least: extreme,
    exp.Cast: cast_,
    exp.TryCast: cast_,
    exp.Trim: trim,
    exp.StrPosition: position,
    exp.Concat: concat,
    exp.ConcatWs: concat_ws,
    exp.Pad: pad,
    exp.Round: round_,
    exp.Trunc: trunc,
    exp.Log: log,
    exp.Extract: extract,
    exp.TimestampTrunc: date_trunc,
    exp.DateTrunc: date_trunc,
    exp.DateAdd: date_shift,
    exp.DateSub: date_shift,
    exp.DatetimeAdd: date_shift,
    exp.DatetimeSub: date_shift,
    exp.TimestampAdd: date_shift,
    exp.TimestampSub: date_shift,
    exp.CurrentDate: current,
    exp.CurrentTimestamp: current,
    exp.Localtimestamp: current,
    exp.CurrentDatetime: current,
    exp.Date: date,
    exp.TsOrDsToDate: date,
    exp.Bracket: bracket,
    exp.Tuple: tuple_,
    exp.Collate: collate,
    **{part: date_part for part in DATE_PARTS},
}
