"""Parameter styles: every placeholder in a statement becomes one kind of identifier.

`?`, `%s`, `%(name)s`, `:name` and `$1` are understood outside quotes and comments, one style a
statement. Each is replaced by an identifier `sqlshim_param_N` (which every dialect parses anywhere
an expression may stand), those of one name or number by the same; `Placeholders` remembers which
argument it takes and maps positions in the new text back to the old. As in psycopg, `%%` is one
`%`, also inside quotes, when the statement uses a `%` style.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlshim.errors import ProgrammingError

PREFIX = "sqlshim_param_"

_PATTERN = r"""
      (?P<skip> (?<![A-Za-z0-9_])[eE]'(?:[^'\\]|''|\\.)*' | QUOTED
              | "(?:[^"]|"")*" | `[^`]*` | --[^\n]* | /\*.*?\*/
              | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$ | :: | := )
    | (?P<qmark> \?)
    | (?P<percent> %% )
    | %\((?P<pyname> [^()%]+ )\)s
    | (?P<format> %s (?![A-Za-z0-9_]) )
    | (?<![A-Za-z0-9_\]'"]):(?P<named> [A-Za-z_][A-Za-z0-9_]* )
    | (?<![A-Za-z0-9_])\$(?P<number> [0-9]+ )
    """
_STANDARD = re.compile(_PATTERN.replace("QUOTED", r"'(?:[^']|'')*'"), re.VERBOSE | re.DOTALL)
_BACKSLASH = re.compile(_PATTERN.replace("QUOTED", r"'(?:[^'\\]|''|\\.)*'"), re.VERBOSE | re.DOTALL)

Arguments = Sequence[object] | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The uniform text, the argument key of each parameter, and the way back to positions."""

    text: str
    keys: tuple[int | str, ...]  # 0-based position or name, of each sqlshim_param_N
    _starts: tuple[int, ...]  # in the new text, where a shift begins
    _shifts: tuple[int, ...]  # old position minus new position from there on

    def original(self, position: int) -> int:
        """The 0-based offset in the caller's text of a 0-based offset in `text`."""
        at = bisect_right(self._starts, position) - 1
        return position + self._shifts[at] if at >= 0 else position

    def values(self, arguments: Arguments | None) -> tuple[object, ...]:
        """The arguments in the order of `keys`. ProgrammingError if their number is wrong."""
        if arguments is None:
            if self.keys:
                raise ProgrammingError(
                    f"the statement has {len(set(self.keys))} parameter(s), but none were given",
                    sqlstate="07001",
                )
            return ()
        if type(arguments) in (tuple, list) and self.keys == tuple(range(len(arguments))):
            return tuple(arguments)  # the usual case, without the questions below
        if isinstance(arguments, Mapping):
            return self._named(arguments)
        if isinstance(arguments, str | bytes) or not isinstance(arguments, Sequence):
            raise ProgrammingError("parameters must be a sequence or a mapping", sqlstate="07001")
        if any(isinstance(key, str) for key in self.keys):
            raise ProgrammingError(
                "the statement names its parameters, but a sequence was given",
                sqlstate="07001",
                hint="Pass a dict.",
            )
        wanted = max((int(k) + 1 for k in self.keys), default=0)
        if len(arguments) != wanted:
            raise ProgrammingError(
                f"the statement has {wanted} parameter(s), but {len(arguments)} were given",
                sqlstate="07001",
            )
        return tuple(arguments[int(key)] for key in self.keys)

    def _named(self, arguments: Mapping[str, object]) -> tuple[object, ...]:
        if any(isinstance(key, int) for key in self.keys):
            raise ProgrammingError(
                "the statement's parameters have no names, but a mapping was given",
                sqlstate="07001",
                hint="Pass a list or tuple, or write :name or %(name)s.",
            )
        missing = [k for k in self.keys if k not in arguments]
        if missing:
            raise ProgrammingError(f"no value for parameter {missing[0]!r}", sqlstate="07001")
        return tuple(arguments[str(key)] for key in self.keys)


def uniform(text: str, has_arguments: bool = True, backslash: bool = False) -> Placeholders:
    """Find the placeholders of a statement. Without arguments `%` is plain SQL (modulo).

    `backslash`: the dialect lets a backslash quote the next character in every string (MySQL).
    """
    token = _BACKSLASH if backslash else _STANDARD
    matches = [m for m in token.finditer(text) if _is_placeholder(m, has_arguments)]
    styles = {m.lastgroup for m in matches}
    if len(styles) > 1:
        raise ProgrammingError(
            "a statement cannot mix parameter styles",
            sqlstate="07001",
            position=matches[0].start() + 1,
            hint="Use one of ?, %s, %(name)s, :name or $1.",
        )
    undouble = bool(styles & {"format", "pyname"})
    replacements: list[tuple[int, int, str]] = []
    keys: dict[int | str, int] = {}
    for m in matches:
        number = keys.setdefault(_key(m, len(keys)), len(keys))
        replacements.append((m.start(), m.end(), f"{PREFIX}{number}"))
    if undouble:
        taken = [(start, end) for start, end, _ in replacements]
        replacements += [
            (m.start(), m.end(), "%")
            for m in re.finditer("%%", text)
            if not any(start <= m.start() < end for start, end in taken)
        ]
    return _replace(text, sorted(replacements), tuple(keys))


def _is_placeholder(m: re.Match[str], has_arguments: bool) -> bool:
    if m.lastgroup in ("format", "pyname"):
        return has_arguments
    return m.lastgroup not in ("skip", "tag", "percent", None)


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
    text: str, replacements: list[tuple[int, int, str]], keys: tuple[int | str, ...]
) -> Placeholders:
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
    return Placeholders("".join(pieces), keys, tuple(starts), tuple(shifts))
