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
from sqlshim.bind.scope import Source, position
from sqlshim.errors import NotSupportedError, ProgrammingError, TypeMismatch
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Filter, Project, Rel, Unnest
from sqlshim.ir.scalar import Column, Literal, Scalar
from sqlshim.types import BIGINT, TEXT, Kind, SqlType

if TYPE_CHECKING:
    from sqlshim.bind.scalars import ScalarBinder


_JSON_ROWS = {  # calls in FROM, and what makes the array of their rows
    "json_array_elements": "json_elements",
    "jsonb_array_elements": "json_elements",
    "json_object_keys": "json_keys",
    "jsonb_object_keys": "json_keys",
}


def unnest_in(node: exp.Expr) -> exp.Unnest | None:
    """The UNNEST that a table expression is, with or without LATERAL; JSON_ARRAY_ELEMENTS and
    JSON_OBJECT_KEYS are one, too."""
    if isinstance(node, exp.Unnest):
        return node
    called = node.this
    if isinstance(node, exp.Lateral) and isinstance(called, exp.Unnest):
        return called
    if not isinstance(node, exp.Lateral | exp.Table) or not isinstance(called, exp.Anonymous):
        return None
    array = _JSON_ROWS.get(str(called.this).lower())
    if array is None:
        return None
    made = exp.Anonymous(this=array, expressions=called.expressions)
    return exp.Unnest(expressions=[made], offset=node.args.get("ordinality"))


def unnested(
    rel: Rel, node: exp.Expr, asked: exp.Unnest, binder: ScalarBinder, keep_empty: bool = False
) -> tuple[Rel, Source]:
    """`rel` with the elements of the arrays in `asked`, and how they are named. `node` has the
    alias."""
    alias = node.args.get("alias")
    of_json = str(asked.expressions[0].this) in _JSON_ROWS.values()
    plain = "value" if of_json else "unnest"
    name = alias.name if alias is not None and alias.name else plain
    given = [c.name for c in alias.args.get("columns") or ()] if alias is not None else []
    arrays = []
    for i, entry in enumerate(asked.expressions):
        value = _array(binder.scalar(entry), entry)
        made = binder.context.column(given[i] if i < len(given) else name, _element(value))
        arrays.append((made, value))
    number = _ordinality(asked, binder.context, keep_empty)
    rel = Unnest(rel, tuple(arrays), number, keep_empty)
    if number is not None and binder.context.dialect == "bigquery":
        rel, number = _from_zero(rel, number, binder.context)
    columns = [c for c, _ in arrays] + ([] if number is None else [number])
    single = len(arrays) == 1 and arrays[0][0].type.kind is Kind.STRUCT and not given
    found = ((c, binder.scope.path_of(value)) for c, value in arrays)
    paths = {c.id: path.inside("[]") for c, path in found if path is not None}
    source = Source(name, columns, record=columns[0] if single else None, paths=paths)
    return rel, source


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
    """The calls of UNNEST in one select list, which go through their arrays in parallel."""

    arrays: list[tuple[Column, Scalar]] = field(default_factory=list)

    def add(self, node: exp.Expr, binder: ScalarBinder) -> Column:
        value = _array(binder.scalar(node.this), node)
        for column, known in self.arrays:
            if known == value:
                return column
        column = binder.context.column("unnest", _element(value))
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
