"""The note a detached keeper leaves: which servers run, where, and which processes they are.

One JSON file, in the cache directory unless `--state` says otherwise. It holds URIs, so it is
readable by its owner only.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from .homes import cache_dir, command_of, is_alive
from .server import Server


@dataclass(frozen=True)
class Note:
    """What a keeper says about one of its servers."""

    kind: str
    about: str
    uri: str
    pids: list[int]


@dataclass(frozen=True)
class State:
    """A keeper process and its servers."""

    keeper: int
    servers: list[Note]

    @property
    def alive(self) -> bool:
        """Whether the keeper lives: its process id may be another program's by now."""
        return is_alive(self.keeper) and "conformance" in command_of(self.keeper)


def default_path() -> Path:
    return cache_dir() / "running.json"


def write(path: Path, servers: list[Server]) -> None:
    """Note `servers` down as kept by this process; the file appears whole or not at all."""
    notes = [Note(server.kind, str(server), server.uri, server.pids) for server in servers]
    scratch = path.with_suffix(f".{os.getpid()}")
    scratch.touch(mode=0o600)
    scratch.write_text(json.dumps(asdict(State(os.getpid(), notes)), indent=1))
    scratch.replace(path)


def read(path: Path) -> State | None:
    """The note at `path`, or None when there is none."""
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return State(found["keeper"], [Note(**note) for note in found["servers"]])
