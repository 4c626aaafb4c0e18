"""What could come next where the cursor stands: tables, columns, functions, keywords, commands.

`complete` is pure: text, cursor and known names in, candidates out, best first. `SqlCompleter`
gives them to prompt_toolkit and asks the connection for names when they are first needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from sqlglot import Dialect, Token, TokenType
from sqlglot.errors import SqlglotError

from sqlshim.errors import Error
from sqlshim.repl.commands import COMMANDS, is_command
from sqlshim.repl.config import EXPANDED
from sqlshim.repl.render import FORMATS
from sqlshim.repl.session import Session
from sqlshim.repl.split import Splitter, split


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


KEYWORDS = _list(
    """
    ALL ALTER ANALYZE AND ANY AS ASC BEGIN BETWEEN BY CASE CAST COLUMN COMMIT CONFLICT CREATE CROSS
    CURRENT_DATE CURRENT_TIMESTAMP DEFAULT DELETE DESC DISTINCT DO DROP ELSE END ESCAPE EXCEPT
    EXISTS EXPLAIN FALSE FETCH FILTER FIRST FOR FROM FULL GROUP HAVING IF ILIKE IN INDEX INNER
    INSERT INTERSECT INTERVAL INTO IS JOIN KEY LAST LATERAL LEFT LIKE LIMIT NATURAL NOT NOTHING
    NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PRIMARY RECURSIVE REFERENCES RETURNING RIGHT
    ROLLBACK ROWS SELECT SET TABLE THEN TRUE TRUNCATE UNION UNIQUE UNNEST UPDATE USING VALUES VIEW
    WHEN WHERE WINDOW WITH
    """
)
FUNCTIONS = _list(
    """
    ABS ARRAY_AGG AVG BOOL_AND BOOL_OR CARDINALITY CEIL CHAR_LENGTH COALESCE CONCAT CONCAT_WS COUNT
    DATE_PART DATE_TRUNC DENSE_RANK EXP EXTRACT FIRST_VALUE FLOOR GREATEST JSON_AGG LAG LAST_VALUE
    LEAD LEAST LENGTH LN LOG LOWER LPAD LTRIM MAX MIN MOD NOW NTILE NULLIF POSITION POWER RANK
    REGEXP_REPLACE REPEAT REPLACE REVERSE ROUND ROW_NUMBER RPAD RTRIM SIGN SPLIT_PART SQRT
    STDDEV STRING_AGG STRPOS SUBSTRING SUM TO_CHAR TRIM TRUNC UPPER VARIANCE
    """
)
STARTERS = _list(
    """SELECT WITH INSERT UPDATE DELETE CREATE DROP ALTER TRUNCATE EXPLAIN VALUES BEGIN COMMIT
    ROLLBACK"""
)

_BEFORE_TABLE = frozenset(
    {TokenType.FROM, TokenType.JOIN, TokenType.INTO, TokenType.UPDATE, TokenType.TABLE}
)
_CLAUSES = _BEFORE_TABLE | {
    TokenType.SELECT,
    TokenType.WHERE,
    TokenType.GROUP_BY,
    TokenType.HAVING,
    TokenType.ORDER_BY,
    TokenType.ON,
    TokenType.USING,
    TokenType.SET,
    TokenType.VALUES,
    TokenType.LIMIT,
}
_NAME = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
_WORD = re.compile(r"(?:[\w$]+\.)*[\w$]*$")
_PLAIN = re.compile(r"[^\W\d]\w*")
_BACKTICK = frozenset(_list("bigquery databricks doris hive mysql spark spark2 starrocks"))
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    ".format": tuple(FORMATS),
    ".expanded": EXPANDED,
    "\\x": EXPANDED,
    ".pushdown": ("auto", "always", "never"),
    ".timing": ("on", "off"),
    ".pager": ("on", "off"),
}


class Names(Protocol):
    def tables(self) -> Sequence[str]: ...
    def columns(self, table: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """`text` may replace the last `typed` characters before the cursor."""

    text: str
    typed: int
    kind: str


def complete(
    before: str, names: Names, after: str = "", dialect: str = "postgres"
) -> list[Candidate]:
    """What may follow `before`, the text left of the cursor; `after` stands right of it."""
    if is_command(before.split("\n", 1)[0]) and "\n" not in before:
        return list(_command(before, names))
    splitter = Splitter(dialect)
    splitter.feed(before)
    if splitter.quoted:
        return []
    word = _WORD.search(splitter.rest)
    typed = word[0] if word else ""
    rest = splitter.rest[: len(splitter.rest) - len(typed)]
    head = _tokens(rest, dialect)
    if not head and "." not in typed:
        return list(_words(STARTERS, typed, "keyword"))
    if _wants_table(head):
        tables = _names(names.tables(), typed, len(typed), "table", dialect)
        return [*tables, *_words(("LATERAL", "UNNEST", "SELECT"), typed, "keyword")]
    sources = _sources(f"{rest} {after}", names, dialect)
    if "." in typed:
        return list(_qualified(typed, sources, names, dialect))
    return list(_anything(typed, sources, names, dialect))


def _command(line: str, names: Names) -> Iterator[Candidate]:
    name, space, argument = line.lstrip().partition(" ")
    if not space:
        found = (known for known in COMMANDS if known.startswith(name))
        yield from (Candidate(known, len(name), "command") for known in found)
    elif name in {".describe", "\\d", ".tables", "\\dt"}:
        yield from (
            Candidate(table, len(argument), "table")
            for table in names.tables()
            if table.casefold().startswith(argument.casefold())
        )
    else:
        choices = (c for c in _ARGUMENTS.get(name, ()) if c.startswith(argument))
        yield from (Candidate(choice, len(argument), "choice") for choice in choices)


def _tokens(text: str, dialect: str) -> list[Token]:
    try:
        return Dialect.get_or_raise(dialect).tokenize(text)
    except (SqlglotError, ValueError):  # half-typed text; an unknown dialect
        return []


def _wants_table(head: Sequence[Token]) -> bool:
    """Whether a table must come after these tokens."""
    if not head:
        return False
    last = head[-1].token_type
    if last == TokenType.COMMA:
        clauses = (t.token_type for t in reversed(head) if t.token_type in _CLAUSES)
        return next(clauses, None) == TokenType.FROM
    return last in _BEFORE_TABLE


def _sources(text: str, names: Names, dialect: str) -> dict[str, str]:
    """The tables that the first statement in `text` reads: alias (or name) -> table."""
    statements = split(text, dialect)
    tokens = _tokens(statements[0].text, dialect) if statements else []
    stored = {table.casefold(): table for table in names.tables()}
    found: dict[str, str] = {}
    for i in range(len(tokens)):
        if _wants_table(tokens[: i + 1]):
            path, alias = _source(tokens[i + 1 :])
            table = stored.get(path.casefold())
            if table is not None:
                found[alias or table.split(".")[-1]] = table
    return found


def _source(tokens: Sequence[Token]) -> tuple[str, str]:
    """The dotted name that `tokens` begin with, and its alias or nothing."""
    path, at = "", 0
    while at < len(tokens) and tokens[at].token_type in _NAME:
        path += tokens[at].text
        at += 1
        if at < len(tokens) and tokens[at].token_type == TokenType.DOT:
            path += "."
            at += 1
            continue
        break
    if at < len(tokens) and tokens[at].token_type == TokenType.ALIAS:
        at += 1
    named = at < len(tokens) and tokens[at].token_type in _NAME
    return path, tokens[at].text if named else ""


def _qualified(
    typed: str, sources: dict[str, str], names: Names, dialect: str
) -> Iterator[Candidate]:
    """The columns behind `alias.`."""
    qualifier, _, word = typed.rpartition(".")
    by_fold = {alias.casefold(): table for alias, table in sources.items()}
    table = by_fold.get(qualifier.casefold())
    if table is not None:
        yield from _names(names.columns(table), word, len(word), "column", dialect)


def _anything(
    typed: str, sources: dict[str, str], names: Names, dialect: str
) -> Iterator[Candidate]:
    """Columns first, then the tables' names to qualify with, functions, keywords."""
    columns = (column for table in sources.values() for column in names.columns(table))
    yield from _names(dict.fromkeys(columns), typed, len(typed), "column", dialect)
    yield from _names(sources, typed, len(typed), "table", dialect)
    if typed:
        yield from _words(FUNCTIONS, typed, "function")
        yield from _words(KEYWORDS, typed, "keyword")


