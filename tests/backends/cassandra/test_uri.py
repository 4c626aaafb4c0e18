"""Reading cassandra:// URIs."""

from __future__ import annotations

import pytest

from sqlshim.backends.cassandra.uri import Address, Tls, read_uri
from sqlshim.errors import InterfaceError


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("cassandra://h/ks", Address((("h", 9042),), "ks")),
        (
            "cassandra://h1,h2:9999/ks?local_dc=dc%201&consistency=one",
            Address((("h1", 9999), ("h2", 9999)), "ks", local_dc="dc 1", consistency="ONE"),
        ),
        (
            "cassandra://h/ks?serial_consistency=local_serial&page_size=100&request_timeout=2.5"
            "&speculative_delay=0.1&tls_ca_file=/x.pem",
            Address(
                (("h", 9042),),
                "ks",
                serial_consistency="LOCAL_SERIAL",
                page_size=100,
                request_timeout=2.5,
                speculative_delay=0.1,
                tls=Tls("/x.pem"),
            ),
        ),
        ("cassandra://h/ks?tls=true", Address((("h", 9042),), "ks", tls=Tls())),
        ("cassandra://h1:1,h2:2/ks", Address((("h1", 1), ("h2", 2)), "ks")),
        ("cassandra://[::1]:9043/ks", Address((("::1", 9043),), "ks")),
        ("cassandra://u%40x:p%2F%3A@h/K%20s", Address((("h", 9042),), "K s", "u@x", "p/:")),
    ],
)
def test_a_uri(uri: str, address: Address) -> None:
    assert read_uri(uri) == address


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("cassandra://h", "names one keyspace"),
        ("cassandra://h/a/b", "names one keyspace"),
        ("cassandra:///ks", "at least one host"),
        ("cassandra://h:port/ks", "'h:port' is not a host and a port"),
        ("cassandra://h:0/ks", "'h:0' is not a host and a port"),
        ("cassandra://h/ks?lokal_dc=x", "Did you mean 'local_dc'"),
        ("cassandra://h/ks?consistency=QUORUN", "Did you mean QUORUM"),
        ("cassandra://h/ks?serial_consistency=QUORUM", "unknown serial consistency"),
        ("cassandra://h/ks?page_size=1.5", "page_size is not a whole number"),
        ("cassandra://h/ks?page_size=0", "page_size is not a whole number"),
        ("cassandra://h/ks?request_timeout=soon", "request_timeout is not a number of seconds"),
        ("cassandra://h/ks?tls=maybe", "the option tls is true"),
        ("cassandra://h/ks?tls=false&tls_ca_file=x", "the option tls is true"),
        ("cassandra://h/ks?tls_key_file=x", "goes with a tls_cert_file"),
    ],
)
def test_a_wrong_uri(uri: str, message: str) -> None:
    with pytest.raises(InterfaceError, match=message):
        read_uri(uri)


def test_the_password_is_in_no_repr() -> None:
    assert "secret" not in repr(read_uri("cassandra://me:secret@h/ks"))


def test_the_password_is_in_no_message() -> None:
    with pytest.raises(InterfaceError) as caught:
        read_uri("cassandra://me:secret@h:x/ks")
    assert "secret" not in str(caught.value)
