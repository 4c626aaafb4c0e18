"""One statement's text into a sqlglot tree; every failure is a ProgrammingError with a position.

Called by `engine.prepare`. Statements are one at a time; EXPLAIN is taken off here, since
sqlglot reads it as an opaque command.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TypeVar, cast

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from sqlshim.errors import (
    Error,
    NotSupportedError,
    StatementTooComplex,
    SyntaxError,  # noqa: A004
    UnknownFunction,
    without_secrets,
)
from sqlshim.instants import check_encodable
from sqlshim.sql.joins import missing_condition, requires_condition
from sqlshim.sql.kept import keep_whole
from sqlshim.sql.params import PREFIX, Placeholders

# sqlglot warns of what it cannot parse before we refuse it; nobody need read that twice.
logging.getLogger("sqlglot").addHandler(logging.NullHandler())

E = TypeVar("E", bound=Error)
_OF_STORES = ("ATTACH", "DETACH")  # statements about stores, the same in every dialect
TEXT_OF_TREE = "sqlshim_text"  # the key in a tree's `meta` of the text its positions count in
MAX_LENGTH = 8 * 2**20  # characters
MOST_BRACKETS = 12  # in one another
_EXPLAIN = re.compile(
    r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/)\s*)*EXPLAIN\b(?P<analyze>\s+ANALYZE\b)?", re.I | re.S
)


@dataclass(frozen=True)
class Parsed:
    """A statement's tree; `explain` if EXPLAIN stood before it. `text` is the caller's."""

    tree: exp.Expr
    text: str
    placeholders: Placeholders
    explain: bool = False


def parse(text: str, placeholders: Placeholders, dialect: Dialect) -> Parsed:
    """The tree of the one statement in `text`. SyntaxError, StatementTooComplex."""
    sql, skipped, explain = placeholders.text, 0, False
    if len(sql) > MAX_LENGTH:
        raise StatementTooComplex(f"the statement has more than {MAX_LENGTH} characters")
    check_encodable(sql)
    if found := _EXPLAIN.match(sql):
        # blank it out, so that positions stay
        explain, skipped = True, found.end()
        sql = " " * skipped + sql[skipped:]
        if found["analyze"]:
            raise NotSupportedError("EXPLAIN ANALYZE is not supported yet", position=1)
    tree = _tree(sql, text, placeholders, dialect)
    return Parsed(tree, text, placeholders, explain)


def _tree(sql: str, text: str, places: Placeholders, dialect: Dialect) -> exp.Expr:
    try:
        tokens = dialect.tokenize(sql)
        if tokens and tokens[0].text.upper() in _OF_STORES:
            dialect = Dialect.get_or_raise("duckdb")  # the one dialect that has them
            tokens = dialect.tokenize(sql)
        _one_statement(tokens, text, places)
        _no_deep_brackets(tokens)
        _no_gaps(tokens, text, places, dialect)
        _no_join_without_on(tokens, text, places, dialect)
        keep_whole(tokens, type(dialect).__name__)
        trees = dialect.parser().parse(tokens, sql)
    except TokenError as error:
        raise _unfinished(text) from error
    except ParseError as error:
        raise _syntax_error(error, sql, text, places) from error
    except RecursionError as error:
        raise _too_deep() from error
    except SqlglotError as error:
        raise SyntaxError(str(error)) from error
    trees = [tree for tree in trees if tree is not None]
    if not trees or isinstance(trees[0], exp.Semicolon):
        raise SyntaxError("the statement is empty", hint="Write a SQL statement.")
    tree = cast(exp.Expr, trees[0])
    tree.meta[TEXT_OF_TREE] = sql
    return tree


def _has(tokens: list[Token], kind: TokenType) -> bool:
    """Whether there is a token of this kind. Long statements have tens of thousands of others."""
    return kind in [token.token_type for token in tokens]


def _one_statement(tokens: list[Token], text: str, places: Placeholders) -> None:
    ended = False
    for token in tokens if _has(tokens, TokenType.SEMICOLON) else ():
        kind = token.token_type
        if kind == TokenType.SEMICOLON:
            ended = True
        elif ended:
            position = places.original(token.start)
            raise with_caret(
                SyntaxError(
                    "cannot execute more than one statement at once",
                    position=position + 1,
                    hint="Send them one by one.",
                ),
                text,
            )


def _no_deep_brackets(tokens: list[Token]) -> None:
    """sqlglot reads the inside of ARRAY[…] twice, so that each level doubles the time."""
    depth = 0
    for token in tokens if _has(tokens, TokenType.L_BRACKET) else ():
        if token.token_type == TokenType.L_BRACKET:
            depth += 1
            if depth > MOST_BRACKETS:
                raise _too_deep()
        elif token.token_type == TokenType.R_BRACKET:
            depth -= 1


def _too_deep() -> StatementTooComplex:
    return StatementTooComplex(
        "the statement is nested too deeply",
        hint="Flatten nested parentheses, CASE or function calls.",
    )


_AFTER_LIST = frozenset({TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE, TokenType.SEMICOLON})


def _no_gaps(tokens: list[Token], text: str, places: Placeholders, dialect: Dialect) -> None:
    """sqlglot skips a missing item of a list; here `a,, b` and (but for the dialects that allow
    it) a trailing comma are syntax errors."""
    trailing = type(dialect).__name__ in ("BigQuery", "DuckDB", "Snowflake")
    kinds = [token.token_type for token in tokens]
    at = -1
    for _ in range(kinds.count(TokenType.COMMA)):
        at = kinds.index(TokenType.COMMA, at + 1)
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        kind = TokenType.SEMICOLON if after is None else after.token_type
        if kind == TokenType.COMMA or (kind in _AFTER_LIST and not trailing):
            raise _unexpected(after, text, places)


def _no_join_without_on(
    tokens: list[Token], text: str, places: Placeholders, dialect: Dialect
) -> None:
    at = missing_condition(tokens) if requires_condition(type(dialect).__name__) else None
    if at is not None:
        raise _unexpected(tokens[at] if at < len(tokens) else None, text, places)


def _unexpected(token: Token | None, text: str, places: Placeholders) -> SyntaxError:
    at = len(text.rstrip(" ;\n\t")) if token is None else places.original(token.start)
    where = "at end of input" if token is None else f'at or near "{token.text}"'
    return with_caret(SyntaxError(f"syntax error {where}", position=at + 1), text)


def _unfinished(text: str) -> SyntaxError:
    opened = _unclosed(text)
    what = {"'": "quoted string", '"': "quoted identifier", "/": "comment"}.get(
        text[opened : opened + 1], "token"
    )
    error = SyntaxError(f"unterminated {what}", position=opened + 1, hint="Close it.")
    return with_caret(error, text)


def _unclosed(text: str) -> int:
    """Where the quote or comment begins that is never closed; the end if none is found."""
    at = 0
    pieces = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.S)
    while at < len(text):
        if text[at] in "'\"" or text.startswith("/*", at) or text.startswith("--", at):
            whole = pieces.match(text, at)
            if whole is None:
                return at
            at = whole.end()
        else:
            at += 1
    return len(text)


def _syntax_error(error: ParseError, sql: str, text: str, places: Placeholders) -> Error:
    found = error.errors[0] if error.errors else {}
    line, column = found.get("line") or 1, found.get("col") or 1
    highlight = found.get("highlight") or ""
    starts = [0] + [m.end() for m in re.finditer("\n", sql)]
    offset = starts[min(line, len(starts)) - 1] + column - max(len(highlight), 1)
    description = str(found.get("description") or "")
    if "provided arguments" in description:
        return _too_many_arguments(sql, offset, text, places)
    at_end = "missing for" in description or "SENTINEL" in description or "Expect" in description
    rest = sql[offset + len(highlight) :]
    message = f'syntax error at or near "{highlight}"'
    if at_end and not rest.strip(" ;\n\t"):
        message, offset = "syntax error at end of input", len(sql.rstrip(" ;\n\t"))
    elif "after CASE" in description:  # sqlglot names the token before
        offset += len(highlight) + len(rest) - len(rest.lstrip())
        message = ""
    position = places.original(offset)
    if not message or PREFIX in message:  # name what the caller wrote
        word = re.match(r"%\(\w+\)s|[:%$]?\w+|\S", text[position:])
        message = f'syntax error at or near "{word[0] if word else ""}"'
    return with_caret(SyntaxError(message, position=position + 1), text)


def _too_many_arguments(sql: str, close: int, text: str, places: Placeholders) -> Error:
    """sqlglot counts the arguments of the functions it knows, and stops at the parenthesis."""
    depth, at = 0, close
    while at > 0:
        depth += {")": 1, "(": -1}.get(sql[at], 0)
        if depth == 0:
            break
        at -= 1
    name = re.search(r"\w*\s*$", sql[:at])
    start, word = (name.start(), name[0].strip()) if name else (at, "")
    error = UnknownFunction(f"{word.lower()}(…)", position=places.original(start) + 1)
    error.detail = f"function {word.lower()!r} does not take so many arguments"
    error.hint = None
    return with_caret(error, text)


def with_caret(error: E, text: str) -> E:
    """`error` with the line of its position and a caret added to its message."""
    if error.position is None:
        return error
    at = min(error.position - 1, len(text))
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    number = text.count("\n", 0, at) + 1
    prefix = f"LINE {number}: "
    skip = max(0, at - start - 60)
    shown = without_secrets(line[skip : skip + 100])
    caret = " " * (len(prefix) + at - start - skip) + "^"
    hint = f"\nHINT: {error.hint}" if error.hint else ""
    error.args = (f"{error.detail}\n{prefix}{shown}\n{caret}{hint}",)
    return error
