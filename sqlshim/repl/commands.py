"""The commands of the REPL (`.tables`, `\\dt`): a table from name to function.

A command takes the session and the rest of its line and may give back a text to print. Its first
docstring line is its help; TAKES in the decorator is shown behind its name. `dispatch` is what the
REPL and scripts call.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlshim.errors import ProgrammingError, nearest
from sqlshim.repl.config import EXPANDED
from sqlshim.repl.render import FORMATS
from sqlshim.repl.session import Quit, Session


class BadCommand(ProgrammingError):
    """A command that does not exist, or an argument it cannot use."""

    sqlstate = "42601"


Run = Callable[[Session, str], str | None]


@dataclass(frozen=True, slots=True)
class Command:
    names: tuple[str, ...]
    takes: str
    run: Run

    @property
    def help(self) -> str:
        return (self.run.__doc__ or "").strip().splitlines()[0]


COMMANDS: dict[str, Command] = {}


def command(*names: str, takes: str = "") -> Callable[[Run], Run]:
    def register(run: Run) -> Run:
        entry = Command(names, takes, run)
        COMMANDS.update(dict.fromkeys(names, entry))
        return run

    return register


def is_command(line: str) -> bool:
    """Whether `line`, at the beginning of a statement, is a command and not SQL."""
    word = line.strip()
    if word.startswith("."):
        return not word[1:2].isdigit()  # .5 is a number, though no statement begins so
    return word.startswith("\\") or word.rstrip(";").lower() in {"quit", "exit"}


def dispatch(session: Session, line: str) -> None:
    """Run the command in `line`; raises BadCommand, Quit, or what the command meets."""
    name, _, argument = line.strip().rstrip(";").partition(" ")
    if name.lower() in {"quit", "exit"}:
        raise Quit
    entry = COMMANDS.get(name)
    if entry is None:
        near = nearest(name, COMMANDS)
        hint = f"Did you mean {near[0]}?" if near else ".help lists the commands."
        raise BadCommand(f"there is no command {name}", hint=hint)
    said = entry.run(session, argument.strip())
    if said:
        session.say(said)


# --- the commands --------------------------------------------------------------------------


@command(".help", "\\?", "\\h", takes="[COMMAND]")
def help(session: Session, name: str) -> str:  # noqa: A001 - it is the command's name
    """List the commands, or explain one."""
    entries = list(dict.fromkeys(COMMANDS.values()))
    if name:
        entries = [entry for entry in entries if {name, f".{name}", f"\\{name}"} & {*entry.names}]
        if not entries:
            raise BadCommand(f"there is no command {name}", hint=".help lists the commands.")
    heads = [" ".join([", ".join(entry.names), entry.takes]).strip() for entry in entries]
    width = max(map(len, heads))
    lines = [f"{head:{width}}  {entry.help}" for head, entry in zip(heads, entries, strict=True)]
    return "\n".join(lines) if name else "\n".join([*lines, "", _KEYS])


_KEYS = """A statement ends with `;`. Ctrl-C cancels a running statement or clears the line,
Ctrl-D leaves, Alt-Enter sends the text as it is."""


@command(".tables", "\\dt", takes="[PATTERN]")
def tables(session: Session, pattern: str) -> None:
    """List the tables, or those whose name matches PATTERN (`*` and `?`)."""
    found = [name for name in session.ask(lambda c: c.tables()) if _matches(name, pattern)]
    session.show(["table"], [(name,) for name in found])


def _matches(name: str, pattern: str) -> bool:
    return not pattern or fnmatch.fnmatchcase(name.casefold(), pattern.casefold())


@command(".describe", "\\d", takes="TABLE")
def describe(session: Session, table: str) -> None:
    """Show the columns of TABLE with their types and keys; without TABLE, list the tables."""
    if not table:
        tables(session, "")
        return
    columns = session.ask(lambda c: c.columns(table))
    rows = [(name, kind, "yes" if null else "no", key) for name, kind, null, key in columns]
    session.show(["column", "type", "nullable", "key"], rows)


@command(".explain", takes="[SQL]")
def explain(session: Session, sql: str) -> None:
    """Show how SQL, or the last statement, would be answered and which part runs where."""
    text = sql or session.last
    if not text:
        raise BadCommand("there is no last statement to explain")
    session.execute(f"EXPLAIN {text}")
    session.last = text


@command(".format", takes="[NAME]")
def format(session: Session, name: str) -> str:  # noqa: A001
    """Show or choose how results are written: table, vertical, csv, tsv, json, ndjson, markdown."""
    if name:
        session.settings.format = _one_of(name, tuple(FORMATS), "format")
    return f"format is {session.settings.format}"


@command(".expanded", "\\x", takes="[auto|on|off]")
def expanded(session: Session, value: str) -> str:
    """Show rows vertically: always (on), never (off), where a table is too wide (auto)."""
    other = "off" if session.settings.expanded == "on" else "on"
    session.settings.expanded = _one_of(value or other, EXPANDED, "choice")
    return f"expanded is {session.settings.expanded}"


@command(".timing", "\\timing", takes="[on|off]")
def timing(session: Session, value: str) -> str:
    """Show how long statements take, or stop showing it."""
    session.settings.timing = _switch(value, session.settings.timing)
    return f"timing is {_on(session.settings.timing)}"


@command(".null", takes="[TEXT]")
def null(session: Session, text: str) -> str:
    """Write NULL as TEXT; without TEXT, as each format does by itself."""
    session.settings.null = text.strip("'\"") if text else None
    return f"null is {session.settings.null!r}" if text else "null is the format's own"


@command(".pager", takes="[on|off|PROGRAM]")
def pager(session: Session, value: str) -> str:
    """Send results longer than the terminal through a pager ($PAGER, or PROGRAM)."""
    settings = session.settings
    words = {"": not settings.pager, "on": True, "off": False}
    settings.pager = words.get(value, value)
    return f"pager is {settings.pager if isinstance(settings.pager, str) else _on(settings.pager)}"


@command(".pushdown", takes="[auto|always|never]")
def pushdown(session: Session, value: str) -> str:
    """Show or choose how much the store does: auto weighs it, always, never (it only reads)."""
    if value:
        chosen = _one_of(value, ("auto", "always", "never"), "choice")
        session.ask(lambda c: setattr(c, "pushdown", chosen))
    return f"pushdown is {session.ask(lambda c: str(c.pushdown))}"


@command(".output", "\\o", takes="[FILE]")
def output(session: Session, path: str) -> None:
    """Write results to FILE; without FILE, to the terminal again."""
    try:
        session.redirect(str(Path(path).expanduser()) if path else None)
    except OSError as error:
        raise BadCommand(f"cannot write {path}: {error.strerror}") from error


@command(".quit", "\\q")
def quit(session: Session, _: str) -> None:  # noqa: A001
    """Leave."""
    raise Quit


def _one_of(value: str, choices: Sequence[str], what: str) -> str:
    if value not in choices:
        raise BadCommand(f"{value!r} is no {what}", hint=f"Choose one of {', '.join(choices)}.")
    return value


def _switch(value: str, now: bool) -> bool:
    return not now if not value else _one_of(value, ("on", "off"), "choice") == "on"


def _on(value: bool) -> str:
    return "on" if value else "off"
