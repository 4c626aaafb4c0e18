"""Constants, operators and conditionals whose binding is more than picking arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, int_literal
from sqlshim.bind.coerce import call, case, cast, coerce, in_list, logical, number, settle
from sqlshim.bind.functions.arrays import quantified
from sqlshim.bind.functions.casts import cast_, convert
from sqlshim.bind.functions.moments import untyped
from sqlshim.bind.truth import operands, truth
from sqlshim.bind.types import sql_type
from sqlshim.errors import NotSupportedError, ProgrammingError, TypeMismatch
from sqlshim.functions import conditional, math
from sqlshim.functions import operators as op
from sqlshim.intervals import parse_interval
from sqlshim.ir.scalar import Column, Literal, Scalar, null_of
from sqlshim.sql.dialects import traits_of
from sqlshim.sql.kept import interval_text
from sqlshim.sql.params import is_long_list
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DOUBLE,
    FLOATS,
    INTEGER,
    INTEGERS,
    INTERVAL,
    UNKNOWN,
    Interval,
    Kind,
    array,
)


def literal(node: exp.Expr, binds: Binds) -> Scalar:
    """A number, or a text whose type is not known yet."""
    assert isinstance(node, exp.Literal)
    if node.is_string:
        if node.this == "" and traits_of(binds.context.dialect).empty_is_null:
            return null_of(UNKNOWN)
        return untyped(node.this, binds)
    return number(node.this)


def null(node: exp.Expr, binds: Binds) -> Scalar:
    return null_of(UNKNOWN)


def boolean(node: exp.Expr, binds: Binds) -> Scalar:
    return Literal(bool(node.this), BOOLEAN.with_null(False))


def hex_string(node: exp.Expr, binds: Binds) -> Scalar:
    """x'41', and BigQuery's 0x41, a number."""
    if node.args.get("is_integer"):
        return number(str(int(node.this, 16)))
    return Literal(bytes.fromhex(node.this), BYTES.with_null(False))


def bit_string(node: exp.Expr, binds: Binds) -> Scalar:
    raise NotSupportedError("strings of bits are not supported", hint="Use an integer.")


def escape_string(node: exp.Expr, binds: Binds) -> Scalar:
    return Literal(node.this, UNKNOWN.with_null(False))


_CODE = re.compile(r"\\(?:\\|\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4}))|\\")


