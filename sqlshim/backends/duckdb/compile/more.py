"""How DuckDB says the functions beyond the core: bits, mathematics, dates.

Same form as `functions`, whose table takes these rows in.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, call, cast, number
from sqlshim.backends.duckdb.compile.dates import DATE_BUILDERS, DATE_CAN_FAIL, DATE_REPEATING
from sqlshim.backends.duckdb.compile.operators import Build, binary, named, paren
from sqlshim.backends.duckdb.compile.text import TEXT_BUILDERS, TEXT_CAN_FAIL, TEXT_REPEATING
from sqlshim.functions import arrays, bits, conditional, datetime, math
from sqlshim.functions import text as txt
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call
from sqlshim.types import BIGINT, INTEGER, TEXT, TIMESTAMP, Kind

_WIDTH = {Kind.SMALLINT: 16, Kind.INTEGER: 32, Kind.BIGINT: 64}


def _typed(build: Build) -> Build:
    return lambda node, args: cast(build(node, args), node.type)


def _shift_left(node: Call, args: list[E]) -> E:
    width = _WIDTH[node.type.kind]
    step = number(max(width, 32) - 1)  # PostgreSQL takes the count modulo the width
    return cast(call("pg_shift_left", args[0], args[1], step, number(width)), node.type)


def _shift_right(node: Call, args: list[E]) -> E:
    width = max(_WIDTH[node.type.kind], 32)
    value = cast(args[0], BIGINT)
    by = exp.BitwiseAnd(this=paren(args[1]), expression=number(width - 1))
    moved = exp.BitwiseRightShift(this=value, expression=exp.Paren(this=by))
    return cast(exp.Paren(this=moved), node.type)


def _to_hex(node: Call, args: list[E]) -> E:
    big = node.args[0].type.kind is Kind.BIGINT
    mask = -1 if big else 2**32 - 1
    kept = exp.BitwiseAnd(this=cast(args[0], BIGINT), expression=number(mask))
    return call("lower", call("hex", cast(exp.Paren(this=kept), BIGINT)))


def _bit_length(node: Call, args: list[E]) -> E:
    name = "octet_length" if node.args[0].type.kind is Kind.BYTES else "strlen"
    return cast(exp.Mul(this=call(name, *args), expression=number(8)), INTEGER)


def _count(negated: bool) -> Build:
    def build(node: Call, args: list[E]) -> E:
        total: E = number(0)
        for arg in args:
            null: E = exp.Is(this=paren(arg), expression=exp.null())
            test = exp.Paren(this=null) if not negated else exp.Not(this=exp.Paren(this=null))
            total = exp.Add(this=total, expression=cast(exp.Paren(this=test), INTEGER))
        return cast(exp.Paren(this=total), INTEGER)

    return build


def _to_char(node: Call, args: list[E]) -> E:
    return call("strftime", cast(args[0], TIMESTAMP), args[1])


def _scale(node: Call, args: list[E]) -> E:
    known = exp.Is(this=paren(args[0]), expression=exp.null())
    digits = cast(number(node.args[0].type.scale or 0), INTEGER)
    return exp.Case(ifs=[exp.If(this=exp.Not(this=exp.Paren(this=known)), true=digits)])


def _is_finite(node: Call, args: list[E]) -> E:
    if node.args[0].type.kind is not Kind.INTERVAL:
        return call("isfinite", *args)
    unknown = exp.Is(this=paren(args[0]), expression=exp.null())
    return exp.Case(ifs=[exp.If(this=exp.Not(this=exp.Paren(this=unknown)), true=exp.true())])


MORE: Mapping[Function, Build] = {
    bits.BIT_AND_OP: _typed(binary(exp.BitwiseAnd)),
    bits.BIT_OR_OP: _typed(binary(exp.BitwiseOr)),
    bits.BIT_XOR_OP: _typed(named("xor")),
    bits.BIT_NOT_OP: _typed(lambda node, args: exp.BitwiseNot(this=exp.Paren(this=args[0]))),
    bits.SHIFT_LEFT: _shift_left,
    bits.SHIFT_RIGHT: _shift_right,
    conditional.NUM_NULLS: _count(negated=False),
    conditional.NUM_NONNULLS: _count(negated=True),
    txt.BIT_LENGTH: _bit_length,
    txt.INITCAP: named("pg_initcap"),
    txt.OVERLAY: named("pg_overlay"),
    txt.TO_HEX: _to_hex,
    txt.GEN_RANDOM_UUID: named("gen_random_uuid", TEXT),
    math.SINH: named("sinh"),
    math.COSH: named("cosh"),
    math.TANH: named("tanh"),
    math.ASINH: named("asinh"),
    math.ACOSH: named("pg_acosh"),
    math.ATANH: named("pg_atanh"),
    math.COT: named("pg_cot"),
    math.FACTORIAL: _typed(named("pg_factorial")),
    math.SIND: named("pg_sind"),
    math.COSD: named("pg_cosd"),
    math.TAND: named("pg_tand"),
    math.COTD: named("pg_cotd"),
    math.ASIND: named("pg_asind"),
    math.ACOSD: named("pg_acosd"),
    math.ATAND: named("pg_atand"),
    math.ATAN2D: named("pg_atan2d"),
    math.GCD: _typed(named("gcd")),
    math.LCM: _typed(named("lcm")),
    math.WIDTH_BUCKET: named("pg_width_bucket", INTEGER),
    math.SCALE: _scale,
    math.MIN_SCALE: lambda node, args: cast(call("pg_min_scale", cast(args[0], TEXT)), INTEGER),
    math.ISNAN: named("isnan"),
    math.ISINF: named("isinf"),
    math.TRUNC_TO: _typed(lambda node, args: call("trunc", args[0], cast(args[1], INTEGER))),
    datetime.MAKE_TIME: named("make_time"),
    datetime.MAKE_TIMESTAMP: named("make_timestamp"),
    datetime.ISFINITE: _is_finite,
    datetime.TO_CHAR: _to_char,
    **TEXT_BUILDERS,
    **DATE_BUILDERS,
}

REPEATING = frozenset(
    {txt.OVERLAY, math.ACOSH, math.ATANH, math.COT, math.FACTORIAL, math.WIDTH_BUCKET}
    | {arrays.THRESHOLDS_REACHED}
    | {math.SIND, math.COSD, math.TAND, math.COTD, math.ASIND, math.ACOSD, math.MIN_SCALE}
    | TEXT_REPEATING
    | DATE_REPEATING
)
CAN_FAIL = frozenset(
    {txt.OVERLAY, math.ACOSH, math.ATANH, math.FACTORIAL, datetime.MAKE_TIME}
    | {datetime.MAKE_TIMESTAMP, math.ASIND, math.ACOSD, math.WIDTH_BUCKET, math.GCD, math.LCM}
    | {arrays.THRESHOLDS_REACHED}
    | TEXT_CAN_FAIL
    | DATE_CAN_FAIL
)
