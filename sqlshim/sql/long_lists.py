"""Very long IN lists, found in the text before it is tokenized: `a IN (1, 2, …)` with a hundred
thousand items is one value for all that comes after, as `a = ANY($1)` is.

Only lists whose items are alike are taken: all numbers, all plain quoted texts (without a
backslash, a percent sign or the empty text, which dialects read differently), or all placeholders.
Called by `params.uniform`.
"""

from __future__ import annotations

import re
from decimal import Decimal

MANY = 1_000  # items; below, each is an expression of its own
MIN_LENGTH = 2 * MANY  # of a text that can have such a list

_ITEMS = (
    r"-?[0-9]++(?:\.[0-9]++)?",
    r"'(?:[^'\\%]++|'')++'",
    r"%s",
    r"\?",
    r"%\([^()%]++\)s",
    r":[A-Za-z_][A-Za-z0-9_]*+",
    r"\$[0-9]++",
)
_LISTS = "|".join(rf"(?:{item}\s*+,\s*+){{{MANY - 1},}}+{item}" for item in _ITEMS)
# in a verbose pattern
LISTS = rf"(?P<list>(?<![A-Za-z0-9_.\"`\]])[iI][nN]\s*\(\s*(?P<items>{_LISTS})\s*\))"

_TEXT = re.compile(r"'((?:[^']|'')*)'")


def constants(items: str) -> list[object]:
    """The values of a list of numbers or texts."""
    if items[0] == "'":
        return [text.replace("''", "'") for text in _TEXT.findall(items)]
    numbers = items.split(",")
    if "." not in items:
        return list(map(int, numbers))
    return [Decimal(n.strip()) if "." in n else int(n) for n in numbers]
