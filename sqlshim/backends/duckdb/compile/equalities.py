"""`(a = 1 AND b = 'x') OR (a = 2 AND b = 'y') OR …` as a list of rows.

DuckDB evaluates every arm of a long OR for every row, and finds a row in a list by hashing it.
Called by `scalars` for a term of a conjunction: a row with a NULL in it equals nothing in
the list, and false instead of NULL makes no difference there.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Literal, Scalar
from sqlshim.types import FLOATS

_FEWEST = 32  # arms; fewer are faster one after the other


@dataclass(frozen=True, slots=True)
class Rows:
    """That the values of `compared` are one of `items`."""

    compared: tuple[Scalar, ...]
    items: tuple[tuple[Literal, ...], ...]


def rows_of_equalities(e: Scalar) -> Rows | None:
    """The list that `e` asks for; None if its arms are not all equalities of the same things."""
    if not isinstance(e, Call) or e.fn is not op.OR or len(e.args) < _FEWEST:
        return None
    first = _equalities(e.args[0])
    if first is None or len(first) < 2:
        return None
    items = []
    for arm in e.args:
        found = _equalities(arm)
        if found is None or found.keys() != first.keys():
            return None
        items.append(tuple(found[compared] for compared in first))
    return Rows(tuple(first), tuple(items))


def _equalities(arm: Scalar) -> dict[Scalar, Literal] | None:
    """What `arm`, a conjunction, says is equal to which constant; None if it says more."""
    parts = arm.args if isinstance(arm, Call) and arm.fn is op.AND else (arm,)
    found: dict[Scalar, Literal] = {}
    for part in parts:
        match part:
            case Call(fn=op.EQ, args=(compared, Literal() as value)) if _plain(compared, value):
                found[compared] = value
            case _:
                return None
    return found if len(found) == len(parts) else None


def _plain(compared: Scalar, value: Literal) -> bool:
    """Whether both have one type, in which to be equal and to hash alike is the same."""
    same = compared.type.with_null(False) == value.type.with_null(False)
    return same and compared.type.kind not in FLOATS and value.value is not None
