"""sqllogictest text in, a tuple of records out.

The dialect is SQLite's (one expected value a line, `N values hashing to MD5`) and DuckDB's (one
expected row a line, tabs between values; an expected error message after `----`). Called by
`run.run_file` and `accept`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Sort = Literal["nosort", "rowsort", "valuesort"]
SORTS: dict[str, Sort] = {"nosort": "nosort", "rowsort": "rowsort", "valuesort": "valuesort"}


class BadFile(Exception):
    """The file is not sqllogictest; the message says where."""


@dataclass(frozen=True)
class Condition:
    """`skipif NAME` (wanted False) or `onlyif NAME` (wanted True)."""

    wanted: bool
    name: str

    def holds(self, names: frozenset[str]) -> bool:
        return (self.name in names) is self.wanted


@dataclass(frozen=True)
class Record:
    line: int
    conditions: tuple[Condition, ...]
    sql: str = ""

    def applies(self, names: frozenset[str]) -> bool:
        return all(condition.holds(names) for condition in self.conditions)


@dataclass(frozen=True)
class Statement(Record):
    """A statement that must succeed, or fail (with a message that matches `pattern`)."""

    fails: bool = False
    pattern: str | None = None
    count: int | None = None


@dataclass(frozen=True)
class Query(Record):
    """A query; `expected` holds the raw lines, or None when only success matters."""

    types: str = ""
    sort: Sort = "nosort"
    label: str | None = None
    expected: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Halt(Record):
    """Stop reading the file here."""


@dataclass(frozen=True)
class Speak(Record):
    """The records that follow are in this dialect."""

    dialect: str = "postgres"


@dataclass(frozen=True)
class HashThreshold(Record):
    """Results of more than `most` values are written as a hash; 0 means never."""

    most: int = 0


@dataclass(frozen=True)
class _Block:
    """The lines of one record: its directive and what follows, split at `----`."""

    line: int
    conditions: tuple[Condition, ...]
    words: list[str]
    sql: str
    expected: tuple[str, ...] | None


def parse_file(path: Path) -> tuple[Record, ...]:
    return parse(path.read_text(encoding="utf-8"), str(path))


def parse(text: str, name: str = "<text>") -> tuple[Record, ...]:
    """The records of a sqllogictest file, in order."""
    return tuple(_record(block, name) for block in _blocks(text))


def _blocks(text: str) -> Iterator[_Block]:
    conditions: list[Condition] = []
    lines = iter(enumerate(text.replace("\r\n", "\n").split("\n"), start=1))
    for number, line in lines:
        words = line.split("#")[0].split() if not line.startswith("#") else []
        if not words:
            continue
        if words[0] in ("skipif", "onlyif") and len(words) > 1:
            conditions.append(Condition(words[0] == "onlyif", words[1]))
            continue
        sql, expected = _body(lines) if words[0] in ("statement", "query") else ("", None)
        yield _Block(number, tuple(conditions), words, sql, expected)
        conditions = []


def _body(lines: Iterator[tuple[int, str]]) -> tuple[str, tuple[str, ...] | None]:
    """The SQL up to a blank line or `----`, and the lines after `----` up to a blank line."""
    sql: list[str] = []
    expected: list[str] | None = None
    for _, line in lines:
        if not (line if expected is not None else line.strip()):
            break  # but a line of spaces may be an expected value
        if expected is not None:
            expected.append(line)
        elif line.strip() == "----":
            expected = []
        else:
            sql.append(line)
    return "\n".join(sql), None if expected is None else tuple(expected)


def _record(block: _Block, name: str) -> Record:
    match block.words:
        case ["statement", *words]:
            return _statement(block, words, name)
        case ["query", "error"]:
            return _statement(block, ["error"], name)
        case ["query", *words]:
            return _query(block, words, name)
        case ["halt"]:
            return Halt(block.line, block.conditions)
        case ["dialect", dialect]:
            return Speak(block.line, block.conditions, dialect=dialect)
        case ["hash-threshold", most] if most.isdecimal():
            return HashThreshold(block.line, block.conditions, most=int(most))
    raise _bad(block, name, f"unknown directive {' '.join(block.words)!r}")


def _statement(block: _Block, words: list[str], name: str) -> Statement:
    place = (block.line, block.conditions, block.sql)
    if not block.sql:
        raise _bad(block, name, "a statement without SQL")
    match words:
        case ["ok"]:
            return Statement(*place)
        case ["error"]:
            pattern = "\n".join(block.expected) if block.expected else None
            return Statement(*place, fails=True, pattern=pattern)
        case ["count", count] if count.isdecimal():
            return Statement(*place, count=int(count))
    raise _bad(block, name, "want: statement ok | statement error | statement count N")


def _query(block: _Block, words: list[str], name: str) -> Query:
    if not block.sql:
        raise _bad(block, name, "a query without SQL")
    types, sort, label = [*words, None, None, None][:3]
    if not types or set(types) - set("IRT"):
        raise _bad(block, name, "column types are letters among I, R and T")
    if len(words) > 3 or (sort is not None and sort not in SORTS):
        raise _bad(block, name, "want: query TYPES [nosort|rowsort|valuesort] [label]")
    return Query(
        block.line,
        block.conditions,
        block.sql,
        types=types,
        sort=SORTS[sort or "nosort"],
        label=label,
        expected=block.expected,
    )


def _bad(block: _Block, name: str, message: str) -> BadFile:
    return BadFile(f"{name}:{block.line}: {message}")
