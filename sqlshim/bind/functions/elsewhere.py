"""Functions of MySQL, T-SQL, SQLite, Oracle, BigQuery and Snowflake on texts, numbers and arrays
that mean something else in PostgreSQL or are unknown there."""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from sqlshim.bind.binds import Binds, Special, constant_text, int_literal, text_literal
from sqlshim.bind.coerce import call, case, cast, coerce, logical, settle
from sqlshim.bind.functions.dialects import instant
from sqlshim.bind.functions.formats import written
from sqlshim.bind.functions.number_patterns import number_to_char, read_number
from sqlshim.bind.functions.texts import as_text
from sqlshim.errors import NotSupportedError
from sqlshim.functions import (
    arrays,
    bits,
    conditional,
    datetime,
    documents,
    encodings,
    math,
    regex,
    text,
)
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Literal, Scalar, null_of
from sqlshim.sql.dialects import traits_of
from sqlshim.types import (
    BIGINT,
    BYTES,
    DOUBLE,
    FLOATS,
    INTEGER,
    INTEGERS,
    NUMBERS,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    Kind,
    array,
    decimal,
)

# --- texts -----------------------------------------------------------------------------------


def length(node: exp.Expr, binds: Binds) -> Scalar:
    """LENGTH, which counts bytes in MySQL; T-SQL's LEN, which counts no spaces at the end."""
    value = binds.scalar(node.this)
    dialect = binds.context.dialect
    if (encoding := node.args.get("encoding")) is not None:
        name = binds.scalar(encoding)
        if name.type.kind not in (Kind.TEXT, Kind.UNKNOWN):
            return call(text.LENGTH, value, name)  # raises UnknownFunction
        if constant_text(encoding, binds, "the encoding").lower() not in ("utf8", "utf-8"):
            raise NotSupportedError("texts of other encodings than UTF-8 are not supported")
        return call(text.LENGTH, call(encodings.CONVERT_FROM, coerce(value, BYTES)))
    if node.args.get("binary") and traits_of(dialect).bytes_in_length:
        return call(text.OCTET_LENGTH, settle(value))
    if dialect == "tsql":
        value = call(text.RTRIM, coerce(value, TEXT), text_literal(" "))
    return call(text.LENGTH, value)


def capitals(node: exp.Expr, binds: Binds) -> Scalar:
    """INITCAP: a word begins after what is no letter or digit, whatever the dialect."""
    known = Dialect.get_or_raise(binds.context.dialect).INITCAP_DEFAULT_DELIMITER_CHARS
    borders = node.args.get("expression")
    if borders is not None and (borders.name != known or known == " "):  # Spark's
        raise NotSupportedError("INITCAP with delimiters of its own is not supported")
    return call(text.INITCAP, binds.scalar(node.this))


def end(fn: Function) -> Special:
    """LEFT and RIGHT: a negative number leaves nothing but in PostgreSQL and DuckDB."""

    def build(node: exp.Expr, binds: Binds) -> Scalar:
        size = binds.scalar(node.expression)
        if binds.context.dialect not in ("postgres", "duckdb"):
            negative = call(op.LT, size, int_literal(0))
            if isinstance(size, Literal) and isinstance(size.value, int):
                size = int_literal(max(size.value, 0))
            else:
                size = case([(negative, int_literal(0))], size)
        value = binds.scalar(node.this)
        if value.type.kind in (Kind.DATE, Kind.TIMESTAMP) and binds.context.dialect == "mysql":
            value = cast(value, TEXT)
        return call(fn, value, size)

    return build


def replace(node: exp.Expr, binds: Binds) -> Scalar:
    """REPLACE(a, b, c), and Oracle's without c, which takes b away."""
    new = node.args.get("replacement")
    bound = [binds.scalar(node.this), binds.scalar(node.expression)]
    if new is None:
        return call(text.REPLACE, *bound, text_literal(""))
    if isinstance(new, exp.Literal) and traits_of(binds.context.dialect).empty_is_null:
        return call(text.REPLACE, *bound, text_literal(new.name))
    return call(text.REPLACE, *bound, binds.scalar(new))


def characters(node: exp.Expr, binds: Binds) -> Scalar:
    """CHR(65), and SQLite's and MySQL's CHAR(65, 66)."""
    parts = [call(text.CHR, binds.scalar(e)) for e in node.expressions]
    return parts[0] if len(parts) == 1 else call(text.CONCAT, *parts)


