"""What goes wrong at the door: hosts, credentials, URIs. Each is the right PEP 249 class with a
SQLSTATE, in time, and no message has a password in it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

import sqlshim
from conformance.servers import Credentials, Server, ServerUnavailable, cassandra, mongod

SECRET = "s3cret-Pa55"
OWNER = Credentials("owner", "0wner-Pa55")


@pytest.fixture(scope="module", params=["mongo", "cassandra"])
def guarded(request: pytest.FixtureRequest) -> Iterator[Server]:
    start = mongod if request.param == "mongo" else cassandra
    try:
        with start(credentials=OWNER) as server:
            yield server
    except ServerUnavailable as error:
        pytest.skip(str(error))


def test_the_right_password_opens_the_door(guarded: Server) -> None:
    connection = sqlshim.connect(guarded.uri_as(OWNER))
    connection.execute("CREATE TABLE door (id INT PRIMARY KEY)")
    connection.execute("DROP TABLE door")
    assert OWNER.password not in repr(connection)
    connection.close()


@pytest.mark.parametrize("user", ["owner", "nobody"])
def test_a_wrong_password_is_an_authentication_error_without_the_password(
    guarded: Server, user: str
) -> None:
    with pytest.raises(sqlshim.OperationalError) as caught:
        sqlshim.connect(guarded.uri_as(Credentials(user, SECRET)))
    assert caught.value.sqlstate == "28P01"
    assert SECRET not in "".join(map(str, _chain(caught.value)))


def test_no_credentials_at_all_are_refused_with_a_cure(guarded: Server) -> None:
    with pytest.raises(sqlshim.DatabaseError) as caught:
        sqlshim.connect(guarded.uri_as(None)).execute("CREATE TABLE door (id INT PRIMARY KEY)")
    assert caught.value.sqlstate in ("28P01", "42501")
    assert caught.value.hint


@pytest.mark.parametrize("scheme", ["mongodb", "cassandra"])
@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid:9"])
def test_an_unknown_host_fails_within_the_connect_timeout(scheme: str, host: str) -> None:
    started = time.monotonic()
    with pytest.raises(sqlshim.OperationalError) as caught:
        sqlshim.connect(f"{scheme}://someone:{SECRET}@{host}/db", connect_timeout=3)
    assert caught.value.sqlstate == "08001"
    assert time.monotonic() - started < 10  # a name server may take its time
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("nonsense", "not a URI"),
        ("mongo://h/db", "no backend serves mongo://"),
        ("mongodb://h:27017/", "names no database"),
        ("cassandra://h/", "names one keyspace"),
        ("cassandra://h/ks?consistancy=ONE", "consistancy"),
    ],
)
def test_a_malformed_uri_is_an_interface_error_that_says_how(uri: str, complaint: str) -> None:
    with pytest.raises(sqlshim.InterfaceError, match=complaint) as caught:
        sqlshim.connect(uri)
    assert caught.value.hint


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ if error.__suppress_context__ else error.__context__
