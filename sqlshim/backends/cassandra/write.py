"""INSERT: all values checked first, then sent row by row, each until its outcome is known.

CQL's INSERT is an upsert. Into a table with a real key rows therefore go IF NOT EXISTS; into one
with a hidden key plainly, under fresh uuids. A statement that fails half-way takes back the rows
that it wrote; another client may have seen them meanwhile.
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cassandra.query import UNSET_VALUE

from sqlshim.backends.cassandra.errors import DRIVER_ERRORS, translated, translating
from sqlshim.backends.cassandra.names import quote
from sqlshim.backends.cassandra.session import Session
from sqlshim.backends.cassandra.values.readers import writer
from sqlshim.backends.protocol import RunContext
from sqlshim.catalog.model import Table
from sqlshim.errors import (
    ConnectionFailed,
    DataError,
    Error,
    NotNullViolation,
    NotSupportedError,
    OutcomeUnknown,
    ProgrammingError,
    QueryCanceled,
    UniqueViolation,
)
from sqlshim.ir.show import show_value

WIDTH = 32  # rows under way
ROW_TIMEOUT = 20.0  # seconds until an attempt counts as lost and the row is sent again
PAUSES = (0.05, 0.2, 0.5, 1.0)  # seconds between attempts, the last one for all further

TAKE_BACK_ERRORS: tuple[type[Exception], ...] = (Error, *DRIVER_ERRORS)

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Insert:
    """One INSERT, ready to send."""

    session: Session
    table: Table
    context: RunContext
    retry_for: float
    statement: Any
    columns: tuple[str, ...]
    exclusive: bool  # IF NOT EXISTS
    key_at: tuple[int, ...]
    written: list[Values] = field(default_factory=list)


def insert_rows(
    session: Session,
    table: Table,
    not_null: frozenset[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    context: RunContext,
    *,
    retry_for: float,
    truncate: bool,
) -> int:
    """Insert the rows; their number. `not_null` are columns that must have a value."""
    _check_table(table)
    hidden = next((c.name for c in table.columns if c.hidden), None)
    _check_nulls(table, not_null - {hidden}, columns, rows)
    all_columns = (*columns, hidden) if hidden else tuple(columns)
    text = _insert_text(table, all_columns, exclusive=hidden is None)
    statement = session.prepare(text, _stamp(table))
    values = _converted(statement, columns, rows, truncate)
    if hidden:
        values = [(*row, uuid.uuid4()) for row in values]
    job = Insert(
        session, table, context, retry_for, statement, all_columns, hidden is None,
        tuple(all_columns.index(name) for name in table.primary_key),
    )  # fmt: skip
    if job.exclusive:
        _check_keys(job, values)
    _send_all(job, values)
    return len(values)


def _stamp(table: Table) -> object:
    return tuple((c.name, c.native) for c in table.columns)


def _insert_text(table: Table, columns: Sequence[str], exclusive: bool) -> str:
    names = ", ".join(map(quote, columns))
    marks = ", ".join("?" * len(columns))
    text = f"INSERT INTO {quote(table.schema)}.{quote(table.name)} ({names}) VALUES ({marks})"
    return f"{text} IF NOT EXISTS" if exclusive else text


# --- checks before anything is sent --------------------------------------------------------


def _check_table(table: Table) -> None:
    if table.read_only:
        raise ProgrammingError(f"{table.name!r} is a materialized view and cannot be written")
    if any(c.native == "counter" for c in table.columns):
        raise NotSupportedError("Cassandra inserts no rows into counter tables, it updates them")


def _check_nulls(
    table: Table, not_null: frozenset[str], columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    for name in sorted(not_null):
        at = columns.index(name) if name in columns else -1
        if at < 0 or any(row[at] is None for row in rows):
            raise NotNullViolation(
                f"null value in column {name!r} of table {table.name!r} "
                "violates not-null constraint"
            )


def _converted(
    statement: Any, columns: Sequence[str], rows: Sequence[Sequence[object]], truncate: bool
) -> list[Values]:
    """The rows as the driver wants them. NULL is left unset: writing it would leave a tombstone."""
    metadata = statement.column_metadata[: len(columns)]
    changes = [writer(column.type, truncate) for column in metadata]
    return [
        tuple(
            UNSET_VALUE if v is None else change(v) if change else v
            for v, change in zip(row, changes, strict=True)
        )
        for row in rows
    ]


def _check_keys(job: Insert, rows: Sequence[Values]) -> None:
    """No key twice among the rows, none empty, and none that the table has already."""
    keys = [_key_of(job, row) for row in rows]
    seen = set()
    for key in keys:
        if len(key) == 1 and key[0] in ("", b""):
            raise DataError("Cassandra takes no empty value as the only key column")
        if repr(key) in seen:
            raise _duplicate(job, key)
        seen.add(repr(key))
    if len(rows) > 1:
        for key, found in _look_up(job, keys):
            if found:
                raise _duplicate(job, key)


def _key_of(job: Insert, row: Values) -> Values:
    return tuple(row[i] for i in job.key_at)


def _duplicate(job: Insert, key: Values) -> UniqueViolation:
    names = ", ".join(job.table.primary_key)
    shown = ", ".join(map(show_value, key))
    return UniqueViolation(
        f"duplicate key value violates the primary key of {job.table.name!r}: "
        f"({names}) = ({shown}) already exists"
    )


def _look_up(job: Insert, keys: Sequence[Values]) -> Iterator[tuple[Values, bool]]:
    table = job.table
    where = " AND ".join(f"{quote(name)} = ?" for name in table.primary_key)
    first = quote(table.primary_key[0])
    text = f"SELECT {first} FROM {quote(table.schema)}.{quote(table.name)} WHERE {where}"
    statement = job.session.prepare(text, _stamp(table))
    pending: deque[tuple[Values, Any]] = deque()

    def arrived() -> tuple[Values, bool]:
        key, future = pending.popleft()
        with translating():
            return key, bool(list(future.result()))

    for key in keys:
        timeout = job.context.remaining()
        with translating():
            future = job.session.send(
                statement, key, timeout, idempotent=True, hints=job.context.hints
            )
            pending.append((key, future))
        if len(pending) >= WIDTH:
            yield arrived()
    while pending:
        yield arrived()


# --- sending -------------------------------------------------------------------------------


def _send_all(job: Insert, rows: Sequence[Values]) -> None:
    """Every row, WIDTH at a time; what was written is taken back if one fails."""
    pending: deque[tuple[Values, Any]] = deque()
    try:
        for row in rows:
            job.context.remaining()
            pending.append((row, _send(job, row)))
            if len(pending) >= WIDTH:
                _settle(job, *pending.popleft())
        while pending:
            _settle(job, *pending.popleft())
    except Error:
        _take_back(job, pending)
        raise


def _send(job: Insert, row: Values) -> Any:
    left = job.context.remaining()
    timeout = ROW_TIMEOUT if left is None else min(left, ROW_TIMEOUT)
    with translating(writing=True):
        # A plain insert under a fresh uuid may be repeated, a conditional one may not.
        return job.session.send(
            job.statement,
            row,
            timeout,
            idempotent=not job.exclusive,
            hints=job.context.hints,
        )


def _settle(job: Insert, row: Values, future: Any) -> None:
    """Wait until the row is known to be written; send it again as long as that is unknown."""
    deadline = time.monotonic() + job.retry_for
    unsure = False
    for attempt in range(10**9):
        try:
            result = future.result()
            break
        except DRIVER_ERRORS as error:
            found = translated(error, writing=True)
            passing = isinstance(found, OutcomeUnknown | ConnectionFailed) or _is_busy(found)
            if not passing or time.monotonic() > deadline:
                raise found from error
            unsure = unsure or isinstance(found, OutcomeUnknown)
        _pause(job, attempt, unsure)
        future = _send(job, row)
    if job.exclusive and not _applied(job, row, result, unsure):
        raise _duplicate(job, _key_of(job, row))
    job.written.append(row)


def _is_busy(error: Error) -> bool:
    return error.sqlstate == "57P03"


def _pause(job: Insert, attempt: int, unsure: bool) -> None:
    try:
        job.context.remaining()
    except QueryCanceled as error:
        if unsure:
            raise OutcomeUnknown(f"{error.detail}; a row may have been written") from error
        raise
    time.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])


def _applied(job: Insert, row: Values, result: Any, unsure: bool) -> bool:
    """Whether IF NOT EXISTS wrote the row: now, or by an earlier attempt whose answer was lost
    (then the row that exists holds our values)."""
    applied, *existing = next(iter(result))
    if applied or not unsure:
        return bool(applied)
    cells = dict(zip(result.column_names[1:], existing, strict=True))
    types = {c.name: c.type for c in job.statement.column_metadata}
    return all(
        _binary(types[name], cells.get(name)) == _binary(types[name], value)
        for name, value in zip(job.columns, row, strict=True)
    )


def _binary(driver_type: Any, value: Any) -> bytes | None:
    if value is None or value is UNSET_VALUE:
        return None
    packed: bytes = driver_type.to_binary(value, 4)
    return packed


def _take_back(job: Insert, pending: deque[tuple[Values, Any]]) -> None:
    """Delete the rows that this statement wrote, those still under way included."""
    for row, future in pending:
        try:
            result = future.result()
        except DRIVER_ERRORS:
            continue  # unknown: deleting it might delete another client's row
        if not job.exclusive or next(iter(result))[0]:
            job.written.append(row)
    table = job.table
    where = " AND ".join(f"{quote(name)} = ?" for name in table.primary_key)
    condition = " IF EXISTS" if job.exclusive else ""
    text = f"DELETE FROM {quote(table.schema)}.{quote(table.name)} WHERE {where}{condition}"
    try:
        statement = job.session.prepare(text, _stamp(table))
        for row in job.written:
            future = job.session.send(
                statement,
                _key_of(job, row),
                ROW_TIMEOUT,
                idempotent=not job.exclusive,
                hints=job.context.hints,
            )
            future.result()
    except TAKE_BACK_ERRORS:
        return  # the first error is the one to report
