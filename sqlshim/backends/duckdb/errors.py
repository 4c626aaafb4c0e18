"""From DuckDB's exceptions to ours: the class, the SQLSTATE and a message without generated SQL.

`translate` is called at every border where DuckDB runs something. Patterns are tried in order
against the message that DuckDB gives after its own class name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation

from sqlshim.backends.duckdb.macros.errors import QUOTE, REFUSED
from sqlshim.errors import (
    BY_SQLSTATE,
    CardinalityViolation,
    DataError,
    DatetimeOutOfRange,
    DivisionByZero,
    Error,
    InternalError,
    InvalidDatetime,
    InvalidText,
    NotNullViolation,
    NotSupportedError,
    NumericOutOfRange,
    OperationalError,
    OutOfMemory,
    ProgrammingError,
    QueryCanceled,
    StatementTooComplex,
    UniqueViolation,
)

_TYPE_NAMES = {
    "INT16": "smallint",
    "INT32": "integer",
    "INT64": "bigint",
    "INT128": "numeric",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "BOOL": "boolean",
    "UUID": "uuid",
    "INTERVAL": "interval",
}
_KINDS = ("DECIMAL", "DATE", "TIME", "TIMESTAMP")


def _type_name(native: str) -> str:
    return _TYPE_NAMES.get(native, "numeric" if native.startswith("DECIMAL") else native.lower())


def _is_number(text: str) -> bool:
    try:
        Decimal(text.strip())
    except InvalidOperation:
        return False
    return True


def _marked(m: re.Match[str]) -> Error:
    kind = BY_SQLSTATE.get(m["code"], DataError)
    return kind(m["message"].replace(QUOTE, '"'), sqlstate=m["code"])


def _unreadable(m: re.Match[str]) -> Error:
    text, name = m["text"], _type_name(m["type"])
    if name != "boolean" and not text.startswith(REFUSED) and _is_number(text):
        return NumericOutOfRange(f'value "{text}" is out of range for type {name}')
    return InvalidText(f'invalid input syntax for type {name}: "{text.removeprefix(REFUSED)}"')


def _bad_datetime(m: re.Match[str]) -> Error:
    text = m["text"].replace(REFUSED, "")
    return InvalidDatetime(f'invalid input syntax for type {m["type"]}: "{text}"')


def _datetime_range(m: re.Match[str]) -> Error:
    return DatetimeOutOfRange(f'date/time field value out of range: "{m["text"]}"')


def _out_of_range(m: re.Match[str]) -> Error:
    return NumericOutOfRange(f"{_type_name(m['type'])} out of range")


def _unique(m: re.Match[str]) -> Error:
    return UniqueViolation(f"duplicate key value violates unique constraint: ({m['key']}) exists")


def _not_null(m: re.Match[str]) -> Error:
    return NotNullViolation(f'null value in column "{m["column"]}" violates not-null constraint')


def _csv_value(m: re.Match[str]) -> Error:
    where = f'line {m["line"]} of the CSV file, column "{m["column"]}"'
    return InvalidText(f'{where}: "{m["text"]}" is not of type {m["type"].lower()}')


def _csv_line(m: re.Match[str]) -> Error:
    return DataError(f"line {m['line']} of the CSV file: {m['what'].strip()}")


def _fixed(kind: type[Error], message: str, sqlstate: str | None = None) -> Make:
    return lambda m: kind(message, sqlstate=sqlstate)


Make = Callable[[re.Match[str]], Error]

_PATTERNS: tuple[tuple[re.Pattern[str], Make], ...] = tuple(
    (re.compile(pattern, re.DOTALL), make)
    for pattern, make in (
        (r"sqlshim:(?P<code>\w{5}):(?P<message>[^'\"]*)", _marked),
        (
            r"CSV Error on Line: (?P<line>\d+).*Error when converting column \"(?P<column>.*?)\"\. "
            r"Could not convert string \"(?P<text>.*?)\" to '(?P<type>.*?)'",
            _csv_value,
        ),
        (r"CSV Error on Line: (?P<line>\d+)\nOriginal Line:[^\n]*\n(?P<what>[^\n]*)", _csv_line),
        (
            r"Invalid RANGE (?:PRECEDING|FOLLOWING) value",
            _fixed(DataError, "invalid preceding or following size in window function", "22013"),
        ),
        (r"interval cannot be 0", _fixed(DataError, "step size cannot equal zero", "22023")),
        (r"[Dd]ivi?sion by zero", _fixed(DivisionByZero, "division by zero")),
        (
            r"Could not convert string ['\"](?P<text>.*)['\"] to (?P<type>\w+)",
            _unreadable,
        ),
        (
            r"(?P<text>)More than one row returned",
            _fixed(
                CardinalityViolation,
                "more than one row returned by a subquery used as an expression",
            ),
        ),
        (
            r"^(?:date|time|timestamp) field value out of range: \"(?P<text>[^\"]*)\"",
            _datetime_range,
        ),
        (r"^invalid (?P<type>\w+) field format: \"(?P<text>.*?)\", expected", _bad_datetime),
        (r"^Date out of range: (?P<text>[\d-]+)", _datetime_range),
        (
            r"Date out of range|not in timestamp range|date.*out of range"
            r"|[Tt]imestamp.*out of range"
            r"|[Oo]verflow.*(?:DATE|TIMESTAMP|INTERVAL|interval|timestamp)",
            _fixed(DatetimeOutOfRange, "date or timestamp out of range"),
        ),
        (
            r"square root of a negative",
            _fixed(DataError, "cannot take square root of a negative number", "2201F"),
        ),
        (
            r"logarithm of zero",
            _fixed(DataError, "cannot take logarithm of zero", "2201E"),
        ),
        (
            r"logarithm of a negative",
            _fixed(DataError, "cannot take logarithm of a negative number", "2201E"),
        ),
        (
            r"zero raised to a negative power",
            _fixed(DataError, "zero raised to a negative power is undefined", "2201F"),
        ),
        (
            r"undefined outside|out of range for numeric function",
            _fixed(NumericOutOfRange, "input is out of range"),
        ),
        (r"Overflow in \w+ of (?P<type>[A-Z]+\d*) ", _out_of_range),
        (
            r"out of range for the destination type (?P<type>\w+)",
            _out_of_range,
        ),
        (
            r"Overflow (?:in|on)|out of bounds|Could not cast value .* to DECIMAL"
            r"|type DECIMAL.* failed|overflow"
            r"|out of range",
            _fixed(NumericOutOfRange, "numeric value out of range"),
        ),
        (
            r"must not end with escape character",
            _fixed(DataError, "LIKE pattern must not end with escape character", "22025"),
        ),
        (
            r"Invalid escape string",
            _fixed(DataError, "invalid escape string: it must be empty or one character", "22019"),
        ),
        (
            r"LIMIT/OFFSET cannot be negative|LIMIT.*negative",
            _fixed(DataError, "LIMIT and OFFSET must not be negative", "2201W"),
        ),
        (r"[Dd]uplicate key \"(?P<key>[^\"]*)\"", _unique),
        (r"NOT NULL constraint failed: (?:[^.]*\.)?(?P<column>.*)", _not_null),
        (
            r"transaction is aborted",
            _fixed(
                OperationalError,
                "current transaction is aborted, statements are refused until rollback",
                "25P02",
            ),
        ),
        (
            r"[Cc]onflict",
            _fixed(
                OperationalError, "could not serialize access due to concurrent update", "40001"
            ),
        ),
    )
)

_PLACE = re.compile(r"\s*\n+LINE \d+:.*", re.DOTALL)
_CLASS = re.compile(r"^[A-Za-z]+(?: [A-Za-z]+)* Error: ")


def _clean(error: Exception) -> str:
    return _CLASS.sub("", _PLACE.sub("", str(error))).strip()


def first_line(error: Exception) -> str:
    """What went wrong, without class, place and stack."""
    return _clean(error).partition("\n")[0]


def translate(error: Exception) -> Error:
    """Our exception for one that DuckDB, pyarrow or the operating system raised."""
    import duckdb

    if isinstance(error, Error):
        return error
    if isinstance(error, duckdb.InterruptException) or "INTERRUPT" in str(error)[:40]:
        return QueryCanceled("canceling statement due to user request")
    message = _clean(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return OutOfMemory(
            "the embedded engine ran out of its memory limit",
            hint="Raise memory_limit, or name a spill_directory with room.",
        )
    for pattern, make in _PATTERNS:
        if found := pattern.search(message):
            return make(found)
    return _by_class(error, message)


def not_committed(error: Exception) -> Error:
    """Our exception for one of a COMMIT."""
    found = translate(error)
    if found.sqlstate != "25P02":
        return found
    return OperationalError(
        "nothing to commit: an earlier error aborted the transaction, it was rolled back",
        sqlstate="25P02",
    )


def may_be_fatal(error: Exception) -> bool:
    """Whether the database may be invalid after it: a mistake of DuckDB's own, or what one left.
    By the text, since Arrow's readers pass on no more."""
    return _FATAL.search(str(error)) is not None


_FATAL = re.compile(r"INTERNAL Error|FATAL Error|database has been invalidated")


def _by_class(error: Exception, message: str) -> Error:
    import duckdb

    line = message.partition("\n")[0]
    if "xpression depth" in message or "stack" in message:
        return StatementTooComplex("the statement is nested too deeply for the embedded engine")
    if isinstance(error, duckdb.NotImplementedException):
        return NotSupportedError(line)
    if isinstance(error, duckdb.DataError | duckdb.InvalidInputException | ArithmeticError):
        return DataError(line)
    if isinstance(error, duckdb.IntegrityError):
        return ProgrammingError(line, sqlstate="23000")
    if isinstance(error, duckdb.IOException | OSError):
        return OperationalError(line, sqlstate="58030")
    if isinstance(error, duckdb.OperationalError | duckdb.PermissionException):
        return OperationalError(line)
    return InternalError(f"the embedded engine refused a generated statement: {line}")


@contextmanager
def translated() -> Iterator[None]:
    """Within it, DuckDB's exceptions leave as ours with the original as their cause."""
    import duckdb

    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise translate(error) from error
