"""Parameter styles: every placeholder in a statement becomes one kind of identifier.

`?`, `%s`, `%(name)s`, `:name` and `$1` are understood outside quotes and comments, one style a
statement. Each is replaced by an identifier `sqlshim_param_N` (which every dialect parses anywhere
an expression may stand), those of one name or number by the same; `Placeholders` remembers which
argument it takes and maps positions in the new text back to the old. As in psycopg, `%%` is one
`%`, also inside quotes, when the statement uses a `%` style.

A very long IN list, of constants or of placeholders, becomes a single `sqlshim_param_N_list`, whose
value is all its items (`long_lists`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlshim.errors import ProgrammingError
from sqlshim.sql.long_lists import LISTS, MIN_LENGTH, constants, grouped, many

PREFIX = "sqlshim_param_"
LIST = "_list"  # ends the name of a long list

_PATTERN = r"""
      (?P<skip> (?<![A-Za-z0-9_])[eE]'(?:[^'\\]|''|\\.)*' | QUOTED
              | "(?:[^"]|"")*" | `[^`]*` | --[^\n]* | /\*.*?\*/
              | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$ | :: | := )
    | (?P<qmark> \?)
    | (?P<percent> %% )
    | %\((?P<pyname> [^()%]+ )\)s
    | (?P<format> %s (?![A-Za-z0-9_]) )
    | (?<![A-Za-z0-9_)\]'"]):(?P<named> [A-Za-z_][A-Za-z0-9_]* )
    | (?<![A-Za-z0-9_])\$(?P<number> [0-9]+ )
    """
_WITH_LISTS = f"{LISTS} | {_PATTERN}"


def _compiled(pattern: str, quoted: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("QUOTED", quoted), re.VERBOSE | re.DOTALL)


_QUOTED, _BACKSLASHED = r"'(?:[^']|'')*'", r"'(?:[^'\\]|''|\\.)*'"
# by whether a backslash quotes, and whether lists are looked for
_TOKENS = {
    (backslash, lists): _compiled(pattern, _BACKSLASHED if backslash else _QUOTED)
    for backslash in (False, True)
    for lists, pattern in ((False, _PATTERN), (True, _WITH_LISTS))
}

Arguments = Sequence[object] | Mapping[str, object]
Key = int | str  # 0-based position or name of an argument


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The uniform text, the argument key of each parameter, and the way back to positions."""

    text: str
    keys: tuple[Key, ...]  # of each sqlshim_param_N
    _starts: tuple[int, ...]  # in the new text, where a shift begins
    _shifts: tuple[int, ...]  # old position minus new position from there on
    runs: tuple[tuple[Key, ...], ...] = ()  # of each long list of placeholders, numbered on
    constants: tuple[
        list[object], ...
    ] = ()  # the items of each long list of constants, after these

    def original(self, position: int) -> int:
        """The 0-based offset in the caller's text of a 0-based offset in `text`."""
        at = bisect_right(self._starts, position) - 1
        return position + self._shifts[at] if at >= 0 else position

    def values(self, arguments: Arguments | None) -> tuple[object, ...]:
        """The arguments in the order of `keys`, then the lists. ProgrammingError if their number
        is wrong."""
        if arguments is None:
            if wanted := len({*self.keys, *chain(*self.runs)}):
                raise ProgrammingError(
                    f"the statement has {wanted} parameter(s), but none were given",
                    sqlstate="07001",
                )
            return self.constants
        if type(arguments) in (tuple, list) and self._are_in_order(len(arguments)):
            return tuple(arguments)  # the usual case, without the questions below
        if isinstance(arguments, Mapping):
            self._check_names(arguments)
        else:
            self._check_number(arguments)
        get: Callable[[Any], object] = arguments.__getitem__
        lists = [list(map(get, run)) for run in self.runs]
        return (*map(get, self.keys), *lists, *self.constants)

    def _are_in_order(self, count: int) -> bool:
        return not self.runs and not self.constants and self.keys == tuple(range(count))

    def _every_key(self) -> list[Key]:
        return [*self.keys, *chain(*self.runs)]

    def _check_number(self, arguments: Sequence[object]) -> None:
        if isinstance(arguments, str | bytes) or not isinstance(arguments, Sequence):
            raise ProgrammingError("parameters must be a sequence or a mapping", sqlstate="07001")
        keys = self._every_key()
        if any(isinstance(key, str) for key in keys):
            raise ProgrammingError(
                "the statement names its parameters, but a sequence was given",
                sqlstate="07001",
                hint="Pass a dict.",
            )
        wanted = max((int(k) + 1 for k in keys), default=0)
        if len(arguments) != wanted:
            raise ProgrammingError(
                f"the statement has {wanted} parameter(s), but {len(arguments)} were given",
                sqlstate="07001",
            )

    def _check_names(self, arguments: Mapping[str, object]) -> None:
        keys = self._every_key()
        if any(isinstance(key, int) for key in keys):
            raise ProgrammingError(
                "the statement's parameters have no names, but a mapping was given",
                sqlstate="07001",
                hint="Pass a list or tuple, or write :name or %(name)s.",
            )
        missing = [k for k in keys if k not in arguments]
        if missing:
            raise ProgrammingError(f"no value for parameter {missing[0]!r}", sqlstate="07001")


