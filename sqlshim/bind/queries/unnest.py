"""UNNEST: in FROM, where it may read the tables before it, and in the select list.

The elements of an array of documents make a row of their fields (`Source.record`): `i.sku`, `i.*`
and plain `sku` all name them; with a column alias they make one column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlshim.bind.binds import int_literal
from sqlshim.bind.coerce import call, conjuncts
from sqlshim.bind.context import Context
from sqlshim.bind.fields import field_call
from sqlshim.bind.functions.dimensions import flat
from sqlshim.bind.functions.returned_rows import SERIES, name_of, rows_named
from sqlshim.bind.scope import Source, position
from sqlshim.errors import NotSupportedError, ProgrammingError, TypeMismatch
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Filter, Project, Rel, Unnest
from sqlshim.ir.scalar import Column, Literal, Scalar
from sqlshim.types import BIGINT, TEXT, Kind, SqlType

if TYPE_CHECKING:
    from sqlshim.bind.scalars import ScalarBinder


def unnest_in(node: exp.Expr) -> exp.Unnest | None:
    """The UNNEST that a table expression is, with or without LATERAL; ROWS FROM and a function
    that returns rows are one, too."""
    if isinstance(node, exp.Unnest):
        return node
    called = node.this
    if isinstance(node, exp.Lateral) and isinstance(called, exp.Unnest):
        return called
    if not isinstance(node, exp.Lateral | exp.Table):
        return None
    calls = [
        t if isinstance(t, exp.Unnest) else t.this for t in node.args.get("rows_from") or ()
    ] or [called]
    if len(calls) == 1 and isinstance(calls[0], SERIES):
        return None  # `lateral` has a node for it
    if not all(isinstance(c, exp.Unnest) or rows_named(c) is not None for c in calls):
        return None
    flat = [e for c in calls for e in (c.expressions if isinstance(c, exp.Unnest) else [c])]
    return exp.Unnest(expressions=flat, offset=node.args.get("ordinality"))


@dataclass(slots=True)
class _Made:
    """What UNNEST makes of its calls: the arrays, and the columns in sight."""

    arrays: list[tuple[Column, Scalar]] = field(default_factory=list)
    columns: list[tuple[Column, Scalar]] = field(default_factory=list)


def unnested(
    rel: Rel, node: exp.Expr, asked: exp.Unnest, binder: ScalarBinder, keep_empty: bool = False
) -> tuple[Rel, Source]:
    """`rel` with the elements of the arrays in `asked`, and how they are named. `node` has the
    alias."""
    alias = node.args.get("alias")
    names = list(alias.args.get("columns") or ()) if alias is not None else []
    called = alias.name if alias is not None and alias.name else ""
    first = asked.expressions[0]
    made = _made(asked, names, called, binder)
    number = _ordinality(asked, binder.context, keep_empty)
    before = rel.columns
    rel = Unnest(rel, tuple(made.arrays), number, keep_empty)
    if number is not None and binder.context.dialect == "bigquery":
        rel, number = _from_zero(rel, number, binder.context)
    numbers = [] if number is None else [number]
    if any(c is not e for c, e in made.columns):
        kept = [(c, c) for c in (*before, *numbers)]
        rel = Project(rel, (*kept, *made.columns))
    columns = [c for c, _ in made.columns] + numbers
    single = len(columns) == 1 and columns[0].type.kind is Kind.STRUCT and not names
    found = ((c, binder.scope.path_of(value)) for c, value in made.arrays)
    paths = {c.id: path.inside("[]") for c, path in found if path is not None}
    name = called or ("unnest" if rows_named(first) is None else name_of(first))
    source = Source(name, columns, record=columns[0] if single else None, paths=paths)
    source.scalar = len(made.arrays) == 1 and not single
    return rel, source


def _made(asked: exp.Unnest, names: list[exp.Expr], called: str, binder: ScalarBinder) -> _Made:
    """`names` are the column aliases, `called` is the alias."""
    made, context = _Made(), binder.context
    for entry in asked.expressions:
        rows = rows_named(entry)
        given = flat(binder.scalar(entry), binder) if rows is None else rows.array(entry, binder)
        value = _array(given, entry)
        plain = "unnest" if rows is None else rows.column or name_of(entry)
        if rows is None or not (rows.fields or rows.defined):
            n = len(made.columns)
            fixed = rows.column if rows is not None else ""
            shown = names[n].name if n < len(names) else fixed or called or plain
            element = context.column(shown, _element(value))
            made.arrays.append((element, value))
            made.columns.append((element, element))
            continue
        element = context.column(plain, _element(value))
        made.arrays.append((element, value))
        if rows.defined is not None:
            parts = rows.defined(names[len(made.columns) :], element)
        else:
            parts = [(f, field_call(element, f, t)) for f, t in element.type.fields]
        for part, e in parts:
            n = len(made.columns)
            shown = names[n].name if n < len(names) else part
            made.columns.append((context.column(shown, e.type), e))
    return made


def _from_zero(rel: Unnest, number: Column, context: Context) -> tuple[Rel, Column]:
    """BigQuery's WITH OFFSET counts from 0."""
    made = context.column(number.name, number.type)
    kept = [(c, c) for c in rel.columns if c is not number]
    return Project(rel, (*kept, (made, call(op.SUB, number, int_literal(1))))), made


