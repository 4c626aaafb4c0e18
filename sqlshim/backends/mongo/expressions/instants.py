"""Date and time functions as aggregation expressions. All in UTC; the server keeps milliseconds."""

from __future__ import annotations

from collections.abc import Callable

from sqlshim.backends.mongo.expressions.mql import Mql, let
from sqlshim.backends.mongo.expressions.rows import Nulls, Row, literal
from sqlshim.backends.mongo.params import Placeholder
from sqlshim.errors import DataError
from sqlshim.functions import datetime as fd
from sqlshim.functions import operators as fo
from sqlshim.ir.scalar import Call, Cast, Literal, Param, Scalar
from sqlshim.types import INSTANTS, INTEGERS, Interval, Kind


def _ratio(name: str, by: int) -> Callable[[Mql], Mql]:
    """Which of the runs of `by` years or months: 2024 lies in decade 202, century 21."""
    return lambda x: {"$toInt": {name: {"$divide": [x, by]}}}


_UP, _DOWN = "$ceil", "$floor"
_PARTS: dict[str, Callable[[Mql], Mql]] = {
    "year": lambda x: {"$year": x},
    "month": lambda x: {"$month": x},
    "day": lambda x: {"$dayOfMonth": x},
    "hour": lambda x: {"$hour": x},
    "minute": lambda x: {"$minute": x},
    "dow": lambda x: {"$subtract": [{"$dayOfWeek": x}, 1]},  # 1 is Sunday
    "isodow": lambda x: {"$isoDayOfWeek": x},
    "doy": lambda x: {"$dayOfYear": x},
    "week": lambda x: {"$isoWeek": x},
    "isoyear": lambda x: {"$isoWeekYear": x},
    "quarter": lambda x: _ratio(_UP, 3)({"$month": x}),
    "decade": lambda x: _ratio(_DOWN, 10)({"$year": x}),
    "century": lambda x: _ratio(_UP, 100)({"$year": x}),
    "millennium": lambda x: _ratio(_UP, 1000)({"$year": x}),
    "milliseconds": lambda x: _millis(x),
    "microseconds": lambda x: {"$multiply": [_millis(x), 1000]},
    "second": lambda x: {"$divide": [_millis(x), 1000]},
    "epoch": lambda x: {"$divide": [{"$toLong": x}, 1000]},
}
_TRUNC = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")


def _millis(value: Mql) -> Mql:
    return let(
        lambda x: {"$add": [{"$multiply": [{"$second": x}, 1000]}, {"$millisecond": x}]}, value
    )


def _part(call: Call, _: Mql, value: Mql) -> Mql:
    return _PARTS[str(literal(call.args[0]))](value)


def _part_refuses(call: Call) -> str:
    if call.args[1].type.kind not in INSTANTS:
        return f"{call.fn.name} from {call.args[1].type} has no MongoDB form"
    known = str(literal(call.args[0])) in _PARTS
    return "" if known else f"{call.fn.name} of {literal(call.args[0])} has no MongoDB form"


def _unit(call: Call) -> str:
    return str(literal(call.args[0])).removesuffix("s")


def _truncated(call: Call, _: Mql, value: Mql) -> Mql:
    unit = _unit(call)
    start = {"startOfWeek": "monday"} if unit == "week" else {}
    return {"$dateTrunc": {"date": value, "unit": unit, **start}}


def _trunc_refuses(call: Call) -> str:
    if call.args[1].type.kind not in INSTANTS:
        return "DATE_TRUNC of an interval has no MongoDB form"
    known = _unit(call) in _TRUNC
    return "" if known else f"DATE_TRUNC to {literal(call.args[0])} has no MongoDB form"


# --- arithmetic ----------------------------------------------------------------------------


def moved(start: Mql, unit: str, amount: Mql) -> Mql:
    """`start` so many units later; the day is cut to the month's last, as in PostgreSQL."""
    return (
        start if amount == 0 else {"$dateAdd": {"startDate": start, "unit": unit, "amount": amount}}
    )


def interval_of(expr: Scalar) -> tuple[Literal | Param, bool] | None:
    """The constant behind an INTERVAL expression and whether it is negated."""
    if isinstance(expr, Literal | Param) and expr.type.kind is Kind.INTERVAL:
        return expr, False
    if isinstance(expr, Call) and expr.fn is fo.NEG and (inner := interval_of(expr.args[0])):
        return inner[0], not inner[1]
    return None


def _whole_millis(interval: Interval) -> int:
    if interval.microseconds % 1000:
        raise DataError("MongoDB keeps milliseconds, the interval has microseconds")
    return interval.microseconds // 1000