def unicode_string(node: exp.Expr, binds: Binds) -> Scalar:
    """U&'d\\0061t\\+000061'"""
    if node.args.get("escape"):
        raise NotSupportedError("UESCAPE is not supported", hint="Use backslashes.")

    def one(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        if code is None and found[0] != "\\\\":
            raise ProgrammingError("invalid Unicode escape", sqlstate="42601")
        return "\\" if code is None else chr(int(code, 16))

    return Literal(_CODE.sub(one, node.this), UNKNOWN.with_null(False))


def byte_string(node: exp.Expr, binds: Binds) -> Scalar:
    """PostgreSQL's E'…', BigQuery's b'…'."""
    if node.args.get("is_bytes"):
        return Literal(node.this.encode(), BYTES.with_null(False))
    return escape_string(node, binds)


def interval(node: exp.Expr, binds: Binds) -> Scalar:
    """INTERVAL '1 day', INTERVAL 1 DAY, INTERVAL x DAY."""
    unit = node.args.get("unit")
    word = unit.name.lower() if unit is not None else None
    amount = node.this
    if isinstance(amount, exp.Literal):
        return Literal(parse_interval(interval_text(amount.this), word), INTERVAL.with_null(False))
    if isinstance(amount, exp.Neg) and isinstance(amount.this, exp.Literal):
        return Literal(-parse_interval(amount.this.this, word), INTERVAL.with_null(False))
    value = binds.scalar(amount)
    if word is None:
        return coerce(value, INTERVAL)
    if value.type.kind is Kind.UNKNOWN:
        value = coerce(value, INTEGER)
    return call(op.MUL, value, Literal(parse_interval("1", word), INTERVAL.with_null(False)))


# --- operators


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
    left, right = _operands(node, binds)
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


def _operands(node: exp.Expr, binds: Binds) -> Sequence[Scalar]:
    both = [binds.scalar(node.this), binds.scalar(node.expression)]
    return operands(both, binds.context.dialect, compared=False)


def int_div(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's a DIV b."""
    left, right = _operands(node, binds)
    result: Scalar
    if left.type.kind in FLOATS or right.type.kind in FLOATS:
        result = cast(call(math.TRUNC, call(op.DIV, left, right)), BIGINT)
    else:
        result = call(op.DIV_INT, left, right)
    nulls = traits_of(binds.context.dialect).zero_divides_to_null
    return _null_on_zero(result, right) if nulls else result


def mod(node: exp.Expr, binds: Binds) -> Scalar:
    """a % b; by zero it is NULL in MySQL and SQLite."""
    left, right = _operands(node, binds)
    result = call(op.MOD, left, right)
    nulls = traits_of(binds.context.dialect).zero_divides_to_null
    return _null_on_zero(result, right) if nulls else result


def _null_on_zero(result: Scalar, divisor: Scalar) -> Scalar:
    """MySQL, SQLite: a division by zero is NULL."""
    if isinstance(divisor, Literal) and divisor.value:
        return result
    zero = call(op.EQ, divisor, int_literal(0))
    return case([(zero, null_of(result.type))], result)


def not_(node: exp.Expr, binds: Binds) -> Scalar:
    return call(op.NOT, truth(binds.scalar(node.this), "NOT", binds.context.dialect))


def is_(node: exp.Expr, binds: Binds) -> Scalar:
    """IS [NOT] NULL / TRUE / FALSE / UNKNOWN, and MySQL's and SQLite's a IS b."""
    what, value = node.expression, binds.scalar(node.this)
    result: Scalar
    if isinstance(what, exp.Null):
        fn = op.IS_NOT_NULL if node.args.get("negate") else op.IS_NULL
        return call(fn, settle(value))
    if isinstance(what, exp.Boolean):
        value = truth(value, "IS TRUE" if what.this else "IS FALSE", binds.context.dialect)
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


def in_(node: exp.Expr, binds: Binds) -> Scalar:
    """x IN (a, b, c); IN (SELECT …) is bound in `subquery`. A very long list is one parameter.

    `x IN %s` is psycopg2's and MySQLdb's way to pass a tuple: `x = ANY (%s)`, NULLs alike.
    """
    if any(is_long_list(e.name) for e in node.expressions):
        return _in_long_lists(node, binds)
    if (listed := node.args.get("unnest")) is not None:  # BigQuery's IN UNNEST(array)
        values = binds.scalar(listed.expressions[0])
        return quantified(op.EQ, binds.scalar(node.this), values, every=False)
    if (listed := node.args.get("field")) is not None:
        values = binds.scalar(listed)
        return quantified(op.EQ, binds.scalar(node.this), values, every=False)
    items = [binds.scalar(e) for e in node.expressions]
    if not items:
        hint = "List the values, or pass a list: IN %s."
        raise NotSupportedError("IN () of no values is not supported", hint=hint)
    return in_list(binds.scalar(node.this), items)


def _in_long_lists(node: exp.Expr, binds: Binds) -> Scalar:
    """Each list, as it is or `list::date`, is a parameter; beside them may stand other items."""
    value, others, parts = binds.scalar(node.this), [], []
    for item in node.expressions:
        if not is_long_list(item.name):
            others.append(binds.scalar(item))
            continue
        given = item.args["to"] if isinstance(item, exp.Cast) else None
        wanted = None if given is None else sql_type(given, binds.context.dialect)
        values = binds.scalar(item if wanted is None else item.this)
        if wanted is not None:
            call(op.EQ, value, Column(-1, "item", wanted))  # an error if they do not compare
            values = coerce(values, array(wanted))
        parts.append(quantified(op.EQ, value, values, every=False))
    return logical(op.OR, [*parts, in_list(value, others)] if others else parts)


# --- conditional


def case_(node: exp.Expr, binds: Binds) -> Scalar:
    operand = node.this
    arms = []
    for arm in node.args["ifs"]:
        test = binds.scalar(arm.this)
        if operand is not None:
            test = call(op.EQ, binds.scalar(operand), test)
        test = truth(test, "CASE/WHEN", binds.context.dialect)
        arms.append((test, binds.scalar(arm.args["true"])))
    default = node.args.get("default")
    return case(arms, null_of(UNKNOWN) if default is None else binds.scalar(default))


def if_(node: exp.Expr, binds: Binds) -> Scalar:
    test = truth(binds.scalar(node.this), "IF", binds.context.dialect)
    false = node.args.get("false")
    otherwise = null_of(UNKNOWN) if false is None else binds.scalar(false)
    return case([(test, binds.scalar(node.args["true"]))], otherwise)


def extreme(node: exp.Expr, binds: Binds) -> Scalar:
    """GREATEST / LEAST; in MySQL, Oracle and others one NULL makes the result NULL."""
    fn = conditional.GREATEST if isinstance(node, exp.Greatest) else conditional.LEAST
    args = [binds.scalar(e) for e in (node.this, *node.expressions)]
    result = call(fn, *args)
    dialect = binds.context.dialect
    ignored = node.args.get("ignore_nulls") is not False and dialect != "oracle"
    if ignored or dialect in ("postgres", "duckdb"):
        return result
    any_null = logical(op.OR, [call(op.IS_NULL, settle(a)) for a in args])
    return case([(any_null, null_of(result.type))], result)


def tuple_(node: exp.Expr, binds: Binds) -> Scalar:
    raise NotSupportedError("row values are not supported yet")


def collate(node: exp.Expr, binds: Binds) -> Scalar:
    """COLLATE "C" is how text compares here anyway."""
    name = node.expression.name.lower()
    if name not in ("c", "posix", "ucs_basic", "binary"):
        raise NotSupportedError(
            f"collation {name!r} is not supported",
            hint='Text compares by code point, as in COLLATE "C".',
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
    exp.BitString: bit_string,
    exp.ByteString: byte_string,
    exp.UnicodeString: unicode_string,
    exp.National: escape_string,
    exp.RawString: escape_string,
    exp.Interval: interval,
    exp.Paren: paren,
    exp.Neg: neg,
    exp.Div: div,
    exp.IntDiv: int_div,
    exp.Mod: mod,
    exp.Not: not_,
    exp.Is: is_,
    exp.Between: between,
    exp.In: in_,
    exp.Case: case_,
    exp.If: if_,
    exp.Greatest: extreme,
    exp.Least: extreme,
    exp.Cast: cast_,
    exp.TryCast: cast_,
    exp.Convert: convert,
    exp.Tuple: tuple_,
    exp.Collate: collate,
}
