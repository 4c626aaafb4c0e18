"""Sends a result longer than the terminal through a pager; a short one goes straight out."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable
from itertools import chain

_DEFAULT = "less -FRSX"


def command(setting: bool | str) -> str | None:
    """The pager to use for the configured value: False none, True $PAGER or less, or a command."""
    if not setting:
        return None
    return setting if isinstance(setting, str) else os.environ.get("PAGER") or _DEFAULT


def page(pieces: Iterable[str], pager: str, write: Callable[[str], None]) -> None:
    """Write the pieces if they fit the terminal, otherwise start the pager and feed it."""
    height = shutil.get_terminal_size().lines - 3  # room for the prompt and the footer
    held: list[str] = []
    lines = 0
    rest = iter(pieces)
    for piece in rest:
        held.append(piece)
        lines += piece.count("\n")
        if lines > height:
            _feed(chain(held, rest), pager)
            return
    write("".join(held))


def _feed(pieces: Iterable[str], pager: str) -> None:
    with subprocess.Popen(shlex.split(pager), stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        try:
            for piece in pieces:
                process.stdin.write(piece)
            process.stdin.close()
        except BrokenPipeError:  # the reader has seen enough
            pass
