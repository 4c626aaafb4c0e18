"""The known gaps of a backend: records that fail for a stated reason, from `<name>.gaps.toml`.

    [[gap]]
    file = "joins/inner.test"         # the end of the case file's path
    sql = "SELECT …"                  # the record's SQL; white space does not matter
    kind = "ours"                     # ours | theirs | never
    reason = "why, in a sentence"
    pushdown = ["always"]             # optional; all modes without it

The list is strict: a gap that starts to pass, or that no record answers to, fails the run.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("ours", "theirs", "never")
KEYS = {"file", "sql", "kind", "reason", "pushdown"}


class BadGaps(Exception):
    """The list of gaps is malformed; the message says where."""


@dataclass(frozen=True)
class Gap:
    file: str
    sql: str
    kind: str
    reason: str
    pushdown: tuple[str, ...] = ()

    def applies(self, pushdown: str) -> bool:
        return not self.pushdown or pushdown in self.pushdown

    def is_about(self, sql: str) -> bool:
        return self.sql.split() == sql.split()


@dataclass(frozen=True)
class Gaps:
    gaps: tuple[Gap, ...]

    def of_file(self, path: Path) -> list[Gap]:
        ending = path.resolve().as_posix()
        return [gap for gap in self.gaps if ending.endswith("/" + gap.file)]


def read_gaps(path: Path) -> Gaps:
    """The gaps in a file; no file means no gaps."""
    if not path.exists():
        return Gaps(())
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("gap", [])
    return Gaps(tuple(_gap(path.name, entry) for entry in entries))


def _gap(name: str, entry: dict[str, Any]) -> Gap:
    if wrong := set(entry) - KEYS:
        raise BadGaps(f"{name}: unknown keys {sorted(wrong)}")
    for key in ("file", "sql", "kind", "reason"):
        if not str(entry.get(key, "")).strip():
            raise BadGaps(f"{name}: a gap needs {key!r}: {entry}")
    if entry["kind"] not in KINDS:
        raise BadGaps(f"{name}: kind is one of {', '.join(KINDS)}, not {entry['kind']!r}")
    modes = tuple(entry.get("pushdown", ()))
    return Gap(entry["file"], entry["sql"], entry["kind"], entry["reason"], modes)
