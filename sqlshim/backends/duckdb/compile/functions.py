"""How DuckDB says each function and operator: a table of builders keyed by function row.

`ONCE` names the rows whose builder writes an argument more than once; the caller
(`scalars`) then passes a name for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from sqlshim.backends.duckdb.compile.arrays import ARRAYS
from sqlshim.backends.duckdb.compile.casts import E, call, cast, convert, number, text
from sqlshim.backends.duckdb.compile.json import JSONS
from sqlshim.backends.duckdb.compile.more import CAN_FAIL, MORE, REPEATING
from sqlshim.backends.duckdb.compile.nested import NESTED
from sqlshim.backends.duckdb.compile.operators import (
    Build,
    arithmetic,
    binary,
    connective,
    divide,
    int_divide,
    is_boolean,
    is_value,
    kinds_of,
    multiply,
    named,
    negate,
    paren,
    ranging,
    remainder,
)
from sqlshim.errors import ProgrammingError
from sqlshim.functions import arrays, math
from sqlshim.functions import conditional as cond
from sqlshim.functions import datetime as time
from sqlshim.functions import operators as op
from sqlshim.functions import text as txt
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Literal, Scalar
from sqlshim.types import DOUBLE, FLOATS, INTEGER, INTEGERS, Kind, SqlType

# --- text ----------------------------------------------------------------------------------


def _like(operator: type[exp.Binary], function: str) -> Build:
    def build(node: Call, args: list[E]) -> E:
        pattern, escape = node.args[1], node.args[2]
        if isinstance(pattern, Literal) and isinstance(escape, Literal):
            unused = escape.value == "" or str(escape.value) not in str(pattern.value)
            if unused and pattern.value is not None and escape.value is not None:
                return operator(this=paren(args[0]), expression=args[1])
        return call(function, *args)

    return build


def _literal_int(expr: Scalar) -> int | None:
    if isinstance(expr, Literal) and isinstance(expr.value, int):
        return expr.value
    return None


def _length(node: Call, args: list[E]) -> E:
    name = "octet_length" if node.args[0].type.kind is Kind.BYTES else "length"
    return cast(call(name, *args), INTEGER)


def _substring(node: Call, args: list[E]) -> E:
    if node.args[0].type.kind is Kind.BYTES:
        return call("pg_bytes_from" if len(args) == 2 else "pg_bytes_slice", *args)
    start = _literal_int(node.args[1])
    if len(args) == 2:
        if start is not None:
            return call("substring", args[0], number(max(start, 1)))
        from_1 = exp.Case(
            ifs=[exp.If(this=exp.GT(this=paren(args[1]), expression=number(1)), true=args[1])],
            default=cast(exp.Add(this=exp.Mul(this=paren(args[1]), expression=number(0)),
                                 expression=number(1)), node.args[1].type),
        )  # fmt: skip
        return call("substring", args[0], from_1)
    length = _literal_int(node.args[2])
    if start is None or length is None or length < 0:
        return call("pg_substring", *args)
    stop = max(start + length, 1)
    return call("substring", args[0], number(max(start, 1)), number(max(stop - max(start, 1), 0)))


def _pad(side: str) -> Build:
    def build(node: Call, args: list[E]) -> E:
        fill = node.args[2]
        width = args[1] if node.args[1].type.kind is Kind.INTEGER else cast(args[1], INTEGER)
        plain = isinstance(fill, Literal) and fill.value != ""
        return call(side if plain else f"pg_{side}", args[0], width, args[2])

    return build


def _split_part(node: Call, args: list[E]) -> E:
    by, place = node.args[1], _literal_int(node.args[2])
    plain = isinstance(by, Literal) and by.value not in ("", None) and place not in (0, None)
    return call("split_part" if plain else "pg_split_part", *args)


def _octet_length(node: Call, args: list[E]) -> E:
    is_text = node.args[0].type.kind is not Kind.BYTES
    return cast(call("strlen" if is_text else "octet_length", *args), INTEGER)


def _as_text(arg: Scalar, e: E) -> E:
    if arg.type.kind is Kind.BOOLEAN:  # concat() prints booleans as t and f, a cast does not
        arms = [
            exp.If(this=e, true=text("t")),
            exp.If(this=exp.Not(this=exp.Paren(this=e.copy())), true=text("f")),
        ]
        return exp.Case(ifs=arms)
    return convert(e, arg.type, SqlType(Kind.TEXT))


def _concat(node: Call, args: list[E]) -> E:
    return call("concat", *(_as_text(a, e) for a, e in zip(node.args, args, strict=True)))


def _concat_ws(node: Call, args: list[E]) -> E:
    parts = (_as_text(a, e) for a, e in zip(node.args[1:], args[1:], strict=True))
    return call("concat_ws", args[0], *parts)


# --- math ----------------------------------------------------------------------------------


def _whole(name: str, of_double: Build) -> Build:
    """CEIL, FLOOR, ROUND, TRUNC: integers stay as they are, decimals lose their scale."""

    def build(node: Call, args: list[E]) -> E:
        kind = node.args[0].type.kind
        if kind in INTEGERS:
            return args[0]
        if kind is Kind.DECIMAL:
            return cast(call(name, *args), node.type)
        return of_double(node, [cast(args[0], DOUBLE)] if kind is Kind.REAL else args)

    return build


def _round_even(node: Call, args: list[E]) -> E:
    return call("round_even", args[0], number(0))


def _round_to(node: Call, args: list[E]) -> E:
    value, places = node.args
    if value.type.kind in FLOATS:
        return cast(call("round", cast(args[0], DOUBLE), cast(args[1], INTEGER)), node.type)
    if _literal_int(places) is not None:
        return cast(call("round", args[0], cast(args[1], INTEGER)), node.type)
    # DuckDB takes only a constant number of places here
    arms = []
    top = (value.type.precision or 19) + 1
    for n in range(value.type.scale or 0, -top - 1, -1):
        enough = exp.GTE(this=paren(args[1].copy()), expression=number(n))
        rounded = (
            call("round", args[0].copy(), number(n)) if n < (value.type.scale or 0) else args[0]
        )
        arms.append(exp.If(this=enough, true=cast(rounded.copy(), node.type)))
    is_null = exp.Is(this=paren(args[1].copy()), expression=exp.null())
    arms.append(exp.If(this=exp.Not(this=exp.Paren(this=is_null)), true=cast(number(0), node.type)))
    return exp.Case(ifs=arms)


# --- dates ---------------------------------------------------------------------------------


def _part(node: Call) -> str:
    part = node.args[0]
    if not isinstance(part, Literal):
        raise ProgrammingError("the part of EXTRACT and DATE_TRUNC must be a constant")
    return str(part.value).lower()


def _date_part(name: str, value: E) -> E:
    return call("date_part", text(name), value)


def _extract(node: Call, args: list[E]) -> E:
    return _date_part(_part(node), args[1])


def _extract_fraction(node: Call, args: list[E]) -> E:
    if _part(node) == "julian":
        return call("julian", args[1])
    if _part(node) == "second":
        return exp.Div(
            this=_date_part("microseconds", args[1]), expression=exp.Literal.number("1e6")
        )
    return _date_part("epoch", args[1])


def _date_trunc(node: Call, args: list[E]) -> E:
    part = _part(node)
    macro = "pg_trunc_from_1" if part in ("century", "millennium") else "date_trunc"
    built = call(macro, text(part), args[1])
    return built if node.type.kind is not Kind.DATE else cast(built, node.type)


def _timestamps(name: str) -> Build:
    """DuckDB's `age` has no mixed form of zoned and plain instants."""

    def build(node: Call, args: list[E]) -> E:
        mixed = len(set(kinds_of(node))) > 1
        plain = SqlType(Kind.TIMESTAMP)
        return call(name, *(cast(a, plain) if mixed else a for a in args))

    return build


