"""CREATE TABLE where a collection cannot be made, or the server goes away before it has keys."""

from __future__ import annotations

from typing import Any, NoReturn, cast

import pytest
from pymongo.errors import AutoReconnect, CollectionInvalid, OperationFailure, PyMongoError

from sqlshim.backends.mongo.write import create_table
from sqlshim.backends.protocol import ColumnDefinition, TableDefinition
from sqlshim.errors import OperationalError, TableExists
from sqlshim.types import INTEGER

TABLE = TableDefinition("t", (ColumnDefinition("id", INTEGER.with_null(False)),), ("id",))


class Server:
    """A driver's database, and its collections, whose server answers as is told."""

    def __init__(self, created: PyMongoError | None) -> None:
        self._created = created

    def create_collection(self, name: str, **options: object) -> None:
        if self._created is not None:
            raise self._created

    def __getitem__(self, name: str) -> Server:
        return self

    def create_index(self, keys: object, **options: object) -> NoReturn:
        raise AutoReconnect("connection closed")

    def drop_collection(self, name: str) -> NoReturn:
        raise AutoReconnect("connection refused")


@pytest.mark.parametrize(
    "error",
    [CollectionInvalid("collection t already exists"), OperationFailure("exists", code=48)],
    ids=["the driver finds it", "another client was faster"],
)
def test_a_collection_that_is_there_is_an_existing_table(error: PyMongoError) -> None:
    with pytest.raises(TableExists):
        create_table(cast("Any", Server(error)), TABLE)


def test_any_other_refusal_is_told_as_it_is() -> None:
    with pytest.raises(OperationalError, match="no space left"):
        create_table(cast("Any", Server(OperationFailure("no space left", code=14031))), TABLE)


def test_the_error_is_the_first_one_if_dropping_fails_as_well() -> None:
    with pytest.raises(OperationalError, match="connection closed") as caught:
        create_table(cast("Any", Server(None)), TABLE)
    assert caught.value.sqlstate == "08006"
    assert caught.value.__notes__ == ["The new collection 't' was not dropped: connection refused"]
