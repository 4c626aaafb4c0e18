"""When the range of an index is left out because a scan is cheaper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sqlshim.backends.cassandra.accept import accept
from sqlshim.backends.cassandra.paths.bounds import Op, Term
from sqlshim.backends.cassandra.paths.selectivity import (
    MOST,
    MOST_BESIDE_FILTERS,
    PLACES,
    ROWS_A_PLACE,
    Samples,
    filtered_share,
    rather_scan,
)
from sqlshim.backends.estimate import selectivity
from sqlshim.backends.protocol import Pushdown
from sqlshim.catalog.model import Table
from sqlshim.errors import OperationalError
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.ir.relational import Filter, Join, JoinKind, Limit, Rel
from sqlshim.ir.scalar import Call, Literal, Param, Scalar
from sqlshim.types import BIGINT, BOOLEAN, INTEGER
from tests.backends.cassandra.trees import (
    INDEXED,
    col,
    either,
    eq,
    gt,
    is_null,
    isin,
    lit,
    lt,
    scan,
)
from tests.fakes import FakeSession

BIG_V = gt("v", 5)
BIG_W = gt("w", 1.5)
NAME, TAG = eq("name", "x"), Call(EQ_ANY, (lit("name", "x"), col("tags")), BOOLEAN)
SMALL_V, NOTHING = lt("v", 50), is_null("w")
CODE, LISTED = eq("v", 1), isin("v", 1, 2)
EITHER, HALF = either(BIG_V, lt("v", 0)), either(BIG_V, eq("name", "x"))
WHOLE_KEY = (eq("a", 1), eq("b", "x"))


def split(*where: Scalar, share: float | None) -> tuple[tuple[Scalar, ...], tuple[Scalar, ...]]:
    """What goes to the server, and what stays local."""
    rel = Filter(scan(of=INDEXED), where)
    answer = rather_scan(
        rel,
        accept(rel, Pushdown.AUTO),
        lambda table, terms: share if table == INDEXED and terms else None,
    )
    return answer.taken.where if isinstance(answer.taken, Filter) else (), answer.left


@pytest.mark.parametrize(
    ("where", "share", "sent"),
    [
        pytest.param((BIG_V,), 0.1, (BIG_V,), id="an index that finds little is used"),
        pytest.param((BIG_V,), MOST, (BIG_V,), id="as much as pays"),
        pytest.param((BIG_V, BIG_W), MOST_BESIDE_FILTERS, (BIG_V, BIG_W), id="beside a filter"),
        pytest.param((BIG_V, SMALL_V), 0.9, (), id="both ends of a range"),
        pytest.param((EITHER,), 0.3, (), id="both indexes of a union find much together"),
        pytest.param((EITHER,), 0.2, (EITHER,), id="as much as pays together"),
        pytest.param((BIG_V, NAME), 0.9, (BIG_V, NAME), id="beside an equality by index"),
        pytest.param((EITHER, BIG_W), 0.3, (BIG_W,), id="a union beside a filter"),
        pytest.param((NOTHING,), 0.9, (), id="what CQL cannot say"),
        pytest.param((HALF,), 0.4, (HALF,), id="an equality of a union is not judged"),
        pytest.param((LISTED,), 0.9, (LISTED,), id="nor is a list"),
        pytest.param((BIG_V,), 0.9, (), id="one that finds much is not"),
        pytest.param((BIG_V,), None, (BIG_V,), id="nothing known"),
        pytest.param((BIG_V, BIG_W), 0.3, (BIG_W,), id="a scan filters by the other condition"),
        pytest.param((BIG_V, BIG_W), 0.1, (BIG_V, BIG_W), id="little, and another condition"),
        pytest.param((CODE,), 0.9, (CODE,), id="an equality is not judged"),
        pytest.param((*WHOLE_KEY, BIG_V), 0.9, (*WHOLE_KEY, BIG_V), id="a partition is not a scan"),
    ],
)
def test_the_share_decides(
    where: tuple[Scalar, ...], share: float | None, sent: tuple[Scalar, ...]
) -> None:
    left = tuple(term for term in where if term not in sent)
    assert split(*where, share=share) == (sent, left)


def test_the_share_of_a_filter_is_the_product_of_its_columns() -> None:
    rel = Filter(scan(of=INDEXED), (BIG_V, BIG_W))
    assert filtered_share(rel, lambda table, terms: 0.5) == 0.25
    assert filtered_share(rel, lambda table, terms: None) is None
    left_out = Filter(scan(of=INDEXED), (BIG_V, is_null("w")))
    assert filtered_share(left_out, lambda table, terms: 0.5) == pytest.approx(0.025)
    tagged = Filter(scan(of=INDEXED), (BIG_V, TAG))
    assert filtered_share(tagged, lambda table, terms: 0.5) == 0.5 * selectivity(TAG)


def test_the_share_of_a_column_is_that_of_all_its_conditions() -> None:
    asked: list[list[Op]] = []

    def share(table: Table, terms: Sequence[Term]) -> float:
        asked.append([term.op for term in terms])
        return 0.5

    rel = Filter(scan(of=INDEXED), (BIG_V, SMALL_V, BIG_W))
    assert filtered_share(rel, share) == 0.25
    assert asked == [[Op.GT, Op.LT], [Op.GT]]


@pytest.mark.parametrize(
    "rel",
    [
        pytest.param(Limit(scan(of=INDEXED), Literal(5, BIGINT), None), id="some rows"),
        pytest.param(Join(JoinKind.INNER, scan(of=INDEXED), scan(), ()), id="joined rows"),
        pytest.param(Filter(scan(of=INDEXED), (CODE,)), id="rows that are filtered"),
    ],
)
def test_the_share_of_other_rows_is_not_known(rel: Rel) -> None:
    assert filtered_share(Filter(rel, (BIG_V,)), lambda table, terms: 0.5) is None


def test_why_an_index_is_not_used() -> None:
    rel = Filter(scan(of=INDEXED), (BIG_V,))
    answer = rather_scan(rel, accept(rel, Pushdown.AUTO), lambda table, terms: 0.9)
    assert (answer.taken, answer.left) == (None, (BIG_V,))
    assert answer.why == "the index would find 90% of the rows"


def test_what_stayed_local_before_stays_local() -> None:
    rel = Filter(scan(of=INDEXED), (BIG_V, BIG_W, NOTHING))
    before = accept(rel, Pushdown.AUTO)
    answer = rather_scan(rel, before, lambda table, terms: 0.9)
    assert answer.taken == Filter(scan(of=INDEXED), (BIG_W,))
    assert set(answer.left) == {BIG_V, NOTHING}
    assert answer.why == f"{before.why}; the index would find 90% of the rows"


# --- samples -------------------------------------------------------------------------------


LARGE = replace(INDEXED, row_count=1_000)
TEN = [(n,) for n in range(10)]


def compared(column: str, op: Op, *values: object) -> Term:
    return Term(column, op, tuple(lit(column, v) for v in values))


def of(*terms: Term, table: Table = LARGE, rows: Sequence[Any] = TEN) -> float | None:
    return Samples(FakeSession(rows)).share(table, terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("terms", "share"),
    [
        pytest.param([compared("v", Op.LT, 3)], 0.3, id="below"),
        pytest.param([compared("v", Op.LE, 3)], 0.4, id="up to"),
        pytest.param([compared("v", Op.GT, 3)], 0.6, id="above"),
        pytest.param([compared("v", Op.GE, 3)], 0.7, id="from"),
        pytest.param([compared("v", Op.EQ, 3)], 0.1, id="equal"),
        pytest.param([compared("v", Op.IN, 3, 4, 99)], 0.2, id="in a list"),
        pytest.param([compared("v", Op.GT, 3), compared("v", Op.LT, 6)], 0.2, id="between"),
        pytest.param([compared("v", Op.GT, 100)], 0.0125, id="none of the sample is not none"),
        pytest.param([compared("v", Op.GT, 3), compared("c", Op.LT, 2)], 0.2, id="the smaller"),
    ],
)
def test_the_share_of_a_sample(terms: list[Term], share: float) -> None:
    assert of(*terms) == pytest.approx(share)


def test_what_is_null_satisfies_nothing() -> None:
    assert of(compared("v", Op.LT, 3), rows=[(None,), (1,)]) == 0.5


def test_a_bound_that_no_value_meets() -> None:
    assert of(compared("v", Op.GT, None)) == 0.0125


def test_timestamps_are_compared_as_milliseconds() -> None:
    second = compared("at", Op.GE, dt.datetime(1970, 1, 1, 0, 0, 1))
    assert of(second, rows=[(n * 100,) for n in range(20)]) == 0.5


def test_dates_are_compared_as_dates() -> None:
    """A session gives days since 1970, the first as the least integer."""
    january = compared("day", Op.GE, dt.date(1970, 1, 11))
    assert of(january, rows=[(n - 2**31,) for n in range(20)]) == 0.5


def test_a_sample_of_nothing_satisfies_half_a_row() -> None:
    assert of(compared("v", Op.GT, 1), rows=[]) == 0.5


PARAMETER = Term("v", Op.GT, (Param(0, INTEGER),))
OF_TIME = replace(compared("v", Op.GT, 1), of_time=True)


@pytest.mark.parametrize(
    "share",
    [
        pytest.param(lambda: of(), id="no conditions"),
        pytest.param(lambda: of(PARAMETER), id="a parameter"),
        pytest.param(lambda: of(compared("v", Op.GT, 1), PARAMETER), id="a parameter beside"),
        pytest.param(lambda: of(OF_TIME), id="the time of a timeuuid"),
        pytest.param(
            lambda: of(compared("v", Op.GT, 1), table=replace(LARGE, row_count=999)),
            id="a small table",
        ),
        pytest.param(
            lambda: of(compared("v", Op.GT, 1), table=replace(LARGE, row_count=None)),
            id="a table of unknown size",
        ),
        pytest.param(
            lambda: of(compared("v", Op.GT, 1), rows=[("x",)]), id="values that do not compare"
        ),
        pytest.param(
            lambda: of(compared("v", Op.GT, 1), rows=[OperationalError("away")]),
            id="a server that does not answer",
        ),
    ],
)
def test_a_share_that_cannot_be_told(share: Any) -> None:
    assert share() is None


def test_a_column_is_read_once_in_a_while() -> None:
    session = FakeSession(TEN)
    samples = Samples(session)  # type: ignore[arg-type]
    for term in (compared("v", Op.GT, 3), compared("v", Op.LT, 3), compared("c", Op.LT, 3)):
        assert samples.share(LARGE, [term]) is not None
    for other in (replace(LARGE, name="others"), replace(LARGE, schema="elsewhere")):
        assert samples.share(other, [compared("v", Op.GT, 3)]) is not None
    text = 'SELECT "{}" FROM "{}"."{}" WHERE TOKEN("a", "b") > ? LIMIT {}'.format
    assert [asked for asked, _ in session.asked[::PLACES]] == [
        text("v", "ks", "readings", ROWS_A_PLACE),
        text("c", "ks", "readings", ROWS_A_PLACE),
        text("v", "ks", "others", ROWS_A_PLACE),
        text("v", "elsewhere", "readings", ROWS_A_PLACE),
    ]
    assert [place for _, (place,) in session.asked[:PLACES]] == [-(2**63), -(2**62), 0, 2**62]
    assert len(session.asked) == 4 * PLACES
