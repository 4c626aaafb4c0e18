"""Servers by hand: `python -m conformance servers up|run|down|status|fetch`.

`up` prints the URIs and stays until Ctrl-C or SIGTERM; with `--detach` a keeper process stays
instead, and `down` ends it. `run` starts servers, runs a command with their URIs in its
environment, and stops them. `fetch` only brings here what the servers are made of.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from . import fetch, state
from .cassandra import cassandra
from .errors import ServerFailed, ServerUnavailable
from .homes import cache_dir, sweep
from .mongo import mongod
from .server import KINDS, Credentials, Kind, Server
from .wanted import VARIABLES

_DETACH_SECONDS = 900  # a first start downloads


class _Usage(Exception):
    """The command line asks for something there is not."""


def main(argv: list[str]) -> int:
    """Run one subcommand; 0 is success, 1 a server's failure, 2 wrong usage."""
    words, command = argv, []
    if "--" in argv:  # `run KIND … -- COMMAND …`: argparse would take the command for kinds
        split = argv.index("--")
        words, command = argv[:split], argv[split + 1 :]
    args = _parser().parse_args(words)
    args.command = command
    try:
        return int(args.run(args))
    except _Usage as error:
        print(error, file=sys.stderr)
        return 2
    except (ServerFailed, ServerUnavailable) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance servers", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    up = command("up", _up, "start servers, print their URIs, stay until stopped")
    run = command("run", _run, "start servers, run a command with their URIs set, stop them")
    for sub in (up, run):
        sub.add_argument("kinds", nargs="*", metavar="mongo|cassandra", help="default: both")
        sub.add_argument("--nodes", type=int, choices=(1, 3), default=1, help="nodes of each")
        sub.add_argument("--auth", action="store_true", help="servers that want a password")
        sub.add_argument("--test-commands", action="store_true", help="MongoDB's fail points")
        sub.add_argument(
            "--cassandra-version",
            metavar="V",
            default=fetch.CASSANDRA_VERSION,
            help="a release from 4.0 on (default: %(default)s)",
        )
    up.add_argument("--detach", action="store_true", help="return; `down` stops them")
    down = command("down", _down, "stop detached servers")
    status = command("status", _status, "show detached servers")
    for sub in (up, down, status):
        sub.add_argument("--state", type=Path, help="the keeper's note (default: in the cache)")
    fetching = command("fetch", _fetch, "bring here what the servers are made of")
    fetching.add_argument("kinds", nargs="*", metavar="mongo|cassandra", help="default: both")
    return parser


def _kinds(args: argparse.Namespace) -> list[Kind]:
    unknown = [word for word in args.kinds if word not in KINDS]
    if unknown:
        raise _Usage(f"unknown server {unknown[0]!r}: say mongo or cassandra")
    kinds = [kind for kind in KINDS if kind in args.kinds or not args.kinds]
    if "cassandra" in kinds and getattr(args, "auth", False) and args.nodes > 1:
        raise _Usage("a Cassandra that wants a password has a single node here")
    return kinds


@contextmanager
def _servers(args: argparse.Namespace) -> Iterator[list[Server]]:
    who = Credentials() if args.auth else None
    with ExitStack() as stack:
        started = []
        for kind in _kinds(args):
            if kind == "mongo":
                one = mongod(args.nodes, credentials=who, test_commands=args.test_commands)
            else:
                one = cassandra(args.nodes, credentials=who, version=args.cassandra_version)
            started.append(stack.enter_context(one))
        yield started


def _export(kind: str, uri: str) -> str:
    variable = next(name for known, name in VARIABLES.items() if known == kind)
    return f"export {variable}={shlex.quote(uri)}"


def _show(notes: Sequence[state.Note]) -> None:
    for note in notes:
        print(f"# {note.about}, process {', '.join(map(str, note.pids))}")
        print(_export(note.kind, note.uri), flush=True)


# --- up, down, status ------------------------------------------------------------------------


def _up(args: argparse.Namespace) -> int:
    path = args.state or state.default_path()
    if args.detach:
        return _detach(args, path)
    signal.signal(signal.SIGTERM, _end)
    try:
        with _servers(args) as servers:
            if args.state is not None:
                state.write(path, servers)
            for server in servers:
                pids = ", ".join(map(str, server.pids))
                print(f"# {server}, process {pids}\n{_export(server.kind, server.uri)}", flush=True)
            print("# running until Ctrl-C or SIGTERM", flush=True)
            while True:
                signal.pause()
    except (KeyboardInterrupt, _Ended):
        return 0
    finally:
        found = state.read(path)
        if found is not None and found.keeper == os.getpid():
            path.unlink(missing_ok=True)


class _Ended(BaseException):
    """SIGTERM, as an exception that unwinds the context managers."""


def _end(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Ended


def _detach(args: argparse.Namespace, path: Path) -> int:
    found = state.read(path)
    if found is not None and found.alive:
        print("# running already; `servers down` stops them")
        _show(found.servers)
        return 0
    _kinds(args)
    path.unlink(missing_ok=True)
    command = [sys.executable, "-m", "conformance.servers", "up", *args.kinds]
    command += ["--state", str(path), "--nodes", str(args.nodes)]
    command += ["--cassandra-version", args.cassandra_version]
    command += ["--auth"] * args.auth + ["--test-commands"] * args.test_commands
    log = cache_dir() / "keeper.log"
    with log.open("wb") as out:
        keeper = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
    deadline = time.monotonic() + _DETACH_SECONDS
    while (found := state.read(path)) is None:
        if keeper.poll() is not None or time.monotonic() > deadline:
            keeper.kill()
            raise ServerFailed(f"the servers did not start:\n{log.read_text()}")
        time.sleep(0.1)
    keeper.returncode = 0  # it outlives us on purpose: no warning about that
    _show(found.servers)
    return 0


def _down(args: argparse.Namespace) -> int:
    path = args.state or state.default_path()
    found = state.read(path)
    if found is None:
        print("# nothing runs")
        return 0
    if found.alive:
        os.kill(found.keeper, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while found.alive and time.monotonic() < deadline:
        time.sleep(0.1)
    if found.alive:
        os.kill(found.keeper, signal.SIGKILL)
        time.sleep(0.5)
    sweep()  # a keeper that could not clean up left its servers to us
    path.unlink(missing_ok=True)
    print(f"# stopped {', '.join(note.about for note in found.servers)}")
    return 0


def _status(args: argparse.Namespace) -> int:
    found = state.read(args.state or state.default_path())
    if found is None or not found.alive:
        print("# nothing runs")
        return 0
    _show(found.servers)
    return 0


# --- run, fetch ------------------------------------------------------------------------------


def _run(args: argparse.Namespace) -> int:
    if not args.command:
        print("usage: servers run [KIND …] -- COMMAND …", file=sys.stderr)
        return 2
    with _servers(args) as servers:
        uris = {VARIABLES[server.kind]: server.uri for server in servers}
        for server in servers:
            print(f"# {server}", flush=True)
        return subprocess.run(args.command, env={**os.environ, **uris}, check=False).returncode


def _fetch(args: argparse.Namespace) -> int:
    for kind in _kinds(args):
        if kind == "mongo":
            fetch.mongod_binary()
        else:
            fetch.cassandra_jars()
            fetch.java()
    return 0
