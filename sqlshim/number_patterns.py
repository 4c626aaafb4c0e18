"""TO_CHAR of a number by the patterns that no store can write: PR, SG, PL, L, V, th, EEEE,
RN, and texts between the digits, as PostgreSQL writes them. Called by the local engine, row by row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from sqlshim.errors import NotSupportedError

_TOKEN = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*)"'
    r"|(?P<word>FM|EEEE|RN|SG|PR|PL|MI|TH|[S90.,DGVL])|(?P<any>.)",
    re.IGNORECASE | re.DOTALL,
)
_WIDE = Context(prec=400, rounding=ROUND_HALF_UP)
_DIGITS = frozenset("90")
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
          (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip
_ROMAN_WIDTH = 15


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The tokens without FM, and what is known of them all."""

    tokens: tuple[tuple[str, str], ...]  # kind and text
    bare: bool  # FM

    def has(self, word: str) -> bool:
        return any(kind == word for kind, _ in self.tokens)


@lru_cache(maxsize=256)
def _read(pattern: str) -> _Pattern:
    tokens: list[tuple[str, str]] = []
    bare = False
    for found in _TOKEN.finditer(pattern):
        word = found["word"]
        if word is None:
            tokens.append(("text", found["quoted"] if found["any"] is None else found["any"]))
        elif word.upper() == "FM":
            bare = True
        elif word.upper() == "L":
            tokens.append(("text", " "))  # the currency of PostgreSQL's locale C
        else:
            tokens.append(({"D": ".", "G": ","}.get(word.upper(), word.upper()), word))
    made = _Pattern(tuple(tokens), bare)
    _check(made)
    return made


def _check(pattern: _Pattern) -> None:
    signs = [k for k, _ in pattern.tokens if k in ("S", "SG", "PR", "PL", "MI")]
    kinds = {k for k, _ in pattern.tokens}
    exponent = "EEEE" in kinds
    wrong = (
        len(signs) > 1
        or sum(k in (".", "V") for k, _ in pattern.tokens) > 1
        or (exponent and not kinds <= {"9", "0", ".", "EEEE"})
        or ("RN" in kinds and len(kinds) > 1)
        or (not kinds & _DIGITS and "RN" not in kinds)
    )
    if wrong:
        raise NotSupportedError("this pattern of TO_CHAR is not supported")


def number_as(text: str, pattern: str) -> str:
    """A number's text by a pattern."""
    value, read = Decimal(text), _read(pattern)
    if not value.is_finite():
        raise NotSupportedError(f"TO_CHAR of {text} is not supported")
    if read.has("RN"):
        return _roman(value, read)
    if read.has("EEEE"):
        return _scientific(value, read)
    return _written(value, read)


def check_pattern(pattern: str) -> None:
    """NotSupportedError for a pattern that `number_as` cannot follow."""
    _read(pattern)


def _roman(value: Decimal, pattern: _Pattern) -> str:
    number = int(value.quantize(Decimal(1), context=_WIDE))
    shown = ""
    if not 0 < number < 4000:
        return "#" * _ROMAN_WIDTH
    for size, letters in _ROMAN:
        count, number = divmod(number, size)
        shown += letters * count
    if pattern.tokens[0][1].islower():
        shown = shown.lower()
    return shown if pattern.bare else shown.rjust(_ROMAN_WIDTH)


def _scientific(value: Decimal, pattern: _Pattern) -> str:
    kinds = [k for k, _ in pattern.tokens]
    places = sum(k in _DIGITS for k in kinds[kinds.index(".") :]) if "." in kinds else 0
    power = value.adjusted() if value else 0
    # rounded up it may have two digits before the point, as in PostgreSQL
    mantissa = value.scaleb(-power).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return (
        f"{'-' if value < 0 else ' '}{abs(mantissa):f}e{'-' if power < 0 else '+'}{abs(power):02}"
    )


# --- digit by digit --------------------------------------------------------------------------


