"""Outcomes in, text out: each failure bounded, and the totals as the last line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from conformance.slt.run import FAILED, Kind, Outcome

MOST_LINES = 20
MOST_CHARACTERS = 200


def describe(path: Path, outcome: Outcome) -> str:
    """One failure: where, the SQL, what was expected and what came."""
    lines = [f"{path}:{outcome.record.line}: {outcome.kind}"]
    lines += _bounded(outcome.record.sql.splitlines(), "    ")
    lines += ["  expected:", *_bounded(outcome.expected, "    ")]
    lines += ["  got:", *_bounded(outcome.got, "    ")]
    return "\n".join(lines)


def _bounded(lines: Sequence[str], indent: str) -> list[str]:
    shown = [indent + _cut(line) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(f"{indent}… and {len(lines) - MOST_LINES} more lines")
    return shown


def _cut(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else line[:MOST_CHARACTERS] + "…"


def totals(outcomes: Sequence[Outcome]) -> str:
    """The two closing lines; a known gap counts as skipped."""
    count: Counter[Kind] = Counter(outcome.kind for outcome in outcomes)
    failed = sum(count[kind] for kind in FAILED)
    apart = (
        f"wrong answers {count['wrong']}, errors {count['error']}, "
        f"refusals {count['refused']}, known gaps {count['gap']}"
    )
    skipped = count["skipped"] + count["gap"]
    return f"{apart}\n{count['passed']} passed, {failed} failed, {skipped} skipped"
