r"""Regular expressions in RE2's form (`patterns.py`) as the server's PCRE runs them.

`pattern_of(text)` gives the expression and its options, or why it stays local: a class of letters
(`\w`, `[:alpha:]`), since PCRE knows an older Unicode, and what might send PCRE, which goes back
and tries again, through more steps than it allows. So a repetition that ends where the next
character cannot be one of its own is made possessive, and one other may have any length. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])*\]|\(\?:|[*+?]\??|\{\d+(?:,\d*)?\}\??|.", re.DOTALL)
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_MOST_WAYS = 20  # of matching the parts whose length is bounded
_LONGEST = 2_000  # characters of an expression


@dataclass(frozen=True, slots=True)
class Pattern:
    """An expression for $regexMatch and its kin. `least` is the length of the shortest match."""

    regex: str
    options: str
    least: int


@dataclass(frozen=True, slots=True)
class _Chars:
    """Characters: those of ASCII one by one, all others as one."""

    ascii: frozenset[str]
    others: bool

    def meets(self, other: _Chars) -> bool:
        return bool(self.ascii & other.ascii) or (self.others and other.others)


_ALL = frozenset(map(chr, range(128)))
_NONE, _ANY = _Chars(frozenset(), False), _Chars(_ALL, True)


@dataclass(frozen=True, slots=True)
class _Item:
    """Some repetitions of a character, or of a group; `high` is None for any number. `mark` is the
    token that says how many. No repetition is an anchor."""

    of: _Chars | tuple[tuple[_Item, ...], ...]
    low: int
    high: int | None
    mark: int = -1


_Branch = tuple[_Item, ...]
_START, _END = _Item(_ANY, 0, 0), _Item(_NONE, 0, 0)


class _Refused(Exception):
    """Internal to this module: the reason is the only argument."""


@lru_cache(maxsize=1000)
def pattern_of(text: str) -> Pattern | str:
    """The expression for a pattern in RE2's form, or the reason why there is none."""
    folded = text.startswith("(?si)")
    body = text.removeprefix("(?si)").removeprefix("(?s)")
    if len(body) > _LONGEST or "\0" in body or r"\p{" in body:
        return "classes of letters and long patterns have no exact MongoDB form"
    if folded and not body.isascii():
        return "letters beyond ASCII without regard to case have no exact MongoDB form"
    tokens = _TOKEN.findall(body)
    try:
        branches = _Reader(tokens, folded).branches()
        possessive = _checked(branches)
    except _Refused as refused:
        return str(refused)
    regex = "".join(_written(t, n in possessive) for n, t in enumerate(tokens))
    return Pattern(regex, "si" if folded else "s", _least(branches))


def _written(token: str, possessive: bool) -> str:
    r"""A token in PCRE's form: its $ would also match before a last newline, its \v is a class."""
    if possessive:
        return token.rstrip("?") + "+" if len(token) > 1 else token + "+"
    if token == "$":
        return r"\z"
    return re.sub(r"\\(.)", lambda m: r"\x0b" if m[1] == "v" else m[0], token, flags=re.DOTALL)


# --- reading -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    folded: bool
    at: int = 0

    def branches(self) -> tuple[_Branch, ...]:
        found: list[_Branch] = []
        items: list[_Item] = []
        while self.at < len(self.tokens) and self.tokens[self.at] != ")":
            token = self.tokens[self.at]
            self.at += 1
            if token == "|":
                found.append(tuple(items))
                items = []
            elif token in ("^", "$"):
                items.append(_START if token == "^" else _END)
            else:
                items.append(self._item(token))
        return (*found, tuple(items))

    def _item(self, token: str) -> _Item:
        of: _Chars | tuple[_Branch, ...]
        if token in ("(", "(?:"):
            of = self.branches()
            self.at += 1  # the parenthesis that closes it
        else:
            of = self._chars(token)
        mark = self.at
        return _Item(of, *self._counts(), mark)

    def _counts(self) -> tuple[int, int | None]:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if token[:1] in ("*", "+", "?"):
            self.at += 1
            return int(token[0] == "+"), 1 if token[0] == "?" else None
        if token[:1] == "{" and len(token) > 1:
            self.at += 1
            low, comma, high = token.rstrip("?")[1:-1].partition(",")
            return int(low), int(high) if high else (None if comma else int(low))
        return 1, 1

    def _chars(self, token: str) -> _Chars:
        if token == ".":
            return _ANY
        found = self._listed(token) if token[0] == "[" else _one(_plain(token))
        if not self.folded:
            return found
        both = {c for a in found.ascii for c in (a.lower(), a.upper())}
        return _Chars(frozenset(both), found.others or bool(both & {"k", "s"}))

    def _listed(self, token: str) -> _Chars:
        negated = token.startswith("[^")
        parts = re.findall(r"\\.|.", token[2 if negated else 1 : -1], re.DOTALL)
        chars: set[str] = set()
        at = 0
        while at < len(parts):
            low = high = _plain(parts[at])
            if at + 2 < len(parts) and parts[at + 1] == "-":
                high = _plain(parts[at + 2])
                at += 2
            chars |= {c for c in _ALL if low <= c <= high}
            chars |= {high} if high > "\x7f" else set()
            at += 1
        ascii_ones = frozenset(c for c in chars if c <= "\x7f")
        if negated:
            return _Chars(_ALL - ascii_ones, True)
        return _Chars(ascii_ones, len(ascii_ones) < len(chars))


