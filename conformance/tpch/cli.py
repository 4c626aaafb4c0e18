"""`python -m conformance tpch load|check|indexes`: TPC-H data into a store, its queries checked,
and the indexes of its foreign keys dropped or made again (MongoDB).

Exit code 0 when all passed, 1 when a query failed, 2 when nothing could be run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.backends import Unavailable
from conformance.tpch import load_mongo
from conformance.tpch.check import ORDER_KEYS, Checked, check
from conformance.tpch.data import NoGenerator, parquet_dir
from conformance.tpch.load import DATABASE, load

BACKENDS = ("duckdb", "mongo", "cassandra")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance tpch", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    loading = commands.add_parser("load", help="put the data into a store")
    checking = commands.add_parser("check", help="run the queries and compare with DuckDB")
    for command in (loading, checking):
        command.add_argument("--backend", required=True, choices=BACKENDS)
        command.add_argument("--uri", required=command is loading, help="where the tables are")
        command.add_argument("-s", "--scale", type=float, default=0.01, help="scale factor")
    indexing = commands.add_parser("indexes", help="of foreign keys, in MongoDB")
    indexing.add_argument("what", choices=("drop", "create"))
    indexing.add_argument("--uri", required=True, help="where the tables are")
    checking.add_argument("queries", nargs="*", metavar="qNN", help="default: all 22")
    checking.add_argument("--pushdown", default="auto", choices=("auto", "always", "never"))
    checking.add_argument("--load", action="store_true", help="load the data first")
    checking.add_argument(
        "--one-pipeline", action="store_true", help="fail unless EXPLAIN shows one native query"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    parser = arguments()
    options = parser.parse_args(argv)
    names = getattr(options, "queries", None) or list(ORDER_KEYS)
    if unknown := set(names) - set(ORDER_KEYS):
        parser.error(f"no such query: {', '.join(sorted(unknown))}")
    try:
        if options.command == "indexes":
            load_mongo.foreign_key_indexes(options.uri, options.what == "create")
            return 0
        if options.command == "load":
            load(options.backend, options.uri, options.scale)
            return 0
        with _store(options.backend, options.uri) as uri:
            if options.load or options.uri is None:
                load(options.backend, uri, options.scale)
            return _check(uri, names, options)
    except (Unavailable, NoGenerator) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2


@contextmanager
def _store(backend: str, uri: str | None) -> Iterator[str]:
    """The URI given, or an empty place to load into: a directory, or a database of a server."""
    if uri is not None:
        yield uri
    elif backend == "duckdb":
        with TemporaryDirectory() as directory:
            yield Path(directory).as_uri()
    else:
        with _server(backend) as started:
            yield started


@contextmanager
def _server(backend: str) -> Iterator[str]:
    from conformance.backends import cassandra, mongo
    from conformance.backends._servers import server_uri

    if backend == "mongo":
        uri, stop = server_uri("mongo", None)
        place = mongo.with_database(uri, DATABASE)
    else:
        uri, stop = server_uri("cassandra", None)
        place = cassandra.with_keyspace(uri, DATABASE)
    try:
        yield place
    finally:
        stop()


def _check(uri: str, names: Sequence[str], options: argparse.Namespace) -> int:
    directory = parquet_dir(options.scale)
    outcomes: list[Checked] = []
    for outcome in check(
        uri, options.pushdown, names, options.scale, directory, options.one_pipeline
    ):
        print(outcome, flush=True)
        outcomes.append(outcome)
    kinds = [outcome.kind for outcome in outcomes]
    failed = kinds.count("failed") + kinds.count("refused")
    print(f"wrong answers and errors {kinds.count('failed')}, refusals {kinds.count('refused')}")
    print(f"{kinds.count('passed')} passed, {failed} failed, 0 skipped")
    return int(failed > 0)
