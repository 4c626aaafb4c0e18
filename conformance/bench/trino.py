"""TPC-H beside Trino 476, whose times at scale factor 0.1 were taken on another machine.

Work made by hand with the plain driver was timed there as well: the geometric mean of the ratios
of its times here and there says how much slower this machine is. One way for every store: a suite
says what the work by hand and Trino took there; what the work gives here is looked at, and the
answers of the queries are compared with DuckDB's.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from math import inf
from typing import Any

from conformance.backends import Unavailable
from conformance.bench.race import Against, Contest, Figure, Timed, run
from conformance.tpch.check import ORDER_KEYS, query, reference
from conformance.tpch.compare import difference
from conformance.tpch.data import parquet_dir

Rows = list[tuple[Any, ...]]
SHARE = 1 / 3  # of Trino's total, for all queries together
ROUNDS = 3  # of the work by hand


@dataclass(frozen=True)
class ByHand:
    """Work made by hand: what took `there` seconds on the other machine. `wrong` says in a
    sentence what is wrong with what it gives here, None if nothing is."""

    name: str
    work: Callable[[], Any]
    there: float
    wrong: Callable[[Any], str | None]


def answers(name: str, scale: float) -> Callable[[Rows], str | None]:
    """What is wrong with rows for a query."""
    return lambda rows: difference(
        rows, reference(parquet_dir(scale), name, scale), ORDER_KEYS[name]
    )


def contests(
    connection: Any, scale: float, trino: Mapping[str, float], by_hand: Sequence[ByHand]
) -> Iterator[Contest]:
    """One for each query, then their total. The work by hand is run and told before the first.

    Where Trino has no time of its own (it answered wrongly) a query counts on neither side.
    """
    slower = _slower(by_hand)
    print(f"this machine takes {slower:.2f} times as long", flush=True)
    queries = [_Query(connection, name, scale) for name in ORDER_KEYS]
    for asked in queries:
        theirs = trino.get(asked.name, inf) * slower
        yield Against(asked.name, asked.rows, theirs, "Trino", 1.0, answers(asked.name, scale))
    counted = [asked for asked in queries if asked.name in trino]
    if all(asked.times for asked in counted):
        ours = sum(asked.median for asked in counted)
        theirs = sum(trino[asked.name] for asked in counted) * slower
        print(f"all together {ours:.2f} s, Trino {theirs:.2f} s, ratio {ours / theirs:.2f}")
        yield Figure("all", lambda: ours, theirs * SHARE, "s")


def _slower(by_hand: Sequence[ByHand]) -> float:
    """How many times longer the work by hand takes than on the other machine."""
    ratios = []
    for hand in by_hand:
        took = run(
            Against(f"by-hand/{hand.name}", hand.work, hand.there, "there", inf, hand.wrong), ROUNDS
        )
        assert isinstance(took, Timed)
        print(took, flush=True)
        if not took.remark:  # other data than there says nothing
            ratios.append(took.ratio)
    if not ratios:
        raise Unavailable("the work by hand gives other rows than at scale factor 0.1")
    return statistics.geometric_mean(ratios)


@dataclass
class _Query:
    """One query; `times` grows with each run."""

    connection: Any
    name: str
    scale: float
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of all runs but the first, which warms up."""
        return statistics.median(self.times[1:] or self.times)

    def rows(self) -> Rows:
        begun = time.perf_counter()
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(query(self.name, self.scale))
            rows: Rows = cursor.fetchall()
        self.times.append(time.perf_counter() - begun)
        return rows