def _array(value: Scalar, node: exp.Expr) -> Scalar:
    if value.type.kind is not Kind.ARRAY:
        raise TypeMismatch(
            f"function unnest({str(value.type).lower()}) does not exist",
            sqlstate="42883",
            position=position(node),
            hint="UNNEST takes arrays.",
        )
    return value


def _element(array: Scalar) -> SqlType:
    return (array.type.element or TEXT).with_null(True)


def _ordinality(call: exp.Unnest, context: Context, nullable: bool) -> Column | None:
    offset = call.args.get("offset")
    if not offset:
        return None
    name = offset.name if isinstance(offset, exp.Identifier) else "ordinality"
    return context.column(name, BIGINT.with_null(nullable))


def joined(
    left: Rel, node: exp.Expr, binder: Callable[[str], ScalarBinder], add: Callable[[Source], None]
) -> Rel | None:
    """`left` joined with UNNEST; None if the join is with something else. `add` puts the source
    in sight of ON."""
    asked = unnest_in(node.this)
    if asked is None:
        return None
    side = (node.args.get("side") or "").upper()
    if side not in ("", "LEFT") or node.args.get("using") or node.args.get("method"):
        raise NotSupportedError(
            "UNNEST is joined by CROSS, INNER or LEFT JOIN only", position=position(asked)
        )
    rel, source = unnested(left, node.this, asked, binder("FROM"), keep_empty=side == "LEFT")
    add(source)
    on = node.args.get("on")
    where = () if on is None else conjuncts(binder("JOIN/ON").condition(on))
    where = tuple(e for e in where if not (isinstance(e, Literal) and e.value is True))
    if not where:
        return rel
    if side == "LEFT":
        raise NotSupportedError(
            "LEFT JOIN UNNEST is supported with ON TRUE only", position=position(on)
        )
    return Filter(rel, where)


# --- in the select list --------------------------------------------------------------------


@dataclass(slots=True)
class Expansions:
    """The calls in one select list that make rows; they go through their arrays in parallel."""

    arrays: list[tuple[Column, Scalar]] = field(default_factory=list)

    def add(self, node: exp.Expr, binder: ScalarBinder) -> Column:
        """The column of the elements of UNNEST, or of a function that returns rows."""
        rows = rows_named(node)
        if rows is not None and (rows.fields or rows.defined):
            raise NotSupportedError(
                f"{name_of(node)} is not supported in the select list",
                position=position(node),
                hint="Write it in FROM.",
            )
        if rows is None:
            name, value = "unnest", flat(binder.scalar(node.this), binder)
        else:
            name, value = name_of(node), rows.array(node, binder)
        value = _array(value, node)
        for column, known in self.arrays:
            if known == value:
                return column
        column = binder.context.column(name, _element(value))
        self.arrays.append((column, value))
        return column

    @property
    def made(self) -> frozenset[int]:
        """The numbers of the elements' columns."""
        return frozenset(c.id for c, _ in self.arrays)

    def rewrite(self, change: Callable[[Scalar], Scalar]) -> None:
        """All arrays in terms of what a grouping gives."""
        self.arrays = [(c, change(e)) for c, e in self.arrays]

    def over(self, rel: Rel) -> Rel:
        """`rel` with the elements."""
        return Unnest(rel, tuple(self.arrays)) if self.arrays else rel


def not_allowed(clause: str) -> ProgrammingError:
    """UNNEST outside FROM and the select list."""
    return ProgrammingError(
        f"set-returning functions are not allowed in {clause}",
        sqlstate="0A000",
        hint="Write UNNEST in FROM.",
    )
