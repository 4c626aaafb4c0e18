"""What sqlglot must not read, since it would lose a part.

- It rewrites the pattern of TO_CHAR and its kin into codes of strftime's, which cannot say it all:
  under a name of ours such a call stays a plain one. The origin of DATE_BIN, which it takes for a
  unit, is saved so too.
- `<#>` of vectors, which it does not know, is written OPERATOR(<#>), and PostgreSQL's `<=>`, which
  it takes for IS NOT DISTINCT FROM, OPERATOR(<=>).
- `USING (a) AS x` and several columns after SEARCH … BY and CYCLE, which it cannot parse,
  become one name each: `USING (a, "as x")`, `BY "a b"` with marks that no name has.
- In `DATE '2024-01-01'::text` it casts the text first: the typed constant is put in parentheses.
- Of the names of types that it takes for one, some are given another kind: T-SQL's FLOAT is a
  double, its REAL is not; Oracle's NUMBER may have a fraction, its DECIMAL not.
- Of `INTERVAL '3 days 02:03'` it keeps the first quantity: with two more before it, it keeps all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from sqlglot.tokenizer_core import Token, TokenType

_INNER_PRODUCT = [TokenType.LT, TokenType.HASH_ARROW]  # as it reads <#>
_DISTANCES = frozenset({TokenType.HASH_ARROW, TokenType.NULLSAFE_EQ})
_PREFIX = "sqlshim_"
_PATTERNED = frozenset({"to_char", "to_date", "to_timestamp", "to_number", "date_bin"})
_SHOWN = frozenset({"to_char"})
_ALIAS, _BETWEEN = "\x1fas ", "\x1f"
_NOTHING = "0 s 0 s "
_ONE_QUANTITY = re.compile(r"\s*[+-]?\d+(\.\d+)?\s*([a-zA-Z]+\s*)?")


def keep_whole(tokens: list[Token], dialect: str) -> None:
    """Change the tokens so that nothing is lost. Positions stay."""
    kinds = {token.token_type for token in tokens}
    if dialect == "Postgres":
        if kinds & _DISTANCES:
            _name_distances(tokens)
        if TokenType.USING in kinds:
            _name_join_aliases(tokens)
        if TokenType.RECURSIVE in kinds:
            _name_lists(tokens)
        _name_patterned(tokens, _PATTERNED)
    elif dialect == "Oracle":  # whose TO_CHAR shows names; other patterns are not PostgreSQL's
        _name_patterned(tokens, _SHOWN)
    if (types := _TYPES.get(dialect)) is not None:
        _name_types(tokens, types)
    if TokenType.DCOLON in kinds:
        _enclose_constants(tokens)
    if TokenType.INTERVAL in kinds:
        for token, after in pairwise(tokens):
            if _is_interval(token, after) and not _ONE_QUANTITY.fullmatch(after.text):
                after.text = _NOTHING + after.text


# By a dialect's class: what stands for these words as types.
_TYPES = {
    "TSQL": {"float": TokenType.DOUBLE},
    "Fabric": {"float": TokenType.DOUBLE},
    "Oracle": {
        "float": TokenType.DOUBLE,
        "real": TokenType.DOUBLE,
        "number": TokenType.BIGDECIMAL,
    },
    "MySQL": {"real": TokenType.DOUBLE, "int8": TokenType.BIGINT},
    "SingleStore": {"real": TokenType.DOUBLE, "int8": TokenType.BIGINT},
}
_MISTAKEN = frozenset({TokenType.FLOAT, TokenType.DECIMAL, TokenType.TINYINT})


def _name_types(tokens: list[Token], types: Mapping[str, TokenType]) -> None:
    for at, token in enumerate(tokens):
        if token.token_type in _MISTAKEN and token.text.lower() in types:
            tokens[at] = _like(token, types[token.text.lower()], token.text)


_TYPED = [TokenType.STRING, TokenType.DCOLON]
_MOMENTS = frozenset({"date", "time", "timestamp", "timestamptz"})


def _enclose_constants(tokens: list[Token]) -> None:
    for at in range(len(tokens) - 3, -1, -1):
        kind = tokens[at]
        if kind.text.lower() not in _MOMENTS or kind.token_type == TokenType.IDENTIFIER:
            continue
        if [t.token_type for t in tokens[at + 1 : at + 3]] == _TYPED:
            text = tokens[at + 1]
            opened, closed = (
                _like(kind, TokenType.L_PAREN, "("),
                _like(text, TokenType.R_PAREN, ")"),
            )
            tokens[at : at + 2] = [opened, kind, text, closed]


def _name_patterned(tokens: list[Token], names: frozenset[str]) -> None:
    for token, after in pairwise(tokens):
        if after.token_type == TokenType.L_PAREN and token.text.lower() in names:
            token.text = _PREFIX + token.text.lower()


def join_alias(name: str) -> str | None:
    """The alias of a join that a name in USING stands for; None if it is a column's."""
    return name.removeprefix(_ALIAS) if name.startswith(_ALIAS) else None


