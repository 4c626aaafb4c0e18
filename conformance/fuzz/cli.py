"""`python -m conformance fuzz --backend NAME --seed N --queries N [--minutes M]`.

The same seed gives the same tables and statements. Exit code 0, 1 when something failed, 2 when
the run could not be made.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from conformance.backends import Unavailable
from conformance.fuzz.checks import Check, random_check, worst
from conformance.fuzz.compare import Failed, Rows
from conformance.fuzz.features import Features
from conformance.fuzz.minimise import minimise, record
from conformance.fuzz.postgres import Postgres
from conformance.fuzz.stores import OfOurs, Stores, open_stores
from conformance.fuzz.tree import literal_sql, render
from conformance.fuzz.world import World, random_world

ATTEMPTS = 3
PER_WORLD = {"mongo": 80, "duckdb": 80, "cassandra": 120}


@dataclass
class Totals:
    seen: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    used: Features = field(default_factory=Features)

    def __str__(self) -> str:
        others = ", ".join(f"{n} {name}" for name, n in sorted(self.seen.items()))
        passed = self.seen.total() - self.failed
        return f"{self.used}\n{others}\n{passed} passed, {self.failed} failed"


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance fuzz", description=__doc__)
    parser.add_argument("--backend", required=True, choices=sorted(PER_WORLD))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--minutes", type=float, help="stop after this time")
    parser.add_argument("--failures", type=int, default=20, help="stop after so many")
    parser.add_argument("--uri", help="a server that runs; default: the environment, or start one")
    parser.add_argument(
        "--oracle", metavar="URI", help="a PostgreSQL that gives the answers; default: DuckDB"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument(
        "--errors", action="store_true", help="show the statements that failed on one side only"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments().parse_args(argv)
    try:
        oracle = Postgres(options.oracle) if options.oracle else OfOurs()
        stores = open_stores(options.backend, options.uri, oracle)
    except Unavailable as error:
        print(f"fuzz: {error}", file=sys.stderr)
        return 2
    try:
        totals = fuzz(stores, options)
    finally:
        stores.close()
    print(totals)
    return int(totals.failed > 0)


def fuzz(stores: Stores, options: argparse.Namespace) -> Totals:
    totals = Totals()
    end = time.monotonic() + 60 * options.minutes if options.minutes else None
    documents = options.oracle is None
    for world, seed, checks in worlds(stores, options.seed, options.queries, documents):
        stores.load(world)
        for number, check in checks:
            if end is not None and time.monotonic() > end:
                return totals
            where = f"seed {seed}, query {number}"
            _run(stores, world, check, where, totals, options.errors)
            if totals.failed >= options.failures:
                return totals
        if not options.quiet:
            print(f"… {totals.seen.total()} queries, {totals.failed} failed", flush=True)
    return totals


def worlds(
    stores: Stores, seed: int, queries: int, documents: bool = True
) -> Iterator[tuple[World, int, Iterator[tuple[int, Check]]]]:
    """Each world with its own seed: `--seed` of the later one reproduces it at once."""
    done = 0
    while done < queries:
        rnd = Random(seed)
        world = random_world(rnd, stores.name, documents)
        count = min(PER_WORLD[stores.name], queries - done)
        yield world, seed, ((n, _check(stores, world, f"{seed}:{n}")) for n in range(count))
        done += count
        seed += 1


def _check(stores: Stores, world: World, seed: str) -> Check:
    """One of a few, the first whose answer has rows: one without shows little."""
    for attempt in range(ATTEMPTS):
        check = random_check(Random(f"{seed}:{attempt}"), world)
        answer = stores.oracle.answer(check.query.tree)
        if check.name not in ("differential", "literals") or (
            isinstance(answer, Rows) and answer.rows
        ):
            break
    return check


def _run(
    stores: Stores, world: World, check: Check, where: str, totals: Totals, errors: bool
) -> None:
    finding = worst(stores, check)
    totals.seen[finding.verdict] += 1
    totals.used.count(render(check.query.tree)[0], finding.expected)
    if finding.verdict in ("errors differ", "rejected") and errors:
        print(f"{finding.verdict}, {where}: {literal_sql(check.query.tree)}")
        for answer in (finding.expected, finding.got):
            print(
                f"    {answer.text if isinstance(answer, Failed) else f'{len(answer.rows)} rows'}"
            )
    if not finding.failed:
        return
    totals.failed += 1
    less, smallest, finding = minimise(stores, world, check)
    print(f"FAILED {where} ({stores.name})\n{record(less, smallest, finding)}\n", flush=True)
    stores.load(world)
