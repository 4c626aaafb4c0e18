"""pymongo's and bson's exceptions as sqlshim's own, kept as `__cause__`.

`with translating():` stands around every call of the driver. A pipeline raises SQL errors on
purpose by converting a marked text to a number (`mql.fail`); here the mark is read back.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bson.errors import BSONError
from pymongo import errors as pe

from sqlshim import errors
from sqlshim.backends.mongo.expressions.mql import MARKER
from sqlshim.errors import Error, without_secrets

_CREDENTIALS = "Write mongodb://user:password@host/database?authSource=…, characters escaped by %."
_ROLE = "Ask for a role on the database: read to query, readWrite to write."
_MARKED = re.compile(rf"'{MARKER}(?P<state>\w{{5}}) (?P<message>.*?)' in \$convert", re.DOTALL)
Make = Callable[[re.Match[str], str], Error]
_AUTHENTICATION = {18, 8000}
_CANCELLED = {50, 11601, 262, 24, 11602}  # 11602: by a failover
_MEMORY = {146, 292}
_TOO_LARGE = {10334, 16493, 17419, 17420, 17280, 17282}  # 16493: a text in an expression
_PATTERN = 51091
_UNKNOWN = {115, 168, 238, 303, 304, 40324}  # commands, expressions, stages; of emulators too
_SCHEMA_HINT = (
    "A document does not fit the schema inferred from a sample: declare the column's type with "
    "the connection's schema= option."
)


class _Translating:
    """A context that raises sqlshim's errors instead of the driver's. As a generator it would
    cost a point query more than its SQL does."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, pe.PyMongoError | BSONError | OverflowError):
            raise translate(error) from error


_TRANSLATING = _Translating()


def translating() -> _Translating:
    """Raise sqlshim's errors instead of the driver's."""
    return _TRANSLATING


def translate(error: Exception) -> Error:
    """The error to raise for one of the driver's."""
    text = without_secrets(str(error)).split(", full error:")[0]
    match error:
        case pe.BulkWriteError():
            return _of_bulk(error)
        case pe.WriteError() | pe.OperationFailure():
            return _of_server(error, text)
        case pe.ServerSelectionTimeoutError():
            return errors.ConnectionFailed(
                f"no MongoDB server answered: {_first_line(text)}",
                hint="Check the URI's host and port, and that the server runs.",
            )
        case pe.NetworkTimeout() | pe.ExecutionTimeout() | pe.WTimeoutError():
            return errors.QueryCanceled(f"the statement's time is over: {_first_line(text)}")
        case pe.ConnectionFailure():
            return errors.OperationalError(
                f"the connection to MongoDB broke: {_first_line(text)}", sqlstate="08006"
            )
        case pe.InvalidURI() | pe.ConfigurationError():
            return errors.InterfaceError(f"not a usable MongoDB URI: {text}")
        case pe.DocumentTooLarge():
            return _too_large(text)
        case OverflowError():
            return errors.NumericOutOfRange(f"bigint out of range: {text}")
        case BSONError():
            return errors.DataError(f"a value cannot be written as or read from BSON: {text}")
        case _:
            return errors.OperationalError(text)


def is_about_hint(error: Error) -> bool:
    """Whether the server has no index, or none that it may use, of the name in a hint."""
    cause = error.__cause__
    return isinstance(cause, pe.OperationFailure) and "hint" in str(cause)


def _first_line(text: str) -> str:
    return text.split(", Timeout:")[0].split(" (configured timeouts")[0]


def _of_bulk(error: pe.BulkWriteError) -> Error:
    found = (error.details or {}).get("writeErrors") or [{}]
    first = found[0]
    return by_code(first.get("code", 0), str(first.get("errmsg", error)), first)


def _of_server(error: pe.OperationFailure, text: str) -> Error:
    details = error.details or {}
    return by_code(error.code or 0, text, dict(details))


