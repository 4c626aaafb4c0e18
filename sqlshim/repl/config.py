"""What a user sets once: `config.toml` in the user's configuration directory, see docs/repl.md.

Every key is optional. An unknown key or a value of the wrong kind is a mistake to be told about,
not to be ignored. `SQLSHIM_CONFIG` names another file.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

import platformdirs

from sqlshim.errors import nearest
from sqlshim.repl.render import FORMATS

EXPANDED = ("auto", "on", "off")


class ConfigError(Exception):
    """The file cannot be used; the message names it and says why."""


@dataclass
class Settings:
    """How the session behaves; the commands of the REPL change it while it runs."""

    format: str = "table"
    null: str | None = None  # None: as the format has it
    header: bool = True
    expanded: str = "auto"
    timing: bool = True
    pager: bool | str = False
    history: bool = True
    completion: bool = True
    vi: bool = False
    style: str = "default"


def config_file() -> Path:
    named = os.environ.get("SQLSHIM_CONFIG")
    return Path(named) if named else platformdirs.user_config_path("sqlshim") / "config.toml"


def history_file() -> Path:
    return platformdirs.user_state_path("sqlshim") / "history"


def load(path: Path | None = None) -> Settings:
    """The settings in `path`, or the defaults if there is no such file."""
    path = path or config_file()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    for key, value in found.items():
        if wrong := _wrong(key, value):
            raise ConfigError(f"{path}: {wrong}")
    return Settings(**found)


def _wrong(key: str, value: object) -> str | None:
    """What is wrong with this line of the file, if anything."""
    kinds: dict[str, tuple[type, ...]] = {
        field.name: _KINDS.get(field.name, (type(field.default),)) for field in fields(Settings)
    }
    if key not in kinds:
        near = nearest(key, kinds)
        return f"unknown setting {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    if not isinstance(value, kinds[key]):
        return f"{key} must be {' or '.join(_SPOKEN[kind] for kind in kinds[key])}"
    if key in _CHOICES and value not in _CHOICES[key]:
        return f"{key} must be one of {', '.join(_CHOICES[key])}"
    return None


_KINDS: dict[str, tuple[type, ...]] = {"null": (str,), "pager": (bool, str)}
_SPOKEN: dict[type, str] = {bool: "true or false", str: "a text"}
_CHOICES = {"format": tuple(FORMATS), "expanded": EXPANDED}
