"""Overload resolution and implicit casts: from a function and typed arguments to a `Call`.

PostgreSQL's rules in short: an untyped literal takes the type wanted, numbers widen, dates
become timestamps, nothing becomes text by itself. Constants take the type of the column they
meet, so that no column is cast and indexes stay usable.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from sqlshim.bind.castable import castable
from sqlshim.bind.unbounded import converted, fitting
from sqlshim.bind.unordered import check_call
from sqlshim.bind.varying import COMPARING, read_alike
from sqlshim.bind.words import Word
from sqlshim.errors import NumericOutOfRange, TypeMismatch, UnknownFunction
from sqlshim.functions import documents
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function, NullResult, Overload, Want
from sqlshim.ir.scalar import Call, Case, Column, InList, Literal, Param, Scalar, null_of
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    FLOATS,
    INT_RANGE,
    INTEGER,
    INTEGERS,
    MAX_PRECISION,
    NESTED,
    NUMBERS,
    NUMERIC,
    TEXT,
    TIMESTAMP,
    VARINT,
    Kind,
    SqlType,
    common,
    decimal,
)
from sqlshim.values import convert

_ANY_NUMBER = NUMBERS | {Kind.NUMERIC}


def call(fn: Function, *args: Scalar) -> Scalar:
    """`fn` over `args` with the implicit casts it needs; TypeMismatch or UnknownFunction if none
    of its overloads fits."""
    check_call(fn, args)
    if fn in COMPARING:
        args = tuple(read_alike(args))
    args = fitting(fn, args, coerce)
    for overload in fn.overloads:
        fitted = _fit(overload, args)
        if fitted is not None:
            return _typed(fn, overload, fitted)
    raise no_overload(fn, args)


def _typed(fn: Function, overload: Overload, args: tuple[Scalar, ...]) -> Call:
    result = overload.gives([a.type for a in args])
    match fn.null_result:
        case NullResult.ANY:
            null = any(a.type.nullable for a in args)
        case NullResult.ALL:
            null = all(a.type.nullable for a in args)
        case NullResult.NEVER:
            null = False
        case NullResult.ALWAYS:
            null = True
    return Call(fn, args, result.with_null(null))


def no_overload(fn: Function, args: Sequence[Scalar]) -> Exception:
    types = ", ".join(str(a.type).lower() for a in args)
    if fn.symbol:
        kinds = [str(a.type).lower() for a in args[:2]]  # LIKE's third is the escape character
        shown = f" {fn.symbol} ".join(kinds) if len(kinds) > 1 else f"{fn.symbol} {kinds[0]}"
        return TypeMismatch(
            f"operator does not exist: {shown}", sqlstate="42883", hint="Add an explicit CAST."
        )
    counts = {len(o.wants) for o in fn.overloads}
    if len(args) not in counts and not any(o.variadic for o in fn.overloads):
        expected = " or ".join(str(n) for n in sorted(counts))
        error = UnknownFunction(f"{fn.name.lower()}({types})")
        error.args = (f"{error.detail}\nHINT: It takes {expected} argument(s).",)
        error.hint = f"It takes {expected} argument(s)."
        return error
    return TypeMismatch(
        f"function {fn.name.lower()}({types}) does not exist",
        sqlstate="42883",
        hint="Add an explicit CAST.",
    )


def fit_aggregate(fn: Function, args: tuple[Scalar, ...]) -> tuple[tuple[Scalar, ...], SqlType]:
    """The converted arguments and result type of an aggregate call."""
    check_call(fn, args)
    args = fitting(fn, args, coerce)
    for overload in fn.overloads:
        fitted = _fit(overload, args)
        if fitted is not None:
            null = fn.null_result is not NullResult.NEVER
            return fitted, overload.gives([a.type for a in fitted]).with_null(null)
    raise no_overload(fn, args)


def _fit(overload: Overload, args: Sequence[Scalar]) -> tuple[Scalar, ...] | None:
    wants = overload.wants
    if overload.variadic and len(args) >= len(wants):
        wants += (wants[-1],) * (len(args) - len(wants))
    if len(args) != len(wants):
        return None
    shared = [a for a, w in zip(args, wants, strict=True) if w.same]
    if shared and any(w.kinds != frozenset(Kind) for w in wants if w.same):
        kinds = next(w.kinds for w in wants if w.same)
        if not all(a.type.kind in kinds or a.type.kind is Kind.UNKNOWN for a in shared):
            return None
        if all(a.type.kind is Kind.UNKNOWN for a in shared) and len(kinds) < len(Kind):
            return _all_unknown(args, wants)
    united = unify(shared, computed=any(w.kinds == NUMBERS for w in wants)) if shared else ()
    if united is None:
        return None
    same = iter(united)
    fitted: list[Scalar] = []
    for arg, want in zip(args, wants, strict=True):
        one = next(same) if want.same else _to_want(arg, want)
        if one is None:
            return None
        fitted.append(one)
    return tuple(fitted)


def _all_unknown(args: Sequence[Scalar], wants: tuple[Want, ...]) -> tuple[Scalar, ...] | None:
    """'1' + '2': numbers if they read as such; NULL + NULL is NULL."""
    return tuple(
        coerce(a, DOUBLE if w.same else w.becomes or TEXT) for a, w in zip(args, wants, strict=True)
    )


def _to_want(arg: Scalar, want: Want) -> Scalar | None:
    kind = arg.type.kind
    if kind is Kind.UNKNOWN:
        return coerce(arg, want.becomes or TEXT)
    if kind in want.kinds:
        return arg
    if kind in want.casts and want.becomes is not None:
        return coerce(arg, want.becomes)
    return None


def unify(args: Sequence[Scalar], computed: bool = False) -> tuple[Scalar, ...] | None:
    """The arguments in one common type, or None if they have none. `computed`: they are operands
    of arithmetic, where SMALLINT + 1 is an INTEGER and REAL + 1 a DOUBLE (PostgreSQL).

    Exact numbers of different widths are left as they are where a decimal is among them: every
    engine compares and adds those exactly.
    """
    target = args[0].type
    for arg in args[1:]:
        met = common(target, arg.type)
        if met is None:
            return None
        target = met
    if not computed:
        target = _type_of_columns(args, target)
    elif target.kind is Kind.REAL and {a.type.kind for a in args} & INTEGERS:
        target = DOUBLE.with_null(target.nullable)
    if target.kind is Kind.UNKNOWN:
        target = TEXT
    if target.kind is Kind.DECIMAL:
        exact = INTEGERS | {Kind.DECIMAL}
        return tuple(a if a.type.kind in exact else coerce(a, target) for a in args)
    return tuple(coerce(a, target) for a in args)


def _type_of_columns(args: Sequence[Scalar], target: SqlType) -> SqlType:
    """Numeric constants take the type of what varies, if they fit it."""
    if target.kind not in NUMBERS:
        return target
    varying = [a.type for a in args if not isinstance(a, Literal | Param)]
    if not varying or len(varying) == len(args):
        return target
    wanted = varying[0]
    for t in varying[1:]:
        wanted = common(wanted, t) or wanted
    constants = [a for a in args if isinstance(a, Literal | Param)]
    return wanted if all(_fits(a, wanted) for a in constants) else target


def _fits(constant: Literal | Param, t: SqlType) -> bool:
    if constant.type.kind is Kind.UNKNOWN:
        return True
    if t.kind in FLOATS:
        return constant.type.kind in NUMBERS
    if isinstance(constant, Literal) and t.kind in INTEGERS:
        low, high = INT_RANGE[t.kind]
        value = constant.value
        return isinstance(value, int) and low <= value <= high
    return False


def coerce(arg: Scalar, target: SqlType) -> Scalar:
    """`arg` as `target`, by an implicit cast; constants are converted at once."""
    kind = arg.type.kind
    if kind is target.kind and _same_shape(arg.type, target):
        return arg
    if isinstance(arg, Literal):
        if arg.value is None:
            return null_of(target)
        if isinstance(arg, Word) and (moment := arg.read(target)) is not None:
            return moment
        return Literal(convert(arg.value, target), target.with_null(False))
    if isinstance(arg, Call) and (same := _constructed(arg, target)) is not None:
        return same
    if isinstance(arg, Param) and _param_converts(kind, target.kind):
        return Param(arg.index, target.with_null(arg.type.nullable))
    if isinstance(arg, Case) and kind is Kind.UNKNOWN:
        arms = tuple((c, coerce(v, target)) for c, v in arg.arms)
        return Case(arms, coerce(arg.default, target), target.with_null(arg.type.nullable))
    return converted(arg, target)


def _same_shape(a: SqlType, b: SqlType) -> bool:
    if a.kind is Kind.DECIMAL:
        return b.precision is None or (a.precision, a.scale) == (b.precision, b.scale)
    return a.kind not in NESTED or str(a) == str(b)


def _constructed(arg: Call, target: SqlType) -> Scalar | None:
    """ARRAY[…] and ROW(…) as an array or struct of other types: each part is converted."""
    null = arg.type.nullable
    if arg.fn is documents.ARRAY_OF and target.kind is Kind.ARRAY and target.element:
        parts = tuple(coerce(a, target.element) for a in arg.args)
        return Call(arg.fn, parts, target.with_null(null))
    if arg.fn is not documents.ROW_OF or target.kind is not Kind.STRUCT:
        return None
    given = dict(zip((n for n, _ in arg.type.fields), arg.args, strict=True))
    wanted = [n for n, _ in target.fields]
    if not set(given) <= set(wanted):  # ROW(…) without names
        if len(given) != len(wanted):
            raise TypeMismatch(
                f"a row of {len(given)} values is not a {str(target).lower()}", sqlstate="42846"
            )
        given = dict(zip(wanted, arg.args, strict=True))
    parts = tuple(coerce(given[n], t) if n in given else null_of(t) for n, t in target.fields)
    return Call(arg.fn, parts, target.with_null(null))


def _param_converts(source: Kind, target: Kind) -> bool:
    """Whether a parameter's Python value is converted before it is sent, instead of cast."""
    if source is Kind.UNKNOWN:
        return True
    if source in INTEGERS:
        return target in _ANY_NUMBER
    if source is Kind.DECIMAL:
        return target in FLOATS or target is Kind.NUMERIC
    if source is Kind.ARRAY:
        return target is Kind.ARRAY
    if {source, target} == {Kind.INTERVAL, Kind.DURATION}:
        return True
    return source is Kind.JSON and target in (Kind.STRUCT, Kind.MAP)  # a dict


