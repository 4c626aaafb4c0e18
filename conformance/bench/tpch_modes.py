"""TPC-H on MongoDB: how long `pushdown="auto"` takes beside the better of `always` and `never`.

`python -m conformance tpch indexes` takes away the indexes of foreign keys and brings them back.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from conformance.backends._sqlshim import connect
from conformance.bench.race import Figure, seconds
from conformance.bench.tpch_mongo import fetch
from conformance.tpch.check import ORDER_KEYS, query
from sqlshim.errors import QueryCanceled

MOST = 1.3  # times the better of the others
PATIENCE = 3.0  # times what auto takes, after which another mode has lost
LEAST = 0.25  # seconds that it is given


@contextmanager
def suite(uri: str, scale: float) -> Iterator[Iterator[Figure]]:
    """A figure for each query: auto's time over the better of the others'."""
    with ExitStack() as stack:
        auto, always, never = (
            stack.enter_context(closing(connect(uri, mode))) for mode in ("auto", "always", "never")
        )
        yield (
            Figure(name, Modes(auto, (always, never), query(name, scale)), MOST, "times")
            for name in ORDER_KEYS
        )


@dataclass
class Modes:
    """One query; the first call runs each mode once more, to warm up."""

    auto: Any
    others: tuple[Any, ...]
    sql: str
    warm: bool = False

    def __call__(self) -> float:
        if not self.warm:
            self._ratio()
            self.warm = True
        return self._ratio()

    def _ratio(self) -> float:
        mine = statistics.median(self._seconds(self.auto, None) for _ in range(2))
        patience = max(PATIENCE * mine, LEAST)
        return mine / min(self._seconds(other, patience) for other in self.others)

    def _seconds(self, connection: Any, patience: float | None) -> float:
        world = connection._world
        world.options = replace(world.options, timeout=patience)
        try:
            return seconds(lambda: fetch(connection, self.sql))
        except QueryCanceled:
            assert patience is not None
            return patience
