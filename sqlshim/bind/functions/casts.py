"""CAST, TRY_CAST, and T-SQL's CONVERT with its styles."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.expressions import DataType

from sqlshim.bind.binds import Binds, int_literal, text_literal
from sqlshim.bind.coerce import call, cast, number, settle
from sqlshim.bind.functions.dimensions import deepened
from sqlshim.bind.functions.json import shown_as_json
from sqlshim.bind.functions.jsonb_operators import normal
from sqlshim.bind.functions.moments import special_moment
from sqlshim.bind.functions.now import rounded
from sqlshim.bind.types import sql_type
from sqlshim.errors import NotSupportedError
from sqlshim.functions import datetime, math, text
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Scalar
from sqlshim.sql.dialects import traits_of
from sqlshim.types import FLOATS, INTEGERS, TEXT, TIMESTAMP, Kind, SqlType, decimal

_TEXTS = (
    DataType.Type.VARCHAR,
    DataType.Type.CHAR,
    DataType.Type.NVARCHAR,
    DataType.Type.NCHAR,
)


_BLANK_FILLED = (DataType.Type.CHAR, DataType.Type.NCHAR, DataType.Type.BPCHAR)
_TIMES = (Kind.TIME, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)


def cast_(node: exp.Expr, binds: Binds) -> Scalar:
    to = node.args["to"]
    if isinstance(to, DataType) and to.is_type(DataType.Type.CHARACTER_SET):
        return _in_character_set(node, binds)
    if (
        isinstance(to, DataType)
        and to.is_type(DataType.Type.BIT)
        and binds.context.dialect in _BITS
    ):
        raise NotSupportedError("strings of bits are not supported", hint="Use an integer.")
    if isinstance(node.this, exp.IntDiv) and not to.expressions:  # sqlglot's form of div(a, b)
        return _whole_quotient(node.this, binds)
    return _as_type(binds.scalar(node.this), to, binds, isinstance(node, exp.TryCast))


_BITS = ("postgres", "duckdb")  # where BIT is a string of bits, not a boolean
_UTF8 = ("utf8", "utf8mb3", "utf8mb4", "ascii", "latin1")


def _in_character_set(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's CONVERT(x USING utf8mb4): texts have one encoding here."""
    name = node.args["to"].args["kind"].name.lower()
    if name not in _UTF8:
        raise NotSupportedError(f"texts of the character set {name} are not supported")
    return cast(settle(binds.scalar(node.this)), TEXT)


def _as_type(value: Scalar, to: exp.Expr, binds: Binds, safe: bool) -> Scalar:
    wanted = deepened(value, sql_type(to, binds.context.dialect), binds)
    if (moment := special_moment(value, wanted, binds)) is not None:
        return moment
    value = _as_whole(shown_as_json(value, wanted), wanted, binds)
    result = cast(value, wanted, safe=safe)
    if isinstance(to, DataType) and to.is_type(DataType.Type.JSONB) and not safe:
        result = normal(result)
    if isinstance(to, DataType) and wanted.kind in _TIMES and to.expressions:
        return rounded(result, to.expressions[0])
    if isinstance(to, DataType) and to.is_type(*_BLANK_FILLED) and _fills(binds):
        return _blank_filled(result, to)
    if isinstance(to, DataType) and to.is_type(*_TEXTS) and to.expressions:
        length = to.expressions[0].name
        if length.isdigit():  # not VARCHAR(MAX)
            return call(text.LEFT, result, number(length))  # PostgreSQL: an explicit cast cuts
    return result


def _fills(binds: Binds) -> bool:
    return binds.context.dialect == "postgres"


def _blank_filled(value: Scalar, to: DataType) -> Scalar:
    """CHAR(n): blanks at its end mean nothing and are left out here, so that two that differ in
    them are equal; PostgreSQL shows as many as fill n characters. CHAR alone has one character."""
    if not to.is_type(DataType.Type.BPCHAR) or to.expressions:
        length = to.expressions[0].name if to.expressions else "1"
        value = call(text.LEFT, value, number(length))
    return call(text.RTRIM, value, text_literal(" "))


def _as_whole(value: Scalar, wanted: SqlType, binds: Binds) -> Scalar:
    """What the cast of a number with a fraction to an integer makes of the fraction."""
    traits = traits_of(binds.context.dialect)
    if wanted.kind not in INTEGERS or value.type.kind not in FLOATS | {Kind.DECIMAL}:
        return value
    if traits.casts_truncate:
        return call(math.TRUNC, value)
    if traits.halves_go_away and value.type.kind in FLOATS:
        return call(math.ROUND_TO, value, int_literal(0))
    return value


def _whole_quotient(node: exp.Expr, binds: Binds) -> Scalar:
    """PostgreSQL's div(a, b): a numeric without places."""
    left, right = binds.scalar(node.this), binds.scalar(node.expression)
    return cast(call(math.TRUNC, call(op.DIV_INT, left, right)), decimal(38, 0))


# T-SQL's styles of dates that have four digits of the year, in strftime's codes.
_DAYS = {"101": "%m/%d/%Y", "102": "%Y.%m.%d", "103": "%d/%m/%Y", "104": "%d.%m.%Y",
         "105": "%d-%m-%Y", "110": "%m-%d-%Y", "111": "%Y/%m/%d", "112": "%Y%m%d",
         "23": "%Y-%m-%d", "108": "%H:%M:%S", "24": "%H:%M:%S"}  # fmt: skip
_SORTABLE = ("120", "20")  # with the time, where there is one
_READ = ("", "20", "21", "23", "112", "120", "121", "126")  # of which CAST reads the text


def convert(node: exp.Expr, binds: Binds) -> Scalar:
    """CONVERT(type, value, style), TRY_CONVERT."""
    to, safe = node.this, bool(node.args.get("safe"))
    style = node.args["style"].name if node.args.get("style") is not None else ""
    given = binds.scalar(node.expression)
    value, wanted = settle(given), sql_type(to, binds.context.dialect)
    instant = value.type.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)
    if instant and wanted.kind is Kind.TEXT and style:
        value = _styled(value, style)
    elif style and value.type.kind is Kind.TEXT and style not in _READ:
        raise NotSupportedError(f"CONVERT of text by style {style} is not supported")
    elif instant and wanted.kind is Kind.TEXT and value.type.kind is not Kind.DATE:
        raise NotSupportedError("CONVERT of a datetime needs a style", hint="120 is one.")
    untyped = given.type.kind is Kind.UNKNOWN and not safe  # '20240102' is a date, too
    return _as_type(given if untyped else value, to, binds, safe)


def _styled(value: Scalar, style: str) -> Scalar:
    codes = _DAYS.get(style)
    if style in _SORTABLE:
        codes = "%Y-%m-%d" if value.type.kind is Kind.DATE else "%Y-%m-%d %H:%M:%S"
    if codes is None or (value.type.kind is Kind.DATE and "%H" in codes):
        raise NotSupportedError(
            f"style {style} of {str(value.type).lower()} is not supported",
            hint=f"{', '.join([*_DAYS, *_SORTABLE])} are.",
        )
    return cast(call(datetime.TO_CHAR, cast(value, TIMESTAMP), text_literal(codes)), TEXT)
