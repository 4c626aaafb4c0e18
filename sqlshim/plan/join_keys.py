"""What a join computes to compare it with a column becomes a column of the side that it reads.

`t.id = p.id + 1` or `t.id = ANY (p.ids || 7)`: as a column it can be passed as keys to the other
side. The join's rows and columns are the same. Called by `key_sets` after the split.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from sqlshim.backends.estimate import uncast
from sqlshim.functions import operators as op
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.ir import walk
from sqlshim.ir.relational import Join, Project, Rel, Remote, Shared
from sqlshim.ir.scalar import Call, Column, Scalar
from sqlshim.plan.facts import column_ids, is_volatile
from sqlshim.types import INTEGERS, Kind, SqlType

# Of these kinds every store says of two values what the join says. Floats and decimals are left
# out: 0.1 is several values there.
_SAME = frozenset({Kind.TEXT, Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.UUID})

Items = list[tuple[Column, Scalar]]


def key_type(type_: SqlType) -> SqlType:
    """The type of the keys that values of `type_` are: the elements of an array."""
    return type_.element if type_.kind is Kind.ARRAY and type_.element is not None else type_


def may_meet(a: SqlType, b: SqlType) -> bool:
    """Whether values of these types can be passed as keys to be compared with one another."""
    return (a.kind in INTEGERS and b.kind in INTEGERS) or (a.kind is b.kind and a.kind in _SAME)


def with_join_keys(rel: Rel) -> Rel:
    """`rel` with a column for each expression that a join compares with a column."""
    last = max((c.id for node in walk.every_rel(rel) for c in node.columns), default=0)
    return _with(rel, itertools.count(last + 1))


def _with(rel: Rel, numbers: Iterator[int]) -> Rel:
    if isinstance(rel, Remote | Shared):
        return rel
    rel = walk.with_inputs(rel, tuple([_with(child, numbers) for child in walk.inputs(rel)]))
    return _computed(rel, numbers) if isinstance(rel, Join) and not rel.lateral else rel


def _computed(rel: Join, numbers: Iterator[int]) -> Rel:
    made: tuple[Items, Items] = ([], [])
    sides = (column_ids(rel.left), column_ids(rel.right))

    def named(term: Scalar) -> Scalar:
        for column, key in _compared(term):
            theirs = next((i for i in (0, 1) if column.id in sides[i]), None)
            mine = next((i for i in (0, 1) if walk.reads(key) <= sides[i]), None)
            if theirs is None or mine is None or mine == theirs:
                continue
            new = Column(next(numbers), "key", key.type)
            made[mine].append((new, key))
            args = tuple(new if e is key else e for e in walk.operands(term))
            return walk.with_operands(term, args)
        return term

    on = tuple(map(named, rel.on))
    left, right = (_also(side, items) for side, items in zip(walk.inputs(rel), made, strict=True))
    if not any(made):
        return rel
    return Project(Join(rel.kind, left, right, on), tuple((c, c) for c in rel.columns))


def _compared(term: Scalar) -> Iterator[tuple[Column, Scalar]]:
    """The columns that a term compares with something computed, and this."""
    if not isinstance(term, Call) or term.fn not in (op.EQ, EQ_ANY):
        return
    pairs = (term.args, term.args[::-1]) if term.fn is op.EQ else (term.args,)
    for other, key in pairs:
        column = uncast(other)
        if not isinstance(column, Column) or isinstance(uncast(key), walk.LEAVES):
            continue
        is_list = key.type.kind is Kind.ARRAY
        plain = not (is_volatile(key) or walk.has_subquery(key)) and walk.reads(key)
        if plain and is_list is (term.fn is EQ_ANY) and may_meet(key_type(key.type), column.type):
            yield column, key


def _also(rel: Rel, items: Items) -> Rel:
    return Project(rel, (*((c, c) for c in rel.columns), *items)) if items else rel
