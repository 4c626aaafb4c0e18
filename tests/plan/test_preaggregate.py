"""Groups made below a join: when they are, and what must stop it. That the rows are the same is
tested on random plans (`test_equivalence`)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sqlshim.catalog.model import Index
from sqlshim.functions import aggregates
from sqlshim.ir.relational import Filter, Rel, Scan
from sqlshim.ir.scalar import AggregateCall
from sqlshim.ir.show import show_rel
from sqlshim.plan.preaggregate import preaggregate
from sqlshim.types import BIGINT, DOUBLE, INTEGER
from tests.plan.build import col, count_star, eq, group, gt, in_, join, lit, scan, sum_of

SURE = INTEGER.with_null(False)
PEOPLE = scan("people", rows=100, key=("id",), id=SURE, city=INTEGER)
VISITS = scan("visits", rows=1000, of=INTEGER, day=INTEGER, paid=DOUBLE, n=BIGINT)
ID, OF, DAY = col(PEOPLE, "id"), col(VISITS, "of"), col(VISITS, "day")


def counted(name: str) -> AggregateCall:
    return AggregateCall(aggregates.COUNT, (col(VISITS, name),), BIGINT.with_null(False))


def test_counts_of_a_key_are_made_below_the_join() -> None:
    plan = group(join("left", PEOPLE, VISITS, eq(ID, OF)), "id", days=counted("day"))
    assert re.sub(r"#\d+", "", show_rel(preaggregate(plan))) == (
        "Project id, COALESCE(days, 0) AS days\n"
        "  Aggregate SUM(days) AS days BY id\n"
        "    Join left ON (id = of)\n"
        "      Scan people [id, city]\n"
        "      Aggregate COUNT(day) AS days BY of\n"
        "        Filter (day IS NOT NULL)\n"
        "          Scan visits [of, day, paid, n]"
    )


def test_an_inner_join_keeps_all_of_its_keys() -> None:
    plan = group(join("inner", PEOPLE, VISITS, eq(ID, OF)), "id", days=counted("day"))
    assert "IS NOT NULL" not in show_rel(preaggregate(plan))


def test_keys_of_the_right_side_that_only_meet_nulls_stay_keys() -> None:
    plan = group(join("left", PEOPLE, VISITS, eq(ID, OF)), "of", days=counted("day"))
    moved = show_rel(preaggregate(plan))
    assert "Aggregate COUNT" in moved
    assert "IS NOT NULL" not in moved


def few() -> Rel:
    return Filter(PEOPLE, (in_(ID, 3),))


def table(rows: int | None, unique: bool = True) -> Scan:
    return scan("people", rows=rows, key=("id",) if unique else (), id=SURE, city=INTEGER)


STAYS: dict[str, Rel] = {
    "COUNT(*) counts a row without a match": group(
        join("left", PEOPLE, VISITS, eq(ID, OF)), "id", n=count_star()
    ),
    "a sum of doubles depends on the order": group(
        join("left", PEOPLE, VISITS, eq(ID, OF)), "id", n=sum_of(col(VISITS, "paid"))
    ),
    "a sum of what joins nothing may overflow": group(
        join("left", PEOPLE, VISITS, eq(ID, OF)), "id", n=sum_of(col(VISITS, "n"))
    ),
    "a group by the right side's columns": group(
        join("left", PEOPLE, VISITS, eq(ID, OF)), "day", n=counted("day")
    ),
    "a FILTER": group(
        join("inner", PEOPLE, VISITS, eq(ID, OF)), "id", n=sum_of(DAY, where=gt(ID, lit(1)))
    ),
    "a condition that is no equality": group(
        join("left", PEOPLE, VISITS, eq(ID, OF), gt(DAY, ID)), "id", n=counted("day")
    ),
    "an argument of the left side": group(
        join("inner", PEOPLE, VISITS, eq(ID, OF)), "id", n=sum_of(col(PEOPLE, "city"))
    ),
    "few keys are wanted": group(join("inner", few(), VISITS, eq(ID, OF)), "id", n=counted("day")),
    "a right join": group(join("right", PEOPLE, VISITS, eq(ID, OF)), "id", n=counted("day")),
}


@pytest.mark.parametrize("plan", STAYS.values(), ids=STAYS)
def test_the_aggregate_stays_above(plan: Rel) -> None:
    assert preaggregate(plan) is plan


@pytest.mark.parametrize(
    "people",
    [table(600), table(None), table(100, unique=False)],
    ids=["few rows a key", "nobody knows how many", "the left side repeats keys"],
)
def test_it_does_not_pay(people: Scan) -> None:
    plan = group(join("left", people, VISITS, eq(col(people, "id"), OF)), "id", n=counted("day"))
    assert preaggregate(plan) is plan


def test_a_unique_index_is_as_good_as_a_key() -> None:
    by_id = Index("by_id", (("id", False),), unique=True)
    people = table(100, unique=False)
    people = replace(people, table=replace(people.table, indexes=(by_id,)))
    plan = group(join("left", people, VISITS, eq(col(people, "id"), OF)), "id", n=counted("day"))
    assert preaggregate(plan) is not plan