_PIECES: tuple[tuple[str, Callable[[Interval], int]], ...] = (
    ("month", lambda i: i.months),
    ("day", lambda i: i.days),
    ("millisecond", _whole_millis),
)


def _piece(source: Literal | Param, of: Callable[[Interval], int], negated: bool) -> Mql:
    def convert(value: object) -> int:
        assert isinstance(value, Interval)
        return of(-value if negated else value)

    if isinstance(source, Param):
        return {"$literal": Placeholder(source.index, convert)}
    return convert(source.value)


def shifted(start: Mql, interval: Scalar, minus: bool) -> Mql:
    """An instant moved by a constant INTERVAL: months first, then days, then time."""
    found = interval_of(interval)
    assert found is not None
    source, negated = found
    pieces = [(unit, _piece(source, of, negated != minus)) for unit, of in _PIECES]
    *calendar, (unit, exact) = pieces
    if any(amount != 0 for _, amount in calendar):
        start = let(lambda x: _by_calendar(x, calendar), start)
    return moved(start, unit, exact)


def _by_calendar(start: Mql, pieces: list[tuple[str, Mql]]) -> Mql:
    """`start` moved by months and days; its fraction of a second is put aside meanwhile."""
    # Before 1970 $dateAdd of an hour or more loses a second where there is a fraction (6.0.5).
    whole: Mql = {"$dateTrunc": {"date": start, "unit": "second"}}
    for unit, amount in pieces:
        whole = moved(whole, unit, amount)
    return {"$add": [whole, {"$millisecond": start}]}


def _added(call: Call, a: Mql, b: Mql) -> Mql:
    left, right = call.args
    if right.type.kind is Kind.INTERVAL:
        return shifted(a, right, minus=False)
    if left.type.kind is Kind.INTERVAL:
        return shifted(b, left, minus=False)
    return moved(a, "day", b) if left.type.kind is Kind.DATE else moved(b, "day", a)


def _subtracted(call: Call, a: Mql, b: Mql) -> Mql:
    right = call.args[1]
    if right.type.kind is Kind.INTERVAL:
        return shifted(a, right, minus=True)
    if right.type.kind is Kind.DATE:
        return {"$dateDiff": {"startDate": b, "endDate": a, "unit": "day"}}
    return moved(a, "day", -b if isinstance(b, int) else {"$multiply": [b, -1]})


def is_date_arithmetic(call: Call) -> bool:
    """Whether + or - is about dates here; the numbers have a row of their own."""
    return any(arg.type.kind in INSTANTS or arg.type.kind is Kind.INTERVAL for arg in call.args)


def _arithmetic_refuses(call: Call) -> str:
    if call.type.kind not in INSTANTS | INTEGERS:
        return f"{call.fn.name} giving {call.type} has no MongoDB form"
    for arg in call.args:
        if arg.type.kind is Kind.TIME:
            return "a time of day has no MongoDB form"
        if arg.type.kind is Kind.INTERVAL:
            return _interval_refuses(arg)
    return ""


def _interval_refuses(arg: Scalar) -> str:
    found = interval_of(arg)
    if found is None:
        return "a computed INTERVAL has no MongoDB form"
    value = literal(found[0])
    if isinstance(value, Interval) and value.microseconds % 1000:
        return "MongoDB keeps milliseconds"
    if isinstance(found[0], Literal) and value is None:
        return "a NULL interval has no MongoDB form"
    return ""


def _epoch_refuses(call: Call) -> str:
    seconds = call.args[0]
    whole = isinstance(seconds, Cast) and seconds.arg.type.kind in INTEGERS
    return "" if whole else "MongoDB keeps milliseconds only"


def _last_day(call: Call, value: Mql) -> Mql:
    month = {"$dateTrunc": {"date": value, "unit": "month"}}
    return moved(moved(month, "month", 1), "day", -1)


ARITHMETIC: dict[object, Row] = {
    fo.ADD: Row(_added, Nulls.NATIVE, True, _arithmetic_refuses),
    fo.SUB: Row(_subtracted, Nulls.NATIVE, True, _arithmetic_refuses),
}
ROWS = {
    fd.EXTRACT: Row(_part, Nulls.NATIVE, refuses=_part_refuses),
    fd.EXTRACT_FRACTION: Row(_part, Nulls.NATIVE, refuses=_part_refuses),
    fd.DATE_TRUNC: Row(_truncated, Nulls.NATIVE, refuses=_trunc_refuses),
    fd.LAST_DAY: Row(_last_day, Nulls.NATIVE),
    fd.TO_TIMESTAMP: Row(
        lambda call, x: {"$toDate": {"$toLong": {"$multiply": [x, 1000]}}},
        Nulls.NATIVE,
        True,
        _epoch_refuses,
    ),
}
