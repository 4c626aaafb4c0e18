"""The table of what servers can do: it knows every operator that can be emitted, and no server is
sent one that it lacks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import conformance
import sqlshim
from conformance.slt import parse as slt
from sqlshim.backends.mongo.ages import accept
from sqlshim.backends.mongo.capabilities import (
    EMITTED,
    NEWEST,
    SINCE,
    Server,
    features,
    named,
    server_of,
)
from sqlshim.backends.mongo.native import compile_native
from sqlshim.backends.protocol import Accepted, Pushdown
from sqlshim.bind.statement import bind
from sqlshim.catalog.catalog import Catalog
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import Error
from sqlshim.ir import walk
from sqlshim.ir.relational import Rel, Remote
from sqlshim.ir.statement import CreateTable, Query
from sqlshim.plan.optimize import optimize
from sqlshim.plan.split import split
from sqlshim.sql.dialects import dialect_named
from sqlshim.sql.params import uniform
from sqlshim.sql.parse import parse
from tests import test_golden, world

PACKAGE = Path(sqlshim.__file__).parent / "backends" / "mongo"
CORPUS = sorted((Path(conformance.__file__).parent / "cases").rglob("*.test"))

SERVERS = ["4.4", "FerretDB 1 1.24", "FerretDB 2.1", "Amazon DocumentDB 5.0"]


# --- what can be emitted -------------------------------------------------------------------


class Tables:
    """What a corpus file creates, as collections."""

    def __init__(self) -> None:
        self.made: dict[str, Table] = {}

    def table_names(self) -> list[str]:
        return sorted(self.made)

    def load_table(self, name: str) -> Table | None:
        return self.made.get(name)

    def schemas(self) -> list[str]:
        return []

    def create(self, new: CreateTable) -> None:
        columns = tuple(TableColumn(c.name, c.type) for c in new.columns)
        self.made[new.name] = Table("", "test", new.name, columns, new.primary_key)


def corpus_plans(path: Path) -> Iterator[Rel]:
    """The plans of a file's queries; what is an error is none."""
    tables, dialect = Tables(), "postgres"
    for record in slt.parse_file(path):
        if isinstance(record, slt.Speak):
            dialect = record.dialect
        if not record.sql or not record.applies(frozenset({"sqlshim", "postgresql", "mongo"})):
            continue
        try:
            places = uniform(record.sql, False, numbered=dialect != "snowflake")
            tree = parse(record.sql, places, dialect_named(dialect)).tree
            found = bind(tree, Catalog({"": tables}), (), dialect).statement
        except Error:
            continue
        if isinstance(found, CreateTable):
            tables.create(found)
        elif isinstance(found, Query):
            yield optimize(found.rel)


@cache
def plans() -> tuple[Rel, ...]:
    """Plans of the corpus and of the golden files."""
    golden = [
        optimize(world.rel(case.sql, case.arguments))
        for file in test_golden.FILES
        for case in test_golden.read(file.read_text(encoding="utf-8"))
        if any(name == "mongo" for name, _ in case.sections)
    ]
    return (*golden, *(plan for path in CORPUS for plan in corpus_plans(path)))


@dataclass(frozen=True)
class Store:
    server: Server

    def accept(self, rel: Rel, pushdown: Pushdown) -> Accepted:
        return accept(rel, pushdown, server=self.server)


def pipelines(plan: Rel, server: Server) -> Iterator[Sequence[object]]:
    """What `server` is sent of a plan."""
    store = Store(server)
    for node in walk.every_rel(split(plan, {"": store, "docs": store}, Pushdown.ALWAYS)):
        if isinstance(node, Remote) and node.store in ("", "docs"):
            yield compile_native(node.rel, server=server).template.node


def test_every_operator_that_is_written_in_the_source_is_in_the_table() -> None:
    written = {
        node.value
        for file in PACKAGE.rglob("*.py")
        if file.name != "capabilities.py"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"\$[a-z][A-Za-z0-9]*", node.value)
    }
    assert written - set(SINCE) == set()
    assert max(SINCE[name] for name in written) <= EMITTED


def test_everything_that_the_corpus_is_compiled_to_is_in_the_table() -> None:
    found = {name for plan in plans() for p in pipelines(plan, NEWEST) for name in features(p)}
    assert found - set(SINCE) == set()
    assert max(SINCE[name] for name in found) == EMITTED
    # the walk does see what is inside
    assert {"$setWindowFields", "$dateTrunc", "$regexMatch", "$documents", "$in"} <= found


@pytest.mark.parametrize("server", SERVERS)
def test_no_server_is_sent_what_it_lacks(server: str) -> None:
    lacks = named(server).lack
    sent = {lacks(features(p)) for plan in plans() for p in pipelines(plan, named(server))}
    assert sent == {""}


# --- who is who ----------------------------------------------------------------------------

WIRE_7 = {"maxWireVersion": 21}
HOST = "mongodb://localhost:27017/db"


@pytest.mark.parametrize(
    ("hello", "info", "uri", "server"),
    [
        ({}, {"version": "4.4.29"}, HOST, "4.4"),
        ({}, {"version": "8.0.4-rc1"}, HOST, "8.0"),
        (WIRE_7, {}, HOST, "7.0"),
        ({}, {"version": "5.0.42", "ferretdbVersion": "v1.24.0"}, HOST, "FerretDB 1 5.0"),
        ({}, {"version": "7.0.77", "ferretdb": {"version": "v1.9"}}, HOST, "FerretDB 1 7.0"),
        ({}, {"version": "7.0.77", "ferretdb": {"version": "v2.1.0"}}, HOST, "FerretDB 7.0"),
        ({}, {"version": "6.0.0", "_t": "BuildInfoResponse"}, HOST, "Azure Cosmos DB 6.0"),
        (
            {},
            {"version": "7.0.0"},
            "mongodb+srv://u@c.mongocluster.cosmos.azure.com/d",
            "Azure DocumentDB 7.0",
        ),
        (
            {},
            {"version": "5.0.0"},
            "mongodb://c.cluster-x.eu-west-1.docdb.amazonaws.com:27017/d",
            "Amazon DocumentDB 5.0",
        ),
    ],
)
def test_a_server_is_what_it_says(
    hello: dict[str, object], info: dict[str, object], uri: str, server: str
) -> None:
    assert server_of(hello, info, uri) == named(server)


@pytest.mark.parametrize(
    ("server", "features", "why"),
    [
        ("4.4", ["$unionWith", "$match"], ""),
        ("4.4", ["$sortArray", "$dateTrunc"], "$sortArray needs MongoDB 5.2"),
        ("5.2", ["$sortArray", "$dateTrunc"], ""),
        ("6.0", ["$median"], "$median needs MongoDB 7.0"),
        ("Amazon DocumentDB 5.0", ["$facet"], "Amazon DocumentDB has no $facet"),
        ("Amazon DocumentDB 8.0", ["$facet"], ""),
        ("Amazon DocumentDB 8.0", ["$unionWith"], "Amazon DocumentDB has no $unionWith"),
        ("FerretDB 7.0", ["$documents"], "FerretDB has no $documents"),
    ],
)
def test_what_a_server_lacks_is_named(server: str, features: list[str], why: str) -> None:
    assert named(server).lack(features) == why


def test_a_server_that_has_all_that_is_emitted_is_not_checked() -> None:
    assert NEWEST.has_all
    assert named("6.0").has_all
    assert not named("5.3").has_all
    assert NEWEST.lack(SINCE) == ""