def _written(value: Decimal, pattern: _Pattern) -> str:
    kinds = [k for k, _ in pattern.tokens]
    cut = next((i for i, k in enumerate(kinds) if k in (".", "V")), len(kinds))
    before = sum(k in _DIGITS for k in kinds[:cut])
    after = sum(k in _DIGITS for k in kinds[cut:])
    if "V" in kinds:
        value, before, after = value.scaleb(after, _WIDE), before + after, 0
    number = value.quantize(Decimal(1).scaleb(-after), context=_WIDE)
    whole, _, fraction = format(number.copy_abs(), "f").partition(".")
    whole = whole.lstrip("0")
    if len(whole) > before:
        whole, fraction = "#" * before, "#" * after
    zeros = _zeros(kinds, before)
    digits = whole.rjust(max(zeros, len(whole)), "0")
    if not digits and not after:
        digits = "0"
    kept = _kept(kinds, cut, fraction) if pattern.bare else len(fraction)
    return _Line(pattern, digits.rjust(before), fraction[:kept], number < 0).write()


def _zeros(kinds: Sequence[str], before: int) -> int:
    """How many digits before the point are shown in any case."""
    digits = [k for k in kinds if k in _DIGITS][:before]
    return before - digits.index("0") if "0" in digits else 0


def _kept(kinds: Sequence[str], cut: int, fraction: str) -> int:
    """How many digits after the point FM keeps."""
    asked = [k for k in kinds[cut:] if k in _DIGITS]
    least = len(asked) - asked[::-1].index("0") if "0" in asked else 0
    return max(len(fraction.rstrip("0")), least)


@dataclass(slots=True)
class _Line:
    """One number being written."""

    pattern: _Pattern
    digits: str  # before the point, filled with spaces
    fraction: str
    negative: bool

    def write(self) -> str:
        out: list[str] = []
        at = 0
        point = False
        own_sign = any(self.pattern.has(k) for k in ("S", "SG", "PR", "MI"))
        placed = own_sign and not self.pattern.has("PR") and not self.pattern.has("S")
        started = False
        for kind, text in self.pattern.tokens:
            if kind in _DIGITS and not point:
                char = self.digits[at] if at < len(self.digits) else ""
                at += 1
                if char != " " and not started:
                    started = True
                    if not placed:
                        out.append(self.before())
                if char != " " or not self.pattern.bare:
                    out.append(char)
            elif kind in _DIGITS:
                out.append(self.fraction[:1])
                self.fraction = self.fraction[1:]
            elif kind == ".":
                if not started and not placed:
                    out.append(self.before())
                started = point = True
                out.append(".")
            elif kind == ",":
                out.append("," if started else "" if self.pattern.bare else " ")
            elif kind == "text":
                out.append(text)
            elif kind != "V":
                out.append(self.mark(kind, text))
        if self.pattern.has("PR"):
            out.append(">" if self.negative else "" if self.pattern.bare else " ")
        return "".join(out)

    def before(self) -> str:
        """The sign that stands right before the first digit."""
        if self.pattern.has("PR"):
            return "<" if self.negative else "" if self.pattern.bare else " "
        if self.pattern.has("S"):
            leads = self.pattern.tokens[0][0] == "S"
            return ("-" if self.negative else "+") if leads else ""
        return "-" if self.negative else "" if self.pattern.bare else " "

    def mark(self, kind: str, text: str) -> str:
        """What a word other than a digit writes at its own place."""
        if kind == "S":
            return "" if self.pattern.tokens[0][0] == "S" else "-" if self.negative else "+"
        if kind == "SG":
            return "-" if self.negative else "+"
        if kind == "PL":  # beside the minus before the digits
            return "+" if not self.negative else "" if self.pattern.bare else " "
        if kind == "MI":
            return "-" if self.negative else "" if self.pattern.bare else " "
        if kind == "TH":
            whole = not self.negative and not self.pattern.has(".") and "#" not in self.digits
            shown = _ordinal(self.digits) if whole else ""
            return shown.upper() if text.isupper() else shown
        return ""


def _ordinal(digits: str) -> str:
    number = digits.strip()
    if not number.isdigit() or number[-2:] in ("11", "12", "13"):
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
