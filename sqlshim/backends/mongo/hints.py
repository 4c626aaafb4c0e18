"""When the server must be told to read the collection itself.

The server takes an index for any range on it, also for one that matches most of the collection,
and for the guard that keeps NULL out of a comparison of two fields: fetching the documents one by
one is then several times slower than a collection scan (measured on TPC-H Q1 and Q12). Asked by
`native` with the shares that `statistics` measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlshim.backends.estimate import Known
from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.origins import first_of_indexes
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.keys import is_key_test
from sqlshim.ir.relational import Filter, Rel, Scan
from sqlshim.ir.scalar import Call, Column, Scalar

MANY = 10_000  # documents of a collection for which the choice matters
MOST_BY_INDEX = 0.3  # the share of a collection above which its index is the slower way
_STOPS_EARLY = frozenset({"$sort", "$limit"})
_BLOCKS = frozenset({"$group"})


def reads_collection(rel: Rel, name: str, stages: Sequence[Mql], known: Known) -> bool:
    """Whether the pipeline over collection `name` shall not use an index to find its documents."""
    found = only_filter(rel, name, stages)
    if found is None or any(map(is_key_test, found.where)):
        return False  # of keys nothing is known yet
    groups = by_index(found, found.input)
    return groups is not None and all(_keeps_most(found, terms, known) for terms in groups)


def only_filter(rel: Rel, name: str, stages: Sequence[Mql]) -> Filter | None:
    """The Filter over the only scan of collection `name`, where it matters how its documents are
    found: all of them are wanted, and it is large."""
    filters = [r for r in walk.every_rel(rel) if isinstance(r, Filter) and _scans(r.input, name)]
    scans = [r for r in walk.every_rel(rel) if _scans(r, name)]
    if len(filters) != 1 or len(scans) != 1 or _may_stop_early(stages):
        return None
    (found,) = filters
    assert isinstance(found.input, Scan)
    table = found.input.table
    if table.read_only or (table.row_count or 0) < MANY or "$match" not in stages[0]:
        return None
    return found


def _scans(rel: Rel, name: str) -> bool:
    return isinstance(rel, Scan) and rel.table.name == name


def _may_stop_early(stages: Sequence[Mql]) -> bool:
    """Whether an index could give the order, or the first few rows are enough."""
    for stage in stages:
        if not isinstance(stage, dict) or not _STOPS_EARLY.isdisjoint(stage):
            return True
        if not _BLOCKS.isdisjoint(stage):
            return False
    return False


def by_index(rel: Filter, scan: Rel) -> list[tuple[Scalar, ...]] | None:
    """The conditions, without key sets, that could use an index, those on the same fields
    together; None if none could."""
    assert isinstance(scan, Scan)
    indexed = {c.id for c in scan.columns if c.name in first_of_indexes(scan.table)}
    groups: defaultdict[frozenset[int], list[Scalar]] = defaultdict(list)
    touched = False
    for term in rel.where:
        columns = walk.reads(term)
        if is_key_test(term) or not columns & indexed:
            continue
        touched = True
        if not _is_between_fields(term):
            groups[columns].append(term)
    return [tuple(terms) for terms in groups.values()] if touched else None


def _is_between_fields(term: Scalar) -> bool:
    """A comparison of two fields, for which no index has bounds worth the name."""
    compares = isinstance(term, Call) and term.fn in op.COMPARISONS
    return compares and all(isinstance(arg, Column) for arg in walk.operands(term))


def _keeps_most(rel: Filter, terms: tuple[Scalar, ...], known: Known) -> bool:
    share = known(Filter(rel.input, terms))
    return share is not None and share > MOST_BY_INDEX
