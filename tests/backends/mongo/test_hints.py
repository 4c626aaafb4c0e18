"""When an index is not to be used, by shares that the test makes up: `other` has a million
documents and an index on `key`."""

from __future__ import annotations

import pytest

from sqlshim.backends.mongo.native import compile_native
from tests.backends.mongo.build import rel

COUNT = "SELECT count(*) FROM other WHERE "


@pytest.mark.parametrize(
    ("sql", "share", "natural"),
    [
        (COUNT + "key > 5", 0.98, True),
        (COUNT + "key > 5", 0.1, False),
        (COUNT + "key > 5", None, False),
        (COUNT + "n > 5", 0.98, False),
        (COUNT + "key < n", 0.01, True),
        (COUNT + "(key = 1 OR n = 2)", 0.01, False),
        ("SELECT n FROM other WHERE key > 5", 0.98, True),
        ("SELECT n FROM other WHERE key > 5 ORDER BY key LIMIT 3", 0.98, False),
        ("SELECT n FROM other WHERE key > 5 LIMIT 3", 0.98, False),
        ("SELECT n FROM docs WHERE n > 5", 0.98, False),
        ("SELECT count(*) FROM other a JOIN other b ON a.key = b.key WHERE a.key > 5", 0.98, False),
    ],
    ids=[
        "most of the collection",
        "little of it",
        "nobody knows how much",
        "a field without an index",
        "two fields: the server would walk the index of either",
        "an OR may use two indexes",
        "a plain scan",
        "the index gives the order",
        "a few documents are enough",
        "a small collection",
        "which of two scans is not known",
    ],
)
def test_the_collection_is_read_instead_of_the_index(
    sql: str, share: float | None, natural: bool
) -> None:
    query = compile_native(rel(sql), lambda condition: share)
    assert query.natural is natural
    assert ("{hint: {$natural: 1}}" in "\n".join(query.show())) is natural