BUILDERS: Mapping[Function, Build] = {
    op.EQ: binary(exp.EQ),
    op.NE: binary(exp.NEQ),
    op.LT: ranging(exp.LT),
    op.LE: ranging(exp.LTE),
    op.GT: ranging(exp.GT),
    op.GE: ranging(exp.GTE),
    op.IS_DISTINCT: binary(exp.NullSafeNEQ),
    op.IS_NOT_DISTINCT: binary(exp.NullSafeEQ),
    op.IS_NULL: is_value(exp.Null),
    op.IS_NOT_NULL: is_value(exp.Null, negated=True),
    op.IS_TRUE: is_boolean(True),
    op.IS_FALSE: is_boolean(False),
    op.AND: connective(exp.And),
    op.OR: connective(exp.Or),
    op.NOT: lambda node, args: exp.Not(this=exp.Paren(this=args[0])),
    op.ADD: arithmetic(exp.Add),
    op.SUB: arithmetic(exp.Sub),
    op.MUL: multiply,
    op.DIV: divide,
    op.DIV_INT: int_divide,
    op.MOD: remainder,
    op.NEG: negate,
    op.CONCAT_OP: binary(exp.DPipe),
    op.LIKE: _like(exp.Like, "like_escape"),
    op.ILIKE: _like(exp.ILike, "ilike_escape"),
    cond.COALESCE: named("coalesce"),
    cond.NULLIF: named("nullif"),
    cond.GREATEST: named("greatest"),
    cond.LEAST: named("least"),
    txt.UPPER: named("upper"),
    txt.LOWER: named("lower"),
    txt.LENGTH: _length,
    txt.OCTET_LENGTH: _octet_length,
    txt.SUBSTRING: _substring,
    txt.TRIM: named("trim"),
    txt.LTRIM: named("ltrim"),
    txt.RTRIM: named("rtrim"),
    txt.REPLACE: named("replace"),
    txt.POSITION: named("instr", INTEGER),
    txt.CONCAT: _concat,
    txt.CONCAT_WS: _concat_ws,
    txt.LEFT: named("left"),
    txt.RIGHT: named("right"),
    txt.LPAD: _pad("lpad"),
    txt.RPAD: _pad("rpad"),
    txt.REVERSE: named("pg_reverse"),
    txt.REPEAT: named("repeat"),
    txt.SPLIT_PART: _split_part,
    txt.STARTS_WITH: named("starts_with"),
    txt.ASCII: named("ascii"),
    txt.CHR: named("pg_chr"),
    txt.TRANSLATE: named("translate"),
    math.ABS: named("abs"),
    math.CEIL: _whole("ceil", named("ceil")),
    math.FLOOR: _whole("floor", named("floor")),
    math.ROUND: _whole("round", _round_even),
    math.ROUND_TO: _round_to,
    math.TRUNC: _whole("trunc", named("trunc")),
    math.SIGN: named("sign", DOUBLE),
    math.SQRT: named("sqrt"),
    math.CBRT: named("cbrt"),
    math.POWER: named("pg_power"),
    math.EXP: named("pg_exp"),
    math.LN: named("ln"),
    math.LOG10: named("log10"),
    math.LOG: named("log"),
    math.PI: named("pi"),
    math.SIN: named("sin"),
    math.COS: named("cos"),
    math.TAN: named("tan"),
    math.ASIN: named("asin"),
    math.ACOS: named("acos"),
    math.ATAN: named("atan"),
    math.ATAN2: named("atan2"),
    math.DEGREES: named("degrees"),
    math.RADIANS: named("radians"),
    math.RANDOM: named("random"),
    **NESTED,
    **ARRAYS,
    **JSONS,
    time.EXTRACT: _extract,
    time.EXTRACT_FRACTION: _extract_fraction,
    time.DATE_TRUNC: _date_trunc,
    time.AGE: _timestamps("age"),
    time.MAKE_DATE: named("make_date"),
    time.LAST_DAY: named("last_day"),
    **MORE,
}

