"""A compiled query: what `run` needs, and how EXPLAIN shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bson import json_util

from sqlshim.backends.estimate import Known, unmeasured
from sqlshim.backends.mongo.ages import adapted
from sqlshim.backends.mongo.capabilities import HINT, NEWEST, Server
from sqlshim.backends.mongo.compile import compile_rel
from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.hints import reads_collection
from sqlshim.backends.mongo.key_hints import (
    NATURAL,
    Hint,
    KeyIndexes,
    Repeats,
    key_indexes,
    unmeasured_repeats,
)
from sqlshim.backends.mongo.origins import first_of_indexes
from sqlshim.backends.mongo.params import Placeholder, Template
from sqlshim.backends.mongo.stages.find import as_find
from sqlshim.backends.mongo.stages.query import PASSED_BY, at_the_end
from sqlshim.backends.mongo.stages.scope import is_reference
from sqlshim.backends.mongo.values.columnar import ColumnarDecoder
from sqlshim.backends.mongo.values.decode import JSON_OPTIONS, MIXED, Decoder, Row, row_maker
from sqlshim.catalog.model import Table
from sqlshim.ir import walk
from sqlshim.ir.relational import Rel, Scan, Unnest
from sqlshim.ir.scalar import Column
from sqlshim.types import Kind


@dataclass(frozen=True)
class MongoQuery:
    """One aggregation pipeline over a collection; `names` are the fields of its columns."""

    collection: str
    template: Template[list[Mql]]
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    access_path: str
    decoder: Decoder = field(repr=False)
    columnar: ColumnarDecoder = field(repr=False)
    few: bool = False  # documents are expected
    natural: bool = False  # no index finds the documents faster than reading all of them
    database: str = ""  # another than the connection's own
    by_keys: KeyIndexes | None = None

    @cached_property
    def find(self) -> Template[dict[str, Mql]] | None:
        """The arguments of the find that says the same, if there is one whatever the parameters."""
        found = as_find(self.template.node)
        return None if found is None else Template(found.arguments())

    @cached_property
    def to_rows(self) -> Callable[[list[dict[str, Mql]]], list[Row]]:
        """What makes tuples of documents, their values as they are."""
        return row_maker(self.names)

    def hint(self, params: Sequence[object]) -> Hint | None:
        """How the server shall find the documents, if it must be told."""
        if self.natural:
            return NATURAL
        return None if self.by_keys is None else self.by_keys.hint(params)

    def show(self) -> list[str]:
        """The pipeline in shell syntax, a line a stage."""
        stages = [f"  {shown(stage)}," for stage in self.template.node]
        sent = [] if self.find is None else ["// sent as one find command"]
        end = "], {hint: {$natural: 1}})" if self.natural else "])"
        db = f"db.getSiblingDB({_key(self.database)})" if self.database else "db"
        return [f"{db}.{self.collection}.aggregate([", *stages, end, *sent]


def compile_native(
    rel: Rel,
    known: Known = unmeasured,
    home: str = "",
    server: Server = NEWEST,
    repeats: Repeats = unmeasured_repeats,
) -> MongoQuery:
    """The query of an accepted tree. `known` and `repeats` are measured, `home` is the
    connection's own database, if there is one, `server` the one that has accepted it."""
    query, names = at_the_end(compile_rel(rel), rel.columns)
    stages = list(adapted(query.stages, server))
    table = _table_of(rel, query.collection)
    mixed = _mixed(rel)
    natives = [MIXED if c.id in mixed else "" for c in rel.columns]
    told = (rel, query.collection, stages, known)
    natural = server.has(HINT) and reads_collection(*told)
    by_keys = key_indexes(*told, repeats) if server.has(HINT) else None
    return MongoQuery(
        query.collection,
        Template(stages),
        names,
        rel.columns,
        "collection scan" if natural else access_path(stages, table),
        Decoder(rel.columns, natives),
        ColumnarDecoder(rel.columns, names, natives),
        gives_few(stages, table),
        natural,
        table.schema if home and table.schema != home else "",
        by_keys,
    )


def _table_of(rel: Rel, name: str) -> Table:
    return next(
        r.table for r in walk.every_rel(rel) if isinstance(r, Scan) and r.table.name == name
    )


