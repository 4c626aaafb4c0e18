"""Very long IN lists, found in the text before it is tokenized: `a IN (1, 2, …)` with a hundred
thousand items is one value for all that comes after, as `a = ANY($1)` is.

Taken are lists whose items are alike: all numbers, all plain quoted texts (without a backslash, a
percent sign or the empty text, which dialects read differently), or all placeholders. Where other
items stand between the constants, `grouped` has each kind of constant as one value and leaves the
others as they are written: `a IN (list, NULL, list::date, b + 1)`. Called by `params.uniform`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

MANY = 1_000  # items; below, each is an expression of its own
MIN_LENGTH = 2 * MANY  # of a text that can have such a list

_NUMBER = r"-?[0-9]++(?:\.[0-9]++)?"
_QUOTED = r"'(?:[^'\\%]++|'')++'"
_ITEMS = (
    _NUMBER,
    _QUOTED,
    r"%s",
    r"\?",
    r"%\([^()%]++\)s",
    r":[A-Za-z_][A-Za-z0-9_]*+",
    r"\$[0-9]++",
)
# An item of any kind whose end can be seen: no comments, placeholders, nor quotes but of texts.
_WORD = r"(?:[A-Za-z0-9_.+*<>=| \t\r\n]|-(?!-)|/(?!\*)|::)"
_TEXT_OR_EMPTY = r"'(?:[^'\\%]++|'')*+'"
_INSIDE = rf"\((?:{_WORD}|,|{_TEXT_OR_EMPTY})*+\)"
_OTHER = rf"(?:{_WORD}|{_TEXT_OR_EMPTY}|{_INSIDE})++"
_LISTS = "|".join(rf"(?:{item}\s*+,\s*+){{{MANY - 1},}}+{item}" for item in _ITEMS)
_MIXED = rf"(?!\s*(?i:SELECT|WITH|VALUES|TABLE)\b)(?:{_OTHER},){{{MANY - 1},}}+{_OTHER}"
# in a verbose pattern, where a blank in a set of characters counts
LISTS = (
    rf"(?P<list>(?<![A-Za-z0-9_.\"`\]])[iI][nN]\s*\(\s*"
    rf"(?:(?P<items>{_LISTS})\s*|(?P<mixed>{_MIXED}))\))"
)

_TEXT = re.compile(r"'((?:[^']|'')*)'")
_EACH = re.compile(_OTHER)
_PLAIN_NUMBER, _PLAIN_TEXT = re.compile(_NUMBER), re.compile(_QUOTED)
# Casts that do no more than say a type, by what the constant looks like.
_DATE = r"'[0-9]{4}-[0-9]{2}-[0-9]{2}'"
_SAYING = {
    "date": _DATE,
    "timestamp": rf"{_DATE[:-1]}[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?'",
    "uuid": r"'[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'",
    **dict.fromkeys(("text", "varchar"), _QUOTED),
    **dict.fromkeys(("int", "integer", "int4"), "-?[0-9]{1,9}"),
    **dict.fromkeys(("bigint", "int8"), "-?[0-9]{1,18}"),
}
_SHAPES = {name: re.compile(shape) for name, shape in _SAYING.items()}
_CONSTANT = rf"{_NUMBER}|{_QUOTED}"
_NAME = "|".join(_SAYING)
_CAST = re.compile(
    rf"CAST\(\s*+(?P<cast>{_CONSTANT})\s+AS\s+(?P<as>{_NAME})\s*\)"
    rf"|(?P<colons>{_CONSTANT})\s*::\s*(?P<to>{_NAME})"
    rf"|(?P<type>DATE|TIMESTAMP)\s+(?P<typed>{_QUOTED})",
    re.IGNORECASE,
)


def constants(items: str) -> list[object]:
    """The values of a list of numbers or texts."""
    if items[0] == "'":
        return [text.replace("''", "'") for text in _TEXT.findall(items)]
    numbers = items.split(",")
    if "." not in items:
        return list(map(int, numbers))
    return [Decimal(n.strip()) if "." in n else int(n) for n in numbers]


Group = tuple[str, list[object]]  # the form of its items in SQL, with {} for the constant


def grouped(items: str) -> tuple[list[Group], list[str]]:
    """The constants of a list of items of several kinds, by kind; and the others, NULL once."""
    groups: dict[str, list[str]] = {}
    others: list[str] = []
    for item in map(str.strip, _EACH.findall(items)):
        form, constant = _form(item)
        if form:
            groups.setdefault(form, []).append(constant)
        elif item.upper() != "NULL" or "NULL" not in others:
            others.append(item.upper() if item.upper() == "NULL" else item)
    made = [(form.partition(" ")[2], constants(",".join(found))) for form, found in groups.items()]
    return made, others


def _form(item: str) -> tuple[str, str]:
    """What kind of constant an item is, then its form in SQL; and the constant. "" for others."""
    if _PLAIN_NUMBER.fullmatch(item):
        return "number {}", item
    if _PLAIN_TEXT.fullmatch(item):
        return "text {}", item
    if (found := _CAST.fullmatch(item)) is None:
        return "", item
    constant = found["cast"] or found["colons"] or found["typed"]
    name = (found["as"] or found["to"] or found["type"]).lower()
    if not _SHAPES[name].fullmatch(constant):
        return "", item
    return (f"{name} {{}}::{name}" if found["to"] else f"{name} CAST({{}} AS {name})"), constant


def many(groups: Sequence[Group], others: Sequence[str]) -> bool:
    """Whether it is worth it: most items are constants."""
    return sum(len(values) for _, values in groups) > len(others)
