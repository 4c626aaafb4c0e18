"""TPC-H into Cassandra: the specification's keys, SAI on foreign keys and dates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from cassandra.concurrent import execute_concurrent
from cassandra.query import BatchStatement, BatchType

from conformance.backends.cassandra import raw_cluster
from conformance.tpch.load import DATABASE, Progress, batches, read
from conformance.tpch.schema import TABLES, Table

BATCH = 5_000
CONCURRENCY = 100


def fill(uri: str, directory: Path) -> None:
    cluster = raw_cluster(uri)
    session = cluster.connect()
    session.default_timeout = 60
    try:
        keyspace = urlsplit(uri).path.strip("/") or DATABASE
        session.execute(
            f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = "
            "{'class': 'SimpleStrategy', 'replication_factor': 1}"
        )
        session.set_keyspace(keyspace)
        for table in TABLES:
            rows = read(directory, table)
            _create(session, table, rows.schema)
            _fill_table(session, table, rows)
    finally:
        cluster.shutdown()


def _create(session: Any, table: Table, schema: pa.Schema) -> None:
    columns = ", ".join(f"{field.name} {_cql_type(field.type)}" for field in schema)
    key = ", ".join(table.key)
    session.execute(f"DROP TABLE IF EXISTS {table.name}")
    session.execute(f"CREATE TABLE {table.name} ({columns}, PRIMARY KEY ({key}))")
    for column in table.indexes:  # before the rows: an index over rows is built behind our back
        session.execute(f"CREATE INDEX ON {table.name} ({column}) USING 'sai'")


def _cql_type(kind: pa.DataType) -> str:
    if pa.types.is_date(kind):
        return "date"
    names = {pa.int32(): "int", pa.int64(): "bigint", pa.float64(): "double", pa.string(): "text"}
    return names[kind]


def _fill_table(session: Any, table: Table, rows: pa.Table) -> None:
    progress = Progress(table.name, rows.num_rows)
    marks = ", ".join("?" * rows.num_columns)
    insert = session.prepare(
        f"INSERT INTO {table.name} ({', '.join(rows.column_names)}) VALUES ({marks})"
    )
    key = rows.column_names.index(table.partition)
    for batch in batches(rows, BATCH):
        execute_concurrent(session, _by_partition(insert, batch, key), concurrency=CONCURRENCY)
        progress.add(len(batch))
    progress.finish()


def _by_partition(
    insert: Any, rows: list[tuple[Any, ...]], key: int
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """One request a partition: its rows go to one place, so an unlogged batch costs one write."""
    for _, same in groupby(rows, key=itemgetter(key)):
        batch = BatchStatement(batch_type=BatchType.UNLOGGED)
        for row in same:
            batch.add(insert, row)
        yield batch, ()
