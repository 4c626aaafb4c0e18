"""What the driver's metadata of an index says of which conditions it answers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sqlshim.backends.cassandra.catalog import SAI, SAI_ANALYZED, SECONDARY, _index
from sqlshim.catalog.model import Index


def described(target: str, **options: str) -> Index | None:
    return _index(SimpleNamespace(name="i", index_options={"target": target} | options))


@pytest.mark.parametrize(
    ("target", "options", "column", "kind"),
    [
        ("x", {}, "x", SECONDARY),
        ('"a ""b"', {}, 'a "b', SECONDARY),
        ("x", {"class_name": "sai"}, "x", SAI),
        ("x", {"class_name": "sai", "normalize": "true"}, "x", SAI_ANALYZED),
        ("values(tags)", {"class_name": "sai"}, "tags", f"{SAI} values"),
        ("keys(m)", {}, "m", f"{SECONDARY} keys"),
        ('entries("M x")', {"class_name": "StorageAttachedIndex"}, "M x", f"{SAI} entries"),
    ],
)
def test_an_index(target: str, options: dict[str, str], column: str, kind: str) -> None:
    assert described(target, **options) == Index("i", ((column, False),), kind=kind)


def test_an_index_on_a_whole_frozen_collection_answers_nothing() -> None:
    assert described("full(fs)", class_name="sai") is None
