"""CREATE TABLE, DROP TABLE and INSERT.

A table is a collection whose validator records the column order and types; keys are unique
indexes. An INSERT of several rows is all or nothing: one transaction, or, on a server without
transactions, removed again when a part of it fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pymongo
from bson.objectid import ObjectId
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import CollectionInvalid, OperationFailure, PyMongoError

from sqlshim.backends.mongo.catalog import validator
from sqlshim.backends.mongo.catalog.tables import KEY, primary_key_index
from sqlshim.backends.mongo.errors import translating
from sqlshim.backends.mongo.values.encode import OBJECT_ID, Encode, encoder, nullable, object_id
from sqlshim.backends.protocol import RunContext, TableDefinition
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import NotNullViolation, NotSupportedError, ProgrammingError, TableExists
from sqlshim.types import SqlType

Document = dict[str, Any]
_BATCH = 10_000  # documents of one insert command
_EXISTS = 48


def create_table(database: Database[Document], definition: TableDefinition) -> None:
    """A collection with a validator and an index for each key."""
    for column in definition.columns:
        if not validator.is_storable(column.type):
            raise NotSupportedError(f"MongoDB cannot store the type {column.type} ({column.name})")
    schema = validator.schema_of(definition.columns)
    with translating():
        try:
            database.create_collection(definition.name, validator={"$jsonSchema": schema})
        except CollectionInvalid as error:  # found by the driver, which looks first
            raise TableExists(definition.name) from error
        except OperationFailure as error:
            if error.code != _EXISTS:
                raise
            raise TableExists(definition.name) from error
    try:
        with translating():
            _create_keys(database, definition)
    except BaseException as error:
        _drop_after(error, database, definition.name)
        raise


def _drop_after(error: BaseException, database: Database[Document], name: str) -> None:
    """Drop a collection that got no keys; `error` learns of it if that fails as well."""
    try:
        database.drop_collection(name)
    except PyMongoError as failure:  # the server is gone, most likely
        error.add_note(f"The new collection {name!r} was not dropped: {failure}")


def _create_keys(database: Database[Document], definition: TableDefinition) -> None:
    collection = database[definition.name]
    key = definition.primary_key
    if key and key != (KEY,):
        collection.create_index(
            [(name, 1) for name in key], name=primary_key_index(definition.name), unique=True
        )
    types = {c.name: c.type for c in definition.columns}
    for columns in definition.unique:
        collection.create_index(
            [(name, 1) for name in columns],
            name=f"{definition.name}_{'_'.join(columns)}_key",
            unique=True,
            **_beside_nulls(columns, types),
        )


def _beside_nulls(columns: Sequence[str], types: dict[str, SqlType]) -> dict[str, Any]:
    """NULLs are never equal in SQL, so rows with one are left out of a unique index."""
    wanted = {n: {"$type": validator.bson_types(types[n])} for n in columns if types[n].nullable}
    return {"partialFilterExpression": wanted} if wanted else {}


def drop_table(database: Database[Document], table: Table) -> None:
    """Drop the collection."""
    with translating():
        database.drop_collection(table.name)


# --- INSERT --------------------------------------------------------------------------------


def documents_of(
    table: Table, columns: Sequence[str], rows: Iterable[Sequence[object]], truncate: bool
) -> list[Document]:
    """The documents of an INSERT, each with an `_id` made here, so that a retry is recognised."""
    stored = [table.column(name) for name in columns]
    encoders = [_encoder(column, truncate) for column in stored]
    absent = [c for c in table.columns if c.name not in set(columns) and c.name != KEY]
    _refuse_nulls(table, (c for c in absent if not c.has_default))
    required = [i for i, c in enumerate(stored) if not c.type.nullable]
    documents = []
    for row in rows:
        _refuse_nulls(table, (stored[i] for i in required if row[i] is None))
        cells = [encode(value) for encode, value in zip(encoders, row, strict=True)]
        document: Document = {KEY: None}
        document.update(zip(columns, cells, strict=True))
        if document[KEY] is None:
            document[KEY] = ObjectId()
        documents.append(document)
    return documents


def _encoder(column: TableColumn, truncate: bool) -> Encode:
    if column.native == OBJECT_ID:
        return nullable(object_id)
    return nullable(encoder(column.type, truncate))


def _refuse_nulls(table: Table, columns: Iterable[TableColumn]) -> None:
    for column in columns:
        if not column.type.nullable:
            raise NotNullViolation(
                f"null value in column {column.name!r} of table {table.name!r} violates "
                "not-null constraint"
            )


def insert(
    database: Database[Document],
    table: Table,
    documents: list[Document],
    transactions: bool,
    context: RunContext,
) -> int:
    """Insert all of the documents or none."""
    if table.read_only:
        raise ProgrammingError(f"cannot insert into view {table.name!r}", sqlstate="42809")
    if not documents:
        return 0
    collection = database[table.name]
    with translating(), pymongo.timeout(context.remaining()):
        if len(documents) == 1:
            collection.insert_one(documents[0])
        elif transactions:
            _in_transaction(database, table.name, documents)
        else:
            _or_removed(database, table.name, documents)
    return len(documents)


def _in_transaction(database: Database[Document], name: str, documents: list[Document]) -> None:
    def run(session: ClientSession) -> None:
        for batch in _batches(documents):
            database[name].insert_many(batch, session=session)

    with database.client.start_session() as session:
        session.with_transaction(run)


def _or_removed(database: Database[Document], name: str, documents: list[Document]) -> None:
    try:
        for batch in _batches(documents):
            database[name].insert_many(batch)
    except PyMongoError:
        database[name].delete_many({KEY: {"$in": [d[KEY] for d in documents]}})
        raise


def _batches(documents: list[Document]) -> Iterable[list[Document]]:
    return (documents[i : i + _BATCH] for i in range(0, len(documents), _BATCH))
