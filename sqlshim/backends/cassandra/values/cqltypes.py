"""CQL types as SQL types and back.

`sql_type("frozen<list<int>>", udts)` reads what the server's metadata says of a column;
`cql_type(INTEGER)` says what CREATE TABLE writes. `pack`/`unpack` keep exact SQL types in the
JSON of a table's comment (see `catalog`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlshim import types as t
from sqlshim.errors import NotSupportedError
from sqlshim.types import Kind, SqlType

# Field names and CQL types of the keyspace's user-defined types.
Udts = Mapping[str, Sequence[tuple[str, str]]]

_SCALARS = {
    "ascii": t.TEXT,
    "bigint": t.BIGINT,
    "blob": t.BYTES,
    "boolean": t.BOOLEAN,
    "counter": t.BIGINT,
    "date": t.DATE,
    "decimal": t.NUMERIC,
    "double": t.DOUBLE,
    "duration": t.DURATION,
    "float": t.REAL,
    "inet": t.TEXT,
    "int": t.INTEGER,
    "smallint": t.SMALLINT,
    "text": t.TEXT,
    "time": t.TIME,
    "timestamp": t.TIMESTAMP,
    "timeuuid": t.UUID,
    "tinyint": t.SMALLINT,
    "uuid": t.UUID,
    "varchar": t.TEXT,
    "varint": t.VARINT,
}
_CQL = {
    Kind.BOOLEAN: "boolean",
    Kind.SMALLINT: "smallint",
    Kind.INTEGER: "int",
    Kind.BIGINT: "bigint",
    Kind.DECIMAL: "decimal",
    Kind.NUMERIC: "decimal",
    Kind.REAL: "float",
    Kind.DOUBLE: "double",
    Kind.TEXT: "text",
    Kind.JSON: "text",
    Kind.BYTES: "blob",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.TIMESTAMP: "timestamp",
    Kind.TIMESTAMPTZ: "timestamp",
    Kind.INTERVAL: "duration",
    Kind.DURATION: "duration",
    Kind.UUID: "uuid",
}
_TOKEN = re.compile(r"""\s*("(?:[^"]|"")*"|'[^']*'|[\w.]+|[<>,])""")


def sql_type(native: str, udts: Udts) -> SqlType:
    """The SQL type of values of a CQL type."""
    return _read(iter(_TOKEN.findall(native)), udts)[0]


def _read(tokens: Iterator[str], udts: Udts) -> tuple[SqlType, str]:
    """One type off `tokens`, and the token behind it ("" at the end)."""
    name = next(tokens)
    after = next(tokens, "")
    args: list[SqlType] = []
    if after == "<":
        while True:
            arg, after = _read(tokens, udts)
            args.append(arg)
            if after != ",":
                break
        after = next(tokens, "")
    return _build(name, args, udts), after


def _build(name: str, args: Sequence[SqlType], udts: Udts) -> SqlType:
    match name, args:
        case "frozen", [inner]:
            return inner
        case (("list" | "set"), [element]):
            return t.array(element)
        case "vector", [element, _]:
            return t.array(element)
        case "map", [key, value]:
            return t.map_of(key, value)
        case "tuple", _:
            return t.struct(tuple((f"f{i}", arg) for i, arg in enumerate(args, 1)))
        case _:
            return _named(name, udts)


def _named(name: str, udts: Udts) -> SqlType:
    if name in _SCALARS:
        return _SCALARS[name]
    plain = name[1:-1].replace('""', '"') if name.startswith('"') else name
    fields = udts.get(plain.rpartition(".")[2])
    if fields is None:
        return t.BYTES  # a custom class: its bytes; also the length of a vector
    return t.struct(tuple((field, sql_type(native, udts)) for field, native in fields))


@dataclass(frozen=True)
class Collection:
    """A list, set or map: its elements, for a map keys and values."""

    elements: tuple[str, ...]
    frozen: bool


def collection(native: str) -> Collection | None:
    """The collection that a CQL type is; None for any other type."""
    inner = native.removeprefix("frozen<")
    name, opened, args = inner.removesuffix(">" if inner != native else "").partition("<")
    if not opened or name not in ("list", "set", "map"):
        return None
    elements, depth = [""], 0
    for character in args.removesuffix(">"):
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and not depth:
            elements.append("")
        else:
            elements[-1] += character
    return Collection(tuple(element.strip() for element in elements), inner != native)


def cql_type(sql: SqlType) -> str:
    """The CQL type that CREATE TABLE gives a column. Collections are frozen: only so an empty
    one can be told from NULL."""
    match sql.kind:
        case Kind.ARRAY if sql.element:
            return f"frozen<list<{cql_type(sql.element)}>>"
        case Kind.MAP if sql.key and sql.element:
            return f"frozen<map<{cql_type(sql.key)}, {cql_type(sql.element)}>>"
        case Kind.STRUCT:
            return f"frozen<tuple<{', '.join(cql_type(f) for _, f in sql.fields)}>>"
        case Kind.NUMERIC if sql.scale == 0:
            return "varint"
        case kind if kind in _CQL:
            return _CQL[kind]
        case _:
            raise NotSupportedError(f"Cassandra has no type for {sql}")


# --- exact types in a comment --------------------------------------------------------------

_SIMPLE = {kind.value: kind for kind in Kind}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def pack(sql: SqlType) -> object:
    """A type as JSON: `"DECIMAL(10,2)"`, `["ARRAY", "INTEGER"]`."""
    match sql.kind:
        case Kind.ARRAY if sql.element:
            return ["ARRAY", pack(sql.element)]
        case Kind.MAP if sql.key and sql.element:
            return ["MAP", pack(sql.key), pack(sql.element)]
        case Kind.STRUCT:
            return ["STRUCT", [[name, pack(field)] for name, field in sql.fields]]
        case _:
            return str(sql)


def unpack(json: object) -> SqlType | None:
    """What `pack` packed; None for anything else, for comments can be changed by anybody."""
    match json:
        case str() if found := _DECIMAL.fullmatch(json):
            return t.decimal(int(found[1]), int(found[2]))
        case "VARINT":
            return t.VARINT
        case str():
            kind = _SIMPLE.get(json)
            return SqlType(kind) if kind in _CQL else None
        case ["ARRAY", inner]:
            element = unpack(inner)
            return element and t.array(element)
        case ["MAP", k, v]:
            key, value = unpack(k), unpack(v)
            return t.map_of(key, value) if key and value else None
        case ["STRUCT", [*fields]]:
            return _unpack_fields(fields)
        case _:
            return None


def _unpack_fields(fields: Sequence[object]) -> SqlType | None:
    found: list[tuple[str, SqlType]] = []
    for field in fields:
        match field:
            case [str(name), packed] if inner := unpack(packed):
                found.append((name, inner))
            case _:
                return None
    return t.struct(tuple(found))