def is_long_list(name: str) -> bool:
    """Whether an identifier of the uniform text stands for all items of a long list."""
    return name.startswith(PREFIX) and name.endswith(LIST)


def uniform(
    text: str, has_arguments: bool = True, backslash: bool = False, numbered: bool = True
) -> Placeholders:
    """Find the placeholders of a statement. Without arguments `%` is plain SQL (modulo).

    `backslash`: the dialect lets a backslash quote the next character in every string (MySQL);
    `numbered`: `$1` is a placeholder, not a column.
    """
    found = _Found(_TOKENS[backslash, len(text) >= MIN_LENGTH], has_arguments, numbered)
    for m in found.token.finditer(text):
        found.add(m, text)
    styles = {m.lastgroup for m in found.marks}
    if len(styles) > 1:
        raise ProgrammingError(
            "a statement cannot mix parameter styles",
            sqlstate="07001",
            position=found.marks[0].start() + 1,
            hint="Use one of ?, %s, %(name)s, :name or $1.",
        )
    replacements = found.replacements()
    if styles & {"format", "pyname"}:
        taken = [(start, end) for start, end, _ in replacements]
        replacements += [
            (m.start(), m.end(), "%")
            for m in re.finditer("%%", text)
            if not any(start <= m.start() < end for start, end in taken)
        ]
    pieces, starts, shifts = _replace(text, sorted(replacements))
    return Placeholders(
        pieces, tuple(found.keys), starts, shifts, tuple(found.runs), tuple(found.constants)
    )


