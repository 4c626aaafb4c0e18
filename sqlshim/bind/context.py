"""What one binding carries along: the catalog, parameters, CTEs, and the next column number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from sqlshim.bind.scope import Bound, Scope, matching
from sqlshim.catalog.model import Table
from sqlshim.ir.relational import WorkingTable
from sqlshim.ir.scalar import Column, Literal, Param, Scalar
from sqlshim.sql.params import LIST, PREFIX
from sqlshim.types import DATE, TIMESTAMP, TIMESTAMPTZ, Kind, SqlType


class Tables(Protocol):
    """What the binder needs of the catalog."""

    def find(self, parts: Sequence[tuple[str, bool]]) -> Table:
        """The table of a (possibly qualified) name: (identifier, quoted) parts, outermost first.
        UnknownTable or AmbiguousTable, without a position."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the value of a Param comes from: the occurrence of a placeholder, converted to
    `type`; or, with `occurrence` None, the current time of the statement."""

    occurrence: int | None
    type: SqlType


@dataclass(frozen=True, slots=True)
class Cte:
    """A common table expression: its node, the CTEs and the outer scope its body may name."""

    name: str
    node: exp.CTE
    sees: tuple[Cte, ...]
    scope: Scope | None
    recursive: bool  # may name itself
    working: WorkingTable | None = None  # inside its own step


class NeedsValue(Exception):
    """Binding goes by the value of an argument: the unit of DATE_TRUNC, a time zone."""

    def __init__(self, occurrence: int):
        self.occurrence = occurrence


@dataclass(slots=True)
class Context:
    """Mutable for the length of one `bind`."""

    tables: Tables
    param_types: Sequence[SqlType]
    dialect: str
    known: Mapping[int, str]  # the values of some arguments, by occurrence
    text: str = ""
    next_id: int = 1
    slots: list[Slot] = field(default_factory=list)
    numbers: dict[Slot, int] = field(default_factory=dict)  # the index of each slot
    ctes: tuple[Cte, ...] = ()
    # By the id of a Cte, which is kept: another one could get the id of one that is gone.
    shared: dict[int, tuple[int, Bound, Cte]] = field(default_factory=dict)
    target: exp.Expr | None = None  # the table of an UPDATE or DELETE, as it is written
    located: Column | None = None  # what finds its rows again

    def find_cte(self, name: str, quoted: bool) -> Cte | None:
        """The innermost CTE of this name."""
        found = matching(name, quoted, reversed(self.ctes), lambda c: c.name)
        return found[0] if found else None

    def cte_columns(self, name: str) -> list[str]:
        """The column names given in WITH name(a, b)."""
        cte = self.find_cte(name, True)
        alias = cte.node.args["alias"] if cte else None
        return [c.name for c in alias.args.get("columns") or ()] if alias is not None else []

    def column(self, name: str, t: SqlType) -> Column:
        """A new column."""
        column = Column(self.next_id, name, t)
        self.next_id += 1
        return column

    def number(self) -> int:
        """A new number, which no column has."""
        self.next_id += 1
        return self.next_id - 1

    def param(self, node: exp.Column) -> Scalar | None:
        """The parameter a uniform placeholder stands for, or None if it is a plain name."""
        name = node.this.name
        if not name.startswith(PREFIX) or node.args.get("table") is not None:
            return None
        occurrence = int(name.removeprefix(PREFIX).removesuffix(LIST))
        t = self.param_types[occurrence]
        if t.kind is Kind.UNKNOWN and t.nullable:
            return Literal(None, t)
        if occurrence in self.known:
            return Literal(self.known[occurrence], t)
        return self._slot(Slot(occurrence, t.with_null(False)))

    def current(self, t: SqlType) -> Scalar:
        """The date or time at which the statement began."""
        assert t in (DATE, TIMESTAMP, TIMESTAMPTZ)
        return self._slot(Slot(None, t.with_null(False)))

    def _slot(self, slot: Slot) -> Param:
        # one parameter however often it is named: `SELECT a + $1 … GROUP BY a + $1`
        index = self.numbers.setdefault(slot, len(self.slots))
        if index == len(self.slots):
            self.slots.append(slot)
        return Param(index, slot.type)
