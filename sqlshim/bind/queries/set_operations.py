"""UNION, INTERSECT and EXCEPT: the arms as inputs of one SetOp, brought to common types."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from sqlshim.bind.coerce import coerce
from sqlshim.bind.context import Context
from sqlshim.bind.queries.output import Items
from sqlshim.bind.scope import Bound, position
from sqlshim.errors import NotSupportedError, ProgrammingError, TypeMismatch
from sqlshim.ir.relational import Aggregate, Project, Rel, SetKind, SetOp
from sqlshim.ir.scalar import Column, Scalar
from sqlshim.types import TEXT, UNKNOWN, SqlType, common


def check_by_name(node: exp.SetOperation) -> None:
    if node.args.get("by_name"):
        raise NotSupportedError("UNION BY NAME is not supported", position=position(node))


def united(node: exp.SetOperation, arms: Sequence[Bound], context: Context) -> Bound:
    """The set operation over its bound `arms`; columns are named as the first arm's."""
    if len({len(a.columns) for a in arms}) > 1:
        raise ProgrammingError(
            f"each {node.key.upper()} query must have the same number of columns",
            sqlstate="42601",
            position=position(node.expression),
        )
    types = [_arm_type([a.columns[i] for a in arms], node) for i in range(len(arms[0].columns))]
    inputs = tuple(with_types(a, types, context) for a in arms)
    columns = tuple(context.column(c.name, t) for c, t in zip(arms[0].columns, types, strict=True))
    rel: Rel = SetOp(_set_kind(node), inputs, columns)
    if isinstance(node, exp.Union) and node.args.get("distinct"):
        rel = Aggregate(rel, tuple((c, c) for c in columns), ())
    return Bound(rel, list(columns))


def with_types(bound: Bound, types: list[SqlType], context: Context) -> Rel:
    """An arm whose columns have exactly these types, in this order."""
    rel, columns = bound.rel, tuple(bound.columns)
    same = all(
        c.type.with_null(True) == t.with_null(True) for c, t in zip(columns, types, strict=True)
    )
    if same and rel.columns == columns:
        return rel
    below: tuple[tuple[Column, Scalar], ...] = tuple((c, c) for c in columns)
    if isinstance(rel, Project) and rel.columns == columns:
        below = rel.items
        rel = rel.input
    items: Items = []
    for (column, value), t in zip(below, types, strict=True):
        new = coerce(value, t)
        if new.type != value.type:
            column = context.column(column.name, new.type)
        items.append((column, new))
    return Project(rel, tuple(items))


def arms_of(node: exp.SetOperation) -> list[exp.Expr]:
    """The queries under one operator; a left-deep chain of UNION or UNION ALL is one flat list.

    UNION takes in a UNION ALL to its left, whose repetitions it drops anyway.
    """
    arms = [node.expression]
    left = node.this
    while (
        isinstance(node, exp.Union)
        and type(left) is exp.Union
        and (node.args.get("distinct") or not left.args.get("distinct"))
        and not any(left.args.get(a) for a in ("order", "limit", "offset", "with_"))
    ):
        arms.append(left.expression)
        left = left.this
    arms.append(left)
    return arms[::-1]


def _set_kind(node: exp.SetOperation) -> SetKind:
    distinct = bool(node.args.get("distinct"))
    if isinstance(node, exp.Union):
        return SetKind.UNION_ALL
    if isinstance(node, exp.Intersect):
        return SetKind.INTERSECT if distinct else SetKind.INTERSECT_ALL
    return SetKind.EXCEPT if distinct else SetKind.EXCEPT_ALL


def _arm_type(columns: list[Column], node: exp.SetOperation) -> SqlType:
    target = columns[0].type
    for column in columns[1:]:
        met = common(target, column.type)
        if met is None:
            raise TypeMismatch(
                f"{node.key.upper()} types {str(target).lower()} and {str(column.type).lower()} "
                "cannot be matched",
                position=position(node.expression),
                hint="Add an explicit CAST.",
            )
        target = met
    return TEXT if target.kind is UNKNOWN.kind else target
