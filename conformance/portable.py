"""`python -m conformance portable`: writes the SQL of `cases/portable`, from a seed.

Random queries over two small tables in the part of SQL that means the same everywhere: integers
and texts with NULLs, joins, subqueries, grouping, set operations, windows. The answers are then
SQLite's: `python -m conformance --backend sqlite --accept conformance/cases/portable`; DuckDB,
PostgreSQL and every store must agree with it.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).parent / "cases" / "portable"
NUMBERS = ("a", "b", "c", "d")
TABLES = ("t1", "t2")
ROWS = 12
RECORDS = 60  # of each file

Query = tuple[str, str, str]  # types, sort mode, SQL


class Maker:
    """Random pieces of SQL; every number stays far from the limits of an INTEGER."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def number(self, table: str, depth: int = 2) -> str:
        """An expression of integers over a table's columns."""
        if depth == 0 or self.random.random() < 0.25:
            column = f"{table}.{self.pick(*NUMBERS)}"
            return column if self.random.random() < 0.75 else str(self.random.randint(-9, 60))
        x, y = (self.number(table, depth - 1) for _ in range(2))
        return self.pick(
            f"{x} + {y}",
            f"({x} - {y})",
            f"({x}) * {self.random.randint(2, 5)}",
            f"abs({x})",
            f"coalesce({x}, {y})",
            f"nullif({x}, {y})",
            f"-({x})",
            f"CASE WHEN {self.condition(table, depth - 1)} THEN {x} ELSE {y} END",
            f"CASE {x} WHEN {y} THEN 1 WHEN {table}.b THEN 2 END",
            f"length({table}.s)",
        )

    def text(self, table: str) -> str:
        """An expression of texts."""
        s = f"{table}.s"
        return self.pick(
            s,
            f"{s} || '-' || {s}",
            f"upper({s})",
            f"lower({s})",
            f"coalesce({s}, 'none')",
            f"replace({s}, 'a', 'oo')",
            f"trim(' ' || {s} || ' ')",
            f"substr({s}, 2, 3)",
        )

    def condition(self, table: str, depth: int = 2) -> str:
        """A condition that may be true, false or unknown."""
        if depth > 0 and self.random.random() < 0.35:
            x, y = (self.condition(table, depth - 1) for _ in range(2))
            return self.pick(f"({x} AND {y})", f"({x} OR {y})", f"NOT ({x})")
        x, y = self.number(table, 1), self.number(table, 0)
        numbers = ", ".join(str(self.random.randint(0, 50)) for _ in range(3))
        return self.pick(
            f"{x} {self.pick('=', '<>', '<', '<=', '>', '>=')} {y}",
            f"{table}.{self.pick(*NUMBERS)} > {self.random.randint(0, 50)}",
            f"{x} BETWEEN {y} AND {self.random.randint(10, 60)}",
            f"{x} NOT BETWEEN {self.random.randint(0, 9)} AND {y}",
            f"{x} IN ({numbers})",
            f"{x} NOT IN ({numbers}, {y})",
            f"{table}.{self.pick(*NUMBERS)} IS {self.pick('', 'NOT ')}NULL",
            f"{table}.s {self.pick('=', '<>', '<', '>=')} '{self.pick('ada', 'bo', 'cy', '')}'",
            f"{self.text(table)} IN ('ada', 'BO', 'none', 'cy-cy')",
        )

    def order(self, key: str) -> str:
        """A sort key with its direction and the place of NULLs."""
        return f"{key} {self.pick('ASC', 'DESC')} NULLS {self.pick('FIRST', 'LAST')}"

    def other(self, table: str) -> str:
        return "t2" if table == "t1" else "t1"

    def link(self) -> str:
        """A condition that joins t1 and t2."""
        return self.pick(
            "t1.a = t2.a",
            "t1.b = t2.b AND t1.c < t2.c",
            "t1.k = t2.k",
            "t1.s = t2.s",
            "t1.a = t2.a AND t1.s = t2.s",
            "t1.k < t2.k AND t2.k < t1.k + 3",
            "t1.b = t2.a OR t1.c = t2.c",
        )

    def subcondition(self, table: str) -> str:
        """A condition with a subquery, mostly a correlated one."""
        u, v = self.other(table), self.pick(*NUMBERS)
        inside = self.condition(u, 1)
        return self.pick(
            f"EXISTS (SELECT 1 FROM {u} WHERE {u}.{v} = {table}.{v} AND {inside})",
            f"NOT EXISTS (SELECT 1 FROM {u} WHERE {u}.{v} = {table}.{v} AND {inside})",
            f"{table}.{v} IN (SELECT {u}.{v} FROM {u} WHERE {inside})",
            f"{table}.{v} NOT IN (SELECT {u}.{v} FROM {u} WHERE {inside})",
            f"{table}.{v} NOT IN (SELECT {u}.{v} FROM {u} WHERE {u}.{v} IS NOT NULL)",
            f"{table}.{v} > (SELECT min({u}.{v}) FROM {u} WHERE {inside})",
            f"(SELECT count(*) FROM {u} WHERE {u}.{v} < {table}.{v}) > {self.random.randint(0, 5)}",
        )

    # --- whole queries

    def simple(self) -> Query:
        t = self.pick(*TABLES)
        sql = f"SELECT {t}.k, {self.number(t)}, {self.text(t)} FROM {t} WHERE {self.condition(t)}"
        if self.random.random() < 0.5:
            return "IIT", "rowsort", sql
        skip = self.pick("", f" OFFSET {self.random.randint(1, 4)}")
        order = self.order(f"{t}.{self.pick(*NUMBERS)}")
        return "IIT", "", f"{sql} ORDER BY {order}, {t}.k LIMIT {self.random.randint(1, 9)}{skip}"

    def joined(self) -> Query:
        kind = self.pick("JOIN", "LEFT JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
        where = self.pick("", f" WHERE {self.condition('t1')}", f" WHERE {self.condition('t2', 1)}")
        link = self.link() if kind != "FULL JOIN" else "t1.a = t2.a"
        columns = f"t1.k, t2.k, {self.number(self.pick(*TABLES), 1)}, {self.text('t2')}"
        return "IIIT", "rowsort", f"SELECT {columns} FROM t1 {kind} t2 ON {link}{where}"

    def nested(self) -> Query:
        t = self.pick(*TABLES)
        u, v = self.other(t), self.pick(*NUMBERS)
        value = self.pick(
            f"(SELECT max({u}.{v}) FROM {u} WHERE {u}.a = {t}.a)",
            f"(SELECT count(*) FROM {u} WHERE {self.condition(u, 1)})",
            f"(SELECT count({u}.{v}) FROM {u} WHERE {u}.b = {t}.b)",
            f"(SELECT {u}.{v} FROM {u} WHERE {u}.k = {t}.k)",
            f"(SELECT sum({u}.{v}) FROM {u} WHERE {u}.s = {t}.s)",
        )
        where = self.pick(
            self.subcondition(t), f"{self.subcondition(t)} AND {self.condition(t, 1)}"
        )
        return "II", "rowsort", f"SELECT {t}.k, {value} FROM {t} WHERE {where}"

    def grouped(self) -> Query:
        t, v = self.pick(*TABLES), self.pick("a", "b", "s")
        aggregate = self.pick("sum", "min", "max", "count")
        distinct = self.pick("", "DISTINCT ") if aggregate in ("sum", "count") else ""
        having = self.pick(
            "", f" HAVING count(*) > {self.random.randint(1, 2)}", f" HAVING sum({t}.c) IS NOT NULL"
        )
        key = f"{t}.{v}"
        sql = (
            f"SELECT {key}, count(*), {aggregate}({distinct}{self.number(t, 1)}), min({t}.s) "
            f"FROM {t} WHERE {self.condition(t)} GROUP BY {key}{having}"
        )
        return ("T" if v == "s" else "I") + "IIT", "rowsort", sql

    def overall(self) -> Query:
        """Aggregates without GROUP BY, over a join or a derived table, often over nothing."""
        source = self.pick(
            f"t1 LEFT JOIN t2 ON {self.link()}",
            "t1 CROSS JOIN t2",
            f"(SELECT DISTINCT a, b, c, d, s FROM t2 WHERE {self.condition('t2')}) AS t1",
        )
        sql = (
            f"SELECT count(*), sum({self.number('t1', 1)}), max(t1.b), min(t1.s), "
            f"count(DISTINCT t1.c) FROM {source} WHERE {self.condition('t1')}"
        )
        return "IIITI", "", sql

    def combined(self) -> Query:
        operator = self.pick("UNION", "UNION ALL", "INTERSECT", "EXCEPT")
        v = self.pick(*NUMBERS)
        left = f"SELECT {v}, s FROM t1 WHERE {self.condition('t1', 1)}"
        right = f"SELECT {v}, s FROM t2 WHERE {self.condition('t2', 1)}"
        return "IT", "rowsort", f"{left} {operator} {right}"

    def with_ctes(self) -> Query:
        kept = self.condition("t1", 1)
        inner = f"SELECT a, count(*) AS n, sum(c) AS total FROM t1 WHERE {kept} GROUP BY a"
        sql = self.pick(
            "SELECT q.a, q.n, q.total FROM q",
            "SELECT x.a, y.n, x.total FROM q x JOIN q y ON x.n = y.n AND x.a < y.a",
            "SELECT a, n, total FROM q WHERE n = (SELECT max(n) FROM q)",
            "SELECT t2.k, q.n, q.total FROM t2 LEFT JOIN q ON q.a = t2.a",
        )
        return "III", "rowsort", f"WITH q AS ({inner}) {sql}"

    def windowed(self) -> Query:
        t, v = self.pick(*TABLES), self.pick(*NUMBERS)
        order = self.order(f"{t}.{v}")
        unique = f"{order}, {t}.k"
        part = self.pick("", f"PARTITION BY {t}.a ", f"PARTITION BY {t}.s ")
        frame = self.pick(
            "",
            " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
            " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING",
            " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
        )
        call = self.pick(
            f"row_number() OVER ({part}ORDER BY {unique})",
            f"rank() OVER ({part}ORDER BY {order})",
            f"dense_rank() OVER ({part}ORDER BY {order})",
            f"lag({t}.c) OVER ({part}ORDER BY {unique})",
            f"lead({t}.c, 2, 0) OVER ({part}ORDER BY {unique})",
            f"sum({t}.c) OVER ({part}ORDER BY {unique}{frame})",
            f"count({t}.b) OVER ({part}ORDER BY {order})",
            f"max({t}.d) OVER ({part}ORDER BY {unique}{frame})",
            f"first_value({t}.c) OVER ({part}ORDER BY {unique}{frame})",
        )
        return "II", "rowsort", f"SELECT {t}.k, {call} FROM {t} WHERE {self.condition(t, 1)}"


FILES: dict[str, Callable[[Maker], Query]] = {
    "simple": Maker.simple,
    "joined": Maker.joined,
    "nested": Maker.nested,
    "grouped": Maker.grouped,
    "overall": Maker.overall,
    "combined": Maker.combined,
    "ctes": Maker.with_ctes,
    "windowed": Maker.windowed,
}


def _cell(maker: Maker, low: int, high: int) -> str:
    return "NULL" if maker.random.random() < 0.15 else str(maker.random.randint(low, high))


def _table(maker: Maker, name: str) -> str:
    rows = []
    for k in range(1, ROWS + 1):
        few = [_cell(maker, 0, 4), _cell(maker, 0, 4)]
        many = [_cell(maker, 0, 50), _cell(maker, -20, 50)]
        s = maker.pick("NULL", "'ada'", "'bo'", "'cy'", "'Ada'", "''", "'dada'")
        rows.append(f"({', '.join([str(k), *few, *many, s])})")
    return (
        f"statement ok\nCREATE TABLE {name} (k INTEGER PRIMARY KEY, a INTEGER, b INTEGER, "
        f"c INTEGER, d INTEGER, s TEXT)\n\nstatement ok\nINSERT INTO {name} VALUES "
        f"{', '.join(rows)}\n"
    )


def case_file(name: str, make: Callable[[Maker], Query]) -> str:
    """The text of one case file, without answers."""
    maker = Maker(f"portable {name}")
    parts = ["# Made by `python -m conformance portable`; the answers are SQLite's.\n"]
    parts += [_table(maker, table) for table in TABLES]
    seen: set[str] = set()
    while len(seen) < RECORDS:
        types, sort, sql = make(maker)
        if sql not in seen:
            seen.add(sql)
            parts.append(f"query {types} {sort}".rstrip() + f"\n{sql}\n----\n")
    return "\n".join(parts)


def main(argv: Sequence[str]) -> int:
    argparse.ArgumentParser(prog="python -m conformance portable", description=__doc__).parse_args(
        argv
    )
    for name, make in FILES.items():
        (HERE / f"{name}.test").write_text(case_file(name, make), encoding="utf-8")
    print(f"{len(FILES) * RECORDS} records in {len(FILES)} files, without answers yet")
    return 0
