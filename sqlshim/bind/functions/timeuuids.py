"""CQL's functions of timeuuids and instants: toTimestamp, toDate, toUnixTimestamp; and comparisons
with minTimeuuid and maxTimeuuid, which are comparisons of times.

SQL orders UUIDs by their digits, CQL timeuuids by their time: `id > maxTimeuuid(t)` means here
what it means there, toTimestamp(id) > t.
"""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special
from sqlshim.bind.coerce import call, cast, coerce, logical
from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.functions import datetime
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Scalar
from sqlshim.types import DATE, TIMESTAMP, UUID, Kind

_BOUNDS = {"mintimeuuid": "min", "min_timeuuid": "min", "maxtimeuuid": "max", "max_timeuuid": "max"}
# What a comparison with the least or the greatest timeuuid of a millisecond says of the times.
_OF_TIMES: dict[tuple[type[exp.Expr], str], Function] = {
    (exp.GT, "min"): op.GE,
    (exp.GTE, "min"): op.GE,
    (exp.LT, "min"): op.LT,
    (exp.LTE, "min"): op.LT,
    (exp.GT, "max"): op.GT,
    (exp.GTE, "max"): op.GT,
    (exp.LT, "max"): op.LE,
    (exp.LTE, "max"): op.LE,
}
_TURNED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
}


def instant(value: Scalar) -> Scalar:
    """A timeuuid, date or timestamp as a TIMESTAMP."""
    if value.type.kind is Kind.UUID:
        return call(datetime.TOTIMESTAMP, value)
    return cast(value, TIMESTAMP)


def compare_times(node: exp.Expr, binds: Binds) -> Scalar | None:
    """A comparison with minTimeuuid(…) or maxTimeuuid(…); None if it is none."""
    kind = type(node)
    if kind is exp.Between and any(map(_bound, (node.args["low"], node.args["high"]))):
        ends = (exp.GTE, node.args["low"]), (exp.LTE, node.args["high"])
        parts = [binds.scalar(end(this=node.this, expression=value)) for end, value in ends]
        return logical(op.AND, parts)
    if kind not in _TURNED:
        return None
    value, bound = node.this, node.expression
    if _bound(value):
        kind, value, bound = _TURNED[kind], bound, value
    if not _bound(bound):
        return None
    tested = coerce(binds.scalar(value), UUID)
    if tested.type.kind is not Kind.UUID:
        raise ProgrammingError(f"{bound.name} is compared with timeuuids", sqlstate="42883")
    limit = coerce(binds.scalar(_only_argument(bound)), TIMESTAMP)
    return call(_OF_TIMES[kind, _bound(bound)], instant(tested), cast(limit, TIMESTAMP))


def _bound(node: exp.Expr) -> str:
    return _BOUNDS.get(node.name.lower(), "") if isinstance(node, exp.Anonymous) else ""


def _only_argument(node: exp.Expr) -> exp.Expr:
    if len(node.expressions) != 1:
        raise ProgrammingError(
            f"{node.name.lower()} takes one argument", sqlstate="42883", position=position(node)
        )
    argument: exp.Expr = node.expressions[0]
    return argument


def _to_timestamp(node: exp.Expr, binds: Binds) -> Scalar:
    return instant(binds.scalar(_only_argument(node)))


def _to_date(node: exp.Expr, binds: Binds) -> Scalar:
    return cast(_to_timestamp(node, binds), DATE)


def _to_unix(node: exp.Expr, binds: Binds) -> Scalar:
    return call(datetime.TOUNIXTIMESTAMP, _to_timestamp(node, binds))


def _alone(node: exp.Expr, binds: Binds) -> Scalar:
    raise NotSupportedError(
        f"{node.name} has a meaning in comparisons only",
        hint="Write id > maxTimeuuid('2020-01-01') or toTimestamp(id) > '2020-01-01'.",
    )


CALLS: dict[str, Special] = {
    "totimestamp": _to_timestamp,
    "todate": _to_date,
    "tounixtimestamp": _to_unix,
    "to_unix_timestamp": _to_unix,
    **dict.fromkeys(_BOUNDS, _alone),
}
