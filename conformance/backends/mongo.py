"""MongoDB: each file gets a fresh database, dropped afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymongo
from pymongo.errors import PyMongoError

from conformance.backends import Adapter, Connection, Unavailable
from conformance.backends._servers import server_uri
from conformance.backends._sqlshim import Store
from sqlshim.errors import without_secrets


def with_database(uri: str, database: str) -> str:
    """`uri` with its database replaced; the old one stays the place to authenticate."""
    parts = urlsplit(uri)
    old = parts.path.strip("/")
    query = parts.query
    if old and parts.username and "authSource=" not in query:
        query = f"{query}&authSource={old}".lstrip("&")
    return urlunsplit(parts._replace(path=f"/{database}", query=query))


class Mongo(Store):
    def __init__(self, pushdown: str, uri: str, stop: Callable[[], None]) -> None:
        super().__init__("mongo", pushdown)
        self._uri = uri
        self._stop = stop
        self._client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            uri, serverSelectionTimeoutMS=10_000
        )
        try:
            self._client.admin.command("ping")
        except PyMongoError as error:
            raise Unavailable(without_secrets(f"no MongoDB there: {error}")) from error
        self._database: str | None = None

    def fresh(self) -> Connection:
        self._drop()
        self._database = f"slt_{uuid.uuid4().hex[:12]}"
        return self._open(with_database(self._uri, self._database))

    def close(self) -> None:
        self._drop()
        self._client.close()
        self._stop()

    def _drop(self) -> None:
        self._hang_up()
        if self._database is not None:
            self._client.drop_database(self._database)
            self._database = None


def open(pushdown: str, uri: str | None) -> Adapter:
    return Mongo(pushdown, *server_uri("mongo", uri))
