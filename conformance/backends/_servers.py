"""Where a server is: the caller's URI, the environment's, or one started for this run."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack

from conformance.backends import Unavailable

VARIABLES = {"mongo": "SQLSHIM_TEST_MONGODB_URI", "cassandra": "SQLSHIM_TEST_CASSANDRA_URI"}


def server_uri(name: str, uri: str | None) -> tuple[str, Callable[[], None]]:
    """A URI for the store, and what to call when it is no longer needed."""
    known = uri or os.environ.get(VARIABLES[name])
    if known:
        return known, lambda: None
    return _started(name)


def _started(name: str) -> tuple[str, Callable[[], None]]:
    try:
        from conformance import servers
    except ImportError as error:
        raise Unavailable(f"set {VARIABLES[name]} or pass --uri ({error})") from error
    stack = ExitStack()
    return stack.enter_context(servers.running(name)), stack.close