def by_code(code: int, text: str, details: dict[str, object] | None = None) -> Error:
    """The error for a server's error code and message."""
    if code in (11000, 11001):
        return _duplicate(text, details or {})
    if code == 121:
        return errors.IntegrityError(
            "a document does not fit the collection's validator", sqlstate="23514"
        )
    if code in _AUTHENTICATION:
        return errors.AuthenticationFailed(f"authentication failed: {text}", hint=_CREDENTIALS)
    if code == 13:
        hint = _CREDENTIALS if "authentication" in text else _ROLE
        return errors.InsufficientPrivilege(f"permission denied: {text}", hint=hint)
    if code in _CANCELLED:
        return errors.QueryCanceled(f"canceling statement: {text}")
    if code in _MEMORY:
        return errors.OutOfMemory(f"MongoDB ran out of memory for the statement: {text}")
    if code in _TOO_LARGE or "BSONObj size" in text:
        return _too_large(text)
    if code in _UNKNOWN:
        return errors.NotSupportedError(
            f"the server does not know a part of the query: {text}",
            hint='What is computed locally needs less of it: connect with pushdown="never".',
        )
    if code == _PATTERN:
        return errors.StatementTooComplex("a LIKE pattern is too long for MongoDB")
    return _of_value(text) or errors.OperationalError(f"MongoDB: {text} (code {code})")


def _too_large(text: str) -> Error:
    return errors.ResultTooLarge(
        f"a document is too large for MongoDB: {text}",
        hint="A document, and so a result row, holds at most 16 MB. What is computed locally has "
        'no such limit: connect with pushdown="never".',
    )


def _duplicate(text: str, details: dict[str, object]) -> Error:
    pattern = details.get("keyPattern")
    value = details.get("keyValue")
    if isinstance(pattern, dict) and isinstance(value, dict):
        shown = ", ".join(f"{k}={v!r}" for k, v in value.items())
        return errors.UniqueViolation(
            f"duplicate key value violates unique constraint: {shown} already exists"
        )
    return errors.UniqueViolation(f"duplicate key value violates unique constraint: {text}")


# --- errors of values inside a pipeline ----------------------------------------------------


def _of_value(text: str) -> Error | None:
    """What an expression that failed on a value means in SQL."""
    marked = _MARKED.search(text)
    if marked:
        kind = errors.BY_SQLSTATE.get(marked["state"], errors.DataError)
        return kind(marked["message"], sqlstate=marked["state"])
    detail = text.split(" :: caused by :: ")[-1]
    for pattern, make in _VALUES:
        found = pattern.search(detail)
        if found:
            return make(found, detail)
    return None


def _no_number(found: re.Match[str], detail: str) -> Error:
    text, why = found.groups()
    if "verflow" in why or "out of range" in why.lower():
        return errors.NumericOutOfRange(f'value "{text}" is out of range')
    return errors.InvalidText(f'invalid input syntax for a number: "{text}"')


def _out_of_range(found: re.Match[str], detail: str) -> Error:
    return errors.NumericOutOfRange(f"integer out of range: {detail.rpartition(':')[2].strip()}")


def _date(found: re.Match[str], detail: str) -> Error:
    return errors.DatetimeOutOfRange(f"date/time field value out of range: {detail}")


def _math(state: str, message: str) -> Make:
    return lambda found, detail: errors.DataError(message, sqlstate=state)


def _schema(found: re.Match[str], detail: str) -> Error:
    return errors.DataError(
        f"a value has another type than its column: {detail}", hint=_SCHEMA_HINT
    )


def _by_zero(found: re.Match[str], detail: str) -> Error:
    return errors.DivisionByZero("division by zero")


_VALUES: tuple[tuple[re.Pattern[str], Make], ...] = tuple(
    (re.compile(pattern, re.DOTALL), make)
    for pattern, make in (
        (r"(?:divide|\$mod) by zero", _by_zero),
        (r"Failed to parse number '(.*)' in \$convert with no onError value:? ?(.*)", _no_number),
        (r"Illegal hexadecimal input in \$convert with no onError value: (.*)()", _no_number),
        (r"Conversion would overflow|out of range value|convert (?:NaN|infinity)", _out_of_range),
        (r"\$abs of long long min", _out_of_range),
        (r"\$sqrt's argument", _math("2201F", "cannot take square root of a negative number")),
        (r"\$(?:ln|log|log10)'s ", _math("2201E", "cannot take logarithm of zero or less")),
        (r"\$pow cannot take", _math("2201F", "zero raised to a negative power is undefined")),
        (r"cannot apply \$\w+ to", _math("22003", "input is out of range")),
        (r"dateAdd|dateSubtract|dateTrunc|date component was outside", _date),
        (r"requires .* (?:argument|string)|only supports|can't convert from|Unsupported conversion"
         r"|must be of type|must resolve to|can only |input to \$", _schema),
    )
)  # fmt: skip
