"""Random window functions whose answers do not depend on how ties are broken."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from conformance.fuzz.expressions import Scope, leaf, predicate
from conformance.fuzz.names import Name
from conformance.fuzz.tree import Many, Node, Part
from conformance.fuzz.world import ARRAYS, KINDS

DIRECTIONS = ("", "", " DESC", " NULLS FIRST", " DESC NULLS LAST", " DESC NULLS FIRST")
# kind -> templates of functions that any order determines, and the kinds of their arguments.
RANKS: dict[str, tuple[str, ...]] = {
    "B": ("RANK()", "DENSE_RANK()", "ROW_NUMBER()"),
    "I": ("NTILE(3)",),
    "D": ("CUME_DIST()", "PERCENT_RANK()"),
}
_APART = ("ROW_NUMBER()", "NTILE(3)")  # tell peers from each other
VALUES = ("LAG({})", "LEAD({})", "LAG({}, 2)", "LEAD({}, 1)", "FIRST_VALUE({})", "LAST_VALUE({})",
          "NTH_VALUE({}, 2)", "LAG({}, 0)", "LEAD({}, 3)", "FIRST_VALUE({}) IGNORE NULLS",
          "LAST_VALUE({}) IGNORE NULLS", "LAG({}) IGNORE NULLS", "MIN({})", "MAX({})")  # fmt: skip
SUMS: dict[str, tuple[tuple[str, str], ...]] = {
    "B": (("SUM({})", "I"), ("COUNT({})", "T"), ("COUNT({})", "D"), ("COUNT({})", "L")),
    "N": (("SUM({})", "N"),),
    "D": (("SUM({})", "D"), ("AVG({})", "D"), ("AVG({})", "I")),
}
BOUNDS = ("UNBOUNDED PRECEDING", "2 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING",
          "3 FOLLOWING", "UNBOUNDED FOLLOWING")  # fmt: skip
PEERS = ("", "", " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
         " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " GROUPS 2 PRECEDING EXCLUDE GROUP",
         " RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE GROUP",
         " GROUPS BETWEEN 2 PRECEDING AND 1 PRECEDING")  # fmt: skip
_NUMBERS = (" RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING", " RANGE 2 PRECEDING",
            " RANGE BETWEEN 1 FOLLOWING AND 3 FOLLOWING")  # fmt: skip
_DAYS = (" RANGE BETWEEN INTERVAL '1 day' PRECEDING AND INTERVAL '1 month' FOLLOWING",
         " RANGE INTERVAL '60 days' PRECEDING")  # fmt: skip
NEAR = {"I": _NUMBERS, "B": _NUMBERS, "D": _NUMBERS, "N": _NUMBERS, "A": _DAYS, "S": _DAYS,
        "Z": _DAYS}  # fmt: skip
EXCLUSIONS = ("", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP")


def window(scope: Scope, kind: str, alone: bool) -> Node:
    """A window function of this kind (not boolean), with its OVER clause.

    Unless it is `alone` it gives peers the same: how two windows pair rows that tie is not told.
    """
    rnd = scope.rnd
    if rnd.random() < 0.3 and (kind in SUMS or kind in "IAS"):
        return _over_one_key(scope, kind)
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


def _over_one_key(scope: Scope, kind: str) -> Node:
    """An aggregate over a frame of peers or of values near by: no order of them matters."""
    rnd = scope.rnd
    function, inside = rnd.choice((*SUMS.get(kind, ()), ("MIN({})", kind), ("MAX({})", kind)))
    keys = [name for name in scope.names if name.kind in KINDS]
    order, frame = Part("", ""), ""
    if keys:
        key = rnd.choice(keys)
        order = Part("", f" ORDER BY {key.text}{rnd.choice(DIRECTIONS)}")
        frame = rnd.choice((*NEAR.get(key.kind, ()), *PEERS))
    partition = _partition(scope)
    kids = (leaf(scope, inside), partition, order)
    return Part(kind, f"{function} OVER ({{}}{{}}{frame})", kids)


def _over(scope: Scope) -> tuple[Node, Node]:
    """PARTITION BY and an ORDER BY of every column in scope: rows that tie are the same."""
    return _partition(scope), Part("", f" ORDER BY {total_order(scope.rnd, scope.names)}")


def _partition(scope: Scope) -> Many:
    names = _orderable(scope.names)
    some = scope.rnd.sample(names, min(len(names), scope.rnd.choice((0, 0, 1, 1, 2))))
    return Many("PARTITION BY ", ", ", tuple(Part("", name.text) for name in some))


def _orderable(names: Sequence[Name]) -> list[Name]:
    return [name for name in names if name.kind in KINDS + ARRAYS]


def total_order(rnd: Random, names: Sequence[Name]) -> str:
    some = _orderable(names)
    shuffled = rnd.sample(some, len(some))
    return ", ".join(name.text + rnd.choice(DIRECTIONS) for name in shuffled) or "1"


def _frame(rnd: Random) -> Node:
    unit = rnd.choice(("", "ROWS", "ROWS", "GROUPS"))
    if not unit:
        return Part("", "")
    first = rnd.randrange(len(BOUNDS) - 1)
    last = rnd.randrange(max(first, 1), len(BOUNDS))
    between = f"BETWEEN {BOUNDS[first]} AND {BOUNDS[last]}"
    return Part("", f" {unit} {between}{rnd.choice(EXCLUSIONS)}")
