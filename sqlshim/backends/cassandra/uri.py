"""`cassandra://user:pass@h1,h2:9042/keyspace?local_dc=…&consistency=…` into an `Address`.

Nothing is looked up or connected here; every mistake is an InterfaceError without the password.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlshim.errors import InterfaceError, nearest

DEFAULT_PORT = 9042
DEFAULT_CONSISTENCY = "LOCAL_QUORUM"
CONSISTENCIES = (
    "ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "LOCAL_ONE",
)  # fmt: skip
OPTIONS = ("local_dc", "consistency")
EXAMPLE = "Write cassandra://user:password@host1,host2:9042/keyspace?local_dc=dc1."


@dataclass(frozen=True)
class Address:
    """Where a keyspace is and as whom to go there."""

    hosts: tuple[tuple[str, int], ...]
    keyspace: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    local_dc: str | None = None
    consistency: str = DEFAULT_CONSISTENCY


def read_uri(uri: str) -> Address:
    """The parts of a URI, percent-decoded and checked."""
    parts = urlsplit(uri)
    login, _, places = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    keyspace = unquote(parts.path.removeprefix("/"))
    if not keyspace or "/" in keyspace:
        raise InterfaceError("a cassandra:// URI names one keyspace", hint=EXAMPLE)
    options = _options(parts.query)
    return Address(
        hosts=_hosts(places),
        keyspace=keyspace,
        user=unquote(user) or None,
        password=unquote(password) if colon else None,
        local_dc=options.get("local_dc"),
        consistency=_consistency(options.get("consistency", DEFAULT_CONSISTENCY)),
    )


def _hosts(places: str) -> tuple[tuple[str, int], ...]:
    """The contact points; a port written once, at the last host, holds for all without one."""
    found = [_host(place) for place in places.split(",") if place]
    if not found:
        raise InterfaceError("a cassandra:// URI names at least one host", hint=EXAMPLE)
    default = found[-1][1] or DEFAULT_PORT
    return tuple((host, port or default) for host, port in found)


def _host(place: str) -> tuple[str, int | None]:
    if place.startswith("["):  # an IPv6 address
        host, _, rest = place[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, _, port = place.partition(":")
    if not host or (port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536)):
        raise InterfaceError(f"{place!r} is not a host and a port", hint=EXAMPLE)
    return unquote(host), int(port) if port else None


def _options(query: str) -> Mapping[str, str]:
    found = dict(parse_qsl(query, keep_blank_values=True))
    for name in found:
        if name not in OPTIONS:
            near = nearest(name, OPTIONS)
            meant = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(OPTIONS)}."
            raise InterfaceError(f"unknown option {name!r} in a cassandra:// URI", hint=meant)
    return found


def _consistency(word: str) -> str:
    name = word.upper()
    if name not in CONSISTENCIES:
        near = nearest(name, CONSISTENCIES)
        raise InterfaceError(
            f"unknown consistency {word!r}",
            hint=f"Did you mean {near[0]}?" if near else f"Known are {', '.join(CONSISTENCIES)}.",
        )
    return name
