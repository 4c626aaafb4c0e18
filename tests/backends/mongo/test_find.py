"""Which pipelines a find command says as well."""

from __future__ import annotations

from typing import Any

import pytest

from sqlshim.backends.mongo.stages.find import Find, as_find

MATCH = {"$match": {"a": 1}}
PROJECT = {"$project": {"_id": 0, "a": 1}}


@pytest.mark.parametrize(
    ("pipeline", "found"),
    [
        ([], Find({})),
        ([MATCH], Find({"a": 1})),
        (
            [MATCH, {"$sort": {"a": -1}}, {"$skip": 3}, {"$limit": 2}, PROJECT],
            Find({"a": 1}, {"a": -1}, 3, 2, PROJECT["$project"]),
        ),
        ([{"$limit": 2}, {"$sort": {"a": 1}}], None),
        ([{"$limit": 2}, MATCH], None),
        ([MATCH, MATCH], None),
        ([{"$limit": 0}], None),
        ([{"$project": {"a": {"$slice": ["$b", 1, 2]}}}], None),
        ([{"$project": {"a": {"$ne": 1}}}], Find({}, projection={"a": {"$ne": 1}})),
        ([{"$group": {"_id": None}}], None),
    ],
    ids=str,
)  # fmt: skip
def test_the_order_of_the_stages_decides(pipeline: list[Any], found: Find | None) -> None:
    assert as_find(pipeline) == found
