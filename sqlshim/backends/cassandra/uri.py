"""`cassandra://user:pass@h1,h2:9042/keyspace?local_dc=…&consistency=…` into an `Address`.

Nothing is looked up or connected here; every mistake is an InterfaceError without the password.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlshim.errors import InterfaceError, nearest

DEFAULT_PORT = 9042
DEFAULT_CONSISTENCY = "LOCAL_QUORUM"
CONSISTENCIES = (
    "ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "LOCAL_ONE",
)  # fmt: skip
SERIAL_CONSISTENCIES = ("SERIAL", "LOCAL_SERIAL")
DEFAULT_PAGE = 5000
OPTIONS = (
    "local_dc", "consistency", "serial_consistency", "page_size", "request_timeout",
    "speculative_delay", "views", "ann", "tls", "tls_ca_file", "tls_cert_file", "tls_key_file",
)  # fmt: skip
EXAMPLE = "Write cassandra://user:password@host1,host2:9042/keyspace?local_dc=dc1."


@dataclass(frozen=True)
class Tls:
    """Encryption; the server's certificate and name are always verified. `ca_file` is trusted
    instead of the system's authorities, the other two say who we are."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


@dataclass(frozen=True)
class Address:
    """Where a keyspace is and as whom to go there."""

    hosts: tuple[tuple[str, int], ...]
    keyspace: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    local_dc: str | None = None
    consistency: str = DEFAULT_CONSISTENCY
    serial_consistency: str = "SERIAL"
    page_size: int = DEFAULT_PAGE
    request_timeout: float | None = None  # seconds of one request
    speculative_delay: float | None = None  # seconds until another node is asked too
    tls: Tls | None = None
    views: bool = False  # whether materialized views may answer for their tables
    ann: bool = False  # whether the nearest vectors may be looked for approximately


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
        consistency=_one_of(CONSISTENCIES, "consistency", options, DEFAULT_CONSISTENCY),
        serial_consistency=_one_of(SERIAL_CONSISTENCIES, "serial_consistency", options, "SERIAL"),
        page_size=int(_positive("page_size", options, whole=True) or DEFAULT_PAGE),
        request_timeout=_positive("request_timeout", options),
        speculative_delay=_positive("speculative_delay", options),
        tls=_tls(options),
        views=_flag("views", options),
        ann=_flag("ann", options),
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


def _one_of(words: tuple[str, ...], option: str, options: Mapping[str, str], default: str) -> str:
    word = options.get(option, default)
    if (name := word.upper()) not in words:
        near = nearest(name, words)
        raise InterfaceError(
            f"unknown {option.replace('_', ' ')} {word!r}",
            hint=f"Did you mean {near[0]}?" if near else f"Known are {', '.join(words)}.",
        )
    return name


def _positive(option: str, options: Mapping[str, str], *, whole: bool = False) -> float | None:
    """The option's number, None if it is not given."""
    if (word := options.get(option)) is None:
        return None
    try:
        number = float(int(word) if whole else float(word))
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        kind = "whole number above 0" if whole else "number of seconds above 0"
        raise InterfaceError(f"the option {option} is not a {kind}: {word!r}")
    return number


def _flag(option: str, options: Mapping[str, str]) -> bool:
    word = options.get(option, "false").lower()
    if word not in ("true", "false"):
        raise InterfaceError(f"the option {option} is true or false")
    return word == "true"


def _tls(options: Mapping[str, str]) -> Tls | None:
    files = {name: options.get(f"tls_{name}") for name in ("ca_file", "cert_file", "key_file")}
    wanted = options.get("tls", "true" if any(files.values()) else "false").lower()
    if wanted not in ("true", "false") or (wanted == "false" and any(files.values())):
        raise InterfaceError("the option tls is true, or false without any tls_ file")
    if files["key_file"] and not files["cert_file"]:
        raise InterfaceError("tls_key_file goes with a tls_cert_file")
    return Tls(**files) if wanted == "true" else None
