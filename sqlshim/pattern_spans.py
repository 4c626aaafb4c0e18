"""Whether a pattern matches the same span in RE2 as in PostgreSQL; called by `regex_functions`.

PostgreSQL takes the longest match (the shortest, if the pattern is non-greedy); RE2 the first that
its alternatives find. That is the same

- for a flat sequence of single characters with quantifiers that are all greedy or all not, and
- where at each choice (repeat once more? which alternative?) the next character decides.

Characters are tried by a sample: ASCII and some others. A wrong "no" only refuses a pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlshim.errors import NotSupportedError

_SAMPLE = [chr(n) for n in range(128)] + list("éÉßΩя中٣\u00a0\u2003😀")
_EVERY = frozenset(_SAMPLE)
_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[a-z]+\)|\(\?:|[*+?]\??|\{\d+(?:,\d*)?\}\??|.", re.DOTALL
)
_LETTERS = re.compile(r"\\p\{L[lu]?\}|\\p\{N\}")


@dataclass(slots=True)
class _Piece:
    """One character, or a group of alternatives, and how often."""

    chars: frozenset[str] = frozenset()
    branches: list[list[_Piece]] = field(default_factory=list)
    least: int = 1
    most: int | None = 1
    greedy: bool = True
    width: bool = True  # not an anchor
    captures: bool = False

    @property
    def varies(self) -> bool:
        return self.least != self.most


@dataclass(frozen=True, slots=True)
class Spans:
    """`agree`: the match is PostgreSQL's; `groups` how many; `sure`: each takes part in every
    match; `empty`: it can match nothing at all."""

    agree: bool
    groups: int
    sure: bool
    empty: bool


def agreeing(pattern: str, shown: str) -> Spans:
    """What is known of a pattern in RE2's form; NotSupportedError if its span may be another."""
    known = spans(pattern)
    if not known.agree:
        raise NotSupportedError(
            f"the regular expression {shown!r} may match another part in the stores than in "
            "PostgreSQL, which takes the longest",
            hint="Avoid alternatives that begin alike, and repetition that may end in two ways.",
        )
    return known


def spans(pattern: str) -> Spans:
    """What is known of a pattern in RE2's form, as `patterns.re2` writes it."""
    blind = pattern.startswith("(?si)")
    tokens = _TOKEN.findall(pattern.removeprefix("(?si)").removeprefix("(?s)"))
    counter = [0]
    branches, _ = _alternatives(tokens, 0, blind, counter)
    varying = {p.greedy for p in _every_piece(branches) if p.varies}
    flat = len(branches) == 1 and _flat(branches[0])
    decided = varying <= {True} and _decided(branches, frozenset())
    return Spans(
        agree=len(varying) < 2 and (flat or decided),
        groups=counter[0],
        sure=_always(branches),
        empty=any(_nullable(b) for b in branches),
    )


def _alternatives(
    tokens: list[str], at: int, blind: bool, counter: list[int]
) -> tuple[list[list[_Piece]], int]:
    """The branches up to the closing parenthesis, and the place behind it."""
    branches: list[list[_Piece]] = [[]]
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token == ")":
            return branches, at
        if token == "|":
            branches.append([])
        elif token in ("(", "(?:"):
            counter[0] += token == "("
            inner, at = _alternatives(tokens, at, blind, counter)
            branches[-1].append(_group(inner, token == "("))
        elif token[0] in "*+?" or (token[0] == "{" and len(token) > 1):
            _repeat(branches[-1][-1], token)
        elif token in ("^", "$"):
            branches[-1].append(_Piece(width=False))
        else:
            branches[-1].append(_Piece(_chars(token, blind)))
    return branches, at


def _group(branches: list[list[_Piece]], captures: bool) -> _Piece:
    """A group; one of single characters each is as good as a class."""
    single = all(len(b) == 1 and not b[0].branches and not b[0].varies for b in branches)
    if single and len(branches) > 1:
        chars: frozenset[str] = frozenset().union(*(b[0].chars for b in branches))
        return _Piece(chars, captures=captures)
    return _Piece(branches=branches, captures=captures)


def _repeat(piece: _Piece, token: str) -> None:
    piece.greedy = len(token) == 1 or not token.endswith("?")
    if token[0] == "{":
        low, comma, high = token.rstrip("?")[1:-1].partition(",")
        piece.least = int(low)
        piece.most = int(high) if high else (None if comma else int(low))
    else:
        piece.least, piece.most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[token[0]]


def _chars(token: str, blind: bool) -> frozenset[str]:
    if token.startswith("[^") and _LETTERS.search(token):
        return _EVERY
    plain = _LETTERS.sub(r"\\w", token)  # a superset, which is on the safe side
    found = re.compile(plain, re.DOTALL | (re.IGNORECASE if blind else 0))
    return frozenset(c for c in _SAMPLE if found.fullmatch(c))


def _every_piece(branches: list[list[_Piece]]) -> list[_Piece]:
    return [p for b in branches for piece in b for p in (piece, *_every_piece(piece.branches))]


def _flat(pieces: list[_Piece]) -> bool:
    return all(not p.branches or (p.most == p.least == 1 and _flat_group(p)) for p in pieces)


def _flat_group(piece: _Piece) -> bool:
    return len(piece.branches) == 1 and _flat(piece.branches[0])


def _always(branches: list[list[_Piece]]) -> bool:
    """Whether no group stands where a match may go without it."""
    groups = [p for b in branches for p in b if p.branches or p.captures]
    if len(branches) > 1:
        return not groups
    return all(p.least > 0 and _always(p.branches) for p in groups)


def _nullable(pieces: list[_Piece]) -> bool:
    return all(p.least == 0 or not p.width or any(_nullable(b) for b in p.branches) for p in pieces)


def _first(pieces: list[_Piece], follow: frozenset[str]) -> frozenset[str]:
    """The characters that can come next where `pieces` stand before `follow`."""
    found: frozenset[str] = frozenset()
    for p in pieces:
        found |= _start(p)
        if p.width and p.least > 0 and not (p.branches and any(map(_nullable, p.branches))):
            return found
    return found | follow


def _start(piece: _Piece) -> frozenset[str]:
    if not piece.branches:
        return piece.chars
    return frozenset().union(*(_first(b, frozenset()) for b in piece.branches))


def _decided(branches: list[list[_Piece]], follow: frozenset[str]) -> bool:
    """Whether the next character decides at each choice."""
    lengths = {_length(b) for b in branches}
    alike = len(lengths) == 1 and None not in lengths  # whichever is taken, the span is the same
    starts = [] if alike else [_first(b, follow) for b in branches]
    for i, start in enumerate(starts):
        if any(start & other for other in starts[i + 1 :]):
            return False
    return all(_decided_in(b, follow) for b in branches)


def _length(pieces: list[_Piece]) -> int | None:
    """How many characters are matched, if that is fixed."""
    total = 0
    for p in pieces:
        inner = {_length(b) for b in p.branches} or {int(p.width)}
        size = inner.pop()
        if p.varies or inner or size is None:
            return None
        total += size * p.least
    return total


def _decided_in(pieces: list[_Piece], follow: frozenset[str]) -> bool:
    for i, piece in enumerate(pieces):
        after = _first(pieces[i + 1 :], follow)
        if piece.varies and _start(piece) & after:
            return False
        again = _start(piece) if piece.most != 1 else frozenset()
        if piece.branches and not _decided(piece.branches, after | again):
            return False
    return True
