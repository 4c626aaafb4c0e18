"""A store in memory and a local engine for the tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sqlshim.backends.duckdb import open_local_engine, open_store
from sqlshim.backends.duckdb.engine import DuckEngine
from sqlshim.backends.protocol import Backend, Options


@pytest.fixture
def store() -> Iterator[Backend]:
    store = open_store("memory://", "", Options())
    yield store
    store.close()


@pytest.fixture(scope="module")
def calculator() -> Iterator[Backend]:
    """A store that nobody writes to."""
    store = open_store("memory://", "", Options())
    yield store
    store.close()


@pytest.fixture
def local() -> Iterator[DuckEngine]:
    engine = open_local_engine(Options())
    yield engine
    engine.close()
