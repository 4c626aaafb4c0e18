"""Tables that CQL itself makes: several partition columns, reversed order, statics, collections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.fuzz.world import Table

CQL_TYPES = {
    "I": "int",
    "B": "bigint",
    "D": "double",
    "N": "decimal",
    "T": "text",
    "L": "boolean",
    "A": "date",
    "S": "timestamp",
    "M": "time",
    "U": "uuid",
    "v": "varint",
    "n": "decimal",
    "p": "tuple<int, text>",
    "y": "frozen<pair>",
    "u": "timeuuid",
    "i": "list<int>",
    "t": "set<text>",
    "m": "map<text, int>",
}


def create_table(keyspace: str, table: Table) -> str:
    columns = [
        f"{c.name} {CQL_TYPES[c.kind]}{' static' if c.name in table.statics else ''}"
        for c in table.columns
    ]
    partition, clustering = table.key[: table.partition], table.key[table.partition :]
    key = ", ".join([f"({', '.join(partition)})", *clustering])
    order = [f"{name} {'DESC' if name in table.descending else 'ASC'}" for name in clustering]
    ordered = f" WITH CLUSTERING ORDER BY ({', '.join(order)})" if order else ""
    lines = ", ".join([*columns, f"PRIMARY KEY ({key})"])
    return f"CREATE TABLE {keyspace}.{table.name} ({lines}){ordered}"


def create_and_fill(session: Any, keyspace: str, table: Table) -> None:
    session.execute(create_table(keyspace, table))
    for row in table.rows:
        given = [(c, v) for c, v in zip(table.columns, row, strict=True) if v is not None]
        names = ", ".join(column.name for column, _ in given)
        marks = ", ".join("?" for _ in given)
        insert = f"INSERT INTO {keyspace}.{table.name} ({names}) VALUES ({marks})"
        values = [set(v) if c.kind == "t" and isinstance(v, list) else v for c, v in given]
        session.execute(session.prepare(insert), values)


def indexes_of(table: Table) -> Iterator[str]:
    """What stands in the brackets of CREATE INDEX."""
    kinds = {column.name: column.kind for column in table.columns}
    for name in table.indexes:
        yield f"ENTRIES({name})" if kinds[name] == "m" else name
