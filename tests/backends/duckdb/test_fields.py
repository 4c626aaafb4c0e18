"""Keys of documents that DuckDB's structs cannot have: other names inside, the same values."""

from __future__ import annotations

import pytest

from sqlshim.backends.arrow import batch_of, rows_of
from sqlshim.backends.duckdb.fields import Labels, field_names
from sqlshim.ir.scalar import Column
from sqlshim.types import BIGINT, INTEGER, TEXT, array, struct


@pytest.mark.parametrize(
    ("names", "inside"),
    [
        (("a", "b.c", "$d"), ("a", "b.c", "$d")),
        (("",), ("key_",)),
        (("", "key_"), ("key__", "key_")),
        (("a", "A"), ("a", "A_")),
        (("a", "A", "A_"), ("a", "A__", "A_")),
    ],
)
def test_no_name_inside_is_empty_or_like_another(
    names: tuple[str, ...], inside: tuple[str, ...]
) -> None:
    assert field_names(struct(tuple((name, INTEGER) for name in names))) == inside


def test_the_labels_of_a_batch_change_and_no_value() -> None:
    odd = struct((("", BIGINT), ("n", TEXT), ("N", array(struct((("", BIGINT),))))))
    columns = (Column(1, "a", odd), Column(2, "b", TEXT))
    rows = [({"": 1, "n": "x", "N": [{"": 5}, None]}, "y"), (None, None)]
    labels = Labels(columns)
    inner = labels.into_engine(batch_of(columns, rows))
    assert inner.schema.field("c1").type.field(0).name == "key_"
    assert rows_of(columns, labels.out_of_engine(inner)) == rows


def test_ordinary_names_cost_nothing() -> None:
    columns = (Column(1, "a", struct((("x", BIGINT),))),)
    batch = batch_of(columns, [({"x": 1},)])
    assert Labels(columns).into_engine(batch) is batch
