"""The embedded store: each file gets a `memory://` connection of its own."""

from __future__ import annotations

from conformance.backends import Adapter, Connection
from conformance.backends._sqlshim import Store


class Embedded(Store):
    def __init__(self, pushdown: str, uri: str) -> None:
        super().__init__("duckdb", pushdown)
        self._uri = uri

    def fresh(self) -> Connection:
        return self._open(self._uri)

    def close(self) -> None:
        self._hang_up()


def open(pushdown: str, uri: str | None) -> Adapter:
    return Embedded(pushdown, uri or "memory://")
