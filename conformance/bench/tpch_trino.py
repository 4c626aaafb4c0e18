"""TPC-H on MongoDB beside Trino's connector, by the plans made by hand of `tpch_mongo`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pymongo

from conformance.backends._sqlshim import connect
from conformance.bench.race import Contest
from conformance.bench.tpch_mongo import PLANS
from conformance.bench.trino import ByHand, answers, contests

# Seconds on the other machine, scale factor 0.1, medians of three warm runs.
BY_HAND = {
    "q01": 0.75, "q03": 0.54, "q05": 0.15, "q06": 0.17, "q09": 0.42, "q12": 0.28, "q13": 0.13,
    "q18": 0.45, "q21": 0.28,
}  # fmt: skip
TRINO = {
    "q01": 2.36, "q02": 0.35, "q03": 1.22, "q04": 0.86, "q05": 0.80, "q06": 0.24, "q07": 1.14,
    "q08": 1.74, "q09": 2.65, "q10": 0.54, "q11": 0.19, "q12": 0.56, "q13": 0.30, "q14": 0.15,
    "q15": 0.20, "q16": 0.23, "q17": 0.65, "q18": 0.64, "q19": 1.62, "q20": 0.46, "q21": 1.82,
    "q22": 0.21,
}  # fmt: skip


@contextmanager
def suite(uri: str, scale: float) -> Iterator[Iterator[Contest]]:
    """The contests over the data at `uri`."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    with client, closing(connect(uri, "auto")) as connection:
        database = client[urlsplit(uri).path.strip("/")]
        by_hand = [
            ByHand(name, partial(PLANS[name][0], database), there, answers(name, scale))
            for name, there in BY_HAND.items()
        ]
        yield contests(connection, scale, TRINO, by_hand)
