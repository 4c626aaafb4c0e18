"""Which index finds the documents of a key set, once it is known how many keys there are.

The server tries the indexes that it could use and takes the one that gives some documents first.
Beside an index for the keys that is often the index of a range, in whose order the documents
wanted come first: all of the range is then fetched (nine times slower on TPC-H Q3). In comes the
tree that `accept` took, out goes a `KeyIndexes`, which `run` asks for the hint of one execution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from typing import TypeAlias

from sqlshim.backends import estimate
from sqlshim.backends.estimate import Known
from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.hints import MANY, MOST_BY_INDEX, by_index, only_filter
from sqlshim.catalog.model import Table
from sqlshim.ir.keys import is_key_test
from sqlshim.ir.relational import Filter, Rel, Scan
from sqlshim.ir.scalar import Call, Column, Param

# The measured number of documents with one value of a field.
Repeats = Callable[[Table, str], float | None]
Hint: TypeAlias = str | dict[str, int]
NATURAL: Hint = {"$natural": 1}


def unmeasured_repeats(table: Table, field: str) -> float | None:
    """Nothing is known of any field."""
    return None


@dataclass(frozen=True, slots=True)
class KeyIndex:
    """An index that begins with a field whose keys are parameter `param`; each finds `repeats`
    documents."""

    param: int
    index: str
    repeats: float


@dataclass(frozen=True, slots=True)
class KeyIndexes:
    """The indexes of key sets, beside one that finds `others` documents by the other conditions
    (None: there is none), in a collection of `count` documents."""

    keys: tuple[KeyIndex, ...]
    others: float | None
    count: int

    def hint(self, params: Sequence[object]) -> Hint | None:
        """What to tell the server, knowing the keys."""
        known = (
            (len(keys) * each.repeats, each.index)
            for each in self.keys
            if isinstance(keys := params[each.param], Sized)
        )
        found, index = min(known, default=(float("inf"), ""))
        others = float("inf") if self.others is None else self.others
        if min(found, others) == float("inf"):
            return None
        if min(found, others) > MOST_BY_INDEX * self.count:
            return NATURAL
        contested = len(self.keys) > 1 or self.others is not None
        return index if contested and found <= others else None


def key_indexes(
    rel: Rel, name: str, stages: Sequence[Mql], known: Known, repeats: Repeats
) -> KeyIndexes | None:
    """The indexes for the key sets of a pipeline over collection `name`; None if there are none,
    or the choice matters little."""
    found = only_filter(rel, name, stages)
    if found is None:
        return None
    assert isinstance(found.input, Scan)
    keys = tuple(_key_indexes(found, found.input, repeats))
    if not keys:
        return None
    count = found.input.table.row_count or MANY
    return KeyIndexes(keys, _others(found, count, known), count)


def _key_indexes(rel: Filter, scan: Scan, repeats: Repeats) -> list[KeyIndex]:
    names = {c.id: c.name for c in scan.columns}
    usable = {i.columns[0][0]: i.name for i in scan.table.indexes if i.kind == "btree"}
    found = []
    for term in rel.where:
        if not is_key_test(term):
            continue
        assert isinstance(term, Call)
        column, keys = term.args
        assert isinstance(column, Column)
        assert isinstance(keys, Param)
        field = names[column.id]
        if field in usable:
            each = repeats(scan.table, field)
            if each is not None:
                found.append(KeyIndex(keys.index, usable[field], each))
    return found


def _others(rel: Filter, count: int, known: Known) -> float | None:
    """The documents that the best other index finds."""
    groups = by_index(rel, rel.input)
    if groups is None:
        return None
    shares = [_share(Filter(rel.input, terms), known) for terms in groups]
    return min(shares, default=1.0) * count


def _share(rel: Filter, known: Known) -> float:
    measured = known(rel)
    if measured is not None:
        return measured
    share = 1.0
    for term in rel.where:
        share *= estimate.selectivity(term)
    return share