def settle(arg: Scalar) -> Scalar:
    """`arg` with an untyped constant made TEXT, as in the output of a SELECT."""
    return coerce(arg, TEXT) if arg.type.kind is Kind.UNKNOWN else arg


def condition(arg: Scalar, clause: str) -> Scalar:
    """`arg` as a condition. TypeMismatch if it is not boolean."""
    if arg.type.kind is Kind.BOOLEAN:
        return arg
    if arg.type.kind is Kind.UNKNOWN:
        return coerce(arg, BOOLEAN)
    raise TypeMismatch(
        f"argument of {clause} must be type boolean, not type {str(arg.type).lower()}",
        hint="Compare it with something.",
    )


def conjuncts(expr: Scalar) -> tuple[Scalar, ...]:
    """The parts of a conjunction."""
    return expr.args if isinstance(expr, Call) and expr.fn is op.AND else (expr,)


def logical(fn: Function, parts: Sequence[Scalar]) -> Scalar:
    """A flat n-ary AND or OR."""
    flat: list[Scalar] = []
    for part in parts:
        part = condition(part, fn.name)
        flat += part.args if isinstance(part, Call) and part.fn is fn else (part,)
    return flat[0] if len(flat) == 1 else call(fn, *flat)


def in_list(arg: Scalar, items: Sequence[Scalar]) -> Scalar:
    """`arg IN (items)`."""
    arg, *items = read_alike([arg, *items])
    fitted = unify([arg, *items])
    if fitted is None:
        for item in items:  # name the one that does not fit
            call(op.EQ, arg, item)
        raise TypeMismatch("the items of IN have no common type", hint="Add explicit CASTs.")
    null = any(a.type.nullable for a in fitted)
    return InList(fitted[0], fitted[1:], BOOLEAN.with_null(null))


