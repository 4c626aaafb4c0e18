"""What is too big for the server stays local; what it must never see is never written."""

from __future__ import annotations

from pathlib import Path

import pytest

import sqlshim
from sqlshim.backends.mongo.accept import accept
from sqlshim.backends.mongo.stages import limits
from sqlshim.backends.protocol import Pushdown
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Rel
from tests.backends.mongo.build import pipeline, rel, scalar

ROOT = Path(sqlshim.__file__).parent.parent
COMPILED = sorted((ROOT / "tests" / "golden").glob("*.golden"))
SOURCES = sorted((ROOT / "sqlshim" / "backends" / "mongo").rglob("*.py"))


@pytest.mark.parametrize("word", ["$where", "$function", "$accumulator", "mapReduce"])
def test_no_script_is_ever_sent(word: str) -> None:
    assert [f.name for f in (*COMPILED, *SOURCES) if word in f.read_text(encoding="utf-8")] == []


def test_a_union_of_many_is_chained_in_parts() -> None:
    arms = " UNION ALL ".join(["SELECT n FROM docs"] * 1200)
    stages = pipeline(arms)
    assert len(stages) < limits.MOST_STAGES
    assert limits.excess(rel(arms)) == ""


def test_pipelines_nested_too_deep_stay_local() -> None:
    joins = "".join(f" LEFT JOIN (docs d{i}" for i in range(1, 23))
    ends = "".join(f") ON d{i}.n = d{i - 1}.n" for i in range(22, 0, -1))
    nested = rel(f"SELECT COUNT(*) FROM docs d0{joins}{ends}")
    assert limits.excess(nested) == "MongoDB takes at most 20 pipelines in one another"
    assert accept(nested, Pushdown.ALWAYS).taken is None


@pytest.mark.parametrize(("levels", "why"), [(12, ""), (13, "it is nested more than 12 deep")])
def test_an_expression_nested_too_deep_stays_local(levels: int, why: str) -> None:
    assert limits.too_deep(scalar("-(" * levels + "n" + ")" * levels)) == why


def test_a_pattern_too_long_for_the_server_stays_local() -> None:
    node = rel(f"SELECT n FROM docs WHERE s LIKE '{'%a' * limits.LONGEST_PATTERN}'")
    assert "pattern" in accept(_filter_of(node), Pushdown.ALWAYS).why


def _filter_of(node: Rel) -> Filter:
    return next(r for r in walk.every_rel(node) if isinstance(r, Filter))
