"""GROUP BY's elements as sets of keys: plain keys, ROLLUP, CUBE, GROUPING SETS and ().

Each element stands for a list of sets; those of the whole clause are the cross product, a set of
one element joined with one of each other. Keys are whatever `key` makes of an expression.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, combinations, product

from sqlglot import exp

from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.ir.scalar import Scalar

MOST_OF_A_CUBE = 12  # elements, as in PostgreSQL
MOST_SETS = 4096

Key = Callable[[exp.Expr], Scalar]
KeySet = tuple[Scalar, ...]


def sets_of(clause: exp.Group, key: Key) -> list[KeySet]:
    """The grouping sets of a GROUP BY, repeated ones kept unless it says DISTINCT."""
    found = [_sets(e, key) for e in _elements(clause)]
    if math.prod(map(len, found)) > MOST_SETS:
        raise _too_many(clause)
    sets = [_joined(parts) for parts in product(*found)]
    if clause.args.get("all") is False:
        sets = list({frozenset(s): s for s in sets}.values())
    return sets


def _elements(clause: exp.Group) -> list[exp.Expr]:
    """MySQL's and SQL Server's GROUP BY a, b WITH ROLLUP is GROUP BY ROLLUP(a, b)."""
    if clause.args.get("totals"):
        raise NotSupportedError("GROUP BY … WITH TOTALS is not supported")
    keys: list[exp.Expr] = clause.expressions
    for form in (exp.Rollup, exp.Cube):
        if clause.args.get(form.key):
            return [form(expressions=[e.copy() for e in keys])]
    return keys


def _sets(node: exp.Expr, key: Key) -> list[KeySet]:
    """The sets of one element."""
    match node:
        case exp.GroupingSets():
            return list(chain.from_iterable(_sets(e, key) for e in node.expressions))
        case exp.Rollup():
            parts = _parts(node, key)
            return [_joined(parts[:n]) for n in range(len(parts), -1, -1)]
        case exp.Cube():
            parts = _parts(node, key)
            if len(parts) > MOST_OF_A_CUBE:
                raise ProgrammingError(
                    f"CUBE is limited to {MOST_OF_A_CUBE} elements",
                    sqlstate="54011",
                    position=position(node),
                )
            sizes = range(len(parts), -1, -1)
            return [_joined(c) for n in sizes for c in combinations(parts, n)]
        case _:
            return [_keys(node, key)]


def _parts(node: exp.Expr, key: Key) -> list[KeySet]:
    return [_keys(e, key) for e in node.expressions]


def _keys(node: exp.Expr, key: Key) -> KeySet:
    """A key, or several in parentheses."""
    if isinstance(node, exp.Tuple):
        return tuple(key(e.unnest()) for e in node.expressions)
    return (key(node.unnest()),)


def _joined(parts: Iterable[Sequence[Scalar]]) -> KeySet:
    return tuple(dict.fromkeys(chain.from_iterable(parts)))


def _too_many(clause: exp.Group) -> ProgrammingError:
    return ProgrammingError(
        f"too many grouping sets present (maximum {MOST_SETS})",
        sqlstate="54001",
        position=position(clause),
    )
