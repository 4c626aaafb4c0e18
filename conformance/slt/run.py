"""Run the records of a file on an adapter; out comes one `Outcome` a record.

Called by `conformance.cli` and `tests/test_conformance.py`. A record never stops the file: a
wrong answer, an error, a refusal and a skip are all outcomes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from conformance.backends import Adapter, Connection, Cursor
from conformance.slt import parse, values
from conformance.slt.gaps import Gaps
from conformance.slt.parse import Halt, HashThreshold, Query, Record, Speak, Statement

Kind = Literal["passed", "skipped", "gap", "wrong", "error", "refused"]
FAILED: tuple[Kind, ...] = ("wrong", "error", "refused")


@dataclass(frozen=True)
class Outcome:
    """What became of one record; `expected` and `got` are lines to show when it failed.

    `rows` is a query's result as lines of an expectation, when it had one.
    """

    record: Record
    kind: Kind
    expected: tuple[str, ...] = ()
    got: tuple[str, ...] = ()
    rows: tuple[str, ...] | None = None

    @property
    def failed(self) -> bool:
        return self.kind in FAILED


class Session:
    """One file's connection and what its records share: labels and the hash threshold."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._connection: Connection = adapter.fresh()
        self._labels: dict[str, str] = {}
        self._threshold = 0
        self._understands = True

    def play(self, record: Record) -> Outcome:
        if not record.applies(self._adapter.names):
            return Outcome(record, "skipped")
        if not self._understands and isinstance(record, Statement | Query):
            return Outcome(record, "skipped")
        match record:
            case Statement():
                return self._statement(record)
            case Query():
                return self._query(record)
            case Speak():
                self._understands = self._adapter.speak(record.dialect)
            case HashThreshold():
                self._threshold = record.most
        return Outcome(record, "passed")

    def _statement(self, record: Statement) -> Outcome:
        try:
            with closing(self._connection.cursor()) as cursor:
                count = _execute(cursor, record.sql)
        except Exception as error:  # any exception is an outcome, and most are reported
            return self._raised(record, error)
        if record.fails:
            return Outcome(record, "wrong", ("an error",), ("success",))
        if record.count is not None and record.count != count:
            return Outcome(record, "wrong", (f"{record.count} rows",), (f"{count} rows",))
        return Outcome(record, "passed")

    def _raised(self, record: Statement | Query, error: Exception) -> Outcome:
        problem = self._adapter.problem(error)
        fails = isinstance(record, Statement) and record.fails
        pattern = record.pattern if isinstance(record, Statement) else None
        wanted = f"an error like {pattern}" if pattern else "an error" if fails else "success"
        if fails and not problem.foreign:
            if pattern is None and not problem.refused:
                return Outcome(record, "passed")
            if pattern and (problem.text is None or re.search(pattern, problem.text)):
                return Outcome(record, "passed")
        kind: Kind = "refused" if problem.refused else "error"
        return Outcome(record, kind, (wanted,), tuple(problem.shown.splitlines()))

    def _query(self, record: Query) -> Outcome:
        try:
            rows = self._rows(record)
        except values.WrongType as error:
            return Outcome(record, "wrong", (f"types {record.types}",), (str(error),))
        except Exception as error:  # as above
            return self._raised(record, error)
        return self._compared(record, rows)

    def _rows(self, record: Query) -> list[list[str]]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(record.sql)
            width = len(cursor.description or ())
            if width != len(record.types):
                raise values.WrongType(f"{len(record.types)} columns expected, {width} came back")
            return values.format_rows(cursor.fetchall(), record.types)

    def _compared(self, record: Query, rows: list[list[str]]) -> Outcome:
        got = values.arrange(rows, record.sort)
        digest = values.hash_values(got)
        lines = _lines(sorted(rows) if record.sort == "rowsort" else rows)
        if record.label and self._labels.setdefault(record.label, digest) != digest:
            wanted = f"the result of the other queries labelled {record.label!r}"
            return Outcome(record, "wrong", (wanted,), lines, lines)
        if record.expected is None or _agree(record, got):
            return Outcome(record, "passed", rows=lines)
        long = self._threshold and len(got) > self._threshold
        shown = (values.hash_line(got),) if long else lines
        return Outcome(record, "wrong", record.expected, shown, shown)


def _execute(cursor: Cursor, sql: str) -> int:
    """Run a statement to its end, since rows stream and may fail late; gives its row count."""
    cursor.execute(sql)
    if cursor.description is not None:
        cursor.fetchall()
    return cursor.rowcount


def _agree(record: Query, got: list[str]) -> bool:
    lines = record.expected or ()
    if len(lines) == 1 and (match := values.HASHED.fullmatch(lines[0].strip())):
        return int(match[1]) == len(got) and match[2] == values.hash_values(got)
    wanted = values.expected_rows(lines, len(record.types))
    return values.arrange(wanted, record.sort) == got


def _lines(rows: Iterable[list[str]]) -> tuple[str, ...]:
    return tuple("\t".join(row) for row in rows)


def run_file(
    path: Path,
    adapter: Adapter,
    gaps: Gaps | None = None,
    seen: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Every outcome of a file; `seen` hears of each as it happens and may raise to stop."""
    outcomes = []
    records = parse.parse_file(path)
    for outcome in _judged(path, _played(records, adapter), adapter, gaps or Gaps(())):
        outcomes.append(outcome)
        seen(outcome)
    return outcomes


def _played(records: Iterable[Record], adapter: Adapter) -> Iterator[Outcome]:
    session = Session(adapter)
    for record in records:
        if isinstance(record, Halt) and record.applies(adapter.names):
            return
        if isinstance(record, Statement | Query):
            yield session.play(record)
        else:
            session.play(record)


def _judged(
    path: Path, outcomes: Iterable[Outcome], adapter: Adapter, gaps: Gaps
) -> Iterator[Outcome]:
    """Outcomes with the known gaps taken out; a gap that passes or matches nothing fails."""
    unused = {gap for gap in gaps.of_file(path) if gap.applies(adapter.pushdown)}
    for outcome in outcomes:
        gap = next((g for g in unused if g.is_about(outcome.record.sql)), None)
        if gap is None or outcome.kind == "skipped":
            yield outcome
            continue
        unused.discard(gap)
        if outcome.failed:
            yield replace(outcome, kind="gap")
        else:
            note = (f"it passes: remove it from the list of gaps ({gap.reason})",)
            yield replace(outcome, kind="wrong", expected=("a known gap",), got=note)
    for gap in sorted(unused, key=lambda g: g.sql):
        lost = Statement(0, (), gap.sql)
        yield Outcome(lost, "wrong", ("a record for this gap",), ("none ran",))
