"""TPC-H on MongoDB: how long `pushdown="auto"` takes beside the better of `always` and `never`.

`python -m conformance tpch indexes` takes away the indexes of foreign keys and brings them back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from conformance.backends._sqlshim import connect
from conformance.bench.race import Rivals, seconds
from conformance.bench.tpch_mongo import fetch
from conformance.tpch.check import ORDER_KEYS, query
from sqlshim.errors import QueryCanceled

MOST = 1.3  # times the better of the others
PATIENCE = 3.0  # times what auto takes, after which another mode has lost
LEAST = 0.25  # seconds that it is given


@contextmanager
def suite(uri: str, scale: float) -> Iterator[Iterator[Rivals]]:
    """Each query by `auto`, and by those of the two others that plan something else: between equal
    plans there is nothing to measure but noise."""
    with ExitStack() as stack:
        connections = {
            mode: stack.enter_context(closing(connect(uri, mode)))
            for mode in ("auto", "always", "never")
        }

        def rivals(name: str) -> Rivals:
            sql = query(name, scale)
            plans = {mode: fetch(c, f"EXPLAIN {sql}") for mode, c in connections.items()}
            others = [m for m, plan in plans.items() if m != "auto" and plan != plans["auto"]]
            ours, *theirs = (partial(_seconds, connections[m], sql) for m in ("auto", *others))
            called = "the better" if len(others) > 1 else f"{others[0]}, else the same plan"
            return Rivals(name, ours, theirs, MOST, PATIENCE, LEAST, called)

        yield map(rivals, ORDER_KEYS)


def _seconds(connection: Any, sql: str, patience: float | None) -> float:
    """How long the query takes, at most `patience`."""
    world = connection._world
    world.options = replace(world.options, timeout=patience)
    try:
        return seconds(lambda: fetch(connection, sql))
    except QueryCanceled:
        assert patience is not None
        return patience
