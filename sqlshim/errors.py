"""The PEP 249 exception tree and its named subclasses.

Every error that leaves sqlshim is one of these. Each carries a SQLSTATE (PostgreSQL's codes,
appendix A of its manual), where known the position in the statement, and a hint that says what
to do. Drivers' and parsers' own exceptions are translated at the border where they arise and
kept as `__cause__`; no message may contain a password (see `without_secrets`).

    Exception
     ├ Warning
     └ Error
        ├ InterfaceError
        └ DatabaseError
           ├ DataError  OperationalError  IntegrityError
           └ InternalError  ProgrammingError  NotSupportedError
"""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


class Warning(builtins.Warning):  # noqa: A001 - the name is PEP 249's
    """An important warning, such as a scan of a whole ring; sent through `warnings.warn`."""


class Error(Exception):
    """The base of all errors.

    `sqlstate` is five characters, `position` the 1-based character offset into the statement (as
    PostgreSQL counts it) or None, `hint` a sentence that says what to do or None. `detail` is the
    message without the hint.
    """

    sqlstate: str = "XX000"

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str | None = None,
        position: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(f"{message}\nHINT: {hint}" if hint else message)
        self.detail = message
        self.position = position
        self.hint = hint
        if sqlstate is not None:
            self.sqlstate = sqlstate

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(kind: type[Error], args: tuple[object, ...], state: dict[str, object]) -> Error:
    error = kind.__new__(kind, *args)
    Exception.__init__(error, *args)
    error.__dict__.update(state)
    return error


class InterfaceError(Error):
    """The DB-API was used wrongly: a closed cursor, a wrong number of parameters."""

    sqlstate = "08003"


class DatabaseError(Error):
    """An error of the statement or the store."""


class DataError(DatabaseError):
    """A value is at fault: division by zero, a bad cast, out of range."""

    sqlstate = "22000"


class OperationalError(DatabaseError):
    """The store could not do it: unreachable, timed out, cancelled, out of memory."""

    sqlstate = "58000"


class IntegrityError(DatabaseError):
    """A constraint refused a write."""

    sqlstate = "23000"


class InternalError(DatabaseError):
    """sqlshim contradicts itself; please report it."""


class EngineFailed(InternalError):
    """The embedded engine made a mistake after which it runs nothing more; please report it."""


class ProgrammingError(DatabaseError):
    """The statement is wrong: syntax, names, types, parameters."""

    sqlstate = "42000"


class NotSupportedError(DatabaseError):
    """An honest refusal: the statement is understood and cannot be answered."""

    sqlstate = "0A000"


# --- the statement -------------------------------------------------------------------------


class SyntaxError(ProgrammingError):  # noqa: A001 - PostgreSQL's name for 42601
    """The text is not SQL; the message ends with the line and a caret under the place."""

    sqlstate = "42601"


class StatementTooComplex(ProgrammingError):
    """Nesting or size beyond what is answered in reasonable time."""

    sqlstate = "54001"


def nearest(name: str, known: Iterable[str], most: int = 2) -> list[str]:
    """The names in `known` that `name` was probably meant to be, best first."""
    by_fold = {k.casefold(): k for k in known}
    return [by_fold[m] for m in difflib.get_close_matches(name.casefold(), by_fold, most, 0.6)]


def _did_you_mean(near: Sequence[str]) -> str | None:
    return f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else None


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field of a store's documents: the way to it from the table, `[]` into an array."""

    store: str
    schema: str
    table: str
    path: tuple[str, ...]

    def inside(self, name: str) -> FieldPath:
        """The field `name` of the document here, or `[]`, the elements of the array here."""
        return replace(self, path=(*self.path, name))


class UnknownName(ProgrammingError):
    """A name that nothing has. `fields` are those it would be if documents had fields that are
    not known yet."""

    kind = "name"

    def __init__(
        self,
        name: str,
        known: Iterable[str] = (),
        position: int | None = None,
        fields: Sequence[FieldPath] = (),
    ) -> None:
        near = _did_you_mean(nearest(name.split(".")[-1], known))
        hint = " ".join(filter(None, (near, _DYNAMIC if fields else "")))
        super().__init__(
            f"{self.kind} {name!r} does not exist", position=position, hint=hint or None
        )
        self.fields = tuple(fields)


_DYNAMIC = 'To name a field that the sample did not show, connect with schema="dynamic".'


class UnknownColumn(UnknownName):
    sqlstate = "42703"
    kind = "column"


class UnknownTable(UnknownName):
    sqlstate = "42P01"
    kind = "table"


