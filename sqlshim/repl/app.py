"""The REPL: prompt_toolkit asks, `script` runs what was typed.

`run_repl` opens a connection and talks until the user leaves; `loop` does so on a session that is
open already. Nothing here knows about stores.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer, ThreadedCompleter
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import AnyFormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.shortcuts import set_title
from prompt_toolkit.styles import BaseStyle, style_from_pygments_cls
from pygments.lexer import Lexer  # type: ignore[import-untyped]
from pygments.lexers.sql import (  # type: ignore[import-untyped]
    MySqlLexer,
    PostgresLexer,
    SqlLexer,
    TransactSqlLexer,
)
from pygments.styles import get_style_by_name  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

from sqlshim.repl.commands import is_command
from sqlshim.repl.complete import SqlCompleter
from sqlshim.repl.config import ConfigError, history_file, load
from sqlshim.repl.report import report
from sqlshim.repl.script import run_text
from sqlshim.repl.session import Quit, ReaderGone, Session, Stores, opened
from sqlshim.repl.split import is_complete

_LEXERS: dict[str, type[Lexer]] = {
    "mysql": MySqlLexer,
    "postgres": PostgresLexer,
    "duckdb": PostgresLexer,
    "redshift": PostgresLexer,
    "tsql": TransactSqlLexer,
}
_LONGEST_PROMPT = 40


def run_repl(uri: Stores, **connect_options: Any) -> int:
    """Open a connection and talk until the user leaves; the exit code."""
    try:
        with opened(uri, load(), **connect_options) as session:
            return loop(session)
    except ConfigError as wrong:
        sys.stderr.write(f"sqlshim: {wrong}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the border: no connection
        sys.stderr.write(report(error))
        return 1


def loop(session: Session) -> int:
    """Read and run until Ctrl-D or `.quit`; the exit code."""
    prompt = _prompt(session)
    set_title(f"sqlshim {session.label}")
    session.say(f"sqlshim on {session.label}. `.help` lists the commands, Ctrl-D leaves.")
    while True:
        try:
            text = prompt.prompt()
        except KeyboardInterrupt:  # it cleared the line
            continue
        except EOFError:
            return 0
        try:
            run_text(session, text)
        except Quit:
            return 0
        except ReaderGone:
            return 141
        except KeyboardInterrupt as interrupt:
            session.err.write(f"{str(interrupt) or 'cancelled'}\n")


def prompt_text(session: Session) -> str:
    """`mongodb://ann:***@h/shop> `, or only its end if that is long."""
    label = session.label
    short = label if len(label) <= _LONGEST_PROMPT else "…" + label[1 - _LONGEST_PROMPT :]
    return f"{short}> "


def ready(text: str, dialect: str) -> bool:
    """Whether Enter sends `text`: it is blank, a command, or ends with its semicolon."""
    return not text.strip() or is_command(text) or is_complete(text, dialect)


def _prompt(session: Session) -> PromptSession[str]:
    settings = session.settings
    text = prompt_text(session)

    def unfinished() -> bool:
        return not ready(prompt.default_buffer.text, session.dialect)

    def continuation(width: int, line_number: int, wrapped: int) -> AnyFormattedText:
        return " " * width if wrapped else "-> ".rjust(width)

    prompt: PromptSession[str] = PromptSession(
        text,
        multiline=Condition(unfinished),
        prompt_continuation=continuation,
        history=_history(session),
        auto_suggest=AutoSuggestFromHistory(),
        completer=_completer(session),
        lexer=PygmentsLexer(_LEXERS.get(session.dialect, SqlLexer)),
        style=_style(settings.style),
        editing_mode=EditingMode.VI if settings.vi else EditingMode.EMACS,
        enable_history_search=True,
    )
    return prompt


def _completer(session: Session) -> Completer | None:
    if not session.settings.completion:
        return None
    # asking a store for its tables takes time; the terminal must not wait for it
    return ThreadedCompleter(SqlCompleter(session))


def _history(session: Session) -> History:
    """The history in the user's state directory, readable only by them; else only in memory."""
    path = history_file()
    if not session.settings.history:
        return InMemoryHistory()
    try:
        _make_private(path)
    except OSError as error:
        session.err.write(f"no history: cannot write {path}: {error.strerror}\n")
        return InMemoryHistory()
    return FileHistory(str(path))


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)


def _style(name: str) -> BaseStyle | None:
    if name == "default":
        return None  # prompt_toolkit's own
    try:
        return style_from_pygments_cls(get_style_by_name(name))
    except ClassNotFound as error:
        raise ConfigError(f"there is no pygments style {name!r}") from error
