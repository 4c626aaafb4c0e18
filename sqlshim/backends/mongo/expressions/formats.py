"""TO_CHAR of instants and DATE_BIN: texts of the parts of a date, and stretches of equal length."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlshim.backends.mongo.expressions.mql import Mql, cond, let
from sqlshim.backends.mongo.expressions.rows import Row, literal
from sqlshim.functions import datetime as fd
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call
from sqlshim.types import INSTANTS, Interval

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_HOURS = tuple(f"{(hour + 11) % 12 + 1:02}" for hour in range(24))
_SAME = frozenset("mdjHMS")  # codes of strftime's that $dateToString has too
_MILLISECONDS_OF_DAY = 86_400_000


def _picked(names: Sequence[str], number: Mql) -> Mql:
    return {"$arrayElemAt": [list(names), {"$subtract": [number, 1]}]}


def _code(code: str, date: Mql) -> Mql:
    match code:
        case "Y":  # $dateToString takes no year of five digits
            year = {"$year": date}
            written = {"$dateToString": {"date": date, "format": "%Y"}}
            return cond({"$gt": [year, 9999]}, {"$toString": year}, written)
        case "I":
            return {"$arrayElemAt": [list(_HOURS), {"$hour": date}]}
        case "f":
            return {"$dateToString": {"date": date, "format": "%L000"}}
        case "A" | "a":
            cut = slice(3 if code == "a" else None)
            return _picked([name[cut] for name in _DAYS], {"$dayOfWeek": date})
        case "B" | "b":
            cut = slice(3 if code == "b" else None)
            return _picked([name[cut] for name in _MONTHS], {"$month": date})
        case _:
            return {"$dateToString": {"date": date, "format": f"%{code}"}}


def _to_char(call: Call, date: Mql, _: Mql) -> Mql:
    codes = re.findall(r"%(.)|([^%]+)", str(literal(call.args[1])))

    def written(d: Mql) -> Mql:
        return {"$concat": [_code(code, d) if code else {"$literal": text} for code, text in codes]}

    return let(written, date)


def _to_char_refuses(call: Call) -> str:
    codes = literal(call.args[1])
    if not isinstance(codes, str) or call.args[0].type.kind not in INSTANTS:
        return "TO_CHAR has a MongoDB form of instants and constant patterns only"
    unknown = set(re.findall(r"%(.)", codes)) - _SAME - set("YIfAaBb")
    return f"TO_CHAR of %{min(unknown)} has no MongoDB form" if unknown else ""


# --- DATE_BIN ------------------------------------------------------------------------------


def _length(call: Call) -> int:
    """The stretch in milliseconds; 0 if it has no fixed length in them."""
    value = literal(call.args[0])
    if not isinstance(value, Interval) or value.months or value.microseconds % 1000:
        return 0
    return value.days * _MILLISECONDS_OF_DAY + value.microseconds // 1000


def _date_bin(call: Call, _: Mql, date: Mql, origin: Mql) -> Mql:
    length = _length(call)
    passed = {"$subtract": [date, origin]}
    # $mod has the sign of what is divided
    over = {"$mod": [{"$add": [{"$mod": [passed, length]}, length]}, length]}
    return {"$subtract": [date, over]}


def _date_bin_refuses(call: Call) -> str:
    return "" if _length(call) > 0 else "DATE_BIN of no fixed length has no MongoDB form"


ROWS: dict[Function, Row] = {
    fd.TO_CHAR: Row(_to_char, refuses=_to_char_refuses),
    fd.DATE_BIN: Row(_date_bin, refuses=_date_bin_refuses),
}
