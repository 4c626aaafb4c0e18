"""Where servers live: the download cache, a directory per server, and free ports.

Downloads are kept in the user's cache (or `SQLSHIM_CACHE`). A server's data stands in a directory
of its own under the system's temporary directory, which names the process that owns it: so a
later run can tell what a killed one left behind, stop it and remove it (`sweep`).
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import platformdirs

OWNER = "owner.pid"
SERVER = "server.pid"

# Below Linux's range for outgoing connections, so that no client takes a port between our look
# at it and the server's bind.
_PORTS = range(15_000, 32_000)


def cache_dir() -> Path:
    """Where downloads are kept between runs."""
    chosen = os.environ.get("SQLSHIM_CACHE")
    path = Path(chosen) if chosen else platformdirs.user_cache_path("sqlshim-servers")
    path.mkdir(parents=True, exist_ok=True)
    return path


def homes_dir() -> Path:
    """The directory that holds a directory for every running server of this user."""
    path = Path(tempfile.gettempdir()) / f"sqlshim-servers-{os.getuid()}"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def new_home(name: str) -> Path:
    """A fresh directory for one server, marked as ours."""
    home = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=homes_dir()))
    (home / OWNER).write_text(str(os.getpid()))
    return home


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists and has not merely left its exit status behind."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _ps(pid, "stat").startswith("Z")


def _ps(pid: int, field: str) -> str:
    asked = ["ps", "-ww", "-p", str(pid), "-o", f"{field}="]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:  # a container without procps
        return _proc_command(pid) if field == "command" else ""


def command_of(pid: int) -> str:
    """The command line a process runs, or nothing when there is none."""
    return _ps(pid, "command")


def _proc_command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _read_pid(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def kill_server(home: Path) -> None:
    """Kill the server of `home`, if its recorded process is still that server, and clean up.

    A process id may have been given to another program since: the command must name `home`.
    """
    pid = _read_pid(home / SERVER)
    if pid is not None and str(home) in command_of(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(home, ignore_errors=True)


def sweep() -> list[Path]:
    """Stop and remove what owners that no longer live left behind."""
    left = []
    for home in homes_dir().iterdir():
        owner = _read_pid(home / OWNER)
        if owner is not None and not is_alive(owner):
            kill_server(home)
            left.append(home)
    return left


def free_ports(count: int, hosts: Sequence[str] = ("127.0.0.1",)) -> list[int]:
    """`count` different ports on which nobody listens on any of `hosts`."""
    found: list[int] = []
    candidates = random.SystemRandom().sample(_PORTS, 500)
    for port in candidates:
        if all(_is_free(host, port) for host in hosts):
            found.append(port)
            if len(found) == count:
                return found
    raise OSError(f"no {count} free ports between {_PORTS.start} and {_PORTS.stop}")


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
