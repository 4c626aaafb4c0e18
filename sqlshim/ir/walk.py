"""Going through trees: children, rewriting, and which columns an expression reads.

Everything that must look inside every kind of node is here, so that a new node means one more
arm in each function of this file and nothing in the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import is_
from typing import assert_never

from sqlshim.ir.mapping import ScalarMap, map_scalars
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    Limit,
    Project,
    Recursive,
    Rel,
    Remote,
    Scan,
    Series,
    SetOp,
    Shared,
    Sort,
    Unnest,
    Values,
    Window,
    WorkingTable,
)
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Case,
    Cast,
    Column,
    Facts,
    InList,
    Literal,
    Param,
    Scalar,
    Subquery,
    WindowCall,
)

RelMap = Callable[[Rel], Rel]
Compound = Call | Cast | Case | InList | Subquery
LEAVES = (Column, Literal, Param)  # the scalars without operands
_NOTHING: frozenset[int] = frozenset()


# --- relations -----------------------------------------------------------------------------


def inputs(rel: Rel) -> tuple[Rel, ...]:
    """The relations directly below; a Remote shows what it runs."""
    match rel:
        case Filter() | Project() | Aggregate() | Sort() | Limit() | Shared():
            return (rel.input,)
        case Join():
            return (rel.left, rel.right)
        case Scan() | Values() | Series() | WorkingTable():
            return ()
        case Remote():
            return (rel.rel,)
        case GroupingSets() | Window() | Unnest():
            return (rel.input,)
        case SetOp():
            return rel.inputs
        case Recursive():
            return (rel.base, rel.step)
        case _:
            assert_never(rel)


def with_inputs(rel: Rel, new: tuple[Rel, ...]) -> Rel:
    """`rel` over other inputs (as many as `inputs(rel)`)."""
    if all(map(is_, inputs(rel), new)):
        return rel
    match rel:
        case Filter():
            return Filter(new[0], rel.where)
        case Project():
            return Project(new[0], rel.items)
        case Join():
            return Join(rel.kind, new[0], new[1], rel.on, rel.lateral)
        case Aggregate():
            return Aggregate(new[0], rel.keys, rel.calls)
        case Sort():
            return Sort(new[0], rel.keys)
        case Limit():
            return Limit(new[0], rel.count, rel.offset)
        case Scan() | Values() | Series() | WorkingTable():
            return rel
        case Shared() | GroupingSets() | Window() | Unnest():
            return replace(rel, input=new[0])
        case SetOp():
            return SetOp(rel.kind, new, rel.columns)
        case Recursive():
            return replace(rel, base=new[0], step=new[1])
        case Remote():
            return replace(rel, rel=new[0])
        case _:
            assert_never(rel)


def scalars(rel: Rel) -> Iterator[Scalar]:
    """The expressions that stand in this node itself."""
    match rel:
        case Scan() | SetOp() | Shared() | Recursive() | WorkingTable() | Remote():
            return
        case Values():
            for row in rel.rows:
                yield from row
        case Series():
            yield from (rel.start, rel.stop, rel.step)
        case Filter():
            yield from rel.where
        case Project():
            for _, expr in rel.items:
                yield expr
        case Join():
            yield from rel.on
        case Aggregate() | GroupingSets():
            for _, expr in rel.keys:
                yield expr
            for _, call in rel.calls:
                yield from call_scalars(call)
        case Unnest():
            for _, expr in rel.arrays:
                yield expr
        case Window():
            for _, over in rel.calls:
                yield from window_scalars(over)
        case Sort():
            for key in rel.keys:
                yield key.expr
        case Limit():
            yield from (e for e in (rel.count, rel.offset) if e is not None)
        case _:
            assert_never(rel)


def call_scalars(call: AggregateCall) -> Iterator[Scalar]:
    """The expressions of one aggregate call."""
    yield from call.args
    if call.filter is not None:
        yield call.filter
    for key in call.order:
        yield key.expr


def window_scalars(call: WindowCall) -> Iterator[Scalar]:
    """The expressions of one window call."""
    yield from call.args
    yield from call.partition
    for key in call.order:
        yield key.expr
    for bound in (call.frame.start, call.frame.end):
        if bound.offset is not None:
            yield bound.offset
    if call.filter is not None:
        yield call.filter


def transform(rel: Rel, change: RelMap) -> Rel:
    """`change` applied to every relation, inputs first, those inside subqueries included."""
    rel = with_inputs(rel, tuple(transform(child, change) for child in inputs(rel)))
    return change(map_subqueries(rel, lambda inner: transform(inner, change)))


def map_subqueries(rel: Rel, change: RelMap) -> Rel:
    """`rel` with `change` applied to the relation of each subquery in its own expressions."""

    def in_subquery(expr: Scalar) -> Scalar:
        if not isinstance(expr, Subquery):
            return expr
        inner = change(expr.rel)
        return expr if inner is expr.rel else replace(expr, rel=inner)

    def in_scalar(expr: Scalar) -> Scalar:
        return rewrite(expr, in_subquery) if has_subquery(expr) else expr

    return map_scalars(rel, in_scalar)


def every_rel(rel: Rel) -> Iterator[Rel]:
    """All relations of the tree, those inside subqueries included, from the top down."""
    found: list[Rel] = []
    _add_rels(rel, found)
    return iter(found)


def _add_rels(rel: Rel, found: list[Rel]) -> None:
    found.append(rel)
    if not isinstance(rel, Scan | Remote):
        for expr in scalars(rel):
            if has_subquery(expr):
                for part in every_scalar(expr):
                    if isinstance(part, Subquery):
                        _add_rels(part.rel, found)
    for child in inputs(rel):
        _add_rels(child, found)


# --- scalars -------------------------------------------------------------------------------


def operands(expr: Scalar) -> tuple[Scalar, ...]:
    """The expressions directly below (not those inside a subquery's relation)."""
    match expr:
        case Call() | Subquery():
            return expr.args
        case Column() | Literal() | Param():
            return ()
        case Cast():
            return (expr.arg,)
        case Case():
            return (*(e for arm in expr.arms for e in arm), expr.default)
        case InList():
            return (expr.arg, *expr.items)
        case _:
            assert_never(expr)


def branches(expr: Scalar) -> Iterator[Scalar]:
    """The operands that may have something below them: of an IN list of constants, few."""
    return (e for e in operands(expr) if not isinstance(e, LEAVES))


def with_operands(expr: Scalar, new: tuple[Scalar, ...]) -> Scalar:
    """`expr` over other operands (as many as `operands(expr)`)."""
    if all(map(is_, operands(expr), new)):
        return expr
    match expr:
        case Column() | Literal() | Param():
            return expr
        case Call():
            return Call(expr.fn, new, expr.type)
        case Cast():
            return Cast(new[0], expr.type, expr.safe)
        case Subquery():
            return replace(expr, args=new)
        case Case():
            arms = tuple(zip(new[:-1:2], new[1::2], strict=True))
            return replace(expr, arms=arms, default=new[-1])
        case InList():
            return replace(expr, arg=new[0], items=new[1:])
        case _:
            assert_never(expr)


def rewrite(expr: Scalar, change: ScalarMap) -> Scalar:
    """`change` applied to every expression, operands first (not inside subqueries)."""
    below = operands(expr)
    if below:
        expr = with_operands(expr, tuple([rewrite(e, change) for e in below]))
    return change(expr)


def every_scalar(expr: Scalar) -> Iterator[Scalar]:
    """`expr` and all below it (not inside subqueries)."""
    yield expr
    for operand in operands(expr):
        yield from every_scalar(operand)


def has_subquery(expr: Scalar) -> bool:
    """Whether a subquery occurs anywhere in `expr`."""
    return not isinstance(expr, LEAVES) and (expr.facts or facts(expr)).has_subquery


def is_volatile(expr: Scalar) -> bool:
    """Whether `expr` may give another value each time, in its subqueries too."""
    return not isinstance(expr, LEAVES) and (expr.facts or facts(expr)).is_volatile


def reads(expr: Scalar) -> frozenset[int]:
    """The numbers of the columns `expr` needs from outside, correlated ones included."""
    if isinstance(expr, Column):
        return frozenset((expr.id,))
    return _NOTHING if isinstance(expr, LEAVES) else (expr.facts or facts(expr)).reads


def facts(expr: Compound) -> Facts:
    """What is known of an expression with operands; found once and kept in it."""
    known = expr.facts
    if known is None:
        known = _facts(expr)
        object.__setattr__(expr, "facts", known)  # no part of its value
    return known


def _facts(expr: Compound) -> Facts:
    found: set[int] = set()
    subquery, volatile = False, isinstance(expr, Call) and expr.fn.volatile
    for operand in operands(expr):
        if isinstance(operand, Column):
            found.add(operand.id)
        elif not isinstance(operand, LEAVES):
            below = facts(operand)
            found |= below.reads
            subquery = subquery or below.has_subquery
            volatile = volatile or below.is_volatile
    if isinstance(expr, Subquery):
        subquery = True
        found |= free_columns(expr.rel)
        asked = (e for rel in every_rel(expr.rel) for e in scalars(rel))
        volatile = volatile or any(map(is_volatile, asked))
    return Facts(frozenset(found), subquery, volatile)


def free_columns(rel: Rel) -> frozenset[int]:
    """The numbers of the columns that `rel` reads but does not make: its correlation."""
    needed: set[int] = set()
    made: set[int] = set()
    for node in _own_rels(rel):
        made |= {c.id for c in node.columns}
        for expr in scalars(node):
            needed |= reads(expr)
    return frozenset(needed - made)


def _own_rels(rel: Rel) -> Iterator[Rel]:
    yield rel
    for child in inputs(rel):
        yield from _own_rels(child)


def substitute(expr: Scalar, values: dict[int, Scalar]) -> Scalar:
    """`expr` with columns replaced by what they stand for, inside subqueries too."""

    def change(e: Scalar) -> Scalar:
        if isinstance(e, Column):
            return values.get(e.id, e)
        if isinstance(e, Subquery):
            rel = _substitute_rel(e.rel, values)
            return e if rel is e.rel else replace(e, rel=rel)
        return e

    return rewrite(expr, change)


def _substitute_rel(rel: Rel, values: dict[int, Scalar]) -> Rel:
    below = tuple(_substitute_rel(child, values) for child in inputs(rel))
    return map_scalars(with_inputs(rel, below), lambda e: substitute(e, values))


def is_constant(expr: Scalar) -> bool:
    """Whether `expr` reads no column, parameter or subquery and gives the same every time."""
    return all(
        isinstance(e, Literal | Cast | Case | InList) or (isinstance(e, Call) and not e.fn.volatile)
        for e in every_scalar(expr)
    )
