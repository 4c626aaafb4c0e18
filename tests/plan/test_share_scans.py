"""Which scans are read once for several places: on small plans over one store."""

from __future__ import annotations

import re

import pytest

from sqlshim.backends.protocol import Pushdown
from sqlshim.functions import operators as op
from sqlshim.functions.keys import IN_KEYS
from sqlshim.functions.math import RANDOM
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Filter, Limit, Project, Rel, Scan, SetKind, SetOp
from sqlshim.ir.scalar import Scalar
from sqlshim.ir.show import show_rel
from sqlshim.plan.key_sets import pass_keys
from sqlshim.plan.share_scans import MOST_ROWS, share_scans
from sqlshim.plan.split import split
from sqlshim.types import DOUBLE, INTEGER, TEXT
from tests.fakes import FakeBackend
from tests.plan.build import (
    call,
    col,
    column,
    count,
    count_star,
    eq,
    group,
    gt,
    join,
    lit,
    project,
    scan,
)

LARGE = 100_000
KNOWN = frozenset({op.EQ, op.GT, op.OR, op.AND, IN_KEYS, RANDOM})


def lines(rows: int | None = LARGE) -> Scan:
    return scan("lines", rows=rows, order=INTEGER, supplier=INTEGER, price=DOUBLE)


def orders() -> Scan:
    return scan("orders", rows=1000, key=("id",), id=INTEGER, status=TEXT)


def planned(
    rel: Rel, pushdown: Pushdown = Pushdown.AUTO, *, knows: frozenset[Function] = KNOWN
) -> str:
    stores = {"": FakeBackend((Filter, Project), knows)}
    rel = pass_keys(split(rel, stores, pushdown), stores, pushdown, 0)
    return re.sub(r"#\d+", "", show_rel(share_scans(rel, stores, pushdown)))


def is_shared(rel: Rel, pushdown: Pushdown = Pushdown.AUTO) -> bool:
    return "Shared" in planned(rel, pushdown)


def total(rel: Rel) -> Rel:
    return group(rel, n=count_star())


def both(a: Rel, b: Rel) -> Rel:
    return join("inner", total(a), total(b))


def narrow(rel: Scan, *where: Scalar) -> Rel:
    """The orders of a filtered scan."""
    return project(Filter(rel, where) if where else rel, "order")


def test_columns_of_all_and_the_filter_of_each() -> None:
    a, b = lines(), lines()
    plan = both(narrow(a, eq(col(a, "supplier"), lit(1))), narrow(b, gt(col(b, "price"), lit(9.0))))
    assert planned(plan) == (
        "Join inner ON true\n"
        "  Aggregate COUNT(*) AS n\n"
        "    Project order\n"
        "      Filter (supplier = 1)\n"
        "        Shared 1 [order, supplier, price]\n"
        "          Remote\n"
        "            Filter ((price > 9.0) OR (supplier = 1))\n"
        "              Scan lines [order, supplier, price]\n"
        "  Aggregate COUNT(*) AS n\n"
        "    Project order\n"
        "      Filter (price > 9.0)\n"
        "        Shared 1 [order, supplier, price]"
    )


def test_the_weaker_filter_is_enough() -> None:
    a, b = lines(), lines()
    same = eq(col(a, "supplier"), lit(1)), eq(col(b, "supplier"), lit(1))
    plan = both(narrow(a, same[0]), narrow(b, same[1], gt(col(b, "price"), lit(9.0))))
    assert planned(plan) == (
        "Join inner ON true\n"
        "  Aggregate COUNT(*) AS n\n"
        "    Project order\n"
        "      Shared 1 [order, price]\n"
        "        Remote\n"
        "          Project order, price\n"
        "            Filter (supplier = 1)\n"
        "              Scan lines [order, supplier, price]\n"
        "  Aggregate COUNT(*) AS n\n"
        "    Project order\n"
        "      Filter (price > 9.0)\n"
        "        Shared 1 [order, price]"
    )


def test_keys_that_both_receive_are_passed_to_the_one_scan() -> None:
    o, a, b = orders(), lines(), lines()
    few = Filter(o, (eq(col(o, "status"), lit("F")),))
    others = join("semi", few, a, eq(col(a, "order"), col(o, "id")))
    late = Filter(b, (gt(col(b, "price"), lit(9.0)),))
    assert planned(total(join("anti", others, late, eq(col(b, "order"), col(o, "id"))))) == (
        "Aggregate COUNT(*) AS n\n"
        "  Join anti ON (order = id)\n"
        "    Join semi ON (order = id)\n"
        "      Remote\n"
        "        Project id\n"
        "          Filter (status = 'F')\n"
        "            Scan orders [id, status]\n"
        "      Project order\n"
        "        Shared 1 [order, price]\n"
        "          Remote  keys from id\n"
        "            Filter (order IN KEYS $2)\n"
        "              Scan lines [order, price]\n"
        "    Project order\n"
        "      Filter (price > 9.0)\n"
        "        Shared 1 [order, price]"
    )


def test_without_pushdown_whole_tables_are_read_once() -> None:
    a, b = lines(), lines()
    plan = both(narrow(a, eq(col(a, "supplier"), lit(1))), b)
    assert planned(plan, Pushdown.NEVER) == (
        "Join inner ON true\n"
        "  Aggregate COUNT(*) AS n\n"
        "    Project order\n"
        "      Filter (supplier = 1)\n"
        "        Project order, supplier\n"
        "          Shared 1 [order, supplier]\n"
        "            Remote\n"
        "              Scan lines [order, supplier]\n"
        "  Aggregate COUNT(*) AS n\n"
        "    Project order\n"
        "      Shared 1 [order, supplier]"
    )


def test_always_leaves_it_to_the_store() -> None:
    assert not is_shared(both(lines(), lines()), Pushdown.ALWAYS)


@pytest.mark.parametrize("rows", [None, MOST_ROWS + 1])
def test_rows_unknown_or_too_many_are_not_held(rows: int | None) -> None:
    assert not is_shared(both(lines(rows), lines(rows)))


def test_what_a_limit_may_leave_half_read_is_not_shared() -> None:
    a, b = lines(), lines()
    joined = join("inner", a, b, eq(col(a, "order"), col(b, "order")))
    assert is_shared(joined)
    assert not is_shared(Limit(joined, count(1), None))
    assert is_shared(total(Limit(both(a, b), count(1), None)))


def test_rows_on_their_way_to_the_cursor_are_not_held() -> None:
    a, b = lines(), lines()
    union = SetOp(SetKind.UNION_ALL, (narrow(a), narrow(b)), (column("order", INTEGER),))
    assert not is_shared(union)
    assert is_shared(total(union))


def test_a_condition_that_changes_each_time_stays_where_it_is() -> None:
    a, b = lines(), lines()
    drawn = Filter(a, (gt(call(RANDOM, gives=DOUBLE), lit(0.5)),))
    assert not is_shared(both(drawn, b))


def test_a_condition_that_the_store_does_not_take_is_not_made_up_for() -> None:
    a, b = lines(), lines()
    plan = both(narrow(a, eq(col(a, "supplier"), lit(1))), narrow(b, eq(col(b, "order"), lit(1))))
    assert "Shared" not in planned(plan, knows=KNOWN - {op.OR})
