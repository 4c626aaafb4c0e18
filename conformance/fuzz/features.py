"""Which parts of SQL the statements of a run used, and how many of them had an answer with rows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from conformance.fuzz.compare import Answer, Rows

FEATURES = {
    name: re.compile(pattern)
    for name, pattern in {
        "join": r" JOIN ",
        "outer join": r" (LEFT|RIGHT|FULL) JOIN ",
        "USING": r" USING ",
        "LATERAL": r"LATERAL",
        "UNNEST": r"UNNEST",
        "VALUES": r"\(VALUES",
        "derived table": r"(FROM|JOIN) \(SELECT",
        "CTE": r"^WITH w AS",
        "CTE twice": r"w AS v",
        "CTE of a subquery": r"\(WITH [wu] AS",
        "recursive": r"RECURSIVE",
        "set operation": r"UNION|INTERSECT|EXCEPT",
        "GROUP BY": r"GROUP BY",
        "grouping sets": r"ROLLUP|CUBE|GROUPING SETS",
        "HAVING": r"HAVING",
        "DISTINCT": r"SELECT DISTINCT",
        "DISTINCT ON": r"DISTINCT ON",
        "DISTINCT aggregate": r"\(DISTINCT",
        "FILTER": r"FILTER",
        "window": r"OVER \(",
        "collecting aggregate": r"(STRING|ARRAY)_AGG|PERCENTILE",
        "ORDER BY": r"ORDER BY [^)]*$",
        "LIMIT, OFFSET": r"LIMIT|OFFSET|FETCH",
        "EXISTS": r"EXISTS",
        "IN subquery": r"IN \(SELECT",
        "ANY, ALL subquery": r"(ANY|ALL) \(SELECT",
        "scalar subquery": r"\(SELECT [A-Z]+\(",
        "subquery in HAVING": r"HAVING.*SELECT",
        "LIKE": r"LIKE",
        "regular expression": r" !?~|SIMILAR|REGEXP",
        "CASE": r"CASE",
        "COALESCE and kin": r"COALESCE|NULLIF|GREATEST|LEAST",
        "row values": r"\([^()]*, [^()]*\) (=|<|>|IN|NOT IN|IS)",
        "dates": r"EXTRACT|DATE_TRUNC|INTERVAL",
        "arrays": r"ARRAY|CARDINALITY|ANY \(a|\[",
        "documents": r"\.(city|n)\b",
        "decimals": r"DECIMAL",
        "CAST": r"CAST",
        "argument": r"(?<![.'])\?(?!')",
        "list as an argument": r"(ANY|ALL) \((CAST\()?\?",
    }.items()
}


@dataclass
class Features:
    """Counts by feature: statements, and those of them whose answer had rows."""

    statements: Counter[str] = field(default_factory=Counter)
    with_rows: Counter[str] = field(default_factory=Counter)

    def count(self, sql: str, answer: Answer) -> None:
        names = ["statements", *(name for name, how in FEATURES.items() if how.search(sql))]
        self.statements.update(names)
        if isinstance(answer, Rows) and answer.rows:
            self.with_rows.update(names)

    def __str__(self) -> str:
        used = ("statements", *FEATURES)
        shown = ", ".join(f"{n} {self.statements[n]}/{self.with_rows[n]}" for n in used)
        return f"used/with rows: {shown}"
