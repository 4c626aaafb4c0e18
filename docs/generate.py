"""Writes functions.md from the tables in `sqlshim.functions`: `python docs/generate.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlshim import types as t
from sqlshim.functions import MODULES
from sqlshim.functions.model import Function, NullResult, Overload, Role, Want
from sqlshim.types import Kind, SqlType

PAGE = Path(__file__).parent / "functions.md"

HEAD = """\
# Functions and operators

Made from the tables in `sqlshim.functions` by `python docs/generate.py`; do not edit.

What an argument may be: a *number* is any integer, decimal or floating-point type; *same* arguments
are brought to their common type first; an untyped literal or a text parameter takes whatever type
is wanted. Unless it says otherwise, a NULL argument makes the result NULL. A function that a store
cannot run, or cannot run exactly, runs in the local engine: the answer is the same.
"""
TITLES = {
    "operators": "Operators",
    "conditional": "Conditionals",
    "text": "Text",
    "math": "Mathematics",
    "datetime": "Dates and times",
    "aggregates": "Aggregates",
    "documents": "Documents",
    "arrays": "Arrays and maps",
    "json": "JSON",
    "windows": "Window functions",
}
WRITTEN = {"ROUND_TO": "ROUND", "EXTRACT_FRACTION": "EXTRACT"}  # rows with a name of their own
PREFIX = {"NOT", "NEG"}
FORMS = {  # what has a syntax of its own
    "FIELD": "struct.field",
    "JSON_TEXT": "json ->> key or place",
    "ARRAY_OF": "ARRAY[any, …]",
    "ROW_OF": "ROW(any, …)",
    "ELEMENT": "array[place]",
    "SLICE": "array[from:to]",
    "MAP_VALUE": "map[key]",
}
SAMPLES = (t.INTEGER, t.BIGINT, t.decimal(10, 2), t.DOUBLE, t.TEXT, t.DATE, t.TIMESTAMP)


def page() -> str:
    """The whole of functions.md."""
    parts = [HEAD]
    for module in MODULES:
        name = module.__name__.rpartition(".")[2]
        rows = [row for row in vars(module).values() if isinstance(row, Function)]
        parts.append(f"\n## {TITLES.get(name, name.capitalize())}\n")
        parts.append("| call and result | meaning |\n|---|---|")
        parts += [_row(row) for row in rows]
        if name == "aggregates":
            parts.append("\nEach takes `DISTINCT` and `FILTER (WHERE …)`.")
    return "\n".join(parts) + "\n"


def _row(fn: Function) -> str:
    forms = [f"`{form}` → {gives}" for form, gives in dict(_forms(fn)).items()]
    return f"| {'<br>'.join(forms)} | {fn.doc}{_nulls(fn)} |".replace("||", "\\|\\|")


def _forms(fn: Function) -> Iterator[tuple[str, str]]:
    """(how a call is written, what it gives) for each overload."""
    for overload in fn.overloads:
        names = [want.name for want in overload.wants]
        if overload.variadic:
            names.append("…")
        yield _written(fn, names), _gives(overload)


def _written(fn: Function, names: list[str]) -> str:
    if fn.name in FORMS:
        return FORMS[fn.name]
    if fn.symbol.endswith(" ANY"):
        return f"{names[0]} {fn.symbol} (array)"
    if fn.symbol in ("LIKE", "ILIKE"):
        return f"{names[0]} {fn.symbol} {names[1]} [ESCAPE {names[2]}]"
    if fn.name in PREFIX:
        return f"{fn.symbol} {names[0]}" if fn.symbol == "NOT" else f"{fn.symbol}{names[0]}"
    if fn.symbol.startswith("IS ") and len(names) == 1:
        return f"{names[0]} {fn.symbol}"
    if fn.symbol:
        operands = names * 2 if names[1:] == ["…"] else names
        return f" {fn.symbol} ".join(name for name in operands if name != "…")
    if fn.name in ("EXTRACT", "EXTRACT_FRACTION"):
        return f"EXTRACT(part FROM {names[1]})"
    if fn.name == "COUNT" and not names:
        return "COUNT(*)"
    return f"{WRITTEN.get(fn.name, fn.name)}({', '.join(names)})"


def _gives(overload: Overload) -> str:
    """The result type, or in words what it depends on."""
    found = {_kind(overload.gives(args)) for args in _samples(overload)}
    return found.pop() if len(found) == 1 else "*as its arguments*"


def _kind(found: SqlType) -> str:
    return found.kind.value.lower()


def _samples(overload: Overload) -> Iterator[list[SqlType]]:
    for sample in SAMPLES:
        yield [_sample(want, sample) for want in overload.wants]


def _sample(want: Want, sample: SqlType) -> SqlType:
    if sample.kind in want.kinds:
        return sample
    if want.becomes is not None:
        return want.becomes
    return SqlType(min(want.kinds - {Kind.UNKNOWN}, key=str))


def _nulls(fn: Function) -> str:
    if fn.null_result is NullResult.NEVER and fn.role is Role.SCALAR:
        return "; never NULL"
    return "; NULL only if every argument is" if fn.null_result is NullResult.ALL else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
