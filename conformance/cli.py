"""`python -m conformance --backend NAME [--pushdown MODE] [PATH …]`: run sqllogictest files.

Exit code 0 when all passed, 1 when something failed, 2 when the run could not be made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from conformance.backends import Adapter, Unavailable, backend_names, gaps_path, open_adapter
from conformance.slt.accept import accept_file
from conformance.slt.gaps import BadGaps, Gaps, read_gaps
from conformance.slt.parse import BadFile
from conformance.slt.report import describe, totals
from conformance.slt.run import Outcome, run_file

CASES = Path(__file__).parent / "cases"
PUSHDOWN = ("auto", "always", "never")


class _Stop(Exception):
    """--fail-fast saw a failure."""


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance",
        description="Run sqllogictest files on a store.",
        epilog="Other commands: servers, tpch, bench, fuzz (see their -h).",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files, directories")
    parser.add_argument("--backend", required=True, choices=backend_names())
    parser.add_argument("--pushdown", default="auto", choices=PUSHDOWN)
    parser.add_argument("--uri", help="a server that runs; default: the environment, or start one")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first failure")
    parser.add_argument("--verbose", action="store_true", help="a line a file")
    parser.add_argument("--accept", action="store_true", help="rewrite expectations (review them)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments().parse_args(argv)
    try:
        files = case_files(options.paths or [CASES])
        gaps = read_gaps(gaps_path(options.backend))
        adapter = open_adapter(options.backend, options.pushdown, options.uri)
    except (Unavailable, BadGaps, FileNotFoundError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    try:
        if options.accept:
            _accept(files, adapter)
        return _run(files, adapter, gaps, options)
    except (BadFile, Unavailable) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    finally:
        adapter.close()


def case_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and those below the directories named."""
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"no such file: {path}")
        files += sorted(path.rglob("*.test")) if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError("no *.test file there")
    return files


def _accept(files: Sequence[Path], adapter: Adapter) -> None:
    for path in files:
        print(f"{path}: {accept_file(path, adapter)} changed")


def _run(files: Sequence[Path], adapter: Adapter, gaps: Gaps, options: argparse.Namespace) -> int:
    outcomes: list[Outcome] = []
    try:
        for path in files:
            before = len(outcomes)
            run_file(path, adapter, gaps, partial(_seen, outcomes, options, path))
            if options.verbose:
                print(f"{path}: {totals(outcomes[before:]).splitlines()[-1]}", flush=True)
    except _Stop:
        pass
    print(totals(outcomes))
    return int(any(outcome.failed for outcome in outcomes))


def _seen(
    outcomes: list[Outcome], options: argparse.Namespace, path: Path, outcome: Outcome
) -> None:
    outcomes.append(outcome)
    if outcome.failed:
        print(describe(path, outcome), flush=True)
        if options.fail_fast:
            raise _Stop
