"""Shares of a collection, measured on a real server, and what they decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sqlshim.backends.mongo.catalog import statistics
from sqlshim.backends.protocol import Backend
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Filter, Scan
from sqlshim.ir.scalar import Call, Column, Literal, Param
from sqlshim.types import BOOLEAN, INTEGER

Connect = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    database.big.insert_many([{"n": i % 100, "day": i} for i in range(20_000)])
    database.big.create_index("day")
    database.little.insert_many([{"n": i} for i in range(50)])


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take its time."""
    monkeypatch.setattr(statistics, "PATIENCE_MS", 100_000)


def _share(store: Backend, table: str, bound: Literal | Param) -> float | None:
    found = store.load_table(table)
    assert found is not None
    n = Column(1, "n", INTEGER)
    return store.share(Filter(Scan(found, (n,)), (Call(op.LT, (n, bound), BOOLEAN),)))


def test_a_small_collection_is_counted(store: Backend) -> None:
    assert _share(store, "little", Literal(10, INTEGER)) == 0.2


def test_a_large_one_is_sampled_once(store: Backend) -> None:
    share = _share(store, "big", Literal(30, INTEGER))
    assert share is not None
    assert 0.2 < share < 0.4
    assert _share(store, "big", Literal(30, INTEGER)) == share


def test_a_parameter_is_not_known_yet(store: Backend) -> None:
    assert _share(store, "big", Param(0, INTEGER)) is None


def test_an_index_that_matches_most_of_the_collection_is_not_used(connect: Connect) -> None:
    connection = connect(pushdown="auto")
    for day, natural in ((1000, True), (19_900, False)):
        sql = f"SELECT n, count(*) FROM big WHERE day >= {day} GROUP BY n"
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {sql}").fetchall())
        assert ("$natural" in plan) is natural
        assert sum(row[1] for row in connection.execute(sql).fetchall()) == 20_000 - day
