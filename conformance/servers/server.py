"""What a started server shows to tests, conformance and benchmarks.

`Server` is a running store of either kind: its URI, its version, and its nodes as processes that
a failover test may kill, pause and start again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from .process import Process

Kind = Literal["mongo", "cassandra"]
KINDS: tuple[Kind, ...] = ("mongo", "cassandra")

DATABASE = "sqlshim_test"


@dataclass(frozen=True)
class Credentials:
    """A user that an auth-enabled server knows."""

    user: str = "sqlshim"
    password: str = field(default="tell-nobody", repr=False)


@dataclass
class Server:
    """A store that answers.

    `nodes` is empty when the server was not started here. `credentials` is None when it lets
    everybody in. `restart(i)` starts a killed node again and waits until it serves.
    """

    kind: Kind
    version: str
    hosts: str
    options: str
    nodes: tuple[Process, ...] = ()
    credentials: Credentials | None = None
    restart: Callable[[int], None] = field(default=lambda _node: None, repr=False)
    given_uri: str | None = field(default=None, repr=False)

    @property
    def uri(self) -> str:
        """The URI for `sqlshim.connect`, with the right credentials if it needs some."""
        if self.given_uri is not None:
            return self.given_uri
        return self.uri_as(self.credentials)

    def uri_as(self, who: Credentials | None) -> str:
        """The same URI for another user, or for nobody."""
        scheme = "mongodb" if self.kind == "mongo" else "cassandra"
        at = f"{quote(who.user)}:{quote(who.password)}@" if who else ""
        source = "&authSource=admin" if who and self.kind == "mongo" else ""
        return f"{scheme}://{at}{self.hosts}/{DATABASE}?{self.options}{source}"

    @property
    def pids(self) -> list[int]:
        """The ids of the processes started here that still run."""
        return [node.pid for node in self.nodes if node.pid is not None]

    def __str__(self) -> str:
        name = "MongoDB" if self.kind == "mongo" else "Cassandra"
        count = f", {len(self.nodes)} nodes" if len(self.nodes) > 1 else ""
        return f"{name} {self.version}{count}"
