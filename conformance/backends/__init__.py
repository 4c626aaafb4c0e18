"""What the runner needs of a store: one `Adapter` a module, found by name with `open_adapter`.

Adding a backend means adding `conformance/backends/<name>.py` with `open(pushdown, uri)`, and if
it has gaps `<name>.gaps.toml`; nothing here or in the runner changes.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

HERE = Path(__file__).parent


class Unavailable(Exception):
    """The backend cannot be used here: no server, no driver; the message says what to do."""


class Cursor(Protocol):
    """The part of PEP 249 that the runner uses."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None: ...
    @property
    def rowcount(self) -> int: ...
    def execute(self, operation: str, /) -> Any: ...
    def fetchall(self) -> Sequence[Sequence[Any]]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    def cursor(self) -> Cursor: ...


@dataclass(frozen=True)
class Problem:
    """What an exception means: `refused` is an honest NotSupportedError, `foreign` an exception
    that should never have reached the caller. `text` is what an expected-error regex searches,
    or None when this backend's messages are not the contract's."""

    text: str | None
    shown: str
    refused: bool = False
    foreign: bool = False


@runtime_checkable
class Adapter(Protocol):
    """One store in one pushdown mode."""

    name: str
    pushdown: str
    names: frozenset[str]
    """The names that `skipif` and `onlyif` know it by."""

    def fresh(self) -> Connection:
        """A connection to an empty namespace; the one before it is finished with."""

    def speak(self, dialect: str) -> bool:
        """Read the statements to come in this dialect; False if this engine cannot.

        Every engine takes "postgres" for the SQL that all have in common."""

    def problem(self, error: Exception) -> Problem: ...

    def close(self) -> None: ...


def backend_names() -> list[str]:
    return sorted(p.stem for p in HERE.glob("[a-z]*.py"))


def gaps_path(name: str) -> Path:
    return HERE / f"{name}.gaps.toml"


def open_adapter(name: str, pushdown: str = "auto", uri: str | None = None) -> Adapter:
    if name not in backend_names():
        raise Unavailable(f"no backend {name!r}; there are {', '.join(backend_names())}")
    module = importlib.import_module(f"conformance.backends.{name}")
    adapter = module.open(pushdown, uri)
    assert isinstance(adapter, Adapter)
    return adapter
