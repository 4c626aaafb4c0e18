"""SQL types as frozen values.

A `SqlType` is a kind, whether NULL is possible, and what the kind needs (precision and scale in
digits, the fields of a struct, the element of an array). Everything from the binder to the
compilers carries them; nothing here knows a store.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of value, each with the one Python type that every store returns for it."""

    UNKNOWN = "UNKNOWN"  # an untyped literal or NULL, until something gives it a type
    BOOLEAN = "BOOLEAN"  # bool
    SMALLINT = "SMALLINT"  # int, 16 bits
    INTEGER = "INTEGER"  # int, 32 bits
    BIGINT = "BIGINT"  # int, 64 bits
    DECIMAL = "DECIMAL"  # decimal.Decimal
    NUMERIC = "NUMERIC"  # decimal.Decimal of any size; int of any size where the scale is 0
    REAL = "REAL"  # float, 32 bits
    DOUBLE = "DOUBLE"  # float, 64 bits
    TEXT = "TEXT"  # str
    BYTES = "BYTEA"  # bytes
    DATE = "DATE"  # datetime.date
    TIME = "TIME"  # datetime.time
    TIMESTAMP = "TIMESTAMP"  # datetime.datetime without a zone, in UTC where it is an instant
    TIMESTAMPTZ = "TIMESTAMPTZ"  # datetime.datetime with zone UTC
    INTERVAL = "INTERVAL"  # datetime.timedelta (a month counts as 30 days in it)
    DURATION = "DURATION"  # sqlshim.Duration: months, days and nanoseconds, without an order
    UUID = "UUID"  # uuid.UUID
    JSON = "JSON"  # str, JSON text; a field whose type varies from document to document
    STRUCT = "STRUCT"  # dict
    ARRAY = "ARRAY"  # list
    MAP = "MAP"  # dict


@dataclass(frozen=True, slots=True)
class SqlType:
    """A SQL type; `nullable=False` is a promise that no NULL occurs."""

    kind: Kind
    nullable: bool = True
    precision: int | None = None
    scale: int | None = None
    fields: tuple[tuple[str, SqlType], ...] = ()
    element: SqlType | None = None  # of an array; the value type of a map
    key: SqlType | None = None  # the key type of a map
    # The store's own type inside a document, where it matters (MongoDB's objectId).
    native: str = field(default="", compare=False)

    def with_null(self, nullable: bool) -> SqlType:
        """This type with the given nullability."""
        if nullable == self.nullable:
            return self
        # `dataclasses.replace` takes four times as long, and this is asked for every constant.
        rest = (self.precision, self.scale, self.fields, self.element, self.key, self.native)
        return SqlType(self.kind, nullable, *rest)

    def __str__(self) -> str:
        match self.kind:
            case Kind.DECIMAL if self.precision is not None:
                return f"DECIMAL({self.precision},{self.scale or 0})"
            case Kind.NUMERIC if self.scale == 0:
                return "VARINT"
            case Kind.ARRAY:
                return f"{self.element}[]"
            case Kind.MAP:
                return f"MAP({self.key}, {self.element})"
            case Kind.STRUCT:
                return "STRUCT(" + ", ".join(f"{_shown(n)} {t}" for n, t in self.fields) + ")"
            case kind:
                return kind.value


def _shown(name: str) -> str:
    """A field's name, quoted if it is no plain word."""
    plain = name.isidentifier()
    return name if plain else '"' + name.replace('"', '""') + '"'


UNKNOWN = SqlType(Kind.UNKNOWN)
BOOLEAN = SqlType(Kind.BOOLEAN)
SMALLINT = SqlType(Kind.SMALLINT)
INTEGER = SqlType(Kind.INTEGER)
BIGINT = SqlType(Kind.BIGINT)
REAL = SqlType(Kind.REAL)
DOUBLE = SqlType(Kind.DOUBLE)
TEXT = SqlType(Kind.TEXT)
BYTES = SqlType(Kind.BYTES)
DATE = SqlType(Kind.DATE)
TIME = SqlType(Kind.TIME)
TIMESTAMP = SqlType(Kind.TIMESTAMP)
TIMESTAMPTZ = SqlType(Kind.TIMESTAMPTZ)
INTERVAL = SqlType(Kind.INTERVAL)
DURATION = SqlType(Kind.DURATION)
UUID = SqlType(Kind.UUID)
JSON = SqlType(Kind.JSON)
# A document's field that holds values of several types, as JSON text.
VARYING = SqlType(Kind.JSON, native="mixed")

MAX_PRECISION = 38  # digits of a decimal; DuckDB's and Arrow's limit
DEFAULT_SCALE = 10  # digits after the point where a store's decimals declare none

INTEGERS = frozenset({Kind.SMALLINT, Kind.INTEGER, Kind.BIGINT})
FLOATS = frozenset({Kind.REAL, Kind.DOUBLE})
NUMBERS = INTEGERS | FLOATS | {Kind.DECIMAL}
INSTANTS = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ})
NESTED = frozenset({Kind.STRUCT, Kind.ARRAY, Kind.MAP})

