"""sqlglot data types as SQL types: for CAST, CREATE TABLE and declared schemas.

`sql_type` is given the dialect: the sizes of numbers are not the same in all (`_NUMBERS`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp
from sqlglot.expressions import DataType

from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.sql.dialects import family_of
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DECIMAL,
    DOUBLE,
    DURATION,
    INTEGER,
    INTERVAL,
    JSON,
    MAX_PRECISION,
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
    map_of,
    struct,
)

_D = DataType.Type
_SIMPLE: dict[object, SqlType] = {
    _D.BOOLEAN: BOOLEAN,
    _D.BIT: BOOLEAN,
    _D.TINYINT: SMALLINT,
    _D.UTINYINT: SMALLINT,
    _D.SMALLINT: SMALLINT,
    _D.SMALLSERIAL: SMALLINT,
    _D.INT: INTEGER,
    _D.MEDIUMINT: INTEGER,
    _D.USMALLINT: INTEGER,
    _D.SERIAL: INTEGER,
    _D.UINT: BIGINT,
    _D.BIGINT: BIGINT,
    _D.BIGSERIAL: BIGINT,
    _D.UBIGINT: decimal(20, 0),
    _D.INT128: decimal(38, 0),
    _D.FLOAT: REAL,
    _D.DOUBLE: DOUBLE,
    _D.TEXT: TEXT,
    _D.VARCHAR: TEXT,
    _D.NVARCHAR: TEXT,
    _D.CHAR: TEXT,
    _D.NCHAR: TEXT,
    _D.BPCHAR: TEXT,
    _D.NAME: TEXT,
    _D.TINYTEXT: TEXT,
    _D.MEDIUMTEXT: TEXT,
    _D.LONGTEXT: TEXT,
    _D.BINARY: BYTES,
    _D.VARBINARY: BYTES,
    _D.BLOB: BYTES,
    _D.TINYBLOB: BYTES,
    _D.MEDIUMBLOB: BYTES,
    _D.LONGBLOB: BYTES,
    _D.DATE: DATE,
    _D.DATE32: DATE,
    _D.TIME: TIME,
    _D.TIMESTAMP: TIMESTAMP,
    _D.TIMESTAMPNTZ: TIMESTAMP,
    _D.DATETIME: TIMESTAMP,
    _D.DATETIME2: TIMESTAMP,
    _D.SMALLDATETIME: TIMESTAMP,
    _D.TIMESTAMPTZ: TIMESTAMPTZ,
    _D.TIMESTAMPLTZ: TIMESTAMPTZ,
    _D.INTERVAL: INTERVAL,
    _D.UUID: UUID,
    _D.JSON: JSON,
    _D.JSONB: JSON,
}


_INTEGERS = frozenset(
    {_D.TINYINT, _D.UTINYINT, _D.SMALLINT, _D.USMALLINT, _D.MEDIUMINT, _D.INT, _D.UINT, _D.UBIGINT}
)
_FLOATS = frozenset({_D.FLOAT, _D.DOUBLE})
_DECIMALS = frozenset({_D.DECIMAL, _D.BIGDECIMAL})
_OF_SCALE = {_D.DECIMAL32: 9, _D.DECIMAL64: 18, _D.DECIMAL128: 38}  # ClickHouse's Decimal64(s)


_MONEY = decimal(19, 2)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What a dialect's names of types of numbers stand for."""

    exact: SqlType = DECIMAL  # DECIMAL without a precision
    money: SqlType = _MONEY
    one_integer: bool = False  # all integers are of one size: 64 bits, here
    one_float: bool = False  # all floats are doubles
    float_of_bits: bool = False  # FLOAT(24) is a real, FLOAT(25) a double


