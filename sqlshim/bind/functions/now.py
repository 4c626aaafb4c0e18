"""The current date and time in all their spellings, one value for the whole statement; and instants
that are rounded to a number of places: CURRENT_TIMESTAMP(0), x::timestamp(3)."""

from __future__ import annotations

import datetime as dt

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special
from sqlshim.bind.coerce import call, cast
from sqlshim.bind.functions.dates import in_zone_of
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.functions import datetime
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.types import DATE, INTERVAL, TIME, TIMESTAMP, TIMESTAMPTZ, Interval, SqlType

_MOST = 6  # places of a second
_EPOCH = Literal(dt.datetime(1970, 1, 1), TIMESTAMP.with_null(False))


def rounded(value: Scalar, node: exp.Expr | None) -> Scalar:
    """A time or instant with as many places of its second as `node` says."""
    if node is None or not isinstance(node, exp.Literal | exp.DataTypeParam):
        return value
    if not node.name.isdigit():
        raise ProgrammingError("a precision is a number", sqlstate="42601")
    places = int(node.name)
    if places >= _MOST:
        return value
    step = 10 ** (_MOST - places)
    half = Literal(Interval(microseconds=step // 2), INTERVAL.with_null(False))
    stride = Literal(Interval(microseconds=step), INTERVAL.with_null(False))
    if value.type.kind is TIME.kind:
        raise NotSupportedError("a time of fewer than six places is not supported")
    later = call(op.ADD, cast(value, TIMESTAMP), half)
    return cast(call(datetime.DATE_BIN, stride, later, _EPOCH), value.type)


def _now(t: SqlType) -> Special:
    """NOW(), CURRENT_TIMESTAMP(p), LOCALTIMESTAMP(p) and their kin."""

    def build(node: exp.Expr, binds: Binds) -> Scalar:
        given = node.expressions if isinstance(node, exp.Anonymous) else [node.args.get("this")]
        value = binds.context.current(t)
        first = given[0] if given else None
        if node.args.get("sysdate") and binds.context.dialect == "oracle":
            return binds.context.current(TIMESTAMP)
        if isinstance(first, exp.Literal) and first.is_string:  # BigQuery's zone
            return cast(in_zone_of(first, binds.context.current(TIMESTAMPTZ), binds), t)
        if first is not None and not isinstance(first, exp.Literal):
            raise NotSupportedError("a precision or time zone that is not a constant")
        return rounded(value, first)

    return build


def _time(node: exp.Expr, binds: Binds) -> Scalar:
    first = node.args.get("this")
    if isinstance(first, exp.Literal) and first.is_string:
        return cast(in_zone_of(first, binds.context.current(TIMESTAMPTZ), binds), TIME)
    return cast(rounded(binds.context.current(TIMESTAMP), first), TIME)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.CurrentDate: _now(DATE),
    exp.CurrentTimestamp: _now(TIMESTAMPTZ),
    exp.Systimestamp: _now(TIMESTAMPTZ),
    exp.Localtimestamp: _now(TIMESTAMP),
    exp.CurrentDatetime: _now(TIMESTAMP),
    exp.Localtime: _time,
    exp.CurrentTime: _time,
    exp.UtcDate: _now(DATE),
    exp.UtcTimestamp: _now(TIMESTAMP),
}
CALLS: dict[str, Special] = dict.fromkeys(
    ("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "getutcdate"),
    _now(TIMESTAMPTZ),
)
