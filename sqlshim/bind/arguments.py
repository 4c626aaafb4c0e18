"""The values of a statement's parameters, from its arguments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlshim.bind.context import Slot
from sqlshim.types import TEXT, Kind
from sqlshim.values import convert


def params_of(slots: Sequence[Slot], values: Sequence[object]) -> tuple[object, ...]:
    """The value of each Param: an argument converted to the type wanted, or the time now."""
    now: dt.datetime | None = None
    params: list[object] = []
    for slot in slots:
        wanted = TEXT if slot.type.kind is Kind.UNKNOWN else slot.type
        if slot.occurrence is None:
            now = now or dt.datetime.now(dt.UTC)
            params.append(convert(now, wanted))
        else:
            params.append(convert(values[slot.occurrence], wanted))
    return tuple(params)
