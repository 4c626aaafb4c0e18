"""Which keys could be passed: for each join of a split plan the Remotes whose rows matter only if
they have a key that another one gives. `edges_of` is asked by `key_sets`, which chooses among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlshim.backends import estimate
from sqlshim.backends.estimate import uncast
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.ir import walk
from sqlshim.ir.relational import LOCAL, Join, JoinKind, Rel, Remote
from sqlshim.ir.scalar import Call, Column
from sqlshim.plan.facts import column_ids
from sqlshim.plan.join_keys import key_type, may_meet
from sqlshim.plan.reach import reached, same_values, source_of
from sqlshim.types import Kind


@dataclass(frozen=True, slots=True)
class Edge:
    """Rows of `target` matter only if their `column` is a value of `key`, which comes out of the
    chain over `source`; with `beside`, pairs of a key and a column, if all are in one row."""

    source: Remote
    key: Column
    target: Remote
    column: Column
    beside: tuple[tuple[Column, Column], ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        return (self.column, *(column for _, column in self.beside))

    @property
    def keys(self) -> tuple[Column, ...]:
        return (self.key, *(key for key, _ in self.beside))

    @property
    def is_list(self) -> bool:
        """Whether the key is an array, whose elements are meant."""
        return self.key.type.kind is Kind.ARRAY


# For each kind of join: may the right side's rows be reduced by the left's keys, and the left's
# by the right's? Rows that an outer join keeps without a match must all be there.
_DIRECTIONS: dict[JoinKind, tuple[bool, bool]] = {
    JoinKind.INNER: (True, True),
    JoinKind.SEMI: (True, True),
    JoinKind.LEFT: (True, False),
    JoinKind.ANTI: (True, False),
    JoinKind.RIGHT: (False, True),
}


def edges_of(rel: Rel) -> Iterator[Edge]:
    """Every pair of Remotes of which one can be reduced by the keys of the other."""
    if isinstance(rel, Remote):
        return
    if isinstance(rel, Join):
        found = tuple(_of_join(rel))
        yield from _of_rows(found)
        yield from found
    for child in walk.inputs(rel):
        yield from edges_of(child)


def _of_join(rel: Join) -> Iterator[Edge]:
    to_right, to_left = _DIRECTIONS.get(rel.kind, (False, False))
    for left, right in estimate.equalities(rel):
        if not may_meet(left.type, right.type):
            continue
        if to_right:
            yield from _between(rel.left, left, rel.right, right)
        if to_left:
            yield from _between(rel.right, right, rel.left, left)
    for column, listed in _lists(rel):
        if to_right and column.id in column_ids(rel.right):
            yield from _between(rel.left, listed, rel.right, column)
        if to_left and column.id in column_ids(rel.left):
            yield from _between(rel.right, listed, rel.left, column)


def _of_rows(edges: Sequence[Edge]) -> Iterator[Edge]:
    """What a join says of a partition key of several columns, as one."""
    found: dict[tuple[Remote, Remote], dict[str, Edge]] = {}
    for edge in edges:
        base = estimate.base_column(edge.target.rel, edge.column)
        if base is not None and base[1] in base[0].partition_key and not edge.is_list:
            found.setdefault((edge.source, edge.target), {}).setdefault(base[1], edge)
    for (source, target), by_name in found.items():
        first, *others = by_name.values()
        columns = [edge.column for edge in by_name.values()]
        if others and estimate.partitions(target.rel, columns):
            beside = tuple((edge.key, edge.column) for edge in others)
            yield Edge(source, first.key, target, first.column, beside)


def _lists(rel: Join) -> Iterator[tuple[Column, Column]]:
    """The columns of one side that ON looks for in an array column of the other, and this."""
    for term in rel.on:
        if isinstance(term, Call) and term.fn is EQ_ANY:
            match tuple(map(uncast, term.args)):
                case (Column() as column, Column() as listed) if listed.type.kind is Kind.ARRAY:
                    yield column, listed


def _between(from_: Rel, key: Column, to: Rel, column: Column) -> Iterator[Edge]:
    if not may_meet(key_type(key.type), column.type):
        return
    found = (
        source_of(from_, same)
        for same in same_values(from_, key)
        if may_meet(key_type(same.type), key_type(key.type))
    )
    sources = [source for source in found if source is not None]
    for target, theirs in reached(to, column):
        if target.store != LOCAL:
            yield from (Edge(*source, target, theirs) for source in sources)
