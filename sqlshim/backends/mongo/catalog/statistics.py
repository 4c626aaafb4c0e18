"""What share of a collection a condition keeps, measured on a sample and remembered for a while.

`Statistics.share` is the `known` of `backends.estimate`: asked while a statement is planned under
pushdown="auto", at most once for each condition.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from sqlshim.backends import estimate
from sqlshim.backends.mongo.compile import compile_rel
from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.stages.where import where
from sqlshim.catalog.model import Table
from sqlshim.ir import walk
from sqlshim.ir.keys import is_key_test
from sqlshim.ir.relational import Filter, Scan
from sqlshim.ir.scalar import Param, Scalar

SAMPLE = 1000
WHOLE = 2000  # documents of a collection that is looked at instead of a sample
KEEP = 300.0  # seconds
MOST = 2000  # conditions remembered
PATIENCE_MS = 500


class Statistics:
    """Measured shares of collections, which `collection` opens. Thread-safe."""

    def __init__(
        self,
        collection: Callable[[Table], Collection[dict[str, Any]]],
        refusal: Callable[[Scalar], str],
    ) -> None:
        self._collection = collection
        self._refusal = refusal
        self._shares: OrderedDict[str, tuple[float, float | None]] = OrderedDict()
        self._lock = threading.Lock()

    def share(self, rel: Filter) -> float | None:
        """The share of the scan's documents that a Filter keeps. Conditions with parameters, or
        that the server cannot check, are guessed."""
        scan = rel.input
        if not isinstance(scan, Scan):
            return None
        own = {c.id for c in scan.columns}  # in a lateral join there are the left side's, too
        measurable = tuple(t for t in rel.where if walk.reads(t) <= own and self._measurable(t))
        if not measurable or not scan.table.row_count:
            return None
        test = where(measurable, compile_rel(scan).scope)
        found = self._remembered(scan.table, scan.table.row_count, test)
        if found is None:
            return None
        for term in rel.where:
            if term not in measurable and not is_key_test(term):
                found *= estimate.selectivity(term)
        return found

    def repeats(self, table: Table, field: str) -> float | None:
        """How many documents have the same value of a field, on average."""
        if not table.row_count:
            return None
        if estimate.is_unique(table, field):
            return 1.0
        distinct = self._remembered(table, table.row_count, field)
        return None if distinct is None else max(1 / distinct, 1.0)

    def _measurable(self, term: Scalar) -> bool:
        parts = list(walk.every_scalar(term))
        fixed = not any(isinstance(e, Param) for e in parts) and not walk.has_subquery(term)
        return fixed and not is_key_test(term) and not self._refusal(term)

    def _remembered(self, table: Table, count: int, test: Mql) -> float | None:
        """The share of documents that pass `test`, or of different values of that field."""
        key = f"{table.schema}.{table.name} {test}"
        with self._lock:
            until, share = self._shares.get(key, (0.0, None))
        if time.monotonic() < until:
            return share
        if isinstance(test, str):
            share = self._distinct(table, count, test)
        else:
            share = self._measured(table, count, test)
        with self._lock:
            self._shares[key] = (time.monotonic() + KEEP, share)
            if len(self._shares) > MOST:
                self._shares.popitem(last=False)
        return share

    def _measured(self, table: Table, count: int, test: Mql) -> float | None:
        kept = self._counted(table, count, {"$match": test})
        return None if kept is None else max(kept, 0.5) / max(_looked_at(count), 1)

    def _distinct(self, table: Table, count: int, field: str) -> float | None:
        """Of `size` values taken at random from `values` different ones, about
        values · (1 - e^(-size / values)) are different."""
        found = self._counted(table, count, {"$group": {"_id": f"${field}"}})
        if found is None:
            return None
        size = _looked_at(count)
        low, high = float(found), float(count)
        for _ in range(50):
            values = (low + high) / 2
            if values * -math.expm1(-size / values) < found:
                low = values
            else:
                high = values
        return high / count

    def _counted(self, table: Table, count: int, stage: Mql) -> int | None:
        """The documents that `stage` makes of a sample, or of a small collection."""
        sample: list[Mql] = [] if count <= WHOLE else [{"$sample": {"size": SAMPLE}}]
        pipeline = [*sample, stage, {"$count": "n"}]
        try:
            found = list(self._collection(table).aggregate(pipeline, maxTimeMS=PATIENCE_MS))
        except PyMongoError:
            return None  # a guess will do; the query itself says what is wrong
        return found[0]["n"] if found else 0


def _looked_at(count: int) -> int:
    return count if count <= WHOLE else SAMPLE
