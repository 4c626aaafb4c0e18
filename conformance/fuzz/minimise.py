"""Make a failure smaller: first the statement, then the rows, while it fails in the same way."""

from __future__ import annotations

from dataclasses import replace

from conformance.fuzz.checks import Check, Finding, worst
from conformance.fuzz.compare import Rows
from conformance.fuzz.cql import create_table
from conformance.fuzz.stores import Stores
from conformance.fuzz.tree import Query, executions, literal, render, smaller
from conformance.fuzz.world import Row, World

CUTS = 400
"""How many statements and how many worlds are tried at most."""
RELOADS = 60


def minimise(stores: Stores, world: World, check: Check) -> tuple[World, Check, Finding]:
    finding = worst(stores, check)
    check, finding = _smaller_statement(stores, check, finding)
    world, finding = _smaller_world(stores, world, check, finding)
    return world, check, finding


def _smaller_statement(stores: Stores, check: Check, found: Finding) -> tuple[Check, Finding]:
    left = CUTS
    progress = True
    while progress and left > 0:
        progress = False
        for tree in smaller(check.query.tree):
            left -= 1
            candidate = replace(check, query=Query(tree, check.query.ordered))
            finding = worst(stores, candidate)
            if finding.verdict == found.verdict:
                check, found, progress = candidate, finding, True
                break
            if left <= 0:
                break
    return check, found


def _smaller_world(
    stores: Stores, world: World, check: Check, found: Finding
) -> tuple[World, Finding]:
    sql, _ = render(check.query.tree)
    left = RELOADS
    for at, table in enumerate(world):
        step = len(table.rows) if f"{table.name} AS" not in sql else max(1, len(table.rows) // 2)
        while step and left > 0:
            start = 0
            while start < len(world[at].rows) and left > 0:
                rows = [n for n in range(len(world[at].rows)) if not start <= n < start + step]
                less = (*world[:at], world[at].keeping(rows), *world[at + 1 :])
                stores.load(less)
                left -= 1
                finding = worst(stores, check)
                if finding.verdict == found.verdict:
                    world, found = less, finding
                else:
                    start += step
            step //= 2
    stores.load(world)
    return world, found


def record(world: World, check: Check, finding: Finding) -> str:
    """The failure as a sqllogictest record, with what was got behind a `#`."""
    runs = [render(tree) for tree in executions(check.query.tree)]
    sql, _ = runs[0]
    again = ", executed again" if finding.again else ""
    lines = [f"# {check.name}, pushdown {finding.mode}{again}: {finding.verdict}"]
    for (_, parameters), which in zip(runs, ("", " when executed again"), strict=False):
        if parameters:
            lines.append(f"# parameters{which}: {', '.join(map(repr, parameters))}")
    for table in world:
        if table.name not in sql:
            continue
        if table.indexes or table.raw:
            lines.append(f"# {table.name}: indexes {table.indexes}, raw {sorted(table.raw)}")
        if table.form == "cql":
            lines.append(f"# {create_table('k', table)}")
        elif table.form != "sql":
            lines.append(f"# {table.name} is {table.form}")
        lines += ["statement ok", table.ddl, ""]
        if table.rows:
            text, maps = table.insert(table.rows)
            lines += ["statement ok", text, *(f"# {value!r}" for value in maps), ""]
    lines += _expected(check, sql, finding)
    return "\n".join(lines)


def _expected(check: Check, sql: str, finding: Finding) -> list[str]:
    got = finding.got
    shown = "\n".join(map(_row, got.rows)) if isinstance(got, Rows) else got.text
    behind = [f"# got: {line}" for line in shown.splitlines()]
    if not isinstance(finding.expected, Rows):
        return ["statement error", sql, "----", finding.expected.text, *behind]
    sort = "" if check.query.ordered else " rowsort"
    letters = "T" * len(finding.expected.types)
    return [f"query {letters}{sort}", sql, "----", *map(_row, finding.expected.rows), *behind]


def _row(row: Row) -> str:
    return "\t".join(v if isinstance(v, str) else literal(v) for v in row)
