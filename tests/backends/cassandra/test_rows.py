"""Slices over several clustering columns: what is seen as one, and the comparison sent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.paths.bounds import Bound, KeyPart, Op, Term
from sqlshim.backends.cassandra.paths.restrict import Path, restrict
from sqlshim.backends.cassandra.paths.rows import as_slice, decide_slice
from sqlshim.catalog.model import TableColumn
from sqlshim.functions import datetime
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Column, Literal, Param, Scalar
from tests.backends.cassandra.trees import COLUMNS, READINGS, either, eq, ge, gt, lt, ne

KEY = [eq("a", 1), eq("b", "x")]


def both(*args: Scalar) -> Call:
    return Call(op.AND, args, t.BOOLEAN)


AFTER = either(gt("c", 1), both(eq("c", 1), gt("d", "m")))
BEFORE = either(lt("c", 5), both(eq("c", 5), lt("d", "n")))


def test_a_row_comparison_is_one_slice() -> None:
    deep = either(gt("v", 1), both(eq("v", 1), either(gt("c", 2), both(eq("c", 2), ge("d", "m")))))
    found = as_slice(deep, COLUMNS)
    assert found is not None
    assert (found.columns, found.op) == (("v", "c", "d"), Op.GE)
    assert [v.value for v in found.values if isinstance(v, Literal)] == [1, 2, "m"]


@pytest.mark.parametrize(
    "condition",
    [
        gt("c", 1),
        either(gt("c", 1), both(eq("c", 2), gt("d", "m"))),
        either(gt("c", 1), both(eq("c", 1), lt("d", "m"))),
        either(ge("c", 1), both(eq("c", 1), gt("d", "m"))),
        either(gt("c", 1), both(eq("c", 1), gt("d", "m"), eq("v", 1))),
        either(gt("c", 1), both(eq("c", 1), gt("c", 1))),
        either(gt("w", 0.5), both(eq("w", 0.5), gt("d", "m"))),
        either(gt("c", 1), gt("d", "m")),
        either(gt("c", 1), both(eq("c", 1), eq("d", "m"))),
        either(eq("c", 1), both(eq("c", 1), gt("d", "m"))),
        either(gt("c", 1), both(eq("c", 1), ne("d", "m"))),
        either(gt("v", 1), both(eq("v", 1), either(lt("c", 2), both(eq("c", 2), gt("d", "m"))))),
        either(lt("v", 1), both(eq("v", 1), either(gt("c", 2), both(eq("c", 2), gt("d", "m"))))),
    ],
)
def test_what_is_none(condition: Scalar) -> None:
    assert as_slice(condition, COLUMNS) is None


def test_the_time_of_a_timeuuid_is_no_part_of_a_slice() -> None:
    """It would be compared as a timeuuid."""
    columns = COLUMNS | {90: TableColumn("made", t.UUID, "timeuuid")}
    time = Call(datetime.TOTIMESTAMP, (Column(90, "made", t.UUID),), t.TIMESTAMPTZ)
    later = Call(op.GT, (time, Param(0, t.TIMESTAMPTZ)), t.BOOLEAN)
    assert as_slice(either(gt("c", 1), both(eq("c", 1), later)), columns) is None


def test_slices_follow_the_clustering_columns() -> None:
    found = restrict([*KEY, AFTER], COLUMNS, READINGS)
    assert (found.path, found.left, found.filtering) == (Path.SLICE, (), False)
    found = restrict([*KEY, AFTER, BEFORE], COLUMNS, READINGS)
    assert [term.columns for term in found.terms[2:]] == [("c", "d"), ("c", "d")]
    found = restrict([*KEY, AFTER, lt("c", 9)], COLUMNS, READINGS)
    assert [term.columns for term in found.terms[2:]] == [("c",), ("c", "d")]


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ([AFTER], Path.RING),
        ([*KEY, either(gt("d", "m"), both(eq("d", "m"), gt("c", 1)))], Path.PARTITION),
        ([*KEY, AFTER, eq("c", 3)], Path.SLICE),
        ([*KEY, AFTER, lt("d", "z")], Path.PARTITION),
        ([*KEY, either(gt("c", 1), both(eq("c", 1), gt("v", 2)))], Path.PARTITION),
    ],
    ids=[
        "no partition",
        "another order",
        "a column with =",
        "a column with a range",
        "a column that is not the next",
    ],
)
def test_where_they_do_not(where: Sequence[Scalar], path: Path) -> None:
    found = restrict(where, COLUMNS, READINGS)
    assert found.path is path
    assert len(found.left) == 1


MAX = 2**31 - 1


@pytest.mark.parametrize(
    ("how", "values", "bound"),
    [
        (Op.GT, (1, 2), Bound(Op.GT, (1, 2))),
        (Op.LE, (1, 2), Bound(Op.LE, (1, 2))),
        (Op.GE, (1, None), Bound(Op.GT, (1,))),
        (Op.LE, (1, None), Bound(Op.LT, (1,))),
        (Op.GT, (None, 2), None),
        (Op.GE, (Decimal("1.5"), 2), Bound(Op.GT, (1,))),
        (Op.LT, (Decimal("1.5"), 2), Bound(Op.LE, (1,))),
        (Op.GT, (1, Decimal("1.5")), Bound(Op.GT, (1, 1))),
        (Op.GT, (10**12, 2), Bound(Op.GT, (MAX,))),
        (Op.LT, (10**12, 2), Bound(Op.LE, (MAX,))),
        (Op.GT, (-(10**12), 2), Bound(Op.GE, (-MAX - 1,))),
        (Op.LT, (-(10**12), 2), None),
        (Op.LT, (1, -(10**12)), Bound(Op.LT, (1,))),
        (Op.GT, (1, -(10**12)), Bound(Op.GE, (1, -MAX - 1))),
    ],
)
def test_values_beyond_the_columns(how: Op, values: Sequence[object], bound: Bound | None) -> None:
    literals = tuple(Literal(v, t.BIGINT) for v in values)
    term = Term("c", how, literals, beside=("small",))
    assert decide_slice(term, ["int", "int"], (), KeyPart()) == bound
