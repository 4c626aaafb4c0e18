"""Scalars as aggregation expressions, with SQL's three-valued logic.

`value(e)` gives the value, NULL as null (or a missing field); `truth(e)` something true exactly
where `e` is true, `falsity(e)` where it is false: in a WHERE nobody asks which of false and NULL
it was. What comes in has passed `refusals.refusal`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import assert_never

from sqlshim.backends.mongo.expressions import compare
from sqlshim.backends.mongo.expressions.casts import cast_row
from sqlshim.backends.mongo.expressions.functions import row_of
from sqlshim.backends.mongo.expressions.instants import shifted
from sqlshim.backends.mongo.expressions.like import like
from sqlshim.backends.mongo.expressions.mql import (
    Mql,
    absent,
    all_of,
    any_of,
    bound,
    cond,
    distinct_arms,
    holds_value,
    is_constant,
    is_outer,
    let,
    or_null,
    present,
)
from sqlshim.backends.mongo.expressions.rows import Nulls, Row
from sqlshim.backends.mongo.params import Placeholder
from sqlshim.backends.mongo.stages.scope import Scope, is_reference, place_of
from sqlshim.backends.mongo.values.encode import OBJECT_ID, constant, encoder
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function, NullResult
from sqlshim.ir.scalar import Call, Case, Cast, Column, InList, Literal, Param, Scalar, Subquery
from sqlshim.types import INSTANTS, Kind

_LOGIC = {op.AND, op.OR, op.NOT}
_NULL_TESTS = {op.IS_NULL, op.IS_NOT_NULL, op.IS_TRUE, op.IS_FALSE}
_SAMENESS = {op.IS_DISTINCT, op.IS_NOT_DISTINCT}
_THREE_VALUED = _LOGIC | set(op.COMPARISONS) | {op.LIKE}
OWN = _THREE_VALUED | _NULL_TESTS | _SAMENESS  # the functions that are written in this module


def literal(value: Mql) -> Mql:
    """A constant that cannot be taken for an expression."""
    if isinstance(value, dict | list) or (isinstance(value, str) and value.startswith("$")):
        return {"$literal": value}
    return value


class Expressions:
    """Compiles the scalars over one relation, whose columns are found by `scope`."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    # --- what may be NULL

    def nullable(self, e: Scalar) -> bool:
        """Whether `e` may be NULL here; filters below are taken into account."""
        if is_reference(e):
            place = place_of(e, self.scope)
            return e.type.nullable and not (place is not None and place.known)
        match e:
            case Column():
                return e.type.nullable
            case Literal():
                return e.value is None
            case Call():
                return self._call_nullable(e)
            case Cast():
                return e.safe or self.nullable(e.arg)
            case Case():
                return any(self.nullable(v) for _, v in e.arms) or self.nullable(e.default)
            case InList():
                return any(map(self.nullable, (e.arg, *e.items)))
            case Param() | Subquery():
                return e.type.nullable
            case _:
                assert_never(e)

    def _call_nullable(self, e: Call) -> bool:
        match e.fn.null_result:
            case NullResult.NEVER:
                return False
            case NullResult.ALWAYS:
                return True
            case NullResult.ALL:
                return all(map(self.nullable, e.args))
            case NullResult.ANY:
                return any(map(self.nullable, e.args))
            case _:
                assert_never(e.fn.null_result)

    # --- values

    def raw(self, e: Scalar) -> Mql:
        """The value as the store has it: an ObjectId stays one."""
        place = place_of(e, self.scope)
        return self.value(e) if place is None else place.expr

    def value(self, e: Scalar) -> Mql:
        place = place_of(e, self.scope)
        if place is not None:
            return {"$toString": place.expr} if place.native == OBJECT_ID else place.expr
        match e:
            case Column():
                raise AssertionError(f"no place for column {e.name}")
            case Literal():
                return literal(constant(e.value, e.type))
            case Param():
                return self._param(e)
            case Call():
                return self._call(e)
            case Cast():
                row = cast_row(e.arg.type, e.type)
                assert row is not None
                return self._strict(row, Call(op.NEG, (e.arg,), e.type))
            case Case():
                return self._case(e)
            case InList():
                return self._three_valued(e)
            case Subquery():
                raise AssertionError("subqueries are columns by now")
            case _:
                assert_never(e)

    def _param(self, e: Param) -> Mql:
        return {"$literal": Placeholder(e.index, encoder(e.type, truncate=True))}

    def _call(self, e: Call) -> Mql:
        if e.fn in _THREE_VALUED:
            return self._three_valued(e)
        if e.fn in _NULL_TESTS or e.fn in _SAMENESS:
            return self.truth(e)
        row = row_of(e)
        assert row is not None, e.fn.name
        if row.nulls is Nulls.OWN:
            args = list(map(self.value, e.args))
            make = bound if any(map(is_outer, args)) else _plainly
            return make(lambda *a: row.build(e, *a), *args)
        return self._strict(row, e)

    def _strict(self, row: Row, e: Call) -> Mql:
        """A strict function: the one place that guards against NULL arguments."""
        # An INTERVAL has no form of its own: its builder reads it off the call.
        args = [None if a.type.kind is Kind.INTERVAL else self.value(a) for a in e.args]
        for a, value in zip(e.args, args, strict=True):
            if value is None and a.type.kind is not Kind.INTERVAL:
                return None  # a constant, of which the server would look at what is never computed
        risky = [self.nullable(a) and a.type.kind is not Kind.INTERVAL for a in e.args]
        outer = any(map(is_outer, args))
        if row.nulls is Nulls.NATIVE or not any(risky):
            hide = outer or (row.fallible and args and all(map(is_constant, args)))
            return (bound if hide else _plainly)(lambda *a: row.build(e, *a), *args)

        def guarded(*uses: Mql) -> Mql:
            missing = [absent(use) for use, may in zip(uses, risky, strict=True) if may]
            return cond(any_of(missing), None, row.build(e, *uses))

        return (bound if outer else let)(guarded, *args)

    def _case(self, e: Case) -> Mql:
        values = distinct_arms([*(self.value(then) for _, then in e.arms), self.value(e.default)])
        arms = [(self.truth(test), v) for (test, _), v in zip(e.arms, values[:-1], strict=True)]
        default = values[-1]
        if len(arms) == 1:
            return cond(*arms[0], default)
        branches = [{"case": test, "then": then} for test, then in arms]
        return {"$switch": {"branches": branches, "default": default}}

    def _three_valued(self, e: Scalar) -> Mql:
        if not self.nullable(e):
            return self.truth(e)
        return cond(self.truth(e), True, cond(self.falsity(e), False, None))

    # --- conditions

    def truth(self, e: Scalar) -> Mql:
        """True where `e` is true, something false elsewhere."""
        if isinstance(e, InList):
            return self._in_list(e, wanted=True)
        if not isinstance(e, Call) or e.fn not in OWN:
            return self.value(e)
        if e.fn is op.AND:
            return all_of([self.truth(a) for a in e.args])
        if e.fn is op.OR:
            return any_of([self.truth(a) for a in e.args])
        if e.fn is op.NOT:
            return self.falsity(e.args[0])
        if e.fn is op.LIKE:
            return self._like(e)
        if e.fn in _NULL_TESTS or e.fn in _SAMENESS:
            return self._null_test(e)
        return self._compare(e)

    def falsity(self, e: Scalar) -> Mql:
        """True where `e` is false, something false elsewhere."""
        if isinstance(e, InList):
            return self._in_list(e, wanted=False)
        if not isinstance(e, Call) or e.fn not in OWN:
            return {"$eq": [self.value(e), False]}
        if e.fn is op.AND:
            return any_of([self.falsity(a) for a in e.args])
        if e.fn is op.OR:
            return all_of([self.falsity(a) for a in e.args])
        if e.fn is op.NOT:
            return self.truth(e.args[0])
        if e.fn is op.LIKE:
            text = e.args[0]
            differs: Callable[[Mql], Mql] = lambda x: {"$not": [self._match_like(e, x)]}  # noqa: E731
            return _guarded(self.nullable(text), self.value(text), differs)
        if e.fn in _NULL_TESTS or e.fn in _SAMENESS:
            return {"$not": [self._null_test(e)]}
        return self._compare(Call(op.NEGATED[e.fn], e.args, e.type))

    def _null_test(self, e: Call) -> Mql:
        arg = e.args[0]
        if e.fn is op.IS_TRUE:
            return {"$eq": [self.value(arg), True]}
        if e.fn is op.IS_FALSE:
            return {"$eq": [self.value(arg), False]}
        if e.fn in (op.IS_NULL, op.IS_NOT_NULL):
            if arg.type.kind is Kind.JSON:  # MinKey is below null
                there = holds_value(self.raw(arg))
                return there if e.fn is op.IS_NOT_NULL else {"$not": [there]}
            return (absent if e.fn is op.IS_NULL else present)(self.raw(arg))
        sides = [
            or_null(v) if self.nullable(a) else v
            for v, a in zip(self._pair(e), e.args, strict=True)
        ]
        return {"$ne" if e.fn is op.IS_DISTINCT else "$eq": sides}

    def _pair(self, e: Call) -> tuple[Mql, Mql]:
        """Both sides of a comparison, in the form that says it most cheaply."""
        a, b = (compare.stripped(x, e) for x in e.args)
        if self._is_object_id(a) and self._is_object_id(b):
            return self.raw(a), self.raw(b)
        if a.type.kind in INSTANTS:
            return self._instant(a, e.fn), self._instant(b, op.MIRRORED.get(e.fn, e.fn))
        return self.value(a), self.value(b)

    def _is_object_id(self, e: Scalar) -> bool:
        place = place_of(e, self.scope)
        return place is not None and place.native == OBJECT_ID

    def _instant(self, e: Scalar, fn: Function) -> Mql:
        """A side of a comparison of instants: a constant finer than milliseconds is rounded to
        the side that keeps the answer. `fn` is the comparison with `e` on the left."""
        if not compare.is_constant_instant(e) or _is_date_or_null(e):
            return self.value(e)
        match e:
            case Param():
                rounded = compare.rounding(op.MIRRORED.get(fn, fn))
                return {"$literal": Placeholder(e.index, rounded)}
            case Literal():
                return compare.rounding(op.MIRRORED.get(fn, fn))(e.value)
            case Cast():
                return self._instant(e.arg, fn)
            case Call():
                return shifted(self._instant(e.args[0], fn), e.args[1], e.fn is op.SUB)
            case _:
                raise AssertionError(e)

    def _compare(self, e: Call) -> Mql:
        """A comparison as a condition: NULL on either side makes it not true."""
        a, b = e.args
        left, right = self._pair(e)
        guarded = compare.guards(e.fn, (self.nullable(a), self.nullable(b)), (a, b))
        nan = compare.may_be_nan(a) or compare.may_be_nan(b)
        often = [nan or guard for guard in guarded]
        compared = partial(compare.compared, e.fn, guarded=guarded, sides=(a, b))
        return let(compared, left, right, often=often)

    def _in_list(self, e: InList, wanted: bool) -> Mql:
        items = [i for i in e.items if not (isinstance(i, Literal) and i.value is None)]
        if not wanted and len(items) < len(e.items):
            return False  # NOT IN a list with a NULL is never true
        tests = [Call(op.EQ, (e.arg, item), e.type) for item in items]
        if not items:
            return False
        if not all(isinstance(i, Literal | Param) for i in items):
            if wanted:
                return any_of([self.truth(t) for t in tests])
            return all_of([self.falsity(t) for t in tests])
        values = [self._pair(t)[1] for t in tests]
        if wanted:
            return {"$in": [self._pair(tests[0])[0], values]}
        outside: Callable[[Mql], Mql] = lambda x: {"$not": [{"$in": [x, values]}]}  # noqa: E731
        return _guarded(self.nullable(e.arg), self._pair(tests[0])[0], outside)

    def _like(self, e: Call) -> Mql:
        # $regexMatch of null is false, so a condition needs no guard.
        return self._match_like(e, self.value(e.args[0]))

    def _match_like(self, e: Call, text: Mql) -> Mql:
        _, pattern, escape = e.args
        assert isinstance(escape, Literal)
        stop = str(escape.value)
        if isinstance(pattern, Param):
            hole = Placeholder(pattern.index, lambda v: like(str(v), stop).regex)
            return {"$regexMatch": {"input": text, "regex": {"$literal": hole}, "options": "s"}}
        assert isinstance(pattern, Literal)
        regex = literal(like(str(pattern.value), stop).regex)
        return {"$regexMatch": {"input": text, "regex": regex, "options": "s"}}


def _is_date_or_null(e: Scalar) -> bool:
    return e.type.kind is Kind.DATE or (isinstance(e, Literal) and e.value is None)


def _guarded(risky: bool, expr: Mql, build: Callable[[Mql], Mql]) -> Mql:
    """`build(expr)` as a condition that is not true where `expr` is null."""
    if not risky:
        return build(expr)
    return let(lambda x: {"$and": [present(x), build(x)]}, expr)


def _plainly(build: Callable[..., Mql], *args: Mql) -> Mql:
    return build(*args)
