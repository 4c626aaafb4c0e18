"""Aggregate calls: what sqlglot makes of each dialect's spelling, as an `AggregateCall`.

`ScalarBinder` and `windows` call `aggregate_call` with a binder for what stands inside. Errors are
PostgreSQL's. An order that cannot matter is left out, and a DISTINCT whose result shows an order
has PostgreSQL's: ascending.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlshim.bind.binds import text_literal
from sqlshim.bind.coerce import call, cast, conjuncts, fit_aggregate, logical, settle
from sqlshim.bind.functions.nodes import AGGREGATES, ANONYMOUS_AGGREGATES, WITHIN_GROUP
from sqlshim.bind.rows import row_parts
from sqlshim.bind.truth import numeric
from sqlshim.errors import (
    DataError,
    NotSupportedError,
    ProgrammingError,
    UnknownFunction,
)
from sqlshim.functions import aggregates as agg
from sqlshim.functions import math
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir import walk
from sqlshim.ir.scalar import AggregateCall, Literal, Scalar, SortKey, WindowCall
from sqlshim.sql.dialects import traits_of
from sqlshim.types import BIGINT, INTEGERS, TEXT, Kind, array

if TYPE_CHECKING:
    from sqlshim.bind.scalars import ScalarBinder

_WITH_COMMA = frozenset({"mysql", "sqlite"})  # dialects whose GROUP_CONCAT needs no separator
_WITH_NOTHING = frozenset({"oracle", "snowflake"})  # those whose LISTAGG needs none
_OF_ANYTHING = _WITH_COMMA | _WITH_NOTHING | {"tsql"}


def is_aggregate(node: exp.Expr) -> bool:
    """Whether `node` is a call of an aggregate function."""
    if isinstance(node, exp.WithinGroup | exp.CountIf):
        return True
    return type(node) in AGGREGATES or type(node) in WITHIN_GROUP or _name(node) in (
        ANONYMOUS_AGGREGATES
    )  # fmt: skip


def aggregate_call(node: exp.Expr, inner: ScalarBinder, where: Scalar | None) -> AggregateCall:
    """The call, its arguments bound by `inner`; `where` is its FILTER."""
    if isinstance(node, exp.WithinGroup) and isinstance(node.this, exp.ArrayAgg):  # Snowflake
        node = _with_order(node)
    if isinstance(node, exp.WithinGroup) or type(node) in WITHIN_GROUP:
        return _ordered_set(node, inner, where)
    if isinstance(node, exp.CountIf):
        test = replace(inner, clause="COUNTIF").condition(node.this)
        where = test if where is None else logical(op.AND, [where, test])
        return _count_of_rows([exp.Star()], inner, where, False)
    if not is_aggregate(node):
        raise ProgrammingError(
            f"FILTER specified, but {node.key} is not an aggregate function", sqlstate="42809"
        )
    fn, args = _spelled(node)
    args, order, distinct = _modified(args)
    distinct = distinct or isinstance(node, exp.ApproxDistinct)
    if fn is agg.COUNT and (len(args) != 1 or row_parts(args[0]) or _is_star(args[0])):
        return _count_of_rows(args, inner, where, distinct)
    bound = [settle(inner.scalar(e)) for e in args]
    if fn in (agg.SUM, agg.AVG):
        bound = [numeric(e, inner.context.dialect) for e in bound]
    if fn is agg.STRING_AGG and inner.context.dialect in _OF_ANYTHING:
        bound = [cast(bound[0], TEXT), *bound[1:]]
        if len(bound) == 1 and inner.context.dialect != "tsql":
            bound.append(text_literal("," if inner.context.dialect in _WITH_COMMA else ""))
    if node.args.get("nulls_excluded"):  # Snowflake's ARRAY_AGG
        where = _all_given((bound[0],), where)
    fitted, result = fit_aggregate(fn, tuple(bound))
    keys = tuple(inner.sort_key(e) for e in order)
    return AggregateCall(fn, fitted, result, distinct, where, _order(fn, fitted, keys, distinct))


def _with_order(node: exp.WithinGroup) -> exp.Expr:
    """ARRAY_AGG(x) WITHIN GROUP (ORDER BY y) as ARRAY_AGG(x ORDER BY y)."""
    made: exp.Expr = node.this.copy()
    order = exp.Order(this=made.this, expressions=node.expression.expressions)
    made.set("this", order)
    return made


def as_the_dialect_has_it(made: Scalar, call_: AggregateCall | WindowCall, dialect: str) -> Scalar:
    """The column of an aggregate: T-SQL's AVG of integers is an integer."""
    whole = call_.fn is agg.AVG and call_.args[0].type.kind in INTEGERS
    if whole and traits_of(dialect).whole_average:
        return cast(call(math.TRUNC, made), BIGINT)
    return made


def _name(node: exp.Expr) -> str:
    return str(node.this).lower() if isinstance(node, exp.Anonymous) else ""


def _is_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star)


def _spelled(node: exp.Expr) -> tuple[Function, list[exp.Expr]]:
    """The function, and its arguments in our order."""
    if isinstance(node, exp.Anonymous):
        return ANONYMOUS_AGGREGATES[_name(node)], list(node.expressions)
    fn, names = AGGREGATES[type(node)]
    args: list[exp.Expr] = []
    for name in names:
        value = node.args.get(name)
        args += value if isinstance(value, list) else [] if value is None else [value]
    if args and isinstance(args[0], exp.JSONKeyValue):
        args[:1] = [args[0].this, args[0].expression]
    return fn, args


