"""Which expressions of a join become columns, so that they can be keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlshim.functions import conditional, math
from sqlshim.functions import operators as op
from sqlshim.functions.arrays import ARRAY_CAT, EQ_ANY, NE_ANY
from sqlshim.functions.text import UPPER
from sqlshim.ir.relational import Filter, Join, Project, Remote, Shared
from sqlshim.ir.scalar import Cast, InList, Param, Scalar
from sqlshim.ir.show import show_rel
from sqlshim.plan.join_keys import with_join_keys
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    SqlType,
    array,
    decimal,
)
from tests.plan.build import (
    add,
    call,
    col,
    column,
    eq,
    group,
    gt,
    join,
    lit,
    scalar_of,
    scan,
    sum_of,
)

T = Remote("t", scan("t", a=INTEGER, f=DOUBLE, nick=TEXT, many=array(INTEGER)))
U = Remote("u", scan("u", b=INTEGER, c=INTEGER, d=DOUBLE, word=TEXT))
A, F, NICK, MANY = (col(T, n) for n in ("a", "f", "nick", "many"))
B, C, D, WORD = (col(U, n) for n in ("b", "c", "d", "word"))
NEXT = add(A, lit(1))
MORE = call(ARRAY_CAT, MANY, MANY, gives=array(INTEGER))


def shown(*on: Scalar, kind: str = "inner") -> list[str]:
    plan = show_rel(with_join_keys(join(kind, T, U, *on)))
    return [line.strip() for line in plan.splitlines() if "Scan" not in line]


@pytest.mark.parametrize("kind", ["inner", "left", "semi", "full"])
def test_an_expression_becomes_a_column(kind: str) -> None:
    columns = "a, f, nick, many" + ("" if kind == "semi" else ", b, c, d, word")
    assert shown(eq(B, NEXT), gt(C, A), kind=kind) == [
        f"Project {columns}",
        f"Join {kind} ON (b = key) AND (c > a)",
        "Project a, f, nick, many, a + 1 AS key",
        "Remote t",
        "Remote u",
    ]


def test_on_either_side_and_both() -> None:
    assert shown(eq(add(B, C), A))[1:] == [
        "Join inner ON (key = a)",
        "Remote t",
        "Project b, c, d, word, b + c AS key",
        "Remote u",
    ]
    both = shown(eq(NEXT, B), eq(A, add(B, C)))
    assert [line.split(" AS ")[0] for line in both[2::2]] == [
        "Project a, f, nick, many, a + 1",
        "Project b, c, d, word, b + c",
    ]


def test_wider_integers_and_lists() -> None:
    assert shown(eq(Cast(B, BIGINT), Cast(NEXT, BIGINT)))[1].startswith("Join inner ON (CAST(b")
    assert "ARRAY_CAT" in shown(call(EQ_ANY, B, MORE))[2]


@pytest.mark.parametrize(
    ("kind", "passed"),
    [
        *((t, True) for t in (SMALLINT, BIGINT, TEXT, DATE, TIMESTAMP, TIMESTAMPTZ, UUID)),
        *((t, False) for t in (decimal(5, 1), REAL, BOOLEAN, TIME, BYTES)),
    ],
    ids=str,
)
def test_of_which_types_keys_are(kind: SqlType, passed: bool) -> None:
    left, right = Remote("t", scan("t", a=kind)), Remote("u", scan("u", b=kind))
    computed = call(conditional.NULLIF, col(left, "a"), col(left, "a"), gives=kind)
    plan = join("inner", left, right, eq(col(right, "b"), computed))
    assert (with_join_keys(plan) is not plan) is passed


@pytest.mark.parametrize(
    "term",
    [
        pytest.param(eq(A, B), id="columns"),
        pytest.param(eq(Cast(A, BIGINT), Cast(B, BIGINT)), id="columns of two widths"),
        pytest.param(eq(B, lit(1)), id="a literal"),
        pytest.param(eq(B, add(Param(0, INTEGER), lit(1))), id="no column"),
        pytest.param(eq(B, add(A, C)), id="columns of both sides"),
        pytest.param(eq(A, NEXT), id="columns of one side"),
        pytest.param(eq(column("outside", INTEGER), NEXT), id="a column of neither side"),
        pytest.param(InList(B, (NEXT, C)), id="no operator"),
        pytest.param(eq(add(B, C), NEXT), id="two expressions"),
        pytest.param(gt(B, NEXT), id="no equality"),
        pytest.param(eq(D, add(F, lit(1.0))), id="floats"),
        pytest.param(eq(Cast(WORD, JSON), Cast(NICK, JSON)), id="JSON"),
        pytest.param(
            eq(B, Cast(call(op.MUL, F, call(math.RANDOM, gives=DOUBLE), gives=DOUBLE), INTEGER)),
            id="volatile",
        ),
        pytest.param(eq(B, add(A, scalar_of(group(T, s=sum_of(A))))), id="a subquery"),
        pytest.param(call(NE_ANY, B, MORE), id="no equality with an element"),
        pytest.param(call(EQ_ANY, B, MANY), id="a list that is a column"),
        pytest.param(call(EQ_ANY, WORD, MORE), id="elements of another kind"),
    ],
)
def test_what_stays(term: Scalar) -> None:
    plan = join("inner", T, U, term)
    assert with_join_keys(plan) is plan


def test_below_other_nodes_but_not_inside_a_store() -> None:
    inner = join("inner", T, U, eq(B, NEXT))
    assert "AS key" in show_rel(with_join_keys(Filter(inner, (gt(A, lit(1)),))))
    kept = Remote("t", inner)
    assert with_join_keys(kept) is kept
    shared = Shared(1, inner, inner.columns)
    assert with_join_keys(shared) is shared
    assert isinstance(with_join_keys(inner), Project)


def test_a_lateral_join_has_no_keys_to_pass() -> None:
    lateral = replace(join("inner", T, U, eq(B, NEXT)), lateral=True)
    assert with_join_keys(lateral) is lateral


def test_a_new_column_has_a_number_of_its_own() -> None:
    found = with_join_keys(
        join("inner", T, U, eq(B, NEXT), eq(NICK, call(UPPER, WORD, gives=TEXT)))
    )
    assert isinstance(found, Project)
    assert isinstance(found.input, Join)
    numbers = [c.id for c in found.input.columns]
    assert len(set(numbers)) == len(numbers) == len(T.columns) + len(U.columns) + 2
