"""What a row of the function tables is: name, overloads, how NULL is treated, one line of help.

The binder resolves a call against the overloads (`bind/coerce.py`); backends key their own tables
by these rows. A backend without an entry for a row leaves the call to the local engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGERS,
    INTERVAL,
    NUMBERS,
    TEXT,
    TIMESTAMP,
    UUID,
    Kind,
    SqlType,
    common,
)

Gives = Callable[[Sequence[SqlType]], SqlType]


@dataclass(frozen=True, slots=True)
class Want:
    """What an argument may be: values of `kinds` as they are; `casts` are converted to `becomes`,
    and so is an untyped literal. `same` arguments are first brought to their common type."""

    name: str
    kinds: frozenset[Kind]
    becomes: SqlType | None = None
    casts: frozenset[Kind] = frozenset()
    same: bool = False


def _only(t: SqlType, *casts: Kind) -> Want:
    return Want(t.kind.value.lower(), frozenset({t.kind}), t, frozenset(casts))


ANY = Want("any", frozenset(Kind))
SAME = Want("same", frozenset(Kind), same=True)  # comparable with the other SAME arguments
NUMBER = Want("number", NUMBERS, DOUBLE)
SAME_NUMBER = Want("number", NUMBERS, same=True)
INT = Want("integer", INTEGERS, BIGINT)
A_DOUBLE = Want("double", frozenset({Kind.DOUBLE}), DOUBLE, NUMBERS)
A_DECIMAL = Want("decimal", frozenset({Kind.DECIMAL}))
A_TEXT = _only(TEXT)
A_BOOL = _only(BOOLEAN)
A_DATE = _only(DATE)
A_TIMESTAMP = Want(
    "timestamp", frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPTZ}), TIMESTAMP, frozenset({Kind.DATE})
)
AN_INSTANT = Want(
    "date or timestamp", frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ}), TIMESTAMP
)
AN_INTERVAL = _only(INTERVAL, Kind.DURATION)
A_UUID = _only(UUID)
A_TIME = Want("time", frozenset({Kind.TIME}))
BYTES_OR_TEXT = Want("text or bytes", frozenset({Kind.TEXT, Kind.BYTES}), TEXT)


class Role(StrEnum):
    SCALAR = "scalar"
    AGGREGATE = "aggregate"
    WINDOW = "window"


class NullResult(StrEnum):
    """When the result may be NULL."""

    ANY = "if any argument may be"
    ALL = "if every argument may be"
    NEVER = "never"
    ALWAYS = "always possible"


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature. `variadic` repeats the last parameter any number of times (at least once)."""

    wants: tuple[Want, ...]
    gives: Gives
    variadic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function or operator. `strict`: NULL in any argument gives NULL, nobody need look further.

    Rows are compared by identity; `functions.ALL[name]` finds one.
    """

    name: str
    overloads: tuple[Overload, ...]
    doc: str
    role: Role = Role.SCALAR
    strict: bool = True
    null_result: NullResult = NullResult.ANY
    symbol: str = ""  # how an operator is written
    volatile: bool = False  # may differ from row to row with equal arguments

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[object, ...]:
        return (_by_name, (self.name,))


def _by_name(name: str) -> Function:
    from sqlshim.functions import ALL

    return ALL[name]


def constant(t: SqlType) -> Gives:
    """The result always has type `t`."""
    return lambda args: t


def first(args: Sequence[SqlType]) -> SqlType:
    """The result has the type of the first argument."""
    return args[0]


def united(args: Sequence[SqlType]) -> SqlType:
    """The result has the common type of all arguments."""
    result = args[0]
    for arg in args[1:]:
        result = common(result, arg) or result
    return result


def sig(*wants: Want, gives: SqlType | Gives, variadic: bool = False) -> Overload:
    """One overload, read aloud: `sig(A_TEXT, INT, gives=TEXT)`."""
    return Overload(wants, constant(gives) if isinstance(gives, SqlType) else gives, variadic)


def scalar(name: str, doc: str, *overloads: Overload, **facts: object) -> Function:
    """A row for a scalar function that is strict unless said otherwise."""
    return Function(name, overloads, doc, **facts)  # type: ignore[arg-type]


def own_nulls(
    name: str, doc: str, null: NullResult, *overloads: Overload, **facts: object
) -> Function:
    """A row for a scalar function with a NULL rule of its own."""
    return Function(name, overloads, doc, strict=False, null_result=null, **facts)  # type: ignore[arg-type]


def aggregate(
    name: str, doc: str, *overloads: Overload, null: NullResult = NullResult.ALWAYS
) -> Function:
    """A row for an aggregate function; NULL over no rows unless said otherwise."""
    return Function(name, overloads, doc, Role.AGGREGATE, strict=False, null_result=null)


def window(
    name: str, doc: str, *overloads: Overload, null: NullResult = NullResult.NEVER
) -> Function:
    """A row for a function over a window; never NULL unless said otherwise."""
    return Function(name, overloads, doc, Role.WINDOW, strict=False, null_result=null)