# FLOAT alone is sqlglot's to read, and `sql.kept`'s where it takes FLOAT and REAL for one.
_NUMBERS = {
    "postgres": _Numbers(float_of_bits=True),
    "redshift": _Numbers(decimal(18, 0), float_of_bits=True),
    "mysql": _Numbers(decimal(10, 0), float_of_bits=True),
    "sqlite": _Numbers(one_integer=True, one_float=True),
    "tsql": _Numbers(decimal(18, 0), decimal(19, 4), float_of_bits=True),
    # NUMBER alone is read as BIGDECIMAL. FLOAT(p) is a NUMBER of up to 126 bits, nearest a double.
    "oracle": _Numbers(decimal(38, 0), one_integer=True),
    "snowflake": _Numbers(one_integer=True, one_float=True),  # (38,0) is sqlglot's reading
    "bigquery": _Numbers(decimal(38, 9), one_integer=True, one_float=True),
    "spark": _Numbers(decimal(10, 0)),
    "clickhouse": _Numbers(decimal(10, 0)),  # whose FLOAT(53) is a Float32
    "duckdb": _Numbers(float_of_bits=True),  # (18,3) is sqlglot's reading
}
_OTHER = _Numbers()


def sql_type(node: exp.Expr, dialect: str) -> SqlType:
    """The SQL type that a type name in a statement of this dialect stands for (nullable).

    Lengths of VARCHAR and CHAR are not enforced by any store here and are dropped.
    Raises NotSupportedError for a type that sqlshim has no values for.
    """
    if not isinstance(node, DataType):
        raise ProgrammingError(f"type {node.sql()!r} does not exist", sqlstate="42704")
    kind = node.this
    if (number := _number(node, dialect)) is not None:
        return number
    if kind in (_D.ARRAY, _D.LIST) and node.expressions:
        return array(sql_type(node.expressions[0], dialect))
    if kind is _D.STRUCT and node.expressions:
        fields = ((f.name, sql_type(f.args["kind"], dialect)) for f in node.expressions)
        return struct(tuple(fields))
    if kind is _D.MAP and len(node.expressions) == 2:
        key, value = (sql_type(e, dialect) for e in node.expressions)
        return map_of(key, value)
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind is _D.USERDEFINED and node.sql().strip('"').lower() == "duration":
        return DURATION
    if kind is _D.USERDEFINED:
        raise ProgrammingError(f"type {node.sql()!r} does not exist", sqlstate="42704")
    raise NotSupportedError(f"type {node.sql()} is not supported")


def _number(node: DataType, dialect: str) -> SqlType | None:
    """The type of numbers that this dialect has by this name; None if that says the name alone."""
    kind = node.this
    numbers = _NUMBERS.get(dialect) or _NUMBERS.get(family_of(dialect), _OTHER)
    if kind in _DECIMALS:
        plain = DECIMAL if kind is _D.BIGDECIMAL else numbers.exact
        return _decimal(_sizes(node, dialect)) if node.expressions else plain
    if kind in _OF_SCALE and node.expressions:
        return _decimal([_OF_SCALE[kind], *_sizes(node, dialect)])
    if kind is _D.MONEY:
        return numbers.money
    if kind is _D.SMALLMONEY:
        return decimal(10, 4)
    if kind in _INTEGERS and numbers.one_integer:
        return BIGINT
    if kind in _FLOATS and numbers.one_float:
        return DOUBLE
    if kind in _FLOATS and numbers.float_of_bits and len(node.expressions) == 1:
        return _float(_sizes(node, dialect)[0])
    return None


def _sizes(node: DataType, dialect: str) -> list[int]:
    """The numbers behind a type's name. Oracle's `*` are as many digits as there may be."""
    found = []
    for each in node.expressions:
        name = str(MAX_PRECISION) if each.name == "*" and dialect == "oracle" else each.name
        if not name.isdecimal():
            raise ProgrammingError(
                f"the size of a type must be a number, not {name or each.sql()}", sqlstate="42601"
            )
        found.append(int(name))
    return found


def _float(bits: int) -> SqlType:
    if not 1 <= bits <= 53:
        raise ProgrammingError(
            f"FLOAT({bits}) is out of range", sqlstate="22023", hint="FLOAT has 1 to 53 bits."
        )
    return REAL if bits <= 24 else DOUBLE


def _decimal(sizes: list[int]) -> SqlType:
    precision, scale = sizes[0], sizes[1] if len(sizes) > 1 else 0
    if not (1 <= precision <= 38 and 0 <= scale <= precision):
        raise ProgrammingError(
            f"DECIMAL({precision},{scale}) is out of range",
            sqlstate="22023",
            hint="Precision is 1 to 38, scale 0 to the precision.",
        )
    return decimal(precision, scale)
