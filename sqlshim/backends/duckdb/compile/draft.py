"""A DuckDB SELECT in the making: what `compile` fills in, clause by clause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E
from sqlshim.backends.duckdb.compile.scalars import column
from sqlshim.ir.scalar import Column

NO_COLUMN = "c_none"  # stands in the SELECT of a relation without columns


def item(out: Column, value: E) -> E:
    """One item of a SELECT list under the column's number."""
    if isinstance(value, exp.Column) and value.name == f"c{out.id}":
        return value
    return exp.alias_(value, f"c{out.id}", copy=False)


@dataclass
class Draft:
    """A SELECT whose clauses are filled in the order in which SQL evaluates them."""

    source: E | None
    joins: list[exp.Join] = field(default_factory=list)
    where: list[E] = field(default_factory=list)
    items: list[E] | None = None
    group: list[E] | None = None
    order: list[exp.Ordered] = field(default_factory=list)
    limit: E | None = None
    offset: E | None = None

    @property
    def limited(self) -> bool:
        return self.limit is not None or self.offset is not None

    @property
    def bare(self) -> bool:
        """Only sources and joins: more joins may follow."""
        return not (self.where or self.items is not None or self.order or self.limited)

    @property
    def open(self) -> bool:
        """WHERE can still be filled: nothing that is evaluated after it is there."""
        return not (self.items is not None or self.order or self.limited)

    def select(self, columns: Sequence[Column]) -> exp.Select:
        """The SELECT of these columns."""
        items = self.items if self.items is not None else [column(c) for c in columns]
        if not items:
            items = [exp.alias_(exp.true(), NO_COLUMN)]
        select = exp.Select().select(*items, copy=False)
        if self.source is not None:
            select = select.from_(self.source, copy=False)
        for join in self.joins:
            select.append("joins", join)
        for condition in self.where:
            select = select.where(condition, copy=False)
        if self.group:
            select.set("group", exp.Group(expressions=self.group))
        if self.order:
            select.set("order", exp.Order(expressions=self.order))
        if self.limit is not None:
            select.set("limit", exp.Limit(expression=self.limit))
        if self.offset is not None:
            select.set("offset", exp.Offset(expression=self.offset))
        return select