class UnknownFunction(ProgrammingError):
    sqlstate = "42883"

    def __init__(self, name: str, known: Iterable[str] = (), position: int | None = None) -> None:
        hint = _did_you_mean(nearest(name, known))
        super().__init__(f"function {name!r} does not exist", position=position, hint=hint)


class AmbiguousColumn(ProgrammingError):
    sqlstate = "42702"

    def __init__(self, name: str, candidates: Sequence[str], position: int | None = None) -> None:
        super().__init__(
            f"column reference {name!r} is ambiguous",
            position=position,
            hint=f"It could be {' or '.join(candidates)}; qualify or quote it.",
        )


class AmbiguousTable(ProgrammingError):
    sqlstate = "42P09"

    def __init__(self, name: str, candidates: Sequence[str]) -> None:
        super().__init__(
            f"table reference {name!r} is ambiguous",
            hint=f"It could be {' or '.join(candidates)}; qualify or quote it.",
        )


class TypeMismatch(ProgrammingError):
    """An operator or function does not take values of these types."""

    sqlstate = "42804"


class GroupingError(ProgrammingError):
    """An ungrouped column (`column`) above GROUP BY, or an aggregate where none may stand."""

    sqlstate = "42803"

    def __init__(
        self,
        message: str,
        *,
        column: str = "",
        position: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, position=position, hint=hint)
        self.column = column


class TableExists(ProgrammingError):
    sqlstate = "42P07"

    def __init__(self, name: str, position: int | None = None) -> None:
        super().__init__(
            f"table {name!r} already exists",
            position=position,
            hint="Use CREATE TABLE IF NOT EXISTS to keep it, or DROP TABLE first.",
        )


# --- values --------------------------------------------------------------------------------


class DivisionByZero(DataError):
    sqlstate = "22012"


class NumericOutOfRange(DataError):
    sqlstate = "22003"


class InvalidText(DataError):
    """A text cannot be read as the type asked for (PostgreSQL 22P02)."""

    sqlstate = "22P02"


class DatetimeOutOfRange(DataError):
    sqlstate = "22008"


class InvalidDatetime(DataError):
    sqlstate = "22007"


class CardinalityViolation(DataError):
    """More than one row came back from a subquery used as an expression."""

    sqlstate = "21000"


# --- constraints ---------------------------------------------------------------------------


class UniqueViolation(IntegrityError):
    sqlstate = "23505"


class NotNullViolation(IntegrityError):
    sqlstate = "23502"


# --- stores --------------------------------------------------------------------------------


class ConnectionFailed(OperationalError):
    """No server answered within the connect timeout."""

    sqlstate = "08001"


class AuthenticationFailed(OperationalError):
    sqlstate = "28P01"


class InsufficientPrivilege(ProgrammingError):
    sqlstate = "42501"


class QueryCanceled(OperationalError):
    """Cancelled by the user or by a timeout (PostgreSQL 57014)."""

    sqlstate = "57014"


class ResultTooLarge(OperationalError):
    """A row, or what is collected for one, beyond what the store can hold (PostgreSQL 54000)."""

    sqlstate = "54000"


class OutOfMemory(OperationalError):
    sqlstate = "53200"


class OutcomeUnknown(OperationalError):
    """A write was sent and no answer tells whether it happened (PostgreSQL 08007)."""

    sqlstate = "08007"


BY_SQLSTATE: dict[str, type[DatabaseError]] = {
    kind.sqlstate: kind
    for kind in (
        DivisionByZero,
        NumericOutOfRange,
        InvalidText,
        DatetimeOutOfRange,
        InvalidDatetime,
        CardinalityViolation,
        UniqueViolation,
        NotNullViolation,
        NotSupportedError,
    )
}


# Up to the last @ before the next space: a password may itself hold / or @, unescaped.
_SECRET = re.compile(
    r"""(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@'"]*:  # scheme://user:
    | (?<![^\s'"=(])[^\s:/@'"]*:(?!//))  # user: without a scheme
    [^\s'"]*(?=@)""",
    re.IGNORECASE | re.VERBOSE,
)
_SECRET_OPTION = re.compile(r"(?P<before>\b(?:password|passwd|pwd|secret|token)=)[^&\s'\"]+", re.I)


def without_secrets(text: str) -> str:
    """`text` with the password of every URI in it replaced by `***`."""
    text = _SECRET.sub(r"\g<before>***", text)
    return _SECRET_OPTION.sub(r"\g<before>***", text)
