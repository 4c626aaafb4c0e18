"""When the range of an index is left out because a scan is cheaper."""

from __future__ import annotations

import pytest

from sqlshim.backends.cassandra.accept import accept
from sqlshim.backends.cassandra.paths.selectivity import filtered_share, rather_scan
from sqlshim.backends.protocol import Pushdown
from sqlshim.ir.relational import Filter
from sqlshim.ir.scalar import Scalar
from tests.backends.cassandra.trees import INDEXED, eq, gt, scan

BIG_V = gt("v", 5)
BIG_W = gt("w", 1.5)
CODE = eq("v", 1)
WHOLE_KEY = (eq("a", 1), eq("b", "x"))


def split(*where: Scalar, share: float | None) -> tuple[tuple[Scalar, ...], tuple[Scalar, ...]]:
    """What goes to the server, and what stays local."""
    rel = Filter(scan(of=INDEXED), where)
    answer = rather_scan(rel, accept(rel, Pushdown.AUTO), lambda table, terms: share)
    return answer.taken.where if isinstance(answer.taken, Filter) else (), answer.left


@pytest.mark.parametrize(
    ("where", "share", "sent"),
    [
        pytest.param((BIG_V,), 0.1, (BIG_V,), id="an index that finds little is used"),
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