def case(arms: Sequence[tuple[Scalar, Scalar]], default: Scalar) -> Scalar:
    """CASE with its values brought to one type."""
    fitted = unify([v for _, v in arms] + [default])
    if fitted is None:
        raise TypeMismatch(
            "CASE types "
            + " and ".join(
                sorted({str(v.type).lower() for _, v in arms} | {str(default.type).lower()})
            )
            + " cannot be matched",
            hint="Add an explicit CAST.",
        )
    target = fitted[0].type
    for value in fitted[1:]:
        target = common(target, value.type) or target
    values = [coerce(v, target) for v in fitted]
    null = any(v.type.nullable for v in values)
    return Case(
        tuple((c, v) for (c, _), v in zip(arms, values[:-1], strict=True)),
        values[-1],
        target.with_null(null),
    )


def cast(arg: Scalar, target: SqlType, safe: bool = False) -> Scalar:
    """An explicit CAST; TypeMismatch for one that PostgreSQL does not know."""
    if arg.type.kind is Kind.UNKNOWN and not safe:
        return coerce(arg, target)
    if arg.type.kind is target.kind and _same_shape(arg.type, target):
        return arg
    if isinstance(arg, Call) and (same := _constructed(arg, target)) is not None:
        return same
    if arg.type.kind is Kind.TIMESTAMPTZ and target.kind is Kind.TIME:
        arg = converted(arg, TIMESTAMP, safe)  # the time of day in UTC
    if not castable(arg.type.kind, target.kind):
        raise TypeMismatch(
            f"cannot cast type {str(arg.type).lower()} to {str(target).lower()}", sqlstate="42846"
        )
    return converted(arg, target, safe)


