"""Tables of a database: columns by validator or sample, indexes, estimated sizes.

Nothing is ever written. A field that no validator describes is known from a sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from sqlshim.backends.mongo.catalog import validator
from sqlshim.backends.mongo.catalog.sampling import sampled
from sqlshim.backends.mongo.catalog.typenames import parse_type
from sqlshim.backends.mongo.errors import translating
from sqlshim.backends.mongo.values.encode import OBJECT_ID
from sqlshim.backends.protocol import DYNAMIC, Options
from sqlshim.catalog.model import Index, Table, TableColumn
from sqlshim.errors import InterfaceError
from sqlshim.types import TEXT, Kind, SqlType

Document = dict[str, Any]
KEY = "_id"
_UNREADABLE = {13, 166, 59}  # not authorized; a view; unknown command


def primary_key_index(table: str) -> str:
    """The name of the unique index that a declared primary key gets."""
    return f"{table}_pkey"


@dataclass(frozen=True)
class Tables:
    """The tables of one database. `store` is the name they are qualified by."""

    database: Database[Document]
    store: str
    options: Options

    def table_names(self) -> list[str]:
        """Collections and views, without the server's own."""
        with translating():
            names = self.database.list_collection_names()
        return sorted(n for n in names if not n.startswith("system."))

    def load_table(self, name: str) -> Table | None:
        """The table of this name, or None."""
        with translating():
            info = next(iter(self.database.list_collections(filter={"name": name})), None)
            if info is None or name.startswith("system."):
                return None
            return _table(self.database, info, self.store, self.options)

    def row_count(self, table: Table) -> int | None:
        """How many documents the server thinks there are; of a view that is not known."""
        if table.row_count is None:
            return None
        with translating():
            return _row_count(self.database[table.name])


def database_names(client: MongoClient[Document]) -> Sequence[str]:
    """The databases of which the user may read something."""
    with translating():
        found = client.admin.command("listDatabases", nameOnly=True, authorizedDatabases=True)
    return [d["name"] for d in found["databases"]]


def _table(
    database: Database[Document], info: Mapping[str, Any], store: str, options: Options
) -> Table:
    name = info["name"]
    collection = database[name]
    is_view = info.get("type") == "view"
    keyless = is_view or info.get("type") == "timeseries"
    indexes = () if is_view else _indexes(collection)
    schema = info.get("options", {}).get("validator", {}).get("$jsonSchema", {})
    columns = _columns(collection, schema, options, keyless)
    return Table(
        store=store,
        schema=database.name,
        name=name,
        columns=_declared(columns, name, options),
        primary_key=() if keyless else _primary_key(name, indexes),
        indexes=tuple(i for i in indexes if i.name != "_id_"),
        row_count=None if is_view else _row_count(collection),
        read_only=is_view,
        open=not validator.is_ours(schema) and schema.get("additionalProperties") is not False,
    )


# --- columns -------------------------------------------------------------------------------


def _columns(
    collection: Collection[Document], schema: Mapping[str, Any], options: Options, keyless: bool
) -> list[TableColumn]:
    described = validator.columns_of(schema)
    if validator.is_ours(schema):
        if any(c.name == KEY for c in described):
            return described
        return [TableColumn(KEY, TEXT.with_null(False), OBJECT_ID, hidden=True), *described]
    found = {c.name: c for c in described}
    closed = schema.get("additionalProperties") is False
    untold = validator.without_type(schema)
    if untold or not closed:
        for column in sampled(collection, options.sample_size):
            if column.name in untold or (not closed and column.name not in found):
                found[column.name] = column
    return _loose(found) if keyless else _with_key(found, _may_be_null(collection))


def _loose(found: Mapping[str, TableColumn]) -> list[TableColumn]:
    """The columns of what has no key: the `_id` of a view or of a time series may be in several
    documents, or in none."""
    first = found.get(KEY)
    rest = [c for name, c in found.items() if name != KEY]
    return [first, *rest] if first is not None else rest or [TableColumn(KEY, TEXT, OBJECT_ID)]


def _with_key(found: Mapping[str, TableColumn], nullable: bool) -> list[TableColumn]:
    """`_id` first, filled in by the store where an INSERT leaves it out."""
    key = found.get(KEY, TableColumn(KEY, TEXT, OBJECT_ID))
    key = replace(key, type=key.type.with_null(nullable), has_default=key.native == OBJECT_ID)
    return [key, *(c for name, c in found.items() if name != KEY)]


def _may_be_null(collection: Collection[Document]) -> bool:
    """Whether there is the one document whose `_id` is null."""
    return collection.find_one({KEY: None}, {KEY: 1}) is not None


def _declared(
    columns: Sequence[TableColumn], table: str, options: Options
) -> tuple[TableColumn, ...]:
    """With the types of the connection's schema= option; columns it adds come last."""
    types = dict(declared_types(options).get(table, {}))
    kept = [_redeclared(c, types.pop(c.name)) if c.name in types else c for c in columns]
    return (*kept, *(TableColumn(name, t) for name, t in types.items()))


def declared_types(options: Options) -> dict[str, dict[str, SqlType]]:
    """The schema= option, a mapping or the name of a JSON file, with its types read."""
    schema: object = options.schema
    if isinstance(schema, str) and schema != DYNAMIC:
        try:
            schema = json.loads(Path(schema).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InterfaceError(f"the schema file {schema!r} cannot be read: {error}") from error
    if not isinstance(schema, Mapping):
        return {}
    return {
        str(table): {str(name): parse_type(str(text)) for name, text in columns.items()}
        for table, columns in schema.items()
        if isinstance(columns, Mapping)
    }


def _redeclared(column: TableColumn, t: SqlType) -> TableColumn:
    keeps_native = column.native == OBJECT_ID and t.kind is Kind.TEXT
    return replace(
        column,
        type=t.with_null(column.type.nullable),
        native=column.native if keeps_native else "",
    )


# --- keys and sizes ------------------------------------------------------------------------


def _indexes(collection: Collection[Document]) -> tuple[Index, ...]:
    try:
        found = list(collection.list_indexes())
    except OperationFailure as error:
        if error.code in _UNREADABLE:
            return ()
        raise
    return tuple(
        Index(i["name"], _index_columns(i["key"]), bool(i.get("unique")), _index_kind(i))
        for i in found
    )


def _index_columns(key: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    return tuple((name, direction == -1) for name, direction in key.items())


def _index_kind(index: Mapping[str, Any]) -> str:
    special = [v for v in index["key"].values() if isinstance(v, str)]
    if special:
        return str(special[0])
    partial = "partialFilterExpression" in index or index.get("sparse")
    if partial:
        return "partial btree"
    # Of another order than a query's, or not to be used.
    return "special btree" if "collation" in index or index.get("hidden") else "btree"


def _primary_key(table: str, indexes: Iterable[Index]) -> tuple[str, ...]:
    declared = primary_key_index(table)
    for index in indexes:
        if index.name == declared and index.unique:
            return tuple(name for name, _ in index.columns)
    return (KEY,)


def _row_count(collection: Collection[Document]) -> int | None:
    try:
        return collection.estimated_document_count()
    except OperationFailure as error:
        if error.code in _UNREADABLE:
            return None
        raise
