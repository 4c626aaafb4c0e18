"""Which index finds the documents of a key set: `other` has a million documents and an index on
`key`, whose values repeat ten times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sqlshim.backends.mongo.key_hints import NATURAL, Hint, KeyIndex, KeyIndexes
from sqlshim.backends.mongo.native import MongoQuery, compile_native
from sqlshim.catalog.model import Index
from sqlshim.ir import walk
from sqlshim.ir.keys import key_test
from sqlshim.ir.relational import Filter, Rel, Scan
from sqlshim.ir.scalar import Param
from sqlshim.types import INTEGER, array
from tests.backends.mongo.build import rel

KEYS = Param(0, array(INTEGER))


def keyed(sql: str, field: str = "key", *indexes: Index) -> MongoQuery:
    """A query over `other` that takes keys of `field`; what its other conditions keep is a
    tenth."""

    def with_keys(r: Rel) -> Rel:
        if not isinstance(r, Filter) or not isinstance(r.input, Scan):
            return r
        scan = r.input
        table = replace(scan.table, indexes=(*scan.table.indexes, *indexes))
        column = next(c for c in scan.columns if c.name == field)
        return Filter(replace(scan, table=table), (*r.where, key_test(column, KEYS)))

    found = walk.transform(rel(sql), with_keys)
    return compile_native(found, lambda condition: 0.1, repeats=lambda table, name: 10.0)


ONE = (KeyIndex(0, "by_a", 4.0),)
TWO = (*ONE, KeyIndex(1, "by_b", 2.0))


@pytest.mark.parametrize(
    ("keys", "others", "params", "hint"),
    [
        (ONE, 500.0, [range(100)], "by_a"),
        (ONE, 300.0, [range(100)], None),
        (ONE, None, [range(100)], None),
        (ONE, None, [range(900)], NATURAL),
        (ONE, 8000.0, [None], NATURAL),
        (ONE, 500.0, [None], None),
        (ONE, None, [None], None),
        (TWO, None, [range(100), range(100)], "by_b"),
        (TWO, None, [range(100), None], "by_a"),
    ],
    ids=[
        "the keys find less than another index",
        "another index finds less",
        "there is no other index",
        "the keys find most of the collection",
        "too many keys, and the other index finds most",
        "too many keys, and the other index finds little",
        "too many keys, and nothing else",
        "of two key sets the one that finds less",
        "of two key sets the one that is known",
    ],
)
def test_the_hint_depends_on_how_many_keys_there_are(
    keys: tuple[KeyIndex, ...], others: float | None, params: list[Any], hint: Hint | None
) -> None:
    assert KeyIndexes(keys, others, 10_000).hint(params) == hint


def test_a_range_contends_with_the_keys() -> None:
    by_n = Index("by_n", (("n", False),), kind="btree")
    by_key = Index("by_key", (("key", False),), kind="btree")
    query = keyed("SELECT n FROM other WHERE n > 5", "key", by_n, by_key)
    assert query.by_keys == KeyIndexes((KeyIndex(0, "by_key", 10.0),), 100_000.0, 1_000_000)
    assert query.hint([range(50)]) == "by_key"


def test_a_partial_index_is_not_named() -> None:
    partial = Index("part", (("n", False),), kind="partial btree")
    assert keyed("SELECT n FROM other WHERE n > 5", "n", partial).by_keys is None


def test_a_few_rows_need_no_hint() -> None:
    by_key = Index("by_key", (("key", False),), kind="btree")
    assert keyed("SELECT n FROM other WHERE n > 5 LIMIT 3", "key", by_key).by_keys is None
