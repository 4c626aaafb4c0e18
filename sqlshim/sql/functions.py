"""Functions that sqlglot must not read: it rewrites the pattern of TO_CHAR and its kin into codes
of strftime's, which loses what those cannot say. Under a name of ours they stay plain calls."""

from __future__ import annotations

from itertools import pairwise

from sqlglot.tokenizer_core import Token, TokenType

_PREFIX = "sqlshim_"
_KEPT = frozenset({"to_char", "to_date", "to_timestamp", "to_number"})


def keep_patterns(tokens: list[Token], dialect: str) -> None:
    """Rename the calls, where the patterns are PostgreSQL's. Positions stay."""
    if dialect != "Postgres":
        return
    for token, after in pairwise(tokens):
        if after.token_type == TokenType.L_PAREN and token.text.lower() in _KEPT:
            token.text = _PREFIX + token.text.lower()


def written(name: str) -> str:
    """The name as the caller knows it."""
    return name.removeprefix(_PREFIX)
