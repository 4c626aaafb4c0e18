"""The driver's exceptions as sqlshim's. `translated(error, …)` is called where they arise.

Messages are the server's, without secrets; the driver's exception stays as `__cause__`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import cassandra as cql
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.protocol import ErrorMessage, RequestValidationException

from sqlshim.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    DatabaseError,
    DataError,
    DatetimeOutOfRange,
    Error,
    InsufficientPrivilege,
    InternalError,
    OperationalError,
    OutcomeUnknown,
    ProgrammingError,
    QueryCanceled,
    TableExists,
    without_secrets,
)

DRIVER_ERRORS: tuple[type[Exception], ...] = (
    cql.DriverException,
    NoHostAvailable,
    ConnectionException,
    ErrorMessage,  # those that the driver makes no exception of its own of
    OverflowError,
    ValueError,
    TypeError,
)
_UNDECODED = re.compile(r'Failed decoding result column "(?P<column>.*)" of type (?P<type>\w+)')
_SERVER_MESSAGE = re.compile(r'message="(?P<text>.*)"', re.DOTALL)


@contextmanager
def translating(*, writing: bool = False) -> Iterator[None]:
    """Driver exceptions raised in the block leave it as sqlshim's."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise translated(error, writing=writing) from error


def translated(error: BaseException, *, writing: bool = False) -> Error:
    """The PEP 249 error that says what `error` says. `writing`: the request was a write, so
    that a lost answer leaves its outcome unknown."""
    if isinstance(error, Error):
        return error
    if isinstance(error, NoHostAvailable):
        return _no_host(error, writing)
    text = _message(error)
    match error:
        case cql.AuthenticationFailed():
            return AuthenticationFailed(
                f"the server refused the login: {text}",
                hint="Write cassandra://user:password@host/keyspace, characters escaped by %.",
            )
        case cql.Unauthorized():
            return InsufficientPrivilege(text, hint="Ask for a GRANT on the keyspace or table.")
        case cql.AlreadyExists():
            return TableExists(error.table or error.keyspace)
        case cql.WriteTimeout() | cql.WriteFailure() if writing:
            return _outcome_unknown(text)
        case cql.UnresolvableContactPoints():
            return ConnectionFailed("the host's name is not known")
        case cql.OperationTimedOut() | ConnectionException():
            return _outcome_unknown(text) if writing else _lost(error, text)
        case cql.ReadTimeout() | cql.Unavailable() | cql.CoordinationFailure() | cql.Timeout():
            return OperationalError(f"the cluster could not answer: {text}", sqlstate="57P03")
        case cql.RequestValidationException() | RequestValidationException():
            return ProgrammingError(f"Cassandra refused the request: {text}")
        case OverflowError():
            return DatetimeOutOfRange(f"a value is beyond what Python's dates can hold: {text}")
        case ValueError() | TypeError():
            return DataError(f"a value does not fit: {text}")
        case cql.DriverException() if found := _UNDECODED.search(text):
            return _undecoded(found["column"], found["type"], text)
        case cql.DriverException() | ErrorMessage():
            return OperationalError(f"Cassandra: {text}")
        case _:
            return InternalError(f"{type(error).__name__}: {text}")


def _undecoded(column: str, native: str, text: str) -> DataError:
    if native in ("timestamp", "date"):
        return DatetimeOutOfRange(f"a {native} in {column!r} is beyond the years 1 to 9999")
    return DataError(f"a value cannot be read: {text}")


def _outcome_unknown(text: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"no answer tells whether the write happened: {text}",
        hint="Read the row to see, then decide whether to write again.",
    )


def _lost(error: BaseException, text: str) -> DatabaseError:
    if isinstance(error, cql.OperationTimedOut):
        return QueryCanceled(f"canceling statement due to timeout: {text}")
    return ConnectionFailed(f"the connection was lost: {text}", sqlstate="08006")


def _no_host(error: NoHostAvailable, writing: bool) -> Error:
    """What all hosts said; if it was one thing, that thing."""
    causes: Sequence[BaseException] = (
        list(error.errors.values()) if isinstance(error.errors, dict) else list(error.errors)
    )
    for cause in causes:
        if isinstance(cause, cql.AuthenticationFailed):
            return translated(cause)
    if writing and any(_may_have_arrived(c) for c in causes):
        return _outcome_unknown(_message(error))
    hosts = ", ".join(map(str, error.errors)) if isinstance(error.errors, dict) else ""
    why = "; ".join(sorted({_message(c) for c in causes}))
    return ConnectionFailed(f"no Cassandra node answered{f' at {hosts}' if hosts else ''}: {why}")


def _may_have_arrived(cause: BaseException) -> bool:
    return isinstance(cause, cql.OperationTimedOut | ConnectionException | cql.WriteTimeout)


def _message(error: BaseException) -> str:
    """The words of the server if it said any, else the driver's."""
    text = str(error)
    said = _SERVER_MESSAGE.search(text)
    return without_secrets(said["text"] if said else text or type(error).__name__)