def _modified(args: list[exp.Expr]) -> tuple[list[exp.Expr], list[exp.Expr], bool]:
    """The arguments without ORDER BY and DISTINCT, the keys of the one, whether there is the
    other: sqlglot wraps them around an argument."""
    order: list[exp.Expr] = []
    plain: list[exp.Expr] = []
    for arg in args:
        if isinstance(arg, exp.Order):
            order, arg = arg.expressions, arg.this
        plain.append(arg)
    distinct = bool(plain) and isinstance(plain[0], exp.Distinct)
    if distinct:
        plain[:1] = plain[0].expressions
    return plain, order, distinct


def _order(
    fn: Function, args: tuple[Scalar, ...], keys: tuple[SortKey, ...], distinct: bool
) -> tuple[SortKey, ...]:
    if distinct and any(key.expr not in args for key in keys):
        raise ProgrammingError(
            "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
            sqlstate="42P10",
        )
    if fn not in agg.ORDERED:
        return ()
    if distinct and len(args) > 1 and walk.reads(args[1]):
        if keys:
            raise NotSupportedError(
                f"{fn.name} of pairs with both DISTINCT and ORDER BY is not supported",
                hint="Make the pairs distinct in a subquery.",
            )
        return ()
    return keys or ((SortKey(args[0]),) if distinct else ())


# --- COUNT of rows -------------------------------------------------------------------------


def _count_of_rows(
    args: list[exp.Expr], inner: ScalarBinder, where: Scalar | None, distinct: bool
) -> AggregateCall:
    """COUNT(*), COUNT((a, b)), COUNT(DISTINCT (a, b)) and MySQL's COUNT(DISTINCT a, b), which
    leaves out rows with a NULL."""
    number = BIGINT.with_null(False)
    if not args:
        raise ProgrammingError(
            "count(*) must be used to call a parameterless aggregate function", sqlstate="42809"
        )
    if _is_star(args[0]):
        return AggregateCall(agg.COUNT, (), number, filter=where)
    row = row_parts(args[0]) if len(args) == 1 else None
    values = tuple(settle(inner.scalar(e)) for e in row or args)
    if row is None:
        if not distinct or inner.context.dialect == "postgres":
            types = ", ".join(str(v.type).lower() for v in values)
            raise UnknownFunction(f"count({types})")
        where = _all_given(values, where)
    if not distinct:  # a row is never NULL
        return AggregateCall(agg.COUNT, (), number, filter=where)
    return AggregateCall(agg.COUNT, values, number, distinct=True, filter=where)


def _all_given(values: tuple[Scalar, ...], where: Scalar | None) -> Scalar:
    tests = [call(op.IS_NOT_NULL, v) for v in values]
    return logical(op.AND, [*(conjuncts(where) if where is not None else ()), *tests])


# --- WITHIN GROUP --------------------------------------------------------------------------


def _ordered_set(node: exp.Expr, inner: ScalarBinder, where: Scalar | None) -> AggregateCall:
    """f(fraction) WITHIN GROUP (ORDER BY value), or DuckDB's f(value, fraction)."""
    function = node.this if isinstance(node, exp.WithinGroup) else node
    fn = WITHIN_GROUP.get(type(function))
    if fn is None:
        raise ProgrammingError(
            f"{function.key} is not an ordered-set aggregate, so it cannot have WITHIN GROUP",
            sqlstate="42883",
        )
    direct = function.args.get("this")
    if isinstance(node, exp.WithinGroup):
        keys = tuple(inner.sort_key(e) for e in node.expression.expressions)
    else:
        value = direct
        direct = function.args.get("expression")
        if value is None or (direct is None and fn is not agg.MODE):
            raise ProgrammingError(
                f"WITHIN GROUP is required for ordered-set aggregate {fn.name.lower()}",
                sqlstate="42883",
            )
        keys = (SortKey(settle(inner.scalar(value))),)
    fractions, many = _fractions(direct, inner)
    fitted, result = fit_aggregate(fn, (*(k.expr for k in keys[:1]), *fractions))
    if len(keys) != 1:
        raise UnknownFunction(f"{fn.name.lower()} over {len(keys)} columns")
    order = (SortKey(fitted[0], keys[0].descending, keys[0].nulls_first),)
    result = array(result) if many else result
    return AggregateCall(fn, fitted, result, filter=where, order=order)


def _fractions(node: exp.Expr | None, inner: ScalarBinder) -> tuple[list[Scalar], bool]:
    """The fractions, and whether they are an array."""
    if node is None:
        return [], False
    many = isinstance(node, exp.Array)
    values = [inner.scalar(e) for e in (node.expressions if many else [node])]
    for value in values:
        if walk.reads(value) or value.type.kind is Kind.ARRAY:
            raise NotSupportedError("a fraction that is not a constant is not supported")
        known = value.value if isinstance(value, Literal) else None
        if known is not None and not 0 <= float(str(known)) <= 1:
            raise DataError(f"percentile value {known} is not between 0 and 1", sqlstate="22003")
    return values, many
