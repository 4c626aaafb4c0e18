"""Inserts whose answers get lost: nothing lost, nothing doubled, and no outcome made up."""

from __future__ import annotations

from typing import Any

import cassandra as driver
import pytest

from sqlshim.backends.cassandra.backend import CassandraBackend
from sqlshim.backends.cassandra.session import Session
from sqlshim.backends.cassandra.write import insert_rows
from sqlshim.backends.protocol import Backend, RunContext
from sqlshim.catalog.model import Table
from sqlshim.errors import OutcomeUnknown, UniqueViolation


class Lossy:
    """The real session, but the answers to the first inserts never arrive."""

    def __init__(self, real: Session, losses: int) -> None:
        self.real = real
        self.losses = losses

    def prepare(self, text: str, stamp: object) -> Any:
        return self.real.prepare(text, stamp)

    def send(self, statement: Any, *args: Any, **options: Any) -> Any:
        future = self.real.send(statement, *args, **options)
        if self.losses > 0 and statement.query_string.startswith("INSERT"):
            self.losses -= 1
            return Lost(future)
        return future


class Lost:
    def __init__(self, future: Any) -> None:
        self.future = future

    def result(self) -> Any:
        self.future.result()
        raise driver.WriteTimeout("lost", write_type=driver.WriteType.SIMPLE)


@pytest.fixture
def table(store: Backend, cql: Any) -> Table:
    cql.execute("DROP TABLE IF EXISTS lossy")
    cql.execute("CREATE TABLE lossy (k int PRIMARY KEY, x float, xs frozen<list<text>>)")
    found = store.load_table("lossy")
    assert found is not None
    return found


def insert(
    store: Backend, table: Table, rows: list[tuple[Any, ...]], losses: int, retry_for: float
) -> int:
    assert isinstance(store, CassandraBackend)
    session: Any = Lossy(store._session, losses)
    return insert_rows(
        session,
        table,
        frozenset({"k"}),
        ["k", "x", "xs"],
        rows,
        RunContext(),
        retry_for=retry_for,
        truncate=False,
    )


def test_a_lost_answer_is_not_a_duplicate(store: Backend, table: Table, cql: Any) -> None:
    assert insert(store, table, [(1, 0.1, ["a"]), (2, None, None)], 2, 30.0) == 2
    assert sorted(cql.execute("SELECT k, xs FROM lossy")) == [(1, ["a"]), (2, None)]


def test_after_a_lost_answer_another_row_is_still_a_duplicate(
    store: Backend, table: Table, cql: Any
) -> None:
    cql.execute("INSERT INTO lossy (k, x) VALUES (1, 9)")
    with pytest.raises(UniqueViolation):
        insert(store, table, [(1, 0.1, ["a"])], 1, 30.0)
    assert list(cql.execute("SELECT k, x FROM lossy")) == [(1, 9.0)]


def test_when_time_is_over_the_outcome_is_unknown(store: Backend, table: Table) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        insert(store, table, [(1, 0.1, None)], 100, 0.1)
    assert caught.value.sqlstate == "08007"