def _plain(token: str) -> str:
    if token[0] != "\\" or len(token) == 1:
        return token
    return _CONTROL.get(token[1], token[1])


def _one(char: str) -> _Chars:
    return _Chars(frozenset({char}), False) if char <= "\x7f" else _Chars(frozenset(), True)


# --- how often it may go back --------------------------------------------------------------


def _checked(branches: tuple[_Branch, ...]) -> frozenset[int]:
    """The tokens to make possessive. What is left to be searched for is at most one end, so that
    the steps from one place grow with the text and not with its square."""
    search = _Search(set())
    loose, ways = search.branches(branches, None)
    if loose > 1 or ways > _MOST_WAYS:
        raise _Refused("a pattern that may have to go back often has no MongoDB form")
    return frozenset(search.possessive)


@dataclass(slots=True)
class _Search:
    """Counts the parts of any length whose end what follows does not tell, and the ways of matching
    the others. `after` is what may follow: nothing but the end is _NONE, no matter what None."""

    possessive: set[int]

    def branches(self, branches: tuple[_Branch, ...], after: _Chars | None) -> tuple[int, int]:
        loose, ways = 0, 1 if _apart(branches) else len(branches)
        for branch in branches:
            own_loose, own_ways = 0, 1
            for place, item in enumerate(branch):
                more, times = self._item(item, _first(branch[place + 1 :], after))
                own_loose, own_ways = own_loose + more, own_ways * times
            loose, ways = max(loose, own_loose), ways * own_ways
        return loose, ways

    def _item(self, item: _Item, following: _Chars | None) -> tuple[int, int]:
        if not isinstance(item.of, _Chars):
            return self._group(item, item.of, following)
        if item.low == item.high or following is None:
            return 0, 1
        if following == _NONE:  # the end: only what takes everything gets there at once
            told = item.of == _ANY and item.high is None
        else:
            told = not item.of.meets(following)
        if told:
            self.possessive.add(item.mark)
            return 0, 1
        return (1, 1) if item.high is None else (0, item.high - item.low + 1)

    def _group(
        self, item: _Item, branches: tuple[_Branch, ...], following: _Chars | None
    ) -> tuple[int, int]:
        if item.high == 1:
            loose, ways = self.branches(branches, following)
            return loose, ways + 1 - item.low
        parts = [part for branch in branches for part in branch]
        fixed = all(isinstance(p.of, _Chars) and p.low == p.high == 1 for p in parts)
        if not fixed or item.high is None or not _apart(branches):
            raise _Refused("a repeated group has no MongoDB form, but of fixed length and number")
        return 0, item.high - item.low + 1


def _apart(branches: tuple[_Branch, ...]) -> bool:
    """Whether the first character tells which branch it is."""
    firsts = [_first(branch, _ANY) or _ANY for branch in branches]
    return not any(a.meets(b) for n, a in enumerate(firsts) for b in firsts[n + 1 :])


def _first_of(branches: tuple[_Branch, ...]) -> _Chars:
    found = _NONE
    for branch in branches:
        found = _either(found, _first(branch, _ANY) or _ANY)
    return found


def _first(branch: _Branch, after: _Chars | None) -> _Chars | None:
    """What a branch followed by `after` may begin with; None if it is satisfied by nothing."""
    found = _NONE
    for item in branch:
        if item.high == 0:  # an anchor: most tries fail there, whatever the character
            return _NONE if item is _END and found == _NONE else _ANY
        found = _either(found, item.of if isinstance(item.of, _Chars) else _first_of(item.of))
        if _least_of(item):
            return found
    if after is None:
        return None
    return after if found == _NONE else _either(found, after if after != _NONE else _ANY)


def _either(a: _Chars, b: _Chars) -> _Chars:
    return _Chars(a.ascii | b.ascii, a.others or b.others)


def _least(branches: tuple[_Branch, ...]) -> int:
    return min(sum(map(_least_of, branch)) for branch in branches)


def _least_of(item: _Item) -> int:
    return item.low * (1 if isinstance(item.of, _Chars) else _least(item.of))


# --- replacements --------------------------------------------------------------------------


def pieces(new: str) -> Iterator[str | int]:
    r"""A replacement in RE2's form: its texts, and the numbers of its groups (`\0` the match)."""
    for text, escaped in re.findall(r"([^\\]+)|\\(.)", new, re.DOTALL):
        if text or escaped == "\\":
            yield text or "\\"
        else:
            yield int(escaped)
