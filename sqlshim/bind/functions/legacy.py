"""Functions that statements written for other databases use and PostgreSQL does not have: each
becomes calls of rows that have a form everywhere."""

from __future__ import annotations

import datetime as dt

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, int_literal, text_literal
from sqlshim.bind.coerce import call, case, cast, coerce, settle
from sqlshim.bind.functions.arrays import quantified
from sqlshim.bind.functions.dialects import instant
from sqlshim.bind.functions.jsonb_operators import as_json
from sqlshim.bind.functions.session import USER
from sqlshim.functions import datetime, text
from sqlshim.functions import json as fj
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.types import BIGINT, BOOLEAN, DATE, INTEGER, TEXT, TIME, TIMESTAMP, Kind

_EPOCH = Literal(dt.date(1970, 1, 1), DATE.with_null(False))


def system_date(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's SYSDATE(), one value for the whole statement here."""
    return binds.context.current(TIMESTAMP)


def user(node: exp.Expr, binds: Binds) -> Scalar:
    return text_literal(USER)


def microsecond(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's MICROSECOND(t): those of the second."""
    value = binds.scalar(node.expressions[0])
    if value.type.kind is Kind.UNKNOWN:
        value = coerce(value, TIME if "-" not in str(getattr(value, "value", "-")) else TIMESTAMP)
    micros = call(datetime.EXTRACT, text_literal("microseconds"), value)
    return cast(call(op.MOD, micros, int_literal(10**6)), INTEGER)


def unix_seconds(node: exp.Expr, binds: Binds) -> Scalar:
    """BigQuery's UNIX_SECONDS(t)."""
    epoch = call(datetime.EXTRACT_FRACTION, text_literal("epoch"), instant(node.this, binds))
    return cast(epoch, BIGINT)


def unix_date(node: exp.Expr, binds: Binds) -> Scalar:
    """BigQuery's UNIX_DATE(d): days since 1970."""
    return call(op.SUB, cast(instant(node.this, binds), DATE), _EPOCH)


def date_of_days(node: exp.Expr, binds: Binds) -> Scalar:
    return call(op.ADD, _EPOCH, binds.scalar(node.this))


def is_json(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's JSON_VALID(t), T-SQL's ISJSON(t)."""
    return call(fj.JSON_VALID, cast(settle(binds.scalar(node.expressions[0])), TEXT))


def json_contains(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's JSON_CONTAINS(value, part)."""
    return call(fj.JSONB_CONTAINS, *(as_json(binds.scalar(e)) for e in node.expressions))


def json_type(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's JSON_TYPE(value): in capitals, and numbers are INTEGER or DOUBLE."""
    value = as_json(binds.scalar(node.this))
    name = call(fj.JSON_TYPEOF, value)
    if binds.context.dialect != "mysql":
        return name
    whole = call(op.NE, call(text.TRANSLATE, cast(value, TEXT), *map(text_literal, (".eE", ""))),
                 cast(value, TEXT))  # fmt: skip
    number = case([(whole, text_literal("DOUBLE"))], text_literal("INTEGER"))
    is_number = call(op.EQ, name, text_literal("number"))
    return case([(is_number, number)], call(text.UPPER, name))


def bracketed(node: exp.Expr, binds: Binds) -> Scalar:
    """T-SQL's QUOTENAME(name)."""
    name = coerce(binds.scalar(node.expressions[0]), TEXT)
    doubled = call(text.REPLACE, name, text_literal("]"), text_literal("]]"))
    left = call(op.CONCAT_OP, text_literal("["), doubled)
    return call(op.CONCAT_OP, left, text_literal("]"))


def array_contains(node: exp.Expr, binds: Binds) -> Scalar:
    """Snowflake's, Spark's and DuckDB's ARRAY_CONTAINS."""
    values, value = binds.scalar(node.this), binds.scalar(node.expression)
    if values.type.kind is not Kind.ARRAY and value.type.kind is Kind.ARRAY:
        values, value = value, values
    return quantified(op.EQ, value, values, every=False)


def boolean_of(node: exp.Expr, binds: Binds) -> Scalar:
    """Snowflake's TO_BOOLEAN(x)."""
    return cast(binds.scalar(node.this), BOOLEAN)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.UnixSeconds: unix_seconds,
    exp.UnixDate: unix_date,
    exp.DateFromUnixDate: date_of_days,
    exp.JSONType: json_type,
    exp.ArrayContains: array_contains,
    exp.ToBoolean: boolean_of,
}
CALLS: dict[str, Special] = {
    "sysdate": system_date,
    "user": user,
    "system_user": user,
    "microsecond": microsecond,
    "json_valid": is_json,
    "isjson": is_json,
    "json_contains": json_contains,
    "quotename": bracketed,
}