_INT_DIGITS = {Kind.SMALLINT: 5, Kind.INTEGER: 10, Kind.BIGINT: 19}
_WIDTH = (
    Kind.SMALLINT,
    Kind.INTEGER,
    Kind.BIGINT,
    Kind.DECIMAL,
    Kind.REAL,
    Kind.DOUBLE,
)
INT_RANGE = {
    Kind.SMALLINT: (-(2**15), 2**15 - 1),
    Kind.INTEGER: (-(2**31), 2**31 - 1),
    Kind.BIGINT: (-(2**63), 2**63 - 1),
}


def decimal(precision: int, scale: int, nullable: bool = True) -> SqlType:
    """DECIMAL(precision, scale), kept within the 38 digits that can be carried."""
    return SqlType(Kind.DECIMAL, nullable, min(precision, MAX_PRECISION), min(scale, MAX_PRECISION))


DECIMAL = decimal(MAX_PRECISION, DEFAULT_SCALE)
NUMERIC = SqlType(Kind.NUMERIC)
VARINT = SqlType(Kind.NUMERIC, scale=0)


def array(element: SqlType, nullable: bool = True) -> SqlType:
    """The type of arrays of `element`."""
    return SqlType(Kind.ARRAY, nullable, element=element)


def struct(fields: tuple[tuple[str, SqlType], ...], nullable: bool = True) -> SqlType:
    """The type of structs (nested documents) with these fields, in order."""
    return SqlType(Kind.STRUCT, nullable, fields=fields)


def map_of(key: SqlType, value: SqlType, nullable: bool = True) -> SqlType:
    """The type of maps from `key` to `value`."""
    return SqlType(Kind.MAP, nullable, key=key, element=value)


def as_decimal(t: SqlType) -> SqlType:
    """The decimal type that holds every value of an exact numeric type."""
    if t.kind is Kind.DECIMAL:
        return t if t.precision is not None else DECIMAL
    return decimal(_INT_DIGITS[t.kind], 0, t.nullable)


def common(a: SqlType, b: SqlType) -> SqlType | None:
    """The type that values of both can be compared or united in, or None.

    Follows PostgreSQL's "UNION, CASE, and related constructs": an untyped literal takes the other
    side's type, numbers widen, dates widen to timestamps. NULL is possible if either may be NULL.
    """
    null = a.nullable or b.nullable
    if a.kind is Kind.UNKNOWN or a == b:
        return b.with_null(null)
    if b.kind is Kind.UNKNOWN:
        return a.with_null(null)
    if a.kind in NUMBERS and b.kind in NUMBERS:
        return _wider_number(a, b).with_null(null)
    if Kind.NUMERIC in (a.kind, b.kind):
        return _unbounded_number(a, b, null)
    if a.kind in INSTANTS and b.kind in INSTANTS:
        zoned = Kind.TIMESTAMPTZ in (a.kind, b.kind)
        if a.kind is b.kind:
            return a.with_null(null)
        return (TIMESTAMPTZ if zoned else TIMESTAMP).with_null(null)
    if {a.kind, b.kind} == {Kind.DURATION, Kind.INTERVAL}:
        return DURATION.with_null(null)
    if a.kind is b.kind:
        if a.kind is Kind.ARRAY and a.element and b.element:
            element = common(a.element, b.element)
            return array(element, null) if element else None
        if a.kind is Kind.STRUCT:
            return _common_struct(a, b, null)
        return a.with_null(null)
    return None


def _unbounded_number(a: SqlType, b: SqlType, null: bool) -> SqlType | None:
    """Numbers of any size are common to all exact ones; with floats they meet in DOUBLE."""
    kinds = {a.kind, b.kind}
    if not kinds <= NUMBERS | {Kind.NUMERIC}:
        return None
    if kinds & FLOATS:
        return DOUBLE.with_null(null)
    whole = all(t.kind in INTEGERS or t.scale == 0 for t in (a, b))
    return (VARINT if whole else NUMERIC).with_null(null)


def _common_struct(a: SqlType, b: SqlType, null: bool) -> SqlType | None:
    """Structs have a common type if they have the same fields, and those have."""
    if [n for n, _ in a.fields] != [n for n, _ in b.fields]:
        return None
    met = [(n, common(x, y)) for (n, x), (_, y) in zip(a.fields, b.fields, strict=True)]
    fields = tuple((n, t) for n, t in met if t is not None)
    return struct(fields, null) if len(fields) == len(met) else None


def _wider_number(a: SqlType, b: SqlType) -> SqlType:
    kind = max(a.kind, b.kind, key=_WIDTH.index)
    if kind is Kind.REAL and Kind.DECIMAL in (a.kind, b.kind):
        return DOUBLE  # PostgreSQL: real with numeric meets in double precision
    if kind is not Kind.DECIMAL:
        return SqlType(kind)
    x, y = as_decimal(a), as_decimal(b)
    scale = max(x.scale or 0, y.scale or 0)
    whole = max((x.precision or 0) - (x.scale or 0), (y.precision or 0) - (y.scale or 0))
    return decimal(whole + scale, scale)


@dataclass(frozen=True, slots=True)
class Interval:
    """The value of an INTERVAL literal: months, days and microseconds are kept apart (SQL's
    arithmetic needs them so); results come out as `datetime.timedelta`."""

    months: int = 0
    days: int = 0
    microseconds: int = 0

    def __neg__(self) -> Interval:
        return Interval(-self.months, -self.days, -self.microseconds)

    def __str__(self) -> str:
        parts = ((self.months, "months"), (self.days, "days"), (self.microseconds, "microseconds"))
        return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 days"