@dataclass(slots=True)
class _Found:
    """What `uniform` found so far. `places` are what is replaced: from, to, and its number among
    those of its kind; `mixed` has the forms of the lists in a list of several kinds, and its other
    items."""

    token: re.Pattern[str]
    has_arguments: bool
    numbered: bool
    marks: list[re.Match[str]] = field(default_factory=list)
    keys: dict[Key, int] = field(default_factory=dict)
    runs: list[tuple[Key, ...]] = field(default_factory=list)
    constants: list[list[object]] = field(default_factory=list)
    places: list[tuple[int, int, str, int]] = field(default_factory=list)
    mixed: list[tuple[list[str], list[str]]] = field(default_factory=list)

    def add(self, m: re.Match[str], text: str) -> None:
        if m.lastgroup == "list":
            self._add_list(m, text)
        elif m.lastgroup == "number" and not self.numbered:
            return
        elif _is_placeholder(m, self.has_arguments):
            number = self.keys.setdefault(_key(m, len(self.marks)), len(self.keys))
            self.places.append((*m.span(), "key", number))
            self.marks.append(m)

    def _add_list(self, m: re.Match[str], text: str) -> None:
        if m["mixed"]:
            self._add_mixed(m)
            return
        span = m.span("items")
        if m["items"][0] in "'-0123456789":
            self.places.append((*span, "constants", len(self.constants)))
            self.constants.append(constants(m["items"]))
            return
        marks = list(self.token.finditer(text, *span))
        if _is_placeholder(marks[0], self.has_arguments):
            self.places.append((*span, "run", len(self.runs)))
            before = len(self.marks)
            self.runs.append(tuple(_key(mark, before + n) for n, mark in enumerate(marks)))
            self.marks += marks

    def _add_mixed(self, m: re.Match[str]) -> None:
        groups, others = grouped(m["mixed"])
        if many(groups, others):
            self.places.append((*m.span("mixed"), "mixed", len(self.mixed)))
            at = len(self.constants)
            forms = [form.format(f"{{{at + n}}}") for n, (form, _) in enumerate(groups)]
            self.mixed.append((forms, others))
            self.constants += [values for _, values in groups]

    def replacements(self) -> list[tuple[int, int, str]]:
        """The parameters are numbered through: keys, runs, constants."""
        first = {"key": 0, "run": len(self.keys), "constants": len(self.keys) + len(self.runs)}
        lists = [f"{PREFIX}{first['constants'] + n}{LIST}" for n in range(len(self.constants))]
        made = []
        for start, end, kind, n in self.places:
            if kind == "mixed":
                forms, others = self.mixed[n]
                new = ", ".join([*(form.format(*lists) for form in forms), *others])
            else:
                new = f"{PREFIX}{first[kind] + n}{'' if kind == 'key' else LIST}"
            made.append((start, end, new))
        return made


def _is_placeholder(m: re.Match[str], has_arguments: bool) -> bool:
    if m.lastgroup in ("format", "pyname"):
        return has_arguments
    return m.lastgroup not in ("skip", "tag", "percent", None) and not _is_operator(m)


_AFTER_OPERAND = re.compile(r"""(['"\]]|::\s*jsonb?)\s*\Z|(?<!<)@\Z""", re.IGNORECASE)
_KEYS = re.compile(r"[|&](?!\|)\s*(array\b|'\{)", re.IGNORECASE)


def _is_operator(m: re.Match[str]) -> bool:
    """Whether a ? is jsonb's operator `?`, `?|`, `?&` or `@?`: no placeholder stands right after a
    text, a subscript or a cast to jsonb, or before `| array[…]`."""
    if m.lastgroup != "qmark":
        return False
    before = m.string[max(m.start() - 40, 0) : m.start()]
    return bool(_AFTER_OPERAND.search(before)) or _KEYS.match(m.string, m.end()) is not None


def _key(m: re.Match[str], ordinal: int) -> int | str:
    match m.lastgroup:
        case "number":
            if m["number"] == "0" or len(m["number"]) > 5:
                raise ProgrammingError(
                    f"there is no parameter ${m['number']}",
                    sqlstate="42P02",
                    position=m.start() + 1,
                )
            return int(m["number"]) - 1
        case "named" | "pyname":
            return m[m.lastgroup]
        case _:
            return ordinal


def _replace(
    text: str, replacements: list[tuple[int, int, str]]
) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """The new text; where shifts begin in it, and how large they are."""
    pieces: list[str] = []
    starts: list[int] = []
    shifts: list[int] = []
    done = length = 0
    for start, end, new in replacements:
        pieces += [text[done:start], new]
        length += start - done
        starts += [length, length + len(new)]
        shifts += [start - length, end - (length + len(new))]
        length += len(new)
        done = end
    pieces.append(text[done:])
    # inside a replacement every position maps to its start: approximated by the first shift
    return "".join(pieces), tuple(starts), tuple(shifts)
