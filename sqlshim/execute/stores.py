"""ATTACH and DETACH: the stores of an open connection, by name."""

from __future__ import annotations

from sqlshim.backends.protocol import Backend, Options
from sqlshim.backends.registry import open_store
from sqlshim.errors import ProgrammingError


def attach(uri: str, name: str, stores: dict[str, Backend], options: Options) -> None:
    """Open another store. ProgrammingError if its name is taken."""
    if name.casefold() in {alias.casefold() for alias in stores}:
        raise ProgrammingError(
            f"a store named {name!r} is attached already",
            sqlstate="42P04",
            hint="Choose another name, or DETACH it first.",
        )
    stores[name] = open_store(uri, name, options)


def detach(name: str, if_exists: bool, stores: dict[str, Backend]) -> None:
    """Close a store; what it has not committed is rolled back."""
    alias = next((a for a in stores if a.casefold() == name.casefold()), None)
    if alias:
        stores.pop(alias).close()
    elif not if_exists:
        raise ProgrammingError(
            f"no store named {name!r} is attached",
            sqlstate="3F000",
            hint=f"Attached are {', '.join(filter(None, stores)) or 'none'}.",
        )