def find_in_set(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's place of a text among those between commas, 0 if it is none of them."""
    wanted, among = (coerce(binds.scalar(e), TEXT) for e in node.expressions)
    place = call(
        arrays.ARRAY_POSITION,
        call(arrays.STRING_TO_ARRAY, among, text_literal(",")),
        wanted,
    )
    known = logical(op.AND, [call(op.IS_NOT_NULL, wanted), call(op.IS_NOT_NULL, among)])
    return case([(known, call(conditional.COALESCE, place, int_literal(0)))], null_of(INTEGER))


def pattern_index(node: exp.Expr, binds: Binds) -> Scalar:
    """T-SQL's PATINDEX('%text%', x)."""
    pattern = constant_text(node.expressions[0], binds, "the pattern of PATINDEX")
    inner = pattern[1:-1]
    if not re.fullmatch(r"%[^%_\[\]]+%", pattern):
        raise NotSupportedError("PATINDEX is supported of '%text%' only")
    return call(text.POSITION, coerce(binds.scalar(node.expressions[1]), TEXT), text_literal(inner))


def glob(node: exp.Expr, binds: Binds) -> Scalar:
    """SQLite's GLOB: * and ? and [a-z], by case."""
    pattern = constant_text(node.expression, binds, "the pattern of GLOB")
    written = "".join(_globbed(m) for m in re.finditer(r"\[\^?\]?[^\]]*\]|.", pattern, re.S))
    return call(
        regex.REGEXP_LIKE,
        coerce(binds.scalar(node.this), TEXT),
        text_literal(f"(?s)^(?:{written})$".replace("$", r"\z")),
    )


def _globbed(found: re.Match[str]) -> str:
    char = found[0]
    if len(char) > 1:
        return char.replace("\\", "\\\\")
    return {"*": ".*", "?": "."}.get(char) or re.escape(char)


def quote(node: exp.Expr, binds: Binds) -> Scalar:
    """SQLite's QUOTE of a text or number."""
    value = settle(binds.scalar(node.expressions[0]))
    if value.type.kind in INTEGERS:
        shown = cast(value, TEXT)
    elif value.type.kind is Kind.TEXT:
        doubled = call(text.REPLACE, value, text_literal("'"), text_literal("''"))
        shown = call(text.CONCAT, text_literal("'"), doubled, text_literal("'"))
    else:
        raise NotSupportedError(f"QUOTE of {str(value.type).lower()} is not supported")
    return case([(call(op.IS_NULL, value), text_literal("NULL"))], shown)


def split(node: exp.Expr, binds: Binds) -> Scalar:
    """BigQuery's and Snowflake's SPLIT: of '' it is one empty text."""
    if binds.context.dialect in ("spark", "databricks", "hive", "presto", "trino"):
        raise NotSupportedError("SPLIT is not supported in this dialect")
    value = coerce(binds.scalar(node.this), TEXT)
    by = text_literal(",") if node.expression is None else binds.scalar(node.expression)
    pieces = call(arrays.STRING_TO_ARRAY, value, by)
    one = call(documents.ARRAY_OF, text_literal(""))
    one = cast(one, array(TEXT))
    return case([(call(op.EQ, value, text_literal("")), one)], pieces)


# --- numbers ---------------------------------------------------------------------------------

_NUMBER = re.compile(r"(FM)?[90.,DG]+", re.I)
_INSTANT = re.compile(r"(?:YYYY|MM|DD|HH24|MI|SS|[^A-Za-z\"])+", re.I)


def to_char(node: exp.Expr, binds: Binds) -> Scalar:
    """Oracle's and Snowflake's TO_CHAR: patterns that mean the same as PostgreSQL's."""
    value = settle(binds.scalar(node.this))
    if node.args.get("format") is None:
        return as_text(value)
    pattern = constant_text(node.args["format"], binds, "the pattern of TO_CHAR")
    known = _NUMBER if value.type.kind in NUMBERS else _INSTANT
    if not known.fullmatch(pattern):
        raise NotSupportedError(f"the pattern {pattern!r} of TO_CHAR is not supported here")
    if value.type.kind in NUMBERS:
        return number_to_char(value, pattern)
    return written(value, pattern)


def to_number(node: exp.Expr, binds: Binds) -> Scalar:
    """TO_NUMBER(text [, pattern]) of Oracle and Snowflake."""
    value = binds.scalar(node.this)
    if node.args.get("format") is not None:
        pattern = constant_text(node.args["format"], binds, "the pattern of TO_NUMBER")
        return read_number(coerce(value, TEXT), pattern)
    sizes = [node.args.get("precision"), node.args.get("scale")]
    wanted = decimal(38, 10)
    if sizes[0] is not None and sizes[1] is not None:
        wanted = decimal(int(sizes[0].name), int(sizes[1].name))
    return cast(settle(value), wanted, safe=bool(node.args.get("safe")))


def with_commas(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's FORMAT(x, n)."""
    places = binds.scalar(node.args["format"])
    if not isinstance(places, Literal) or not isinstance(places.value, int):
        raise NotSupportedError("FORMAT needs a constant number of places")
    value = binds.scalar(node.this)
    if value.type.kind in FLOATS:
        value = cast(value, decimal(38, 10))
    tail = "." + "0" * places.value if places.value > 0 else ""
    return number_to_char(value, "FM999,999,999,999,999,990" + tail)


def bit_and(node: exp.Expr, binds: Binds) -> Scalar:
    return call(bits.BIT_AND_OP, *(binds.scalar(e) for e in node.expressions))


def bit_count(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's BIT_COUNT, of 64 bits."""
    value = binds.scalar(node.this)
    return call(encodings.BIT_COUNT, cast(value, BIGINT) if value.type.kind in INTEGERS else value)


def lower_hex(node: exp.Expr, binds: Binds) -> Scalar:
    """BigQuery's TO_HEX(bytes)."""
    return call(encodings.ENCODE_HEX, binds.scalar(node.this))


def either_null(node: exp.Expr, binds: Binds) -> Scalar:
    """Snowflake's EQUAL_NULL(a, b)."""
    return call(op.IS_NOT_DISTINCT, binds.scalar(node.this), binds.scalar(node.expression))


def itself(node: exp.Expr, binds: Binds) -> Scalar:
    """SQLite's LIKELY(x), a hint."""
    return binds.scalar(node.expressions[0])


# --- dates -----------------------------------------------------------------------------------


def second(node: exp.Expr, binds: Binds) -> Scalar:
    """SECOND(t), without its fraction."""
    value = instant(node.this, binds)
    part = call(datetime.EXTRACT_FRACTION, text_literal("second"), value)
    return cast(call(math.FLOOR, part), INTEGER)


def day_of_year(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's MAKEDATE(year, n)."""
    year, day = (binds.scalar(e) for e in node.expressions)
    first = call(datetime.MAKE_DATE, year, int_literal(1), int_literal(1))
    return call(op.ADD, first, call(op.SUB, day, int_literal(1)))


def seconds_of_time(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's TIME_TO_SEC(t)."""
    value = cast(binds.scalar(node.expressions[0]), TIME)
    epoch = call(datetime.EXTRACT_FRACTION, text_literal("epoch"), value)
    return cast(call(math.FLOOR, epoch), BIGINT)


def from_parts(node: exp.Expr, binds: Binds) -> Scalar:
    """MAKE_TIMESTAMP, and T-SQL's DATETIMEFROMPARTS with milliseconds."""
    names = ("year", "month", "day", "hour", "min", "sec")
    parts = [binds.scalar(node.args[n]) for n in names if node.args.get(n) is not None]
    if (milli := node.args.get("milli")) is not None:
        share = call(op.DIV, cast(binds.scalar(milli), DOUBLE), int_literal(1000))
        parts[-1] = call(op.ADD, cast(parts[-1], DOUBLE), share)
    return call(datetime.MAKE_TIMESTAMP, *parts)


def timestamp(node: exp.Expr, binds: Binds) -> Scalar:
    """TIMESTAMP(x), an instant in BigQuery."""
    zoned = binds.context.dialect == "bigquery"
    return cast(binds.scalar(node.this), TIMESTAMPTZ if zoned else TIMESTAMP)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.Length: length,
    exp.Left: end(text.LEFT),
    exp.Right: end(text.RIGHT),
    exp.Replace: replace,
    exp.Chr: characters,
    exp.Glob: glob,
    exp.Split: split,
    exp.ToChar: to_char,
    exp.ToNumber: to_number,
    exp.NumberToStr: with_commas,
    exp.BitwiseCount: bit_count,
    exp.LowerHex: lower_hex,
    exp.EqualNull: either_null,
    exp.Second: second,
    exp.Timestamp: timestamp,
    exp.Initcap: capitals,
    exp.TimestampFromParts: from_parts,
}
CALLS: dict[str, Special] = {
    "find_in_set": find_in_set,
    "patindex": pattern_index,
    "nchar": characters,
    "quote": quote,
    "bitand": bit_and,
    "likely": itself,
    "unlikely": itself,
    "makedate": day_of_year,
    "time_to_sec": seconds_of_time,
}
