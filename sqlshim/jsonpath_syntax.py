"""SQL/JSON paths read: `$.a[*] ? (@.b > 1)` as a tree of tuples, which `jsonpath` walks.

A node is a tuple whose first part names it. ProgrammingError for what is no path.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlshim.errors import NotSupportedError, ProgrammingError

Node = tuple[Any, ...]

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[^\W\d]\w*)
    | \$(?P<variable>"(?:[^"\\]|\\.)*"|\w+)
    | (?P<sign>\*\*|==|!=|<>|<=|>=|&&|\|\||[$@.\[\]()*?,{}<>!+\-/%]))""",
    re.VERBOSE,
)
_COMPARISONS = {"==", "!=", "<>", "<", "<=", ">", ">="}
_METHODS = {"type", "size", "double", "ceiling", "floor", "abs", "keyvalue"}
_WORDS = {"true": True, "false": False, "null": None}


class _Reader:
    """A path's tokens, each a kind and its text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self.wrong(text[at:].strip()[:1])
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        self.at = 0

    def wrong(self, shown: str = "") -> ProgrammingError:
        where = f'at or near "{shown}"' if shown else "at end"
        return ProgrammingError(f"syntax error {where} of jsonpath input", sqlstate="42601")

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        if self.at >= len(self.tokens):
            raise self.wrong()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def accept(self, *texts: str) -> str:
        """The next token if it is one of these signs or words, else ''."""
        if self.kind() in ("sign", "name") and self.peek() in texts:
            return self.take()
        return ""

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.wrong(self.peek())

    # --- predicates

    def either(self) -> Node:
        left = self.both()
        while self.accept("||"):
            left = ("or", left, self.both())
        return left

    def both(self) -> Node:
        left = self.test()
        while self.accept("&&"):
            left = ("and", left, self.test())
        return left

    def test(self) -> Node:
        if self.accept("!"):
            self.expect("(")
            inner = self.either()
            self.expect(")")
            return ("not", inner)
        if self.kind() == "name" and self.peek() == "exists":
            self.take()
            self.expect("(")
            found = self.sum()
            self.expect(")")
            return ("exists", found)
        left = self.sum()
        if self.kind() == "sign" and self.peek() in _COMPARISONS:
            sign = self.take()
            return ("compare", "!=" if sign == "<>" else sign, left, self.sum())
        if self.accept("starts"):
            self.expect("with")
            return ("starts", left, self.primary())
        if self.accept("like_regex"):
            return self.pattern(left)
        if self.accept("is"):
            self.expect("unknown")
            return ("unknown", left)
        return left

    def pattern(self, left: Node) -> Node:
        """like_regex "pattern" flag "i" """
        if self.kind() != "string":
            raise self.wrong(self.peek())
        pattern, flags = json.loads(self.take()), ""
        if self.accept("flag"):
            flags = json.loads(self.take()) if self.kind() == "string" else self.take()
        if unknown := set(flags) - set("imsqx"):
            raise ProgrammingError(
                "invalid input syntax for type jsonpath: unrecognized flag character "
                f'"{min(unknown)}" in LIKE_REGEX predicate',
                sqlstate="42601",
            )
        if "x" in flags and "q" not in flags:
            raise NotSupportedError("flag x (expanded) of like_regex is not supported")
        return ("like", left, pattern, flags)

    # --- values

    def sum(self) -> Node:
        left = self.product()
        while sign := self.accept("+", "-"):
            left = ("compute", sign, left, self.product())
        return left

    def product(self) -> Node:
        left = self.signed()
        while sign := self.accept("*", "/", "%"):
            left = ("compute", sign, left, self.signed())
        return left

    def signed(self) -> Node:
        if sign := self.accept("+", "-"):
            return ("sign", sign, self.signed())
        return self.steps(self.primary())

    def primary(self) -> Node:
        kind = self.kind()
        if kind == "string":
            return ("value", json.loads(self.take()))
        if kind == "number":
            return ("value", Decimal(self.take()))
        if kind == "variable":
            return ("variable", _name(self.take()))
        if self.accept("("):
            inner = self.either()
            self.expect(")")
            return inner
        word = self.take()
        if kind == "name" and word in _WORDS:
            return ("value", _WORDS[word])
        if word in ("$", "@", "last"):
            return ({"$": "root", "@": "current", "last": "last"}[word],)
        raise self.wrong(word)

    def steps(self, base: Node) -> Node:
        while True:
            if self.accept("["):
                base = self.places(base)
            elif self.accept("?"):
                self.expect("(")
                base = ("filter", base, self.either())
                self.expect(")")
            elif self.accept("."):
                base = self.member(base)
            else:
                return base

    def member(self, base: Node) -> Node:
        if self.accept("**"):
            return ("below", base, *self.depths())
        if self.accept("*"):
            return ("members", base)
        if self.kind() == "variable":  # .$name is no member
            raise self.wrong(self.peek())
        name = self.take() if self.kind() in ("string", "name") else ""
        if not name:
            raise self.wrong(self.peek())
        if self.accept("("):
            self.expect(")")
            if name not in _METHODS:
                raise NotSupportedError(f".{name}() in a jsonpath is not supported")
            return ("method", base, name)
        return ("member", base, _name(name))

    def depths(self) -> tuple[int, int | None]:
        if not self.accept("{"):
            return 0, None
        low = int(self.take())
        high = int(self.take()) if self.accept("to") else low
        self.expect("}")
        return low, high

    def places(self, base: Node) -> Node:
        if self.accept("*"):
            self.expect("]")
            return ("elements", base)
        found = []
        while True:
            low = self.sum()
            found.append((low, self.sum() if self.accept("to") else None))
            if not self.accept(","):
                self.expect("]")
                return ("places", base, tuple(found))


def _name(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[bool, Node]:
    """Whether a path is lax, and its tree."""
    reader = _Reader(text)
    strict = reader.accept("strict", "lax") == "strict"
    tree = reader.either()
    if reader.at < len(reader.tokens):
        raise reader.wrong(reader.peek())
    return not strict, tree
