"""Where a server is: the caller's URI, the environment's, or one started for this run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from conformance.backends import Unavailable
from conformance.servers import Kind, ServerFailed, ServerUnavailable, wanted_servers


def server_uri(kind: Kind, uri: str | None) -> tuple[str, Callable[[], None]]:
    """A URI for the store, and what to call when it is no longer needed."""
    if uri is not None:
        return uri, lambda: None
    stack = ExitStack()
    try:
        return stack.enter_context(wanted_servers()).uri(kind), stack.close
    except (ServerUnavailable, ServerFailed) as error:
        stack.close()
        raise Unavailable(str(error)) from error
