"""CREATE TABLE and DROP TABLE as CQL text.

The first column of the primary key is the partition key, the others cluster. A table without a
primary key gets a hidden uuid, so that rows that are equal in every column are kept apart.
"""

from __future__ import annotations

from sqlshim.backends.cassandra.catalog import HIDDEN_KEY, write_comment
from sqlshim.backends.cassandra.names import quote, quote_text
from sqlshim.backends.cassandra.values.cqltypes import cql_type
from sqlshim.backends.protocol import TableDefinition
from sqlshim.catalog.model import Table
from sqlshim.errors import NotSupportedError


def create_table(keyspace: str, definition: TableDefinition) -> str:
    """The CREATE TABLE statement."""
    if definition.unique:
        raise NotSupportedError(
            "Cassandra keeps no column unique but the primary key",
            hint="Make the unique columns the PRIMARY KEY, or leave UNIQUE out.",
        )
    hidden = None if definition.primary_key else _hidden_name(definition)
    key = definition.primary_key or (str(hidden),)
    columns = [f"{quote(c.name)} {cql_type(c.type)}" for c in definition.columns]
    if hidden is not None:
        columns.append(f"{quote(hidden)} uuid")
    columns.append(f"PRIMARY KEY ({', '.join(map(quote, key))})")
    comment = write_comment(definition.columns, hidden)
    return (
        f"CREATE TABLE {quote(keyspace)}.{quote(definition.name)} ({', '.join(columns)}) "
        f"WITH comment = {quote_text(comment)}"
    )


def _hidden_name(definition: TableDefinition) -> str:
    taken = {c.name for c in definition.columns}
    name = HIDDEN_KEY
    while name in taken:
        name += "_"
    return name


def drop_table(table: Table) -> str:
    """The DROP TABLE statement."""
    if table.read_only:
        raise NotSupportedError(f"{table.name!r} is a materialized view, not a table")
    return f"DROP TABLE {quote(table.schema)}.{quote(table.name)}"