# Rows whose SQL (or whose macro) writes an argument more than once.
ONCE = frozenset(
    {
        cond.NULLIF,  # DuckDB's own is a macro that writes it twice
        op.MOD,
        txt.SUBSTRING,
        txt.CONCAT,
        txt.CONCAT_WS,
        txt.LPAD,
        txt.RPAD,
        txt.SPLIT_PART,
        txt.CHR,
        math.POWER,
        math.EXP,
        math.ROUND_TO,
        *REPEATING,
    }
)

# Rows whose SQL writes each argument once, and not in a lambda, which takes no subquery. Any other
# (DuckDB's macros among them) is given a name for a subquery.
WRITTEN_ONCE = frozenset(
    {
        *op.COMPARISONS,
        *(op.IS_DISTINCT, op.IS_NOT_DISTINCT, op.IS_NULL, op.IS_NOT_NULL, op.IS_TRUE, op.IS_FALSE),
        *(op.AND, op.OR, op.NOT, op.ADD, op.SUB, op.MUL),
        cond.COALESCE,
    }
)

# Beside one of these a bare whole number takes the type of the other operand.
ADAPTS = frozenset({*op.COMPARISONS, op.IS_DISTINCT, op.IS_NOT_DISTINCT, op.ADD, op.SUB, op.MUL})


def can_fail(node: Call) -> bool:
    """Whether some values make the call an error, so that CASE-like order of evaluation matters."""
    return node.fn in _FAILING and not (
        node.fn in (op.DIV, op.DIV_INT, op.MOD) and _literal_int(node.args[1]) not in (None, 0)
    )


_FAILING = frozenset(
    {
        op.DIV,
        op.DIV_INT,
        op.MOD,
        txt.CHR,
        txt.SPLIT_PART,
        math.SQRT,
        math.LN,
        math.LOG,
        math.LOG10,
        math.POWER,
        math.EXP,
        time.MAKE_DATE,
        arrays.SIMILARITY_COSINE,
        arrays.SIMILARITY_EUCLIDEAN,
        arrays.SIMILARITY_DOT_PRODUCT,
        *CAN_FAIL,
    }
)
