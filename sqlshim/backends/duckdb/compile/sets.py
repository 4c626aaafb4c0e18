"""Set operations: the queries of their inputs under DuckDB's UNION, INTERSECT and EXCEPT."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E
from sqlshim.ir.relational import SetKind

_SET_WORDS: dict[SetKind, tuple[type[exp.SetOperation], bool]] = {
    SetKind.UNION_ALL: (exp.Union, False),
    SetKind.INTERSECT_ALL: (exp.Intersect, False),
    SetKind.EXCEPT_ALL: (exp.Except, False),
    SetKind.INTERSECT: (exp.Intersect, True),
    SetKind.EXCEPT: (exp.Except, True),
}


def combined_sets(kind: SetKind, parts: list[E]) -> E:
    """All of `parts` under one operator."""
    operator, distinct = _SET_WORDS[kind]
    if kind is SetKind.UNION_ALL and len(parts) > 50:  # keep the tree shallow
        half = len(parts) // 2
        halves = [combined_sets(kind, parts[:half]), combined_sets(kind, parts[half:])]
        parts = [exp.Subquery(this=half) for half in halves]
    combined = parts[0]
    for part in parts[1:]:
        combined = operator(this=combined, expression=part, distinct=distinct)
    return combined
