"""Apache Cassandra behind the backend protocol: `open_store` for `cassandra://` URIs.

The driver is loaded when the first store is opened, not at import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlshim.backends.protocol import Backend, Options


def open_store(uri: str, alias: str, options: Options) -> Backend:
    """Connect to the keyspace of a `cassandra://` URI."""
    from sqlshim.backends.cassandra.backend import CassandraBackend
    from sqlshim.backends.cassandra.uri import read_uri

    return CassandraBackend(read_uri(uri), alias, options)
