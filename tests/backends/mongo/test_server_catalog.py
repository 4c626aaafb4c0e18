"""Tables as the catalog of a real server shows them: by validator, by sample, by declaration."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

from sqlshim.backends.mongo import open_store
from sqlshim.backends.protocol import Backend, ColumnDefinition, Options, TableDefinition
from sqlshim.catalog.model import Index, Table
from sqlshim.errors import InterfaceError
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    SqlType,
    array,
    decimal,
    struct,
)


def columns(table: Table | None) -> dict[str, tuple[str, str]]:
    assert table is not None
    shown = {}
    for c in table.columns:
        shown[c.name] = (str(c.type) + ("" if c.type.nullable else " NOT NULL"), c.native)
    return shown


def test_types_are_inferred_from_documents(database: Any, store: Backend) -> None:
    database.kinds.insert_many(
        [
            {
                "i": 1, "mixed_int": 1, "number": 1, "x": 1.5, "m": Decimal128("1.25"),
                "money": 1.5, "s": "a", "ok": True, "at": dt.datetime(2024, 1, 1),
                "oid": ObjectId(), "raw": b"x", "u": uuid.uuid4(), "tags": ["a"],
                "address": {"city": "Oslo", "zip": 150}, "odd": 1, "nothing": None,
            },
            {"late": 1, "mixed_int": Int64(2**40), "number": 1.5, "money": Decimal128("2"),
             "odd": "a"},
        ]
    )  # fmt: skip
    assert columns(store.load_table("kinds")) == {
        "_id": ("TEXT NOT NULL", "objectId"),
        "i": ("BIGINT", "long"),
        "mixed_int": ("BIGINT", "long"),
        "number": ("DOUBLE", "double"),
        "x": ("DOUBLE", "double"),
        "m": ("DECIMAL(38,10)", "decimal"),
        "money": ("DECIMAL(38,10)", "decimal"),
        "s": ("TEXT", "string"),
        "ok": ("BOOLEAN", "bool"),
        "at": ("TIMESTAMP", "date"),
        "oid": ("TEXT", "objectId"),
        "raw": ("BYTEA", "binData"),
        "u": ("UUID", "uuid"),
        "tags": ("TEXT[]", "array"),
        "address": ("STRUCT(city TEXT, zip BIGINT)", "object"),
        "odd": ("JSON", "mixed"),
        "nothing": ("TEXT", ""),
        "late": ("BIGINT", "long"),
    }


def test_a_decimal_has_the_scale_that_was_seen(database: Any, store: Backend) -> None:
    database.fine.insert_one({"m": Decimal128("0.123456789012")})
    assert columns(store.load_table("fine"))["m"] == ("DECIMAL(38,12)", "decimal")


def test_a_foreign_validator_describes_its_fields(database: Any, store: Backend) -> None:
    """What it requires may be missing all the same: in older documents, or where it only warns."""
    schema = {
        "required": ["name"],
        "properties": {
            "name": {"bsonType": "string"},
            "size": {"enum": ["S", "M"]},
            "unseen": {"enum": ["S", "M"]},
            "n": {"bsonType": ["int", "null"]},
            "either": {"bsonType": ["int", "string"]},
            "tags": {"bsonType": "array", "items": {"bsonType": "double"}},
        },
    }
    database.create_collection("described", validator={"$jsonSchema": schema})
    database.described.insert_one({"name": "a", "extra": True, "size": "S"})
    assert columns(store.load_table("described")) == {
        "_id": ("TEXT NOT NULL", "objectId"),
        "name": ("TEXT", "string"),
        "size": ("TEXT", "string"),
        "unseen": ("JSON", "mixed"),
        "n": ("BIGINT", "long"),
        "either": ("JSON", "mixed"),
        "tags": ("DOUBLE[]", "array"),
        "extra": ("BOOLEAN", "bool"),
    }


TYPES: tuple[SqlType, ...] = (
    BOOLEAN, SMALLINT, INTEGER, BIGINT, decimal(10, 2), REAL, DOUBLE, TEXT, BYTES, DATE, TIME,
    TIMESTAMP, TIMESTAMPTZ, UUID, JSON, array(INTEGER), struct((("city", TEXT), ("zip", INTEGER))),
)  # fmt: skip


def test_a_table_of_ours_comes_back_with_its_exact_types(store: Backend) -> None:
    made = tuple(ColumnDefinition(f"c{i}", t) for i, t in enumerate(TYPES))
    key = ColumnDefinition("id", INTEGER.with_null(False))
    store.create_table(TableDefinition("exact", (key, *made), ("id",), (("c1", "c2"),)))
    table = store.load_table("exact")
    assert table is not None
    hidden, *rest = table.columns
    assert (hidden.name, hidden.hidden) == ("_id", True)
    assert [(c.name, c.type) for c in rest] == [(c.name, c.type) for c in (key, *made)]
    assert table.primary_key == ("id",)
    assert [(i.name, i.columns, i.unique) for i in table.indexes] == [
        ("exact_pkey", (("id", False),), True),
        ("exact_c1_c2_key", (("c1", False), ("c2", False)), True),
    ]


def test_a_declared_id_is_the_documents_own(store: Backend) -> None:
    column = ColumnDefinition("_id", INTEGER.with_null(False))
    store.create_table(TableDefinition("own_id", (column,), ("_id",)))
    table = store.load_table("own_id")
    assert table is not None
    assert [(c.name, c.type, c.hidden) for c in table.columns] == [("_id", column.type, False)]
    assert table.indexes == ()


def test_the_schema_option_declares_types(database: Any, uri: str, tmp_path: Path) -> None:
    database.declared.insert_one({"n": 1, "day": dt.datetime(2024, 1, 1)})
    declared = {"declared": {"n": "DECIMAL(10,2)", "day": "date", "new": "TEXT[]"}}
    file = tmp_path / "schema.json"
    file.write_text('{"declared": {"n": "DECIMAL(10,2)", "day": "date", "new": "TEXT[]"}}')
    for schema in (declared, str(file)):
        backend = open_store(uri, "", Options(schema=schema))
        found = columns(backend.load_table("declared"))
        backend.close()
        assert {n: t for n, (t, _) in found.items()} == {
            "_id": "TEXT NOT NULL",
            "n": "DECIMAL(10,2)",
            "day": "DATE",
            "new": "TEXT[]",
        }


def test_a_wrong_type_in_a_declared_schema_is_told_at_once(uri: str) -> None:
    with pytest.raises(InterfaceError, match="NUMBR"):
        open_store(uri, "", Options(schema={"t": {"n": "NUMBR"}}))


def test_indexes_and_size_are_known(database: Any, store: Backend) -> None:
    database.indexed.insert_many([{"a": 1, "b": 2, "s": "x"}] * 1, ordered=True)
    database.indexed.create_index([("a", 1), ("b", -1)], name="ab", unique=True)
    database.indexed.create_index([("s", "hashed")], name="hash")
    table = store.load_table("indexed")
    assert table is not None
    assert table.indexes == (
        Index("ab", (("a", False), ("b", True)), True, "btree"),
        Index("hash", (("s", False),), False, "hashed"),
    )
    assert (table.row_count, table.primary_key) == (1, ("_id",))


def test_views_are_tables_to_read(database: Any, store: Backend) -> None:
    database.base.insert_one({"n": 1})
    database.create_collection("a_view", viewOn="base", pipeline=[])
    table = store.load_table("a_view")
    assert table is not None
    assert (table.read_only, table.row_count, table.indexes) == (True, None, ())
    assert table.primary_key == ()
    assert columns(table)["n"] == ("BIGINT", "long")


def test_names_are_sorted_and_the_servers_own_left_out(database: Any, store: Backend) -> None:
    database.zebra.insert_one({})
    names = store.table_names()
    assert "zebra" in names
    assert list(names) == sorted(names)
    assert not [n for n in names if n.startswith("system.")]


def test_an_unknown_table_is_none(store: Backend) -> None:
    assert store.load_table("nowhere") is None
