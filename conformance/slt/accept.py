"""Write an authority's answers into a case file (`--backend postgres --accept`).

Only the lines after `----` of queries that apply to the backend are replaced; a query without
`----` gets one. Review the difference by eye: the file is the contract, the authority a witness.
"""

from __future__ import annotations

from pathlib import Path

from conformance.backends import Adapter
from conformance.slt import parse
from conformance.slt.run import Session


def accept_file(path: Path, adapter: Adapter) -> int:
    """Rewrite `path`; returns how many expectations changed."""
    session = Session(adapter)
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    edits: list[tuple[int, int, list[str]]] = []
    for record in parse.parse_file(path):
        if isinstance(record, parse.Halt) and record.applies(adapter.names):
            break
        outcome = session.play(record)
        if isinstance(record, parse.Query) and outcome.rows is not None:
            start, end = _place(lines, record)
            edits.append((start, end, ["----", *outcome.rows]))
    changed = sum(lines[start:end] != new for start, end, new in edits)
    for start, end, new in reversed(edits):
        lines[start:end] = new
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return changed


def _place(lines: list[str], record: parse.Query) -> tuple[int, int]:
    """Where the record's expectation stands: from its `----` (or its end) to the blank line."""
    end = record.line
    while end < len(lines) and lines[end]:
        end += 1
    start = record.line
    while start < end and lines[start].strip() != "----":
        start += 1
    return start, end
