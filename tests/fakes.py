"""Stand-ins for stores, for tests of the layers above them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlshim.backends.protocol import (
    Accepted,
    Backend,
    Native,
    Pushdown,
    RunContext,
    Stream,
    TableDefinition,
)
from sqlshim.catalog.model import Table
from sqlshim.functions.model import Function
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Rel
from sqlshim.ir.scalar import AggregateCall, Call, Scalar, Subquery


@dataclass
class FakeBackend(Backend):
    """Accepts nodes of the given classes whose functions are among `functions`.

    A Filter is taken conjunct by conjunct. Functions in `sieves` are taken and also left.
    """

    nodes: tuple[type[Rel], ...]
    functions: frozenset[Function] = frozenset()
    sieves: frozenset[Function] = frozenset()
    subqueries: bool = False
    asked: list[Rel] = field(default_factory=list)
    alias: str = ""
    kind: str = "fake"

    def accept(self, rel: Rel, pushdown: Pushdown) -> Accepted:
        self.asked.append(rel)
        if not isinstance(rel, self.nodes):
            return Accepted(None, why=f"no {type(rel).__name__} here")
        if isinstance(rel, Filter):
            return self._accept_filter(rel)
        strange = [e for e in walk.scalars(rel) if not self._knows(e)]
        calls = getattr(rel, "calls", ())
        strange_calls = [a for _, a in calls if not self._knows_aggregate(a)]
        if strange or strange_calls:
            return Accepted(None, why="unknown function")
        return Accepted(rel)

    def _accept_filter(self, rel: Filter) -> Accepted:
        taken = tuple(e for e in rel.where if self._knows(e))
        left = tuple(e for e in rel.where if not self._knows(e) or self._sieve(e))
        if not taken:
            return Accepted(None, why="unknown function")
        return Accepted(replace(rel, where=taken), left, "unknown function" if left else "")

    def _knows(self, expr: Scalar) -> bool:
        return all(
            (e.fn in self.functions | self.sieves if isinstance(e, Call) else True)
            and (self.subqueries or not isinstance(e, Subquery))
            for e in walk.every_scalar(expr)
        )

    def _knows_aggregate(self, call: AggregateCall) -> bool:
        return call.fn in self.functions

    def _sieve(self, expr: Scalar) -> bool:
        return isinstance(expr, Call) and expr.fn in self.sieves

    def table_names(self) -> Sequence[str]:
        return ()

    def load_table(self, name: str) -> Table | None:
        return None

    def compile(self, rel: Rel) -> Native:
        raise NotImplementedError

    def open(self, native: Native, params: Sequence[object], context: RunContext) -> Stream:
        raise NotImplementedError

    def create_table(self, definition: TableDefinition) -> None:
        raise NotImplementedError

    def drop_table(self, table: Table) -> None:
        raise NotImplementedError

    def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        context: RunContext,
    ) -> int:
        raise NotImplementedError

    def close(self) -> None:
        pass


@dataclass
class FakeSession:
    """Answers every query of a Cassandra session with the same rows; an error there is raised."""

    rows: Sequence[Any]
    asked: list[tuple[str, Sequence[object]]] = field(default_factory=list)

    def read(self, text: str, values: Sequence[object] = (), stamp: object = None) -> list[Any]:
        self.asked.append((text, values))
        for row in self.rows:
            if isinstance(row, Exception):
                raise row
        return list(self.rows)
