"""Conditions where only "true" counts."""

from __future__ import annotations

import pytest

from sqlshim.functions import math as maths
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Aggregate, Filter, Rel
from sqlshim.ir.scalar import Call, Case, Column, InList, Literal, Param, Scalar
from sqlshim.ir.show import show_rel, show_scalar
from sqlshim.plan.rules.simplify_predicates import simplify, simplify_all, simplify_predicates
from sqlshim.types import BOOLEAN, DOUBLE, INTEGER
from tests.plan.build import (
    and_,
    call,
    coalesce,
    col,
    column,
    eq,
    gt,
    in_,
    is_null,
    join,
    lit,
    lt,
    not_,
    or_,
    scan,
    sum_of,
)

A, B, C = (Column(n, name, INTEGER) for n, name in enumerate("abc"))
SURE = Column(9, "sure", INTEGER.with_null(False))
FLAG = Column(8, "flag", BOOLEAN)
CHANCE = call(maths.RANDOM, gives=DOUBLE)
LUCKY = lt(CHANCE, lit(0.5))


@pytest.mark.parametrize(
    ("expr", "result"),
    [
        pytest.param(lit(None, BOOLEAN), "FALSE", id="NULL counts as false"),
        pytest.param(and_(FLAG, lit(None, BOOLEAN)), "FALSE", id="nothing AND NULL is true"),
        pytest.param(eq(A, A), "a IS NOT NULL", id="x = x"),
        pytest.param(eq(SURE, SURE), "TRUE", id="x = x of what is never NULL"),
        pytest.param(lt(A, A), "FALSE", id="x < x"),
        pytest.param(eq(CHANCE, CHANCE), "RANDOM() = RANDOM()", id="not of volatile functions"),
        pytest.param(call(op.IS_TRUE, FLAG), "flag", id="IS TRUE is no question here"),
        pytest.param(coalesce(FLAG, lit(False)), "flag", id="COALESCE to FALSE neither"),
        pytest.param(in_(A, 1, None, 1, 2), "a IN (1, 2)", id="a NULL in a list finds nothing"),
        pytest.param(in_(A, 1, None), "a = 1", id="a list of one"),
        pytest.param(or_(eq(A, lit(1)), eq(A, lit(2))), "a IN (1, 2)", id="OR becomes IN"),
        pytest.param(
            or_(eq(A, lit(1)), gt(B, lit(0)), in_(A, 1, 3)),
            "(a IN (1, 3)) OR (b > 0)",
            id="lists are joined",
        ),
        pytest.param(
            or_(eq(A, Param(0, INTEGER)), eq(A, lit(2))), "a IN ($1, 2)", id="parameters too"
        ),
        pytest.param(
            or_(and_(eq(A, B), eq(C, lit(1))), and_(eq(A, B), gt(C, lit(5)))),
            "(a = b) AND ((c = 1) OR (c > 5))",
            id="what all arms share comes out",
        ),
        pytest.param(
            or_(eq(A, B), and_(eq(A, B), gt(C, lit(5)))), "a = b", id="one arm is all they share"
        ),
        pytest.param(
            or_(and_(LUCKY, eq(A, B)), and_(LUCKY, eq(B, C))),
            "((RANDOM() < 0.5) AND (a = b)) OR ((RANDOM() < 0.5) AND (b = c))",
            id="nothing volatile is shared",
        ),
        pytest.param(not_(in_(A, 1, None)), "NOT (a IN (1, NULL))", id="NOT IN keeps its NULL"),
    ],
)
def test_conditions(expr: Scalar, result: str) -> None:
    assert show_scalar(simplify(expr)) == result


def test_a_filter_that_is_never_true_has_no_rows() -> None:
    t = scan("t", a=INTEGER)
    assert show_rel(simplify_predicates(Filter(t, (lit(None, BOOLEAN),)))) == "Values 0 row(s) [a]"


def test_a_filter_that_is_always_true_goes() -> None:
    t = scan("t", a=INTEGER)
    assert simplify_predicates(Filter(t, (lit(True),))) is t


def test_conjunctions_become_flat_without_repetitions() -> None:
    t = scan("t", a=INTEGER)
    one, two = gt(col(t, "a"), lit(1)), lt(col(t, "a"), lit(9))
    assert simplify_predicates(Filter(t, (and_(one, two), one))) == Filter(t, (one, two))


def test_a_left_join_that_never_matches_stays() -> None:
    t, u = scan("t", a=INTEGER), scan("u", b=INTEGER)
    plan = join("left", t, u, is_null(col(u, "b")), lit(None, BOOLEAN))
    assert show_rel(simplify_predicates(plan)).splitlines()[0] == "Join left ON FALSE"


def test_the_filter_of_an_aggregate_that_is_always_true_goes() -> None:
    t = scan("t", a=INTEGER)
    plan = Aggregate(t, (), ((column("s", INTEGER), sum_of(col(t, "a"), where=lit(True))),))
    assert show_rel(simplify_predicates(plan)).splitlines()[0] == "Aggregate SUM(a) AS s"


def test_the_condition_of_a_case_is_simplified_but_not_its_value() -> None:
    t = scan("t", f=BOOLEAN)
    unsure = and_(col(t, "f"), lit(None, BOOLEAN))
    plan: Rel = Filter(t, (Case(((unsure, unsure),), col(t, "f"), BOOLEAN),))
    assert show_rel(simplify_predicates(plan)).splitlines()[0] == (
        "Filter CASE WHEN FALSE THEN f AND NULL ELSE f END"
    )


def test_nothing_to_do_is_told_by_identity() -> None:
    t = scan("t", a=INTEGER)
    plan = Filter(t, (InList(col(t, "a"), (lit(1), lit(2))), or_(is_null(col(t, "a")), FLAG)))
    assert simplify_predicates(plan) is plan


def test_very_many_inequalities_are_a_list() -> None:
    many = tuple(Call(op.NE, (A, lit(i)), BOOLEAN) for i in range(60))
    (term,) = simplify_all(many)
    assert isinstance(term, Call)
    assert term.fn is op.NOT
    assert isinstance(term.args[0], InList)
    assert [e.value for e in term.args[0].items if isinstance(e, Literal)] == list(range(60))
    assert simplify_all((term,)) == (term,)
    assert len(simplify_all(many[:20])) == 20
