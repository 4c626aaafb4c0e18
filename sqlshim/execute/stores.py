"""ATTACH, DETACH and SET: the stores of an open connection, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlshim.backends.protocol import Backend, Options
from sqlshim.backends.registry import open_store
from sqlshim.errors import ProgrammingError
from sqlshim.ir.statement import SetOption


def attach(uri: str, name: str, stores: dict[str, Backend], options: Options) -> None:
    """Open another store. ProgrammingError if its name is taken."""
    if name.casefold() in {alias.casefold() for alias in stores}:
        raise ProgrammingError(
            f"a store named {name!r} is attached already",
            sqlstate="42P04",
            hint="Choose another name, or DETACH it first.",
        )
    stores[name] = open_store(uri, name, options)


def set_option(statement: SetOption, stores: Mapping[str, Backend]) -> None:
    """Set an option of one store or of all that have it. ProgrammingError if there is none."""
    wanted = statement.store.casefold()
    if wanted and wanted not in {alias.casefold() for alias in stores}:
        raise _no_store(statement.store, stores)
    asked = [s for alias, s in stores.items() if not wanted or alias.casefold() == wanted]
    known = [store.set_option(statement.name, statement.value) for store in asked]
    if not any(known):
        raise ProgrammingError(
            f"unrecognized configuration parameter {statement.name!r}",
            sqlstate="42704",
            hint="Cassandra has consistency and serial_consistency.",
        )


def _no_store(name: str, stores: Iterable[str]) -> ProgrammingError:
    return ProgrammingError(
        f"no store named {name!r} is attached",
        sqlstate="3F000",
        hint=f"Attached are {', '.join(filter(None, stores)) or 'none'}.",
    )


def detach(name: str, if_exists: bool, stores: dict[str, Backend]) -> None:
    """Close a store; what it has not committed is rolled back."""
    alias = next((a for a in stores if a.casefold() == name.casefold()), None)
    if alias:
        stores.pop(alias).close()
    elif not if_exists:
        raise _no_store(name, stores)
