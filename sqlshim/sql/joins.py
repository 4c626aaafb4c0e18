"""JOIN without its ON: sqlglot reads it as a cross product, PostgreSQL and the standard refuse it.

Looks at tokens, since the tree does not tell `a JOIN b` from `a, b`. Called by `parse`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.tokenizer_core import Token, TokenType

_OPTIONAL = frozenset({"MySQL", "SQLite", "ClickHouse", "Hive", "Spark", "Spark2", "Databricks"})
_NEEDS_NONE = frozenset({TokenType.CROSS, TokenType.NATURAL})
_BEFORE_JOIN = frozenset(
    {TokenType.LEFT, TokenType.RIGHT, TokenType.FULL, TokenType.INNER, TokenType.OUTER}
)
_ENDS = frozenset(
    {
        TokenType.WHERE,
        TokenType.GROUP_BY,
        TokenType.HAVING,
        TokenType.ORDER_BY,
        TokenType.LIMIT,
        TokenType.OFFSET,
        TokenType.FETCH,
        TokenType.UNION,
        TokenType.INTERSECT,
        TokenType.EXCEPT,
        TokenType.COMMA,
        TokenType.R_PAREN,
        TokenType.SEMICOLON,
    }
)


def requires_condition(dialect: str) -> bool:
    """Whether a dialect (sqlglot's class name) refuses JOIN without ON."""
    return dialect not in _OPTIONAL


def missing_condition(tokens: Sequence[Token]) -> int | None:
    """The index of the token that stands where ON or USING should; len(tokens) for the end."""
    if TokenType.JOIN not in [token.token_type for token in tokens]:
        return None
    open_joins = [0]  # joins still without their condition, by depth of parentheses
    for at, token in enumerate(tokens):
        kind = token.token_type
        if kind == TokenType.L_PAREN:
            open_joins.append(0)
        elif kind == TokenType.JOIN and not _is_free(tokens, at):
            open_joins[-1] += 1
        elif kind in (TokenType.ON, TokenType.USING) and open_joins[-1]:
            open_joins[-1] -= 1
            if at + 1 == len(tokens) or tokens[at + 1].token_type in _ENDS:
                return at + 1
        elif kind in _ENDS:
            if open_joins[-1]:
                return at
            if kind == TokenType.R_PAREN and len(open_joins) > 1:
                open_joins.pop()
    return len(tokens) if open_joins[-1] else None


def _is_free(tokens: Sequence[Token], at: int) -> bool:
    """Whether the JOIN at this index is CROSS or NATURAL."""
    before = at - 1
    while before >= 0 and tokens[before].token_type in _BEFORE_JOIN:
        before -= 1
    return before >= 0 and tokens[before].token_type in _NEEDS_NONE
