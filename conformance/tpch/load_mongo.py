"""TPC-H into MongoDB: BSON dates, 64-bit integers where the data has them, and indexes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pymongo
from bson.int64 import Int64
from pymongo.database import Database

from conformance.tpch.load import DATABASE, Progress, batches, read
from conformance.tpch.schema import TABLES, Table

BATCH = 10_000


def fill(uri: str, directory: Path) -> None:
    with _database(uri) as database:
        for table in TABLES:
            _fill_collection(database[table.name], table, read(directory, table))


def foreign_key_indexes(uri: str, wanted: bool) -> None:
    """See that the foreign keys have indexes, or that they have none."""
    with _database(uri) as database:
        for table in TABLES:
            for column in table.foreign_keys:
                if wanted:
                    database[table.name].create_index(column)
                else:
                    database[table.name].drop_index(f"{column}_1")


@contextmanager
def _database(uri: str) -> Iterator[Database[dict[str, Any]]]:
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    with client:
        yield client[urlsplit(uri).path.strip("/") or DATABASE]


def _fill_collection(
    collection: pymongo.collection.Collection[dict[str, Any]], table: Table, rows: pa.Table
) -> None:
    progress = Progress(table.name, rows.num_rows)
    collection.drop()
    names = rows.column_names
    convert = [_converter(field.type) for field in rows.schema]
    for batch in batches(rows, BATCH):
        documents = [
            {n: c(v) for n, c, v in zip(names, convert, row, strict=True)} for row in batch
        ]
        collection.insert_many(documents, ordered=False)
        progress.add(len(batch))
    collection.create_index([(column, 1) for column in table.key], unique=True)
    for column in table.indexes:
        collection.create_index(column)
    progress.finish()


def _converter(kind: pa.DataType) -> Callable[[Any], Any]:
    if pa.types.is_int64(kind):  # a small Python int would become a 32-bit one
        return Int64
    if pa.types.is_date(kind):
        return lambda day: dt.datetime(day.year, day.month, day.day)
    return lambda value: value
