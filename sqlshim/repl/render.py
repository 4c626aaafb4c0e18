"""The output formats: batches of rows go in, pieces of text come out, one piece a batch.

Each format is a generator, so no result is ever whole in memory. `table` measures its columns on
the first batch and, where a later batch is wider, goes on with wider columns. `FORMATS` is what
`--format` and `.format` offer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from wcwidth import wcswidth, wcwidth

from sqlshim.repl.values import is_number, to_json, to_text

Row = Sequence[object]
Batches = Iterable[Sequence[Row]]

_NARROWEST = 8  # a table whose columns would be cut below this is shown vertically instead
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class Look:
    """How results look. `null` None is the format's own; `width` None is as wide as needed."""

    null: str | None = None
    header: bool = True
    width: int | None = None
    color: bool = False


Format = Callable[[Sequence[str], Batches, Look], Iterator[str]]


def printable(text: str) -> str:
    """`text` on one line, its control characters as escapes: data must not steer a terminal."""
    return text if text.isprintable() else _CONTROL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return _ESCAPES.get(match[0]) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def display_width(text: str) -> int:
    """How many columns of a terminal `text` fills: 2 for a wide character, 0 for an accent."""
    return len(text) if text.isascii() else max(wcswidth(text), 0)


def shorten(text: str, width: int) -> str:
    """`text` cut to `width` columns, with an ellipsis if anything was cut."""
    if display_width(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += max(wcwidth(character), 0)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def pad(text: str, width: int, right: bool) -> str:
    blank = " " * (width - display_width(text))
    return blank + text if right else text + blank


def dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m"


# --- for people ----------------------------------------------------------------------------


def table(names: Sequence[str], batches: Batches, look: Look) -> Iterator[str]:
    """Aligned columns, numbers to the right."""
    heads = [printable(name) for name in names]
    widths = [display_width(head) for head in heads]
    right: list[bool] = []
    batches = iter(batches)
    for rows in batches:
        cells = [[_cell(value, look) for value in row] for row in rows]
        widths = [max(w, *map(display_width, column)) for w, column in _columns(widths, cells)]
        fitted = fit(widths, look.width)
        first = not right
        if first and fitted is None:
            yield from vertical(names, _again(rows, batches), look)
            return
        if first:
            right = _numeric(names, rows)
            yield _head(heads, fitted or widths, right, look)
        pairs = zip(rows, cells, strict=True)
        yield "".join(_line(row, cell, fitted or widths, right, look) for row, cell in pairs)
    if not right:
        fitted = fit(widths, look.width) or widths
        yield _head(heads, fitted, [False] * len(heads), look)


def fit(widths: Sequence[int], total: int | None) -> list[int] | None:
    """The widths, the widest cut so that a line is at most `total`; None if that is hopeless.

    A single column is left alone: it wraps, and EXPLAIN must not lose the ends of its lines.
    """
    if len(widths) == 1:
        return list(widths)
    room = None if total is None else total - 3 * len(widths) + 1
    if room is None or sum(widths) <= room:
        return list(widths)
    caps = (cap for cap in range(room, _NARROWEST - 1, -1))
    cap = next((cap for cap in caps if sum(min(w, cap) for w in widths) <= room), None)
    return None if cap is None else [min(w, cap) for w in widths]


def vertical(names: Sequence[str], batches: Batches, look: Look) -> Iterator[str]:
    """One line a value, a heading a row; nothing is ever cut."""
    heads = [printable(name) for name in names]
    left = max(map(display_width, heads), default=0)
    number = 0
    for rows in batches:
        lines = []
        for row in rows:
            number += 1
            if look.header:
                lines.append(f"-[ {number} ]".ljust(left + 2, "-"))
            for head, value in zip(heads, row, strict=True):
                cell = _cell(value, look)
                shown = dim(cell) if value is None and look.color else cell
                lines.append(f"{pad(head, left, False)} | {shown}".rstrip(" "))
        yield "".join(f"{line}\n" for line in lines)


def markdown(names: Sequence[str], batches: Batches, look: Look) -> Iterator[str]:
    """A GitHub table."""
    ruled = False
    for rows in batches:
        if not ruled:
            yield _markdown_head(names, _numeric(names, rows), look)
            ruled = True
        cells = ([_markdown_cell(value, look) for value in row] for row in rows)
        yield "".join(f"| {' | '.join(row)} |\n" for row in cells)
    if not ruled:
        yield _markdown_head(names, [False] * len(names), look)


def _again(rows: Sequence[Row], batches: Batches) -> Iterator[Sequence[Row]]:
    yield rows
    yield from batches


def _cell(value: object, look: Look) -> str:
    if value is None:
        return "NULL" if look.null is None else look.null
    return printable(to_text(value))


def _columns(
    widths: Sequence[int], cells: Sequence[Sequence[str]]
) -> Iterator[tuple[int, list[str]]]:
    return ((width, [row[i] for row in cells] or [""]) for i, width in enumerate(widths))


def _numeric(names: Sequence[str], rows: Sequence[Row]) -> list[bool]:
    """Which columns hold numbers, as far as `rows` show."""
    return [
        any(row[i] is not None for row in rows)
        and all(row[i] is None or is_number(row[i]) for row in rows)
        for i in range(len(names))
    ]


def _head(heads: Sequence[str], widths: Sequence[int], right: Sequence[bool], look: Look) -> str:
    if not look.header:
        return ""
    padded = (pad(shorten(h, w), w, r) for h, w, r in zip(heads, widths, right, strict=True))
    rule = "+".join("-" * (width + 2) for width in widths)
    return f"{_joined(padded)}{rule}\n"


def _line(
    row: Row, cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], look: Look
) -> str:
    padded = [pad(shorten(c, w), w, r) for c, w, r in zip(cells, widths, right, strict=True)]
    if look.color:
        shown = zip(row, padded, strict=True)
        padded = [dim(cell) if value is None else cell for value, cell in shown]
    return _joined(padded)


