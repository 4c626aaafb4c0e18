"""SQL over one made-up collection, compiled without a server.

`docs` has a field of each kind, any of which may be NULL or missing, but for `_id` and `must`;
`other` is large and has an index on `key` only; `odd` has names that are no paths.
"""

from __future__ import annotations

from typing import Any

from sqlshim.backends.mongo.accept import accept
from sqlshim.backends.mongo.compile import compile_rel
from sqlshim.backends.mongo.expressions.refusals import refusal
from sqlshim.backends.mongo.native import MongoQuery, compile_native
from sqlshim.backends.protocol import Pushdown
from sqlshim.bind.statement import bind
from sqlshim.catalog.catalog import Catalog
from sqlshim.catalog.model import Index, Table, TableColumn
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Project, Rel
from sqlshim.ir.scalar import Scalar
from sqlshim.ir.statement import Query
from sqlshim.sql.dialects import dialect_named
from sqlshim.sql.params import uniform
from sqlshim.sql.parse import parse
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    UUID,
    VARYING,
    array,
    decimal,
    struct,
)
from sqlshim.values import type_of

_COLUMNS = (
    TableColumn("_id", TEXT.with_null(False), "objectId"),
    TableColumn("must", INTEGER.with_null(False)),
    TableColumn("small", SMALLINT),
    TableColumn("n", INTEGER),
    TableColumn("big", BIGINT),
    TableColumn("x", DOUBLE),
    TableColumn("r", REAL),
    TableColumn("price", decimal(10, 2)),
    TableColumn("wide", decimal(38, 10)),
    TableColumn("s", TEXT),
    TableColumn("t", TEXT),
    TableColumn("ok", BOOLEAN),
    TableColumn("day", DATE),
    TableColumn("at", TIMESTAMP),
    TableColumn("clock", TIME),
    TableColumn("oid", TEXT, "objectId"),
    TableColumn("u", UUID),
    TableColumn("raw", BYTES),
    TableColumn("mixed", VARYING, "mixed"),
    TableColumn("tags", array(TEXT)),
    TableColumn("address", struct((("city", TEXT),))),
)
DOCS = Table(
    "", "test", "docs", _COLUMNS, ("_id",), indexes=(Index("n_1", (("n", False),)),), row_count=100
)
OTHER = Table(
    "",
    "test",
    "other",
    (
        TableColumn("_id", TEXT.with_null(False), "objectId"),
        TableColumn("n", INTEGER),
        TableColumn("key", INTEGER.with_null(False)),
        TableColumn("s", TEXT),
    ),
    ("_id",),
    indexes=(Index("key_1", (("key", False),)),),
    row_count=1_000_000,
)
ODD = Table(
    "",
    "test",
    "odd",
    (
        TableColumn("_id", TEXT.with_null(False), "objectId"),
        TableColumn("n", INTEGER),
        TableColumn("$a.b", INTEGER),
        TableColumn("", INTEGER),
    ),
    ("_id",),
)
_TABLES = {t.name: t for t in (DOCS, OTHER, ODD)}


class _Source:
    def table_names(self) -> list[str]:
        return sorted(_TABLES)

    def load_table(self, name: str) -> Table | None:
        return _TABLES.get(name)


_CATALOG = Catalog({"": _Source()})


def rel(sql: str, *params: object) -> Rel:
    """What a query is bound to, unoptimized."""
    places = uniform(sql, bool(params))
    tree = parse(sql, places, dialect_named("postgres")).tree
    statement = bind(tree, _CATALOG, tuple(type_of(p) for p in params), "postgres").statement
    assert isinstance(statement, Query)
    return statement.rel


def condition(sql: str, *params: object) -> Filter:
    """The Filter of `SELECT ... WHERE sql`, over a scan of every column."""
    found = rel(f"SELECT * FROM docs WHERE {sql}", *params)
    while not isinstance(found, Filter):
        (found,) = walk.inputs(found)
    return found


def match(sql: str, *params: object) -> Any:
    """The $match of a condition."""
    (stage,) = compile_rel(condition(sql, *params)).stages
    return stage["$match"]


def scalar(sql: str, *params: object) -> Scalar:
    """A scalar over `docs`."""
    found = rel(f"SELECT {sql} AS v FROM docs", *params)
    while not isinstance(found, Project):
        (found,) = walk.inputs(found)
    return found.items[-1][1]


def value(sql: str, *params: object) -> Any:
    """A scalar as it stands in a $project."""
    found = rel(f"SELECT {sql} AS v FROM docs", *params)
    return compile_rel(found).stages[-1]["$project"]["v"]


def why(sql: str, *params: object) -> str:
    """Why a scalar is refused; "" if it is not."""
    return refusal(scalar(sql, *params))


def native(sql: str, *params: object) -> MongoQuery:
    """A whole statement compiled."""
    return compile_native(rel(sql, *params))


def pipeline(sql: str, *params: object) -> list[Any]:
    """The stages of a whole statement, in which every node must be accepted."""
    tree = rel(sql, *params)
    for node in walk.every_rel(tree):
        answer = accept(node, Pushdown.ALWAYS)
        assert answer.taken == node, answer.why
    return native(sql, *params).template.node