def _mixed(rel: Rel) -> set[int]:
    """The columns that hold values of several types, wherever they are passed on."""
    found: set[int] = set()
    for node in reversed(list(walk.every_rel(rel))):
        if isinstance(node, Scan):
            stored = {c.name: c.native for c in node.table.columns}
            found |= {c.id for c in node.columns if stored[c.name] == MIXED}
        if isinstance(node, Unnest):
            found |= {c.id for c, _ in node.arrays if c.type.kind is Kind.JSON}
        for column, expr in getattr(node, "items", ()):
            inside = not isinstance(expr, Column) and expr.type.kind is Kind.JSON
            if (isinstance(expr, Column) and expr.id in found) or (inside and is_reference(expr)):
                found.add(column.id)
        if node.columns and hasattr(node, "inputs"):
            for part in node.inputs:
                pairs = zip(node.columns, part.columns, strict=True)
                found |= {mine.id for mine, theirs in pairs if theirs.id in found}
    return found


# --- access path ---------------------------------------------------------------------------


def access_path(stages: Sequence[Mql], table: Table) -> str:
    """How the server probably finds the documents, judged by the first stage."""
    if tuple(stages[: len(PASSED_BY)]) == PASSED_BY:
        return "rows of no collection first"
    first = stages[0] if stages and isinstance(stages[0], dict) else {}
    if "$match" in first:
        return _of_match(first["$match"], table)
    if "$sort" in first:
        leading = next(iter(first["$sort"]))
        for index in table.indexes:
            if index.columns and index.columns[0][0] == leading:
                return f"index {index.name} (for the order)"
        if leading == "_id":
            return "primary key _id (for the order)"
    return "collection scan"


def _of_match(query: Mql, table: Table) -> str:
    fields = _fields(query)
    if "_id" in fields:
        return "primary key _id"
    for index in table.indexes:
        if index.columns and index.columns[0][0] in fields & first_of_indexes(table):
            return f"index {index.name} (maybe)"
    return "collection scan"


def _fields(query: Mql) -> set[str]:
    """The fields that a $match restricts."""
    found: set[str] = set()
    for key, value in query.items():
        if key == "$and":
            for part in value:
                found |= _fields(part) if isinstance(part, dict) else set()
        elif key == "$or":
            parts = [_fields(part) if isinstance(part, dict) else set() for part in value]
            found |= set.intersection(*parts) if parts else set()
        elif not key.startswith("$"):
            found.add(key)
    return found


FEW = 100
_MULTIPLIES = frozenset({"$unwind", "$unionWith"})


def gives_few(stages: Sequence[Mql], table: Table) -> bool:
    """Whether few documents come out: a total, a small limit, or one document by its key."""
    few = False
    for stage in stages:
        is_hole = isinstance(stage, Placeholder)  # LIMIT with a parameter
        if is_hole or ("$group" in stage and stage["$group"]["_id"] is None):
            few = True
        elif not _MULTIPLIES.isdisjoint(stage):
            few = False
        elif stage.get("$limit", FEW + 1) <= FEW:
            few = True
    if few:
        return True
    fixed = _equalities(stages[0].get("$match", {})) if stages else set()
    keys = [{name for name, _ in i.columns} for i in table.indexes if i.unique]
    return any(key <= fixed for key in [{"_id"}, *keys])


def _equalities(query: Mql) -> set[str]:
    """The fields that a $match compares with one value."""
    found: set[str] = set()
    if not isinstance(query, dict):  # a placeholder for all of it
        return found
    for key, value in query.items():
        if key == "$and":
            found |= set().union(*map(_equalities, value))
        elif not key.startswith("$") and (not isinstance(value, dict) or "$eq" in value):
            found.add(key)
    return found


# --- text ----------------------------------------------------------------------------------


LONG = 1000  # characters of a constant


def shown(value: Mql) -> str:
    """A stage as relaxed extended JSON, parameters as $1, $2 ..., very long texts cut."""
    if isinstance(value, str) and len(value) > LONG:
        value = f"{value[:20]}… ({len(value):,} characters)"
    if isinstance(value, Placeholder):
        return repr(value)
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(k)}: {shown(v)}" for k, v in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    return json_util.dumps(value, json_options=JSON_OPTIONS, ensure_ascii=False)


def _key(key: str) -> str:
    return json_util.dumps(key, ensure_ascii=False)