_WHOLE = (INTEGER.with_null(False), BIGINT.with_null(False))


def number(text: str) -> Literal:
    """A numeric literal: INTEGER or BIGINT if it fits, else DECIMAL; DOUBLE with an exponent."""
    if text.isdigit():
        value = int(text)
        for t in _WHOLE:
            if value <= INT_RANGE[t.kind][1]:
                return Literal(value, t)
    if "e" in text.lower():
        if math.isinf(float(text)) or (
            float(text) == 0 and re.search("[1-9]", text.lower().split("e")[0])
        ):
            raise NumericOutOfRange(f'"{text}" is out of range for type double precision')
        return Literal(float(text), DOUBLE.with_null(False))
    exact = Decimal(text)
    _, digits, exponent = exact.as_tuple()
    scale = max(-int(exponent), 0)
    precision = max(len(digits), scale + 1)
    if precision > MAX_PRECISION:
        whole = NUMERIC if scale else VARINT
        return Literal(convert(text, whole), whole.with_null(False))
    return Literal(exact, decimal(precision, scale, nullable=False))


def is_constant(arg: Scalar) -> bool:
    """Whether `arg` is a literal or a parameter."""
    return isinstance(arg, Literal | Param)


def column(ref: Scalar) -> Column | None:
    """`ref` if it is a plain column."""
    return ref if isinstance(ref, Column) else None
