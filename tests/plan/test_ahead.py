"""Which Remotes are begun at once: on small split plans by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlshim.ir.relational import (
    LOCAL,
    Filter,
    KeySet,
    Limit,
    Rel,
    Remote,
    SetKind,
    SetOp,
    Sort,
)
from sqlshim.ir.scalar import Param
from sqlshim.plan.ahead import MOST, read_at_once
from sqlshim.types import INTEGER
from tests.fakes import FakeBackend
from tests.plan.build import by, col, count, count_star, eq, exists, group, join, scan

FAR = FakeBackend((), alias="far")
NEAR = FakeBackend((), alias="near")
NEAR.is_waited_for = False


def remote(store: str = "far") -> Remote:
    return Remote(store, scan("t", store=store, a=INTEGER))


def at_once(rel: Rel) -> list[Remote]:
    return list(read_at_once(rel, {"far": FAR, "near": NEAR}))


A, B, C = remote(), remote(), remote()
BOTH = join("inner", A, B, eq(col(A, "a"), col(B, "a")))


def test_both_sides_of_a_join_are() -> None:
    assert at_once(BOTH) == [A, B]


def test_one_alone_gains_nothing() -> None:
    assert at_once(group(A, n=count_star())) == []
    near = remote("near")
    assert at_once(join("inner", A, near, eq(col(A, "a"), col(near, "a")))) == []


def test_one_that_waits_for_keys_is_begun_when_it_has_them() -> None:
    waits = replace(B, keys=(KeySet(Param(0, INTEGER), A.columns[0], 10, 0.1),))
    joined = join("inner", join("inner", A, waits, eq(col(A, "a"), col(B, "a"))), C)
    assert at_once(joined) == [A, C]


def test_what_the_local_engine_reads_before_the_rest_is_looked_into() -> None:
    first = Remote(LOCAL, group(A, "a"))
    assert at_once(join("inner", first, B, eq(first.columns[0], col(B, "a")))) == [A, B]


@pytest.mark.parametrize(
    "rel",
    [
        Limit(BOTH, count(1), None),
        Limit(SetOp(SetKind.UNION_ALL, (A, B), A.columns), count(1), None),
        Filter(A, (exists(B),)),
    ],
    ids=["a LIMIT over a join", "a LIMIT over UNION ALL", "EXISTS"],
)
def test_what_may_be_left_unread_is_not(rel: Rel) -> None:
    assert at_once(rel) == []


def test_a_limit_over_a_sort_reads_all() -> None:
    assert at_once(Limit(Sort(BOTH, (by(col(A, "a")),)), count(1), None)) == [A, B]


def test_not_more_than_a_few() -> None:
    many = [remote() for _ in range(MOST + 5)]
    union = SetOp(SetKind.UNION_ALL, tuple(many), many[0].columns)
    assert at_once(group(union, n=count_star())) == many[:MOST]
