"""A table that others change while a statement is being prepared, or after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlshim import engine
from sqlshim.backends.protocol import Native, Options, Pushdown
from sqlshim.catalog.catalog import Catalog
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.ir.relational import Project, Rel, Scan
from sqlshim.types import BIGINT, INTEGER, TEXT, SqlType
from tests.fakes import FakeBackend

SQL = "SELECT k FROM anew"


class Text(Native):
    """A native query that is never sent."""

    access_path = "none"

    def show(self) -> list[str]:
        return []


@dataclass
class Changing(FakeBackend):
    """One table, made anew with the next type each time that `change` is called. As with
    Cassandra, the version grows only where a table that was loaded is no longer what it was."""

    nodes: tuple[type[Rel], ...] = (Scan, Project)
    types: Sequence[SqlType] = (INTEGER, TEXT, BIGINT)
    now: int = 0
    during_load: bool = False
    loads: int = 0
    loaded: set[int] = field(default_factory=set)
    version: int = 0

    @property
    def schema_version(self) -> int:
        if self.loaded - {self.now}:
            self.loaded.clear()
            self.version += 1
        return self.version

    def change(self) -> None:
        self.now += 1

    def table_names(self) -> Sequence[str]:
        return ("anew",)

    def load_table(self, name: str) -> Table | None:
        self.loads += 1
        table = Table("", "", name, (TableColumn("k", self.types[self.now]),))
        self.loaded.add(self.now)
        if self.during_load:
            self.during_load = False
            self.change()
        return table

    def compile(self, rel: Rel) -> Native:
        return Text()


def world(store: Changing) -> engine.World:
    def local(*_: object) -> None:
        raise AssertionError("the store runs all of it")

    return engine.World(
        Catalog({"": store}), {"": store}, local, Options(), "postgres", Pushdown.AUTO  # type: ignore[arg-type]
    )  # fmt: skip


def type_now(of: engine.World) -> str:
    prepared, _ = engine.prepare(SQL, None, of)
    assert prepared.columns is not None
    return str(prepared.columns[0].type)


def test_a_plan_is_made_once_where_nothing_changes() -> None:
    store = Changing()
    here = world(store)
    assert [type_now(here) for _ in range(3)] == ["INTEGER"] * 3
    assert (store.loads, len(here.cache)) == (1, 1)


def test_a_table_that_is_made_anew_between_statements_is_planned_anew() -> None:
    store = Changing()
    here = world(store)
    found = []
    for _ in range(3):
        found += [type_now(here), type_now(here)]
        store.change()
    assert found == ["INTEGER", "INTEGER", "TEXT", "TEXT", "BIGINT", "BIGINT"]


def test_a_plan_of_a_table_that_was_changed_meanwhile_is_not_kept() -> None:
    store = Changing(during_load=True)
    here = world(store)
    assert [type_now(here) for _ in range(3)] == ["INTEGER", "TEXT", "TEXT"]
    store.change()
    assert type_now(here) == "BIGINT"
