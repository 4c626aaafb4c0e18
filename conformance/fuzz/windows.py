"""Random window functions whose answers do not depend on how ties are broken."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from conformance.fuzz.expressions import Name, Scope, leaf, predicate
from conformance.fuzz.tree import Many, Node, Part

DIRECTIONS = ("", "", " DESC", " NULLS FIRST", " DESC NULLS LAST", " DESC NULLS FIRST")
# kind -> templates of functions that any order determines, and the kinds of their arguments.
RANKS: dict[str, tuple[str, ...]] = {
    "B": ("RANK()", "DENSE_RANK()", "ROW_NUMBER()"),
    "I": ("NTILE(3)",),
    "D": ("CUME_DIST()", "PERCENT_RANK()"),
}
_APART = ("ROW_NUMBER()", "NTILE(3)")  # tell peers from each other
VALUES = ("LAG({})", "LEAD({})", "LAG({}, 2)", "LEAD({}, 1)", "FIRST_VALUE({})", "LAST_VALUE({})",
          "NTH_VALUE({}, 2)", "MIN({})", "MAX({})")  # fmt: skip
SUMS: dict[str, tuple[tuple[str, str], ...]] = {
    "B": (("SUM({})", "I"), ("COUNT({})", "T"), ("COUNT({})", "D")),
    "D": (("SUM({})", "D"), ("AVG({})", "D"), ("AVG({})", "I")),
}
BOUNDS = ("UNBOUNDED PRECEDING", "2 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING",
          "3 FOLLOWING", "UNBOUNDED FOLLOWING")  # fmt: skip
EXCLUSIONS = ("", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP")


def window(scope: Scope, kind: str, alone: bool) -> Node:
    """A window function of this kind (not boolean), with its OVER clause.

    Unless it is `alone` it gives peers the same: how two windows pair rows that tie is not told.
    """
    rnd = scope.rnd
    if rnd.random() < 0.4 and kind in RANKS and (alone or kind != "I"):
        names = [name for name in RANKS[kind] if alone or name not in _APART]
        return Part(kind, rnd.choice(names) + " OVER ({}{})", _over(scope))
    if (not alone or rnd.random() < 0.5) and kind in SUMS:
        function, inside = rnd.choice(SUMS[kind])
    else:
        function, inside = rnd.choice(VALUES if alone else VALUES[-2:]), kind
    filtered = function.startswith(("SUM", "COUNT", "AVG", "MIN", "MAX")) and rnd.random() < 0.15
    filters = (Part("", " FILTER (WHERE {})", (predicate(scope),)),) if filtered else ()
    frames = (_frame(rnd),) if alone and not function.startswith(("LAG", "LEAD")) else ()
    kids = (leaf(scope, inside), Many("", "", filters), *_over(scope), Many("", "", frames))
    return Part(kind, function + "{} OVER ({}{}{})", kids)


def _over(scope: Scope) -> tuple[Node, Node]:
    """PARTITION BY and an ORDER BY of every column in scope: rows that tie are the same."""
    rnd = scope.rnd
    some = rnd.sample(list(scope.names), min(len(scope.names), rnd.choice((0, 0, 1, 1, 2))))
    partition = Many("PARTITION BY ", ", ", tuple(Part("", name.text) for name in some))
    return partition, Part("", f" ORDER BY {total_order(rnd, scope.names)}")


def total_order(rnd: Random, names: Sequence[Name]) -> str:
    shuffled = rnd.sample(list(names), len(names))
    return ", ".join(name.text + rnd.choice(DIRECTIONS) for name in shuffled) or "1"


def _frame(rnd: Random) -> Node:
    unit = rnd.choice(("", "ROWS", "ROWS", "GROUPS"))
    if not unit:
        return Part("", "")
    first = rnd.randrange(len(BOUNDS) - 1)
    last = rnd.randrange(max(first, 1), len(BOUNDS))
    between = f"BETWEEN {BOUNDS[first]} AND {BOUNDS[last]}"
    return Part("", f" {unit} {between}{rnd.choice(EXCLUSIONS)}")
