"""Tables as the driver's metadata describes them.

CQL lists columns by the alphabet and knows no DECIMAL(10,2): CREATE TABLE through sqlshim leaves
a JSON in the table's comment with the SQL types, the order, NOT NULL and the hidden key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlshim.backends.cassandra.values.cqltypes import Udts, cql_type, pack, sql_type, unpack
from sqlshim.backends.protocol import ColumnDefinition
from sqlshim.catalog.model import Index, RowFunction, Table, TableColumn
from sqlshim.types import BIGINT, INTEGER, SqlType

HIDDEN_KEY = "_sqlshim_id"
SAI = "sai"
SAI_ANALYZED = "sai analyzed"  # `=` on its column compares normalised or tokenised text
SAI_VECTOR = "sai vector"  # and the name of its similarity
SECONDARY = "2i"
_PART = re.compile(r"(values|keys|entries)\((.*)\)", re.DOTALL)
_ANALYZERS = ("case_sensitive", "normalize", "ascii", "index_analyzer", "query_analyzer")


@dataclass(frozen=True)
class Comment:
    """What the comment of a table says of it."""

    types: Mapping[str, SqlType]  # in the order of the columns
    not_null: frozenset[str] = frozenset()
    hidden: str | None = None


NO_COMMENT = Comment({})


def write_comment(columns: Sequence[ColumnDefinition], hidden: str | None) -> str:
    """The JSON for a table's comment."""
    packed = [
        [c.name, pack(c.type)] if c.type.nullable else [c.name, pack(c.type), "NOT NULL"]
        for c in columns
    ]
    about: dict[str, object] = {"columns": packed}
    if hidden is not None:
        about["hidden"] = hidden
    return json.dumps({"sqlshim": about}, ensure_ascii=False)


def read_comment(text: str) -> Comment:
    """The JSON of a comment; whatever is not ours, or was changed, says nothing."""
    if '"sqlshim"' not in text:
        return NO_COMMENT
    try:
        about = json.loads(text)["sqlshim"]
    except (ValueError, LookupError, TypeError):
        return NO_COMMENT
    match about:
        case {"columns": [*columns], **rest}:
            hidden = rest.get("hidden")
            return _comment(columns, hidden if isinstance(hidden, str) else None)
        case _:
            return NO_COMMENT


def _comment(columns: Sequence[object], hidden: str | None) -> Comment:
    types: dict[str, SqlType] = {}
    not_null = set()
    for column in columns:
        match column:
            case [str(name), packed, *rest] if found := unpack(packed):
                types[name] = found
                if rest == ["NOT NULL"]:
                    not_null.add(name)
    return Comment(types, frozenset(not_null), hidden)


# --- tables --------------------------------------------------------------------------------


def comment_of(meta: Any) -> Comment:
    """The comment of a table or view of the driver's metadata."""
    return read_comment(meta.options.get("comment") or "")


def udts_of(keyspace: Any) -> Udts:
    """The user-defined types of a keyspace."""
    return {
        name: tuple(zip(udt.field_names, udt.field_types, strict=True))
        for name, udt in keyspace.user_types.items()
    }


def read_table(
    meta: Any,
    udts: Udts,
    alias: str,
    row_count: int | None,
    view: bool,
    lacks: frozenset[str] = frozenset(),
) -> Table:
    """The catalog's table for the driver's. `lacks`: what the server cannot do."""
    comment = comment_of(meta)
    clustering = _clustering(meta)
    partition = tuple(c.name for c in meta.partition_key)
    key = partition + tuple(name for name, _ in clustering)
    # A partition that has static values but no rows reads as one row without clustering columns.
    statics = any(c.is_static for c in meta.columns.values())
    sure = partition if statics else key
    return Table(
        store=alias,
        schema=meta.keyspace_name,
        name=meta.name,
        columns=tuple(
            _column(meta.columns[name], udts, comment, name not in sure)
            for name in _order(meta, key, comment)
        ),
        primary_key=key,
        partition_key=partition,
        clustering=clustering,
        indexes=() if view else tuple(_indexes(meta)),
        row_count=row_count,
        read_only=view,
        row_functions=(_token(partition), *_ages(meta)),
        lacks=lacks,
    )