def _joined(padded: Iterable[str]) -> str:
    return f" {' | '.join(padded)}".rstrip(" ") + "\n"


def _markdown_head(names: Sequence[str], right: Sequence[bool], look: Look) -> str:
    # a Markdown table cannot be without a head; without names it is an empty one
    heads = [_markdown_text(name) if look.header else " " for name in names]
    rules = ["---:" if numeric else "---" for numeric in right]
    return f"| {' | '.join(heads)} |\n| {' | '.join(rules)} |\n"


def _markdown_cell(value: object, look: Look) -> str:
    if value is None:
        return "NULL" if look.null is None else look.null
    return _markdown_text(to_text(value))


def _markdown_text(text: str) -> str:
    for special in ("\\", "|", "`", "*", "_"):
        text = text.replace(special, "\\" + special)
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return printable(text.replace("\r\n", "<br>").replace("\n", "<br>"))


# --- for programs --------------------------------------------------------------------------


def csv(names: Sequence[str], batches: Batches, look: Look) -> Iterator[str]:
    """RFC 4180 with `\\n`; NULL is nothing at all, an empty text is `""`."""
    null = look.null or ""

    def field(text: str) -> str:
        return f'"{text.replace(chr(34), chr(34) * 2)}"' if quote(text) else text

    def quote(text: str) -> bool:
        return text == null or text == "" or text.strip() != text or bool(_CSV_SPECIAL.search(text))

    def cell(value: object) -> str:
        return null if value is None else field(to_text(value))

    if look.header:
        yield ",".join(map(field, names)) + "\n"
    for rows in batches:
        yield "".join(",".join(map(cell, row)) + "\n" for row in rows)


def tsv(names: Sequence[str], batches: Batches, look: Look) -> Iterator[str]:
    """PostgreSQL's COPY text: tabs, backslash escapes, NULL is `\\N`."""
    null = "\\N" if look.null is None else look.null

    def cell(value: object) -> str:
        return null if value is None else to_text(value).translate(_TSV_ESCAPES)

    if look.header:
        yield "\t".join(map(cell, names)) + "\n"
    for rows in batches:
        yield "".join("\t".join(map(cell, row)) + "\n" for row in rows)


def ndjson(names: Sequence[str], batches: Batches, look: Look) -> Iterator[str]:
    """One JSON object a line."""
    keys = [to_json(name) for name in unique(names)]
    for rows in batches:
        yield "".join(f"{_object(keys, row)}\n" for row in rows)


def json(names: Sequence[str], batches: Batches, look: Look) -> Iterator[str]:
    """One JSON array of objects, an object a line."""
    keys = [to_json(name) for name in unique(names)]
    between = "[\n"
    for rows in batches:
        objects = [_object(keys, row) for row in rows]
        if objects:
            yield between + ",\n".join(objects)
            between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def unique(names: Sequence[str]) -> list[str]:
    """The names, a repeated one numbered: an object keeps only one value a key."""
    found: list[str] = []
    for name in names:
        candidate, count = name, 1
        while candidate in found or (count > 1 and candidate in names):
            count += 1
            candidate = f"{name}_{count}"
        found.append(candidate)
    return found


def _object(keys: Sequence[str], row: Row) -> str:
    pairs = (f"{key}: {to_json(value)}" for key, value in zip(keys, row, strict=True))
    return f"{{{', '.join(pairs)}}}"


_CSV_SPECIAL = re.compile(r'[",\r\n]')
_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

FORMATS: dict[str, Format] = {
    "table": table,
    "vertical": vertical,
    "csv": csv,
    "tsv": tsv,
    "json": json,
    "ndjson": ndjson,
    "markdown": markdown,
}
FOR_PEOPLE = frozenset({"table", "vertical"})  # these get a footer
