from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

from sqlshim.__main__ import _parser
from sqlshim.repl.commands import COMMANDS
from sqlshim.repl.config import Settings
from sqlshim.repl.render import FORMATS

PAGE = (Path(__file__).parents[2] / "docs" / "repl.md").read_text(encoding="utf-8")


def test_every_command_is_documented() -> None:
    # the second name of help is enough: \h is there for fingers that know it
    assert [name for name in COMMANDS if f"{name}" not in PAGE and name != "\\h"] == []


def test_every_option_is_documented() -> None:
    options = set(re.findall(r"--[a-z][a-z-]+", _parser().format_help()))
    assert {option for option in options if f"`{option}" not in PAGE} == {
        "--command",
        "--file",
        "--help",
        "--output",
        "--version",
    }


def test_every_format_is_documented() -> None:
    assert [name for name in FORMATS if f"`{name}`" not in PAGE] == []


def test_the_configuration_shown_is_valid_and_whole() -> None:
    shown = PAGE.split("```toml\n")[1].split("```")[0]
    assert list(tomllib.loads(shown)) == [field.name for field in fields(Settings)]