def _token(partition: tuple[str, ...]) -> RowFunction:
    """Where the ring keeps the row: the order of a scan without ORDER BY."""
    return RowFunction("token", partition, BIGINT.with_null(False), "bigint")


def _ages(meta: Any) -> Iterator[RowFunction]:
    """Seconds until a value expires and microseconds since 1970 when it was written, of each
    column that has one value and is not in the key."""
    key = {column.name for column in (*meta.partition_key, *meta.clustering_key)}
    for column in meta.columns.values():
        if column.name not in key and not _is_cells(column.cql_type):
            yield RowFunction("ttl", (column.name,), INTEGER, "int")
            yield RowFunction("writetime", (column.name,), BIGINT, "bigint")


def _is_cells(native: str) -> bool:
    """Whether a type keeps several cells, each with a time of its own; counters have none."""
    return native == "counter" or native.split("<")[0] in ("list", "set", "map")


def _order(meta: Any, key: tuple[str, ...], comment: Comment) -> list[str]:
    """The key first, then by the alphabet; but as CREATE TABLE said where the comment knows."""
    known = [name for name in comment.types if name in meta.columns]
    rest = [name for name in key if name not in known]
    return known + rest + sorted(name for name in meta.columns if name not in known + rest)


def _column(meta: Any, udts: Udts, comment: Comment, nullable: bool) -> TableColumn:
    sql = sql_type(meta.cql_type, udts)
    declared = comment.types.get(meta.name)
    if declared is not None and _same_store(declared, meta.cql_type):
        sql = declared
    hidden = meta.name == comment.hidden
    return TableColumn(meta.name, sql.with_null(nullable), meta.cql_type, hidden, hidden)


def _same_store(declared: SqlType, native: str) -> bool:
    """Whether the column still has the CQL type that CREATE TABLE gave it."""
    return cql_type(declared).replace(" ", "") == native.replace(" ", "")


def _clustering(meta: Any) -> tuple[tuple[str, bool], ...]:
    return tuple((c.name, bool(c.is_reversed)) for c in meta.clustering_key)


def _indexes(meta: Any) -> Iterator[Index]:
    for one in meta.indexes.values():
        if (index := _index(one)) is None:
            continue
        native = meta.columns[index.columns[0][0]].cql_type
        if index.kind == SAI and native.startswith("vector<"):
            similarity = one.index_options.get("similarity_function", "cosine").lower()
            index = replace(index, kind=f"{SAI_VECTOR} {similarity}")
        yield index


def _index(meta: Any) -> Index | None:
    """An index on a column or on a part of a collection, which its kind names then. None for one on
    a frozen collection as a whole, which answers no comparison that is sent."""
    options = meta.index_options
    target, part = options.get("target", ""), ""
    if found := _PART.fullmatch(target):
        part, target = " " + found[1], found[2]
    elif target.startswith("full("):
        return None
    if target.startswith('"') and target.endswith('"'):
        target = target[1:-1].replace('""', '"')
    return Index(meta.name, ((target, False),), kind=_index_kind(options) + part)


def _index_kind(options: Mapping[str, str]) -> str:
    name = options.get("class_name", "")
    if not name:
        return SECONDARY
    if name.rpartition(".")[2].lower() in ("sai", "storageattachedindex"):
        analyzed = any(_is_on(word, options[word]) for word in _ANALYZERS if word in options)
        return SAI_ANALYZED if analyzed else SAI
    return name


def _is_on(word: str, value: str) -> bool:
    """Whether an index option makes `=` mean something else than equality."""
    return value.lower() != ("true" if word == "case_sensitive" else "false")
