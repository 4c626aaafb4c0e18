"""How DuckDB says operators: comparison, logic, arithmetic, and what all builders share.

A builder gets the call and its compiled arguments and returns an expression whose DuckDB type is
that of `Call.type`. The table that names them is in `functions`.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, call, cast
from sqlshim.ir.scalar import Call, Literal
from sqlshim.types import DOUBLE, INTEGER, INTEGERS, NESTED, Kind, SqlType, decimal

Build = Callable[[Call, list[E]], E]
SMALL_DIGITS = 18


def paren(e: E) -> E:
    """`e` in parentheses if it is anything that binds looser than a call."""
    loose = isinstance(e, exp.Binary | exp.Not | exp.Neg | exp.In | exp.Is | exp.Case)
    return exp.Paren(this=e) if loose else e


def binary(kind: type[exp.Binary]) -> Build:
    """An operator between two arguments."""
    return lambda node, args: kind(this=paren(args[0]), expression=paren(args[1]))


def ranging(kind: type[exp.Binary]) -> Build:
    """An operator that orders. DuckDB makes BETWEEN of two of them, and then takes no arrays and
    structs; in a COALESCE it lets them be."""
    plain = binary(kind)

    def build(node: Call, args: list[E]) -> E:
        built = plain(node, args)
        nested = node.args[0].type.kind in NESTED
        return call("coalesce", built, exp.null()) if nested else built

    return build


def balanced(kind: type[exp.Binary], parts: list[E]) -> E:
    """A chain of AND or OR; a long one as a shallow tree, so that nothing recurses deeply."""
    if len(parts) > 50:
        half = len(parts) // 2
        left, right = balanced(kind, parts[:half]), balanced(kind, parts[half:])
        return kind(this=exp.Paren(this=left), expression=exp.Paren(this=right))
    chain = parts[0]
    for part in parts[1:]:
        chain = kind(this=chain, expression=part)
    return chain


def connective(kind: type[exp.Binary]) -> Build:
    """AND or OR, whose operands need parentheses only if they are of the two themselves."""
    return lambda node, args: balanced(kind, [operand(a) for a in args])


def operand(e: E) -> E:
    """`e` as an operand of AND or OR."""
    return exp.Paren(this=e) if isinstance(e, exp.And | exp.Or) else e


def named(name: str, gives: SqlType | None = None) -> Build:
    """A function of DuckDB's; `gives` is the type to cast to where its own differs."""
    if gives is None:
        return lambda node, args: call(name, *args)
    return lambda node, args: cast(call(name, *args), gives)


def is_value(kind: type[E], negated: bool = False) -> Build:
    def build(node: Call, args: list[E]) -> E:
        test: E = exp.Is(this=paren(args[0]), expression=kind())
        return exp.Not(this=exp.Paren(this=test)) if negated else test

    return build


def is_boolean(value: bool) -> Build:
    return lambda node, args: exp.Is(
        this=paren(args[0]), expression=exp.true() if value else exp.false()
    )


# --- arithmetic ----------------------------------------------------------------------------


def kinds_of(node: Call) -> tuple[Kind, ...]:
    return tuple(arg.type.kind for arg in node.args)


def arithmetic(kind: type[exp.Binary]) -> Build:
    """+ and -; a date takes only a 32-bit number of days, a decimal keeps the IR's scale."""

    def build(node: Call, args: list[E]) -> E:
        kinds = kinds_of(node)
        if kinds == (Kind.TIME, Kind.TIME):
            return call("pg_times", *args)
        if Kind.DATE in kinds and Kind.TIME not in kinds and kinds != (Kind.DATE, Kind.DATE):
            args = [
                cast(a, INTEGER) if k in INTEGERS and k is not Kind.INTEGER else a
                for a, k in zip(args, kinds, strict=True)
            ]
        args = _widened(node, args)
        plain = kind(this=paren(args[0]), expression=paren(args[1]))
        same = node.type.kind in kinds and node.type.kind is not Kind.DECIMAL
        return plain if same and kinds != (Kind.DATE, Kind.DATE) else cast(plain, node.type)

    return build


def _widened(node: Call, args: list[E]) -> list[E]:
    """DuckDB computes with 18 digits what has two decimals of no more, and fails beyond."""
    if node.type.kind is not Kind.DECIMAL or (node.type.precision or 0) <= SMALL_DIGITS:
        return args
    if any((arg.type.precision or 0) > SMALL_DIGITS for arg in node.args):
        return args
    first, second = args
    return [cast(first, decimal(SMALL_DIGITS + 1, node.args[0].type.scale or 0)), second]


def multiply(node: Call, args: list[E]) -> E:
    if node.type.kind is Kind.DECIMAL:
        if sum(arg.type.scale or 0 for arg in node.args) > 38:  # more than DuckDB can carry
            args = [cast(a, DOUBLE) for a in args]
        else:
            args = _widened(node, args)
        return cast(exp.Mul(this=paren(args[0]), expression=paren(args[1])), node.type)
    return exp.Mul(this=paren(args[0]), expression=paren(args[1]))


def divide(node: Call, args: list[E]) -> E:
    if node.type.kind is Kind.INTERVAL:
        return exp.Div(this=paren(args[0]), expression=paren(args[1]))
    # by zero is an error because the session says ieee_floating_point_ops=false
    sides = [
        a if arg.type.kind is Kind.DOUBLE else cast(a, DOUBLE)
        for a, arg in zip(args, node.args, strict=True)
    ]
    return exp.Div(this=paren(sides[0]), expression=paren(sides[1]))


def int_divide(node: Call, args: list[E]) -> E:
    """Cut towards zero; of decimals DuckDB's // is a double, so their remainder goes first."""
    if node.type.kind is not Kind.DECIMAL:
        return binary(exp.IntDiv)(node, args)
    rest = exp.Paren(this=exp.Mod(this=paren(args[0]), expression=paren(args[1])))
    whole = exp.Paren(this=exp.Sub(this=paren(args[0]), expression=rest))
    return cast(call("round", exp.Div(this=whole, expression=paren(args[1]))), node.type)


def remainder(node: Call, args: list[E]) -> E:
    """DuckDB refuses the lowest integer % -1, which is 0."""
    divisor = node.args[1]
    harmless = isinstance(divisor, Literal) and divisor.value != -1
    if node.type.kind in INTEGERS and not harmless:
        return call("pg_mod", *args)
    built = binary(exp.Mod)(node, args)
    return cast(built, node.type) if node.type.kind is Kind.DECIMAL else built


def negate(node: Call, args: list[E]) -> E:
    return exp.Neg(this=exp.Paren(this=args[0]))
