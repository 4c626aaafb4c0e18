"""A database of its own for each server test module: `database` is the plain driver's, `store` our
backend in it, `connect(...)` opens DB-API connections."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymongo
import pytest
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from pymongo.database import Database

import sqlshim
from conformance.servers import Credentials, Server, ServerUnavailable, mongod
from sqlshim.backends.mongo import open_store
from sqlshim.backends.protocol import Backend, Options

Document = dict[str, Any]
OWNER, READER = Credentials("owner", "0wner-Pa55"), Credentials("reader", "r3ader-Pa55")


@pytest.fixture(scope="module")
def uri(mongo_uri: str) -> str:
    return urlunsplit(urlsplit(mongo_uri)._replace(path=f"/test_{uuid.uuid4().hex[:12]}"))


@pytest.fixture(scope="module")
def database(uri: str) -> Iterator[Database[Document]]:
    codec: CodecOptions[Document] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)
    with pymongo.MongoClient[Document](uri) as client:
        name = urlsplit(uri).path.strip("/")
        yield client.get_database(name, codec_options=codec)
        client.drop_database(name)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    """A server of its own that lets in only who logs in: OWNER, and whom he lets."""
    try:
        with mongod(credentials=OWNER) as server:
            yield server
    except ServerUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def store(uri: str, database: Database[Document]) -> Iterator[Backend]:
    backend = open_store(uri, "", Options())
    yield backend
    backend.close()


@pytest.fixture
def connect(uri: str, database: Database[Document]) -> Iterator[Callable[..., Any]]:
    opened = []

    def open_connection(**options: Any) -> Any:
        opened.append(sqlshim.connect(uri, **{"pushdown": "always", "autocommit": True} | options))
        return opened[-1]

    yield open_connection
    for connection in opened:
        connection.close()