def _names(
    known: Iterable[str], typed: str, length: int, kind: str, dialect: str
) -> Iterator[Candidate]:
    for name in known:
        if name.casefold().startswith(typed.casefold()):
            yield Candidate(_quoted(name, dialect), length, kind)


def _quoted(name: str, dialect: str) -> str:
    """`name` as it must be written: each part quoted if it is no plain word."""
    mark = "`" if dialect in _BACKTICK else '"'
    parts = name.split(".") if all(name.split(".")) else [name]
    return ".".join(
        part
        if _PLAIN.fullmatch(part) and part.upper() not in KEYWORDS
        else mark + part.replace(mark, mark * 2) + mark
        for part in parts
    )


def _words(known: Sequence[str], typed: str, kind: str) -> Iterator[Candidate]:
    """Keywords in the case that is being typed."""
    for word in known:
        if word.startswith(typed.upper()):
            yield Candidate(word.lower() if typed.islower() else word, len(typed), kind)


class SqlCompleter(Completer):
    """`complete` for prompt_toolkit, with the names of the session's connection."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names = SessionNames(session)

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        before, after = document.text_before_cursor, document.text_after_cursor
        for found in complete(before, self._names, after, self._session.dialect):
            yield Completion(found.text, -found.typed, display_meta=found.kind)


class SessionNames:
    """The connection's tables and columns, asked for once and again after each write or DDL."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes = -1
        self._tables: list[str] = []
        self._columns: dict[str, list[str]] = {}

    def tables(self) -> Sequence[str]:
        if self._changes != self._session.changes:
            self._changes = self._session.changes
            self._columns = {}
            self._tables = self._ask_tables()
        return self._tables

    def columns(self, table: str) -> Sequence[str]:
        if table not in self._columns:
            self._columns[table] = self._ask_columns(table)
        return self._columns[table]

    def _ask_tables(self) -> list[str]:
        try:
            return self._session.ask(lambda c: c.tables())
        except Error:  # no names is no reason to disturb someone who types
            return []

    def _ask_columns(self, table: str) -> list[str]:
        try:
            return [column[0] for column in self._session.ask(lambda c: c.columns(table))]
        except Error:
            return []
