"""Scalar IR as sqlglot expressions for DuckDB. Columns are `c<number>`, parameters `$p<index>`.

`Scalars` collects which parameters an expression uses; subqueries go back to `compile.py` through
the function given to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from sqlglot import exp

from sqlshim.backends.duckdb.compile.aggregates import said
from sqlshim.backends.duckdb.compile.casts import (
    E,
    array_of_values,
    call,
    cast,
    convert,
    literal,
    number,
    repeats_argument,
)
from sqlshim.backends.duckdb.compile.equalities import rows_of_equalities
from sqlshim.backends.duckdb.compile.functions import (
    ADAPTS,
    BUILDERS,
    ONCE,
    WRITTEN_ONCE,
    can_fail,
)
from sqlshim.backends.duckdb.compile.operators import balanced, operand, paren
from sqlshim.errors import NotSupportedError
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Case,
    Cast,
    Column,
    InList,
    Literal,
    Param,
    Scalar,
    SortKey,
    Subquery,
    SubqueryKind,
)
from sqlshim.types import INTEGERS, NESTED, Kind, SqlType

_COMPARE: dict[object, type[exp.Binary]] = {
    op.EQ: exp.EQ,
    op.NE: exp.NEQ,
    op.LT: exp.LT,
    op.LE: exp.LTE,
    op.GT: exp.GT,
    op.GE: exp.GTE,
}
_ORDERED_AT_MOST = 30  # operands of AND or OR that are guarded one by one
_MANY_TERMS = 500  # of a conjunction
_MANY_ARMS = 100  # of an AND or OR
_WRITTEN_TWICE_AT_MOST = 6  # nodes; a bigger argument is computed once and named


def column(c: Column) -> E:
    """A column by its number: unique in the statement, so no qualifier is ever needed."""
    return exp.Column(this=exp.to_identifier(f"c{c.id}"))


class Scalars:
    """Compiles the expressions of one statement."""

    def __init__(self, subselect: Callable[[Rel, str], exp.Select]) -> None:
        self.params: dict[int, SqlType] = {}
        self._subselect = subselect
        self._names = 0

    def compile(self, expr: Scalar) -> E:
        """`expr` as DuckDB says it, of the type that carries `expr.type`."""
        match expr:
            case Column():
                return column(expr)
            case Literal():
                return literal(expr.value, expr.type)
            case Param():
                self.params[expr.index] = expr.type
                return cast(exp.Var(this=f"$p{expr.index}"), expr.type)
            case Call():
                return self._call(expr)
            case Cast():
                return self._cast(expr)
            case Case():
                return self._case(expr)
            case InList():
                return self._in_list(expr)
            case Subquery():
                return self._subquery(expr)
            case _:
                assert_never(expr)

    def condition(self, terms: Sequence[Scalar]) -> E:
        """A conjunction as in WHERE and ON; empty is true."""
        if not terms:
            return exp.true()
        built = balanced(exp.And, [operand(self._term(t)) for t in terms])
        if isinstance(built, exp.Subquery):  # which is no condition to sqlglot
            return exp.Paren(this=built)
        # DuckDB compares every term of a WHERE with every other one; it leaves a value alone.
        return call("coalesce", built, exp.false()) if len(terms) > _MANY_TERMS else built

    def _term(self, term: Scalar) -> E:
        """A term of a conjunction, where NULL and false mean the same."""
        rows = rows_of_equalities(term)
        if rows is None and isinstance(term, Call) and term.fn is op.OR and _is_long(term):
            return self._first_true(term, exp.false())
        if rows is None:
            return self.compile(term)
        compared = exp.Tuple(expressions=[self.compile(e) for e in rows.compared])
        items = [exp.Tuple(expressions=[self.compile(e) for e in row]) for row in rows.items]
        return exp.In(this=compared, expressions=items)

    # --- calls

    def _call(self, node: Call) -> E:
        build = BUILDERS.get(node.fn)
        if build is None:
            raise NotSupportedError(f"the embedded engine has no {node.fn.name}")
        if node.fn in (op.AND, op.OR) and _is_long(node):
            return self._first_true(node, self._first_null(node))
        if node.fn in (op.AND, op.OR) and any(_can_fail(a) for a in node.args[1:]):
            return self._in_order(node)
        if node.fn in ADAPTS and sum(isinstance(a, Literal) for a in node.args) == 1:
            return build(node, [self._adapting(a) for a in node.args])
        asks = node.fn not in WRITTEN_ONCE and any(map(walk.has_subquery, node.args))
        if node.fn in ONCE or asks:
            return self._once(node.args, lambda args: build(node, args))
        return build(node, [self.compile(a) for a in node.args])

    def _adapting(self, arg: Scalar) -> E:
        if isinstance(arg, Literal) and arg.type.kind in INTEGERS and isinstance(arg.value, int):
            return number(arg.value)
        return self.compile(arg)

    def _in_order(self, node: Call) -> E:
        """AND and OR that look no further once decided; DuckDB evaluates all sides at once, and
        `b <> 0 AND a / b > 1` would be an error where PostgreSQL gives false."""
        decided = exp.false() if node.fn is op.AND else exp.true()
        kind = exp.And if node.fn is op.AND else exp.Or
        groups = _guarded(node.args)
        if len(groups) > _ORDERED_AT_MOST:
            return BUILDERS[node.fn](node, [self.compile(a) for a in node.args])
        built = self._joined(kind, groups[-1])
        for group in reversed(groups[:-1]):
            built = self._first(kind, group, decided, built)
        return built

    def _first(self, kind: type[exp.Binary], group: list[Scalar], decided: E, rest: E) -> E:
        """The group, and `rest` where it has not decided."""

        def build(args: list[E]) -> E:
            (first,) = args
            test = exp.Is(this=paren(first), expression=decided.copy())
            both = kind(this=operand(first.copy()), expression=operand(rest))
            return exp.Case(ifs=[exp.If(this=test, true=decided.copy())], default=both)

        joined = self._joined(kind, group)
        if any(map(walk.has_subquery, group)):
            return self._of_one_row([joined], [0], build)
        return build([joined])

    def _first_true(self, node: Call, default: E) -> E:
        """A long AND or OR as the CASE that looks for the operand that decides it, else `default`:
        DuckDB's optimizer compares every arm of an OR with every other one."""
        is_or = node.fn is op.OR
        arms = [paren(self.compile(arg)) for arg in node.args]
        tests = arms if is_or else [exp.Not(this=arm) for arm in arms]
        decided = exp.true() if is_or else exp.false()
        return exp.Case(
            ifs=[exp.If(this=test, true=decided.copy()) for test in tests], default=default
        )

    def _first_null(self, node: Call) -> E:
        """NULL if an operand of an AND or OR that is not decided is NULL."""
        arms = (paren(self.compile(arg)) for arg in node.args)
        nulls = [
            exp.If(this=exp.Is(this=arm, expression=exp.null()), true=exp.null()) for arm in arms
        ]
        return exp.Case(ifs=nulls, default=exp.false() if node.fn is op.OR else exp.true())

    def _joined(self, kind: type[exp.Binary], args: Sequence[Scalar]) -> E:
        return balanced(kind, [operand(self.compile(a)) for a in args])

    def _once(self, args: Sequence[Scalar], build: Callable[[list[E]], E]) -> E:
        """`build` over the arguments, the big ones of them computed once under a name."""
        compiled = [self.compile(a) for a in args]
        asking = [i for i, arg in enumerate(args) if walk.has_subquery(arg)]
        if asking:  # a lambda must not hold them, and what a store gives is read once
            return self._of_one_row(compiled, asking, build)
        named: list[tuple[str, E]] = []
        for i, arg in enumerate(args):
            if _is_big(arg):
                self._names += 1
                name = f"v{self._names}"
                named.append((name, compiled[i]))
                compiled[i] = exp.Column(this=exp.to_identifier(name))
        built = build(compiled)
        for name, value in reversed(named):
            body = exp.Lambda(this=built, expressions=[exp.to_identifier(name)], colon=True)
            transformed = call("list_transform", array_of_values([value]), body)
            built = call("list_extract", transformed, number(1))
        return built

    def _of_one_row(
        self, values: list[E], places: Sequence[int], build: Callable[[list[E]], E]
    ) -> E:
        """`build` over the values, those at `places` the columns of a row, as a scalar subquery."""
        names = [f"v{self._names + i}" for i in range(1, len(places) + 1)]
        self._names += len(places)
        items = [exp.alias_(values[i], name) for i, name in zip(places, names, strict=True)]
        row = exp.Subquery(
            this=exp.Select(expressions=items),
            alias=exp.TableAlias(this=exp.to_identifier(f"q{self._names}")),
        )
        for i, name in zip(places, names, strict=True):
            values[i] = exp.Column(this=exp.to_identifier(name))
        built = build(values)
        select = exp.Select().select(built, copy=False).from_(row, copy=False)
        return exp.Paren(this=exp.Subquery(this=select))  # a bare one is no condition to sqlglot

    # --- other nodes

    def _cast(self, node: Cast) -> E:
        source = node.arg.type
        if isinstance(node.arg, Literal) and node.arg.value is None:
            return literal(None, node.type)

        def build(args: list[E]) -> E:
            converted = convert(args[0], source, node.type)
            return call("try", converted) if node.safe else converted

        asks = source.kind in NESTED and walk.has_subquery(node.arg)
        if asks or repeats_argument(source, node.type):
            return self._once([node.arg], build)
        return build([self.compile(node.arg)])

    def _case(self, node: Case) -> E:
        arms = [
            exp.If(this=self.compile(when), true=self.compile(then)) for when, then in node.arms
        ]
        return exp.Case(ifs=arms, default=self.compile(node.default))

    def _in_list(self, node: InList) -> E:
        if not node.items:
            return exp.false()
        items = [self._adapting(item) for item in node.items]
        return exp.In(this=paren(self.compile(node.arg)), expressions=items)

    # --- subqueries

    def _subquery(self, node: Subquery) -> E:
        match node.kind:
            case SubqueryKind.SCALAR:
                return exp.Subquery(this=self._subselect(node.rel, ""))
            case SubqueryKind.EXISTS:
                return exp.Exists(this=self._subselect(node.rel, "1"))
            case SubqueryKind.QUANTIFIED:
                return self._quantified(node)
            case _:
                assert_never(node.kind)

    def _quantified(self, node: Subquery) -> E:
        if len(node.args) != 1:
            return self._row_quantified(node)
        quantifier = exp.All if node.every else exp.Any
        left = paren(self.compile(node.args[0]))
        select = self._subselect(node.rel, "")
        over: E = select if node.every else exp.Subquery(this=select)
        return _COMPARE[node.op or op.EQ](this=left, expression=quantifier(this=over))

    def _row_quantified(self, node: Subquery) -> E:
        """(a, b) = ANY (...): true if a row matches, else NULL if one might, else false. DuckDB's
        own comparison of rows takes NULL for a value."""
        if node.op not in (op.EQ, None) or node.every:
            raise NotSupportedError("rows are compared with IN or = ANY only")
        pairs = zip(node.args, node.rel.columns, strict=True)
        same = balanced(
            exp.And,
            [exp.EQ(this=paren(self.compile(a)), expression=column(c)) for a, c in pairs],
        )
        return exp.Case(
            ifs=[
                exp.If(this=self._any_row(node.rel, same), true=exp.true()),
                exp.If(
                    this=self._any_row(
                        node.rel,
                        exp.Is(this=exp.Paren(this=same.copy()), expression=exp.null()),
                    ),
                    true=exp.null(),
                ),
            ],
            default=exp.false(),
        )

    def _any_row(self, rel: Rel, condition: E) -> E:
        inner = exp.Subquery(
            this=self._subselect(rel, ""),
            alias=exp.TableAlias(this=exp.to_identifier("q")),
        )
        select = exp.Select().select(number(1), copy=False).from_(inner, copy=False)
        return exp.Exists(this=select.where(condition, copy=False))

    # --- aggregates and order

    def aggregate(self, node: AggregateCall) -> E:
        """An aggregate call with its DISTINCT, ORDER BY and FILTER."""
        return self.finished(node, self.bare_aggregate(node))

    def finished(self, node: AggregateCall, built: E) -> E:
        """The call's value out of what DuckDB's function gives (over a window, too)."""
        return said(node).finish(node, built, [self.compile(a) for a in node.args])

    def bare_aggregate(self, node: AggregateCall) -> E:
        """What DuckDB's function gives for the call."""
        form = said(node)
        args = form.given(node, [self._filtered(a, node.filter) for a in node.args])
        if node.distinct:  # around the first only: of several sqlglot would make a tuple
            args[0] = exp.Distinct(expressions=[args[0]])
        if node.order and args:
            keys = [self.sort_key(k) for k in node.order]
            args[-1] = exp.Order(this=args[-1], expressions=keys)
        built = call(form.name, *(args or [exp.Star()]))
        if node.filter is not None:
            where = exp.Where(this=self.compile(node.filter))
            built = exp.Filter(this=built, expression=where)
        return built

    def _filtered(self, arg: Scalar, condition: Scalar | None) -> E:
        """DuckDB computes an argument for the rows that FILTER drops, too: guard what can fail."""
        built = self.compile(arg)
        if condition is None or not _can_fail(arg):
            return built
        return exp.Case(ifs=[exp.If(this=self.compile(condition), true=built)])

    def sort_key(self, key: SortKey) -> exp.Ordered:
        """One ORDER BY key. The session's default is NULLS LAST in both directions, so only FIRST
        is ever written."""
        value = self.compile(key.expr)
        if walk.is_constant(key.expr):  # a bare number would mean the column at that place
            value = cast(value, key.expr.type)
        return exp.Ordered(this=value, desc=key.descending, nulls_first=key.nulls_first)


def _guarded(args: Sequence[Scalar]) -> list[list[Scalar]]:
    """The operands of AND or OR in groups; each that can fail begins a group, so that those
    before it are looked at first."""
    groups: list[list[Scalar]] = [[args[0]]]
    for arg in args[1:]:
        if _can_fail(arg):
            groups.append([arg])
        else:
            groups[-1].append(arg)
    return groups


def _is_big(expr: Scalar) -> bool:
    for count, part in enumerate(walk.every_scalar(expr), 1):
        if count > _WRITTEN_TWICE_AT_MOST or isinstance(part, Subquery):
            return True
        if isinstance(part, Call) and (part.fn.volatile or part.fn in ONCE):
            return True
        if isinstance(part, Cast) and repeats_argument(part.arg.type, part.type):
            return True
    return False


def _is_long(node: Call) -> bool:
    return len(node.args) > _MANY_ARMS


def _can_fail(expr: Scalar) -> bool:
    return any(
        (isinstance(e, Call) and can_fail(e))
        or (isinstance(e, Cast) and not e.safe and e.arg.type.kind is Kind.TEXT)
        for e in walk.every_scalar(expr)
        if not isinstance(e, Literal)
    )