def several(name: str) -> list[str]:
    """The columns that the name after SEARCH … BY or CYCLE stands for."""
    return name.split(_BETWEEN)


def _name_join_aliases(tokens: list[Token]) -> None:
    """USING (a, b) AS x: the alias as one more name in the parentheses."""
    for at in range(len(tokens) - 1, 1, -1):
        if tokens[at].token_type != TokenType.ALIAS or at + 1 >= len(tokens):
            continue
        start = _opened(tokens, at - 1)
        if start > 0 and tokens[start - 1].token_type == TokenType.USING:
            name = tokens[at + 1]
            hidden = _like(name, TokenType.IDENTIFIER, _ALIAS + name.text)
            tokens[at - 1 : at + 2] = [
                _like(tokens[at - 1], TokenType.COMMA, ","),
                hidden,
                tokens[at - 1],
            ]


def _opened(tokens: list[Token], end: int) -> int:
    """Where a list of names in parentheses that ends at `end` begins; -1 if there is none."""
    if tokens[end].token_type != TokenType.R_PAREN:
        return -1
    at = end - 1
    while at >= 0 and tokens[at].token_type not in (TokenType.L_PAREN, TokenType.R_PAREN):
        at -= 1
    return at if at >= 0 and tokens[at].token_type == TokenType.L_PAREN else -1


def _name_lists(tokens: list[Token]) -> None:
    """SEARCH DEPTH FIRST BY a, b SET, and CYCLE a, b SET: one name for all."""
    words = [t.text.upper() for t in tokens]
    if "CYCLE" not in words and "SEARCH" not in words:
        return
    for at in range(len(tokens) - 1, 0, -1):
        searches = words[at] == "BY" and words[at - 1] == "FIRST" and words[at - 3] == "SEARCH"
        if not searches and words[at] != "CYCLE":
            continue
        end = at + 2
        while end + 1 < len(tokens) and tokens[end].token_type == TokenType.COMMA:
            end += 2
        if end > at + 2 and end < len(tokens) and words[end] == "SET":
            names = [t.text for t in tokens[at + 1 : end : 2]]
            tokens[at + 1 : end] = [
                _like(tokens[at + 1], TokenType.IDENTIFIER, _BETWEEN.join(names))
            ]


def _name_distances(tokens: list[Token]) -> None:
    for at in range(len(tokens) - 1, -1, -1):
        two = tokens[at : at + 2]
        if [t.token_type for t in two] == _INNER_PRODUCT and two[1].start == two[0].end + 1:
            tokens[at : at + 2] = _operator(two)
        elif tokens[at].text == "<=>" and tokens[at].token_type == TokenType.NULLSAFE_EQ:
            tokens[at : at + 1] = _operator(tokens[at : at + 1])


def _operator(name: list[Token]) -> list[Token]:
    """OPERATOR(name)."""
    return [
        _like(name[0], TokenType.OPERATOR, "OPERATOR"),
        _like(name[0], TokenType.L_PAREN, "("),
        *name,
        _like(name[-1], TokenType.R_PAREN, ")"),
    ]


def _like(token: Token, kind: TokenType, text: str) -> Token:
    """A token at the place of another."""
    return Token(kind, text, token.line, token.col, token.start, token.end)


def _is_interval(token: Token, after: Token) -> bool:
    return token.token_type == TokenType.INTERVAL and after.token_type == TokenType.STRING


def interval_text(text: str) -> str:
    """The text of an INTERVAL literal as the caller wrote it."""
    return text.removeprefix(_NOTHING)
