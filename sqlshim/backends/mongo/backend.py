"""The backend: one database of a MongoDB deployment, seen through the protocol."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import pymongo
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.uri_parser import parse_uri

from sqlshim.backends.mongo import ages, run, write
from sqlshim.backends.mongo.capabilities import Server, server_of
from sqlshim.backends.mongo.catalog import sampling, tables
from sqlshim.backends.mongo.catalog.statistics import Statistics
from sqlshim.backends.mongo.errors import translating
from sqlshim.backends.mongo.expressions.refusals import refusal
from sqlshim.backends.mongo.native import MongoQuery, compile_native
from sqlshim.backends.protocol import (
    Accepted,
    Native,
    Options,
    Pushdown,
    RunContext,
    Stream,
    TableDefinition,
    WritesAtOnce,
)
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import FieldPath, InterfaceError, without_secrets
from sqlshim.ir.relational import Filter, Rel

Document = dict[str, Any]
_CODEC: CodecOptions[Document] = CodecOptions(
    document_class=dict,
    tz_aware=False,
    uuid_representation=UuidRepresentation.STANDARD,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)


def open_backend(uri: str, alias: str, options: Options) -> MongoBackend:
    """Connect and see that a server answers."""
    name = _database_of(uri, options)
    if not name:
        raise InterfaceError(
            f"the URI names no database: {without_secrets(uri)!r}",
            hint="Write mongodb://host:27017/database.",
        )
    tables.declared_types(options)  # a wrong one is told now, not with the first table
    wait = int(options.connect_timeout * 1000)
    with translating():
        client: pymongo.MongoClient[Document] = pymongo.MongoClient(
            uri,
            serverSelectionTimeoutMS=wait,
            connectTimeoutMS=wait,
            appname="sqlshim",
        )
    try:
        with translating(), pymongo.timeout(options.connect_timeout):
            hello = client.admin.command("hello")
            info = _build_info(client)
            # The first command that needs a login is this one.
            client[name].command("listCollections", nameOnly=True, authorizedCollections=True)
    except BaseException:
        client.close()
        raise
    transactions = "setName" in hello or hello.get("msg") == "isdbgrid"
    server = server_of(hello, info, without_secrets(uri))
    return MongoBackend(client, name, alias, options, transactions, server)


def _build_info(client: pymongo.MongoClient[Document]) -> Document:
    """What the server says of itself; nothing where it does not tell."""
    try:
        return client.admin.command("buildInfo")
    except OperationFailure:
        return {}


def _database_of(uri: str, options: Options) -> str | None:
    """The database a URI names, after checking all of it; a wrong option is an error here."""
    try:
        with translating():
            parsed = parse_uri(uri, warn=False, connect_timeout=options.connect_timeout)
    except ValueError as error:
        raise InterfaceError(
            f"not a usable MongoDB URI: {without_secrets(uri)!r}: {without_secrets(str(error))}"
        ) from error
    name: str | None = parsed["database"]
    return name


class MongoBackend(WritesAtOnce):
    """A database; what is written is committed at once."""

    kind = "mongo"
    product = "MongoDB"

    def __init__(
        self,
        client: pymongo.MongoClient[Document],
        database: str,
        alias: str,
        options: Options,
        transactions: bool,
        server: Server,
    ) -> None:
        self.alias = alias
        self.server = server
        self._client = client
        self.options = options
        self._transactions = transactions
        self._name = database
        self._database = self._database_of("")
        self._collections: dict[tuple[str, str], Collection[Document]] = {}
        self._statistics = Statistics(lambda t: self._collection(t.schema, t.name), refusal)

    def _database_of(self, schema: str) -> Database[Document]:
        """The database of a table's `schema`."""
        return self._client.get_database(schema or self._name, codec_options=_CODEC)

    def _collection(self, schema: str, name: str) -> Collection[Document]:
        """A collection; making the driver's object of one takes a while."""
        known = self._collections.get((schema, name))
        if known is None:
            known = self._collections[schema, name] = self._database_of(schema)[name]
        return known

    # --- catalog

    def table_names(self) -> Sequence[str]:
        return self.schema(self._name).table_names()

    def load_table(self, name: str) -> Table | None:
        return self.schema(self._name).load_table(name)

    def row_count(self, table: Table) -> int | None:
        return self.schema(table.schema).row_count(table)

    def schemas(self) -> Sequence[str]:
        return tables.database_names(self._client)

    def schema(self, name: str) -> tables.Tables:
        return tables.Tables(self._database_of(name), self.alias, self.options)

    def look_for(self, field: FieldPath) -> TableColumn | None:
        with translating():
            return sampling.look_for(self._database_of(field.schema)[field.table], field.path)

    # --- planning and running

    def accept(self, rel: Rel, pushdown: Pushdown) -> Accepted:
        return ages.accept(rel, pushdown, self._statistics.share, self.server)

    def share(self, rel: Filter) -> float | None:
        return self._statistics.share(rel)

    def compile(self, rel: Rel) -> Native:
        known, repeats = self._statistics.share, self._statistics.repeats
        return compile_native(rel, known, self._name, self.server, repeats)

    def open(self, native: Native, params: Sequence[object], context: RunContext) -> Stream:
        assert isinstance(native, MongoQuery)
        collection = self._collection(native.database, native.collection)
        return run.open_query(collection, native, params, context)

    # --- writing

    def create_table(self, definition: TableDefinition) -> None:
        self.about_to_write()
        write.create_table(self._database, definition)

    def drop_table(self, table: Table) -> None:
        self.about_to_write()
        write.drop_table(self._database_of(table.schema), table)

    def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        context: RunContext,
    ) -> int:
        truncate = self.options.truncate_microseconds
        documents = write.documents_of(table, columns, rows, truncate)
        self.about_to_write()
        database = self._database_of(table.schema)
        return write.insert(database, table, documents, self._transactions, context)

    def close(self) -> None:
        if not sys.is_finalizing():  # the driver cannot say goodbye any more
            self._client.close()
