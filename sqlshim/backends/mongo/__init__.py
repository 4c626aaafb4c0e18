"""MongoDB as a store: one aggregation pipeline for what it is given to run.

The entry point of the `mongodb://` and `mongodb+srv://` schemes; pymongo is loaded with the first
connection.
"""

from __future__ import annotations

from sqlshim.backends.protocol import Backend, Options


def open_store(uri: str, alias: str, options: Options) -> Backend:
    """Connect to the database a URI names. Fails at once where no server answers."""
    from sqlshim.backends.mongo.backend import open_backend

    return open_backend(uri, alias, options)
