from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sqlshim
from sqlshim.repl.config import Settings
from sqlshim.repl.session import Session

from .fakes import FakeConnection


@pytest.fixture(autouse=True)
def _private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own files."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("SQLSHIM_CONFIG", "SQLSHIM_URI", "SQLSHIM_DEBUG", "PAGER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def connection() -> Iterator[FakeConnection]:
    made = FakeConnection()
    yield made
    made.close()


@pytest.fixture
def session(connection: FakeConnection) -> Iterator[Session]:
    """A session whose output and errors are in `session.out` and `session.err`."""
    settings = Settings(timing=False)
    made = Session(connection, settings, io.StringIO(), io.StringIO(), "fake://ann:hunter2@h/shop")
    yield made
    made.close()


@pytest.fixture
def connected(
    connection: FakeConnection, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[Any, dict[str, Any]]]:
    """`sqlshim.connect` gives the fake; call the fixture for what it was called with."""
    calls: list[tuple[Any, dict[str, Any]]] = []

    def connect(uri: Any, **options: Any) -> FakeConnection:
        calls.append((uri, options))
        return connection

    monkeypatch.setattr(sqlshim, "connect", connect, raising=False)
    return lambda: calls[-1]
