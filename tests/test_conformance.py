"""The corpus on every store in every pushdown mode, and on plain DuckDB as the reference; its
portable cases on SQLite as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from conformance.backends import Adapter, gaps_path, open_adapter
from conformance.cli import CASES, PUSHDOWN, case_files
from conformance.slt.gaps import read_gaps
from conformance.slt.report import describe
from conformance.slt.run import run_file

FILES = case_files([CASES])
PORTABLE = case_files([CASES / "portable"])
STORES = ("duckdb", "mongo", "cassandra")


class Adapters:
    """One adapter a store and mode, opened when the first file wants it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._open: dict[tuple[str, str], Adapter] = {}

    def get(self, name: str, pushdown: str, uri: str | None) -> Adapter:
        if (name, pushdown) not in self._open:
            adapter = open_adapter(name, pushdown, uri)
            self._stack.callback(adapter.close)
            self._open[name, pushdown] = adapter
        return self._open[name, pushdown]


@pytest.fixture(scope="module")
def adapters() -> Iterator[Adapters]:
    with ExitStack() as stack:
        yield Adapters(stack)


def store_uri(name: str, request: pytest.FixtureRequest) -> str | None:
    """The URI of a store's server; asked for only by the tests that need it."""
    if name not in ("mongo", "cassandra"):
        return None
    return str(request.getfixturevalue(f"{name}_uri"))


def case_id(path: Path) -> str:
    return path.relative_to(CASES).with_suffix("").as_posix()


def failures(path: Path, adapter: Adapter) -> str:
    outcomes = run_file(path, adapter, read_gaps(gaps_path(adapter.name)))
    return "\n".join(describe(path, outcome) for outcome in outcomes if outcome.failed)


@pytest.mark.parametrize("path", FILES, ids=case_id)
@pytest.mark.parametrize("pushdown", PUSHDOWN)
@pytest.mark.parametrize("store", STORES)
def test_every_store_gives_the_answers_of_the_corpus(
    store: str, pushdown: str, path: Path, adapters: Adapters, request: pytest.FixtureRequest
) -> None:
    adapter = adapters.get(store, pushdown, store_uri(store, request))
    assert failures(path, adapter) == ""


@pytest.mark.parametrize("path", FILES, ids=case_id)
def test_plain_duckdb_agrees_on_the_portable_part(path: Path, adapters: Adapters) -> None:
    assert failures(path, adapters.get("reference", "never", None)) == ""


@pytest.mark.parametrize("path", PORTABLE, ids=case_id)
def test_sqlite_agrees_where_all_engines_mean_the_same(path: Path, adapters: Adapters) -> None:
    assert failures(path, adapters.get("sqlite", "never", None)) == ""
