"""From a URL scheme to the backend that serves it, through the entry points `sqlshim.backends`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import cast

from sqlshim.backends.protocol import Backend, Options
from sqlshim.errors import InterfaceError, nearest, without_secrets

GROUP = "sqlshim.backends"
OpenStore = Callable[[str, str, Options], Backend]


def open_store(uri: str, alias: str, options: Options) -> Backend:
    """Open the store of a URI. InterfaceError for a malformed URI or an unknown scheme."""
    scheme, colon, _ = uri.partition("://")
    if not colon:
        raise InterfaceError(
            f"not a URI: {without_secrets(uri)!r}",
            hint="Write memory://, file:///directory, mongodb://host/db or cassandra://host/keyspace.",
        )
    found = entry_points(group=GROUP, name=scheme)
    if not found:
        known = sorted(entry_points(group=GROUP).names)
        near = nearest(scheme, known)
        raise InterfaceError(
            f"no backend serves {scheme}:// URIs",
            hint=f"Did you mean {near[0]}://?" if near else f"Known are {', '.join(known)}.",
        )
    return cast(OpenStore, next(iter(found)).load())(uri, alias, options)
