"""An optimized plan gives the rows of the plan it was made from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from sqlshim.backends.duckdb.engine import DuckEngine
from sqlshim.backends.protocol import Options, RunContext
from sqlshim.ir.relational import Rel
from sqlshim.ir.show import show_rel
from sqlshim.plan.optimize import optimize
from sqlshim.plan.preaggregate import preaggregate
from tests.plan.random_plans import grouped_joins, plans


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    engine = DuckEngine(Options())
    yield engine
    engine.close()


def rows(engine: DuckEngine, rel: Rel) -> list[tuple[object, ...]]:
    stream = engine.open_local(engine.compile_local(rel), {}, (), RunContext())
    found = [
        row
        for batch in stream.batches()
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    ]
    stream.close()
    return sorted(found, key=repr)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=plans())
def test_every_rule_keeps_rows_and_columns(engine: DuckEngine, plan: Rel) -> None:
    better = optimize(plan)
    assert [c.id for c in better.columns] == [c.id for c in plan.columns]
    assert rows(engine, better) == rows(engine, plan), f"{show_rel(plan)}\n--\n{show_rel(better)}"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=grouped_joins())
def test_groups_made_below_a_join_are_those_above_it(engine: DuckEngine, plan: Rel) -> None:
    better = preaggregate(plan, pays=lambda join, pairs: True)
    assert better is not plan
    assert [c.id for c in better.columns] == [c.id for c in plan.columns]
    assert rows(engine, better) == rows(engine, plan), f"{show_rel(plan)}\n--\n{show_rel(better)}"
