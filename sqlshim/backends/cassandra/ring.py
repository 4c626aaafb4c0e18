"""The token ring: into how many ranges a scan is cut, and where.

`Ring.ranges(table)` asks the server how dense the table's first rows lie, which tells a table of
ten rows (one request) from one of ten million (many, in parallel), and remembers it for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlshim.backends.cassandra.compile import TokenRange
from sqlshim.backends.cassandra.names import quote
from sqlshim.backends.cassandra.replicas import Replicas
from sqlshim.backends.cassandra.session import Session
from sqlshim.catalog.model import Table

LOW, HIGH = -(2**63), 2**63 - 1
WHOLE: tuple[TokenRange, ...] = ((LOW, HIGH),)
PROBE_ROWS = 1000
ROWS_A_RANGE = 20_000
FEWEST, MOST = 16, 512  # ranges of a table that does not fit in the probe
MOST_RING = 256  # a ring of more ranges than that is cut evenly, whoever owns what
KEEP_SMALL, KEEP_LARGE = 5.0, 300.0  # seconds that an estimate is trusted


class Ring:
    """Sizes of tables and ranges of tokens of one cluster."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.replicas = Replicas(
            session.metadata, session.is_near, lambda: session.protocol_version
        )
        self._sizes: dict[tuple[str, str], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def row_count(self, table: Table) -> int:
        """An estimate of the rows, exact up to PROBE_ROWS."""
        return self.estimate(table.schema, table.name, table.partition_key)

    def estimate(self, schema: str, name: str, partition_key: Sequence[str]) -> int:
        """The same before there is a Table."""
        with self._lock:
            until, rows = self._sizes.get((schema, name), (0.0, 0))
        if time.monotonic() < until:
            return rows
        token = f"TOKEN({', '.join(map(quote, partition_key))})"
        found = self._session.read(
            f"SELECT {token} FROM {quote(schema)}.{quote(name)} LIMIT {PROBE_ROWS}",
            stamp=tuple(partition_key),
        )
        rows = rows_from_probe([row[0] for row in found])
        keep = KEEP_SMALL if rows < PROBE_ROWS else KEEP_LARGE
        with self._lock:
            self._sizes[schema, name] = (time.monotonic() + keep, rows)
        return rows

    def forget(self, table: Table) -> None:
        """The table was written or dropped."""
        with self._lock:
            self._sizes.pop((table.schema, table.name), None)

    def ranges(self, table: Table) -> Sequence[TokenRange]:
        """Ranges that together are the whole ring, as many as the table's size is worth."""
        rows = self.row_count(table)
        if rows < PROBE_ROWS:
            return WHOLE
        wanted = max(FEWEST, min(MOST, rows // ROWS_A_RANGE))
        return cut(self._tokens(), wanted)

    def _tokens(self) -> list[int]:
        token_map: Any = self._session.metadata.token_map
        return [] if token_map is None else [t.value for t in token_map.ring]


def rows_from_probe(tokens: Sequence[int]) -> int:
    """How many rows a table has whose first rows, in the ring's order, have these tokens."""
    if len(tokens) < PROBE_ROWS:
        return len(tokens)
    covered = (tokens[-1] - LOW + 1) / (HIGH - LOW)
    return int(len(tokens) / covered)


def cut(tokens: Sequence[int], wanted: int) -> list[TokenRange]:
    """The ring from end to end, cut where its nodes' ranges meet and then into even parts."""
    inner = sorted({t for t in tokens if LOW < t < HIGH}) if len(tokens) <= MOST_RING else []
    bounds = [LOW, *inner, HIGH]
    most = (HIGH - LOW) // wanted
    ranges: list[TokenRange] = []
    for low, high in pairwise(bounds):
        parts = max(1, -(-(high - low) // most))
        steps = [low + (high - low) * i // parts for i in range(parts)]
        ranges += zip(steps, [*steps[1:], high], strict=True)
    return ranges
