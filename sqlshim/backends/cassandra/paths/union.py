"""OR as a union of access paths: `choose`, what `accept` and `compile` ask of a WHERE.

In: conjuncts and the table. Out: the Restriction of `restrict`, or, where one conjunct is an OR
each of whose arms has a better path, a Restriction with `arms`: statements whose rows together,
each once, are the answer. The other conjuncts go into every arm or stay local.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlshim.backends.cassandra.paths.bounds import FLOORS
from sqlshim.backends.cassandra.paths.restrict import NOT_HASHED, Path, Restriction, restrict
from sqlshim.backends.cassandra.paths.terms import (
    MOST_ITEMS,
    Columns,
    arms_of,
    conjuncts_of,
    is_list,
)
from sqlshim.catalog.model import Table
from sqlshim.functions import operators as op
from sqlshim.ir.keys import is_key_test
from sqlshim.ir.scalar import Call, Scalar

_MOST_TRIED = 8
_RANKS = {path: rank for rank, path in enumerate(Path)}


def choose(conjuncts: Sequence[Scalar], columns: Columns, table: Table) -> Restriction:
    """One path, or several where the conjunct that CQL cannot say is an OR with paths."""
    single = restrict(conjuncts, columns, table)
    if not _keys_tell_rows_apart(table):
        return single
    # Each is tried beside all the others: of very many, only the first ones.
    for conjunct in [c for c in conjuncts if is_either(c)][:_MOST_TRIED]:
        rest = [c for c in conjuncts if c is not conjunct]
        if found := _unite(conjunct, rest, columns, table, single):
            return found
    return single


def _unite(
    either: Scalar, rest: Sequence[Scalar], columns: Columns, table: Table, single: Restriction
) -> Restriction | None:
    """The union over the arms of `either`, if every arm is found by a better path than `single`."""
    cases = [conjuncts_of(arm) for arm in arms_of(either)]
    if not 1 < len(cases) <= MOST_ITEMS:
        return None
    # What only some arms can say is checked locally, above them all.
    said = [c for c in rest if not is_key_test(c) and not is_list(c)]
    said = _said_by_all(cases, said, columns, table)
    if _said_by_all(cases, said, columns, table) != said:
        said = []
    arms = tuple(restrict([*case, *said], columns, table) for case in cases)
    if any(_RANKS[arm.path] >= _RANKS[single.path] for arm in arms):
        return None
    left = tuple((c, _why(c, cases, columns, table)) for c in rest if c not in said)
    # A statement that says less than its arm finds too much: the OR is checked once more.
    checked = tuple((either, why) for arm in arms for _, why in arm.left)[:1]
    arms = tuple(dict.fromkeys(replace(arm, left=()) for arm in arms))
    return Restriction(Path.UNION, left=left, arms=arms, checked=checked)


def _said_by_all(
    cases: Sequence[Sequence[Scalar]], rest: Sequence[Scalar], columns: Columns, table: Table
) -> list[Scalar]:
    """Those of `rest` that the statement of every arm can say beside the arm."""
    unsaid: set[Scalar] = set()
    for case in cases:
        unsaid.update(c for c, _ in restrict([*case, *rest], columns, table).left)
    return [c for c in rest if c not in unsaid]


def _why(
    conjunct: Scalar, cases: Sequence[Sequence[Scalar]], columns: Columns, table: Table
) -> str:
    """Why some arm cannot say the conjunct."""
    for case in cases:
        for left, why in restrict([*case, conjunct], columns, table).left:
            if left == conjunct:
                return why
    return "not every arm of the OR can say it"


def is_either(condition: Scalar) -> bool:
    return isinstance(condition, Call) and condition.fn is op.OR


def _keys_tell_rows_apart(table: Table) -> bool:
    """Whether key values that are equal in Python are one key: 1.0 and 1.00 can be two."""
    natives = {table.column(name).native for name in table.primary_key}
    return natives <= FLOORS.keys() - NOT_HASHED
