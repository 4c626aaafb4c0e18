"""A compiled query on its way: the command, its replies, and rows or batches made of them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import bson
import pymongo
from pymongo.collection import Collection
from pymongo.database import Database

from sqlshim.backends.arrow import RowStream, batch_of, rows_of
from sqlshim.backends.mongo.errors import is_about_hint, translating
from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.key_hints import Hint
from sqlshim.backends.mongo.native import MongoQuery
from sqlshim.backends.mongo.stages.find import as_find
from sqlshim.backends.mongo.values.decode import Row
from sqlshim.backends.mongo.values.replies import Replies, Reply, interrupted_by
from sqlshim.backends.protocol import RunContext, Stream
from sqlshim.errors import Error

if TYPE_CHECKING:
    import pyarrow as pa

Document = dict[str, Any]
FEW_BYTES = 20_000  # a reply up to this is quicker decoded a document at a time
_process = uuid.uuid4().hex[:12]
_numbers = itertools.count(1)


def open_query(
    collection: Collection[Document],
    query: MongoQuery,
    params: Sequence[object],
    context: RunContext,
) -> Stream:
    """Start the query; rows are fetched a reply at a time."""
    hint = query.hint(params)
    try:
        return _opened(collection, query, params, hint, context)
    except Error as error:
        if hint is None or not is_about_hint(error):
            raise
        return _opened(collection, query, params, None, context)  # the index is no longer there


def _opened(
    collection: Collection[Document],
    query: MongoQuery,
    params: Sequence[object],
    hint: Hint | None,
    context: RunContext,
) -> Stream:
    comment = f"sqlshim {_process} {next(_numbers)}"
    cancel = _killer(collection.database, comment)
    options: dict[str, Any] = {"batch_size": context.batch_rows, "comment": comment}
    if hint is not None:
        options["hint"] = hint
    cursor, in_bytes = _sent(collection, query, params, options, context, cancel)
    fetch = partial(next, cursor, b"") if in_bytes else partial(cursor.to_list, context.batch_rows)
    replies = Replies(cursor, fetch, cancel, context)
    only = None if in_bytes else replies.only()
    if isinstance(only, list):
        return RowStream(query.columns, (query.decoder.rows(query.to_rows(only)),))
    return MongoStream(query, replies, collection.codec_options)


def _sent(
    collection: Collection[Document],
    query: MongoQuery,
    params: Sequence[object],
    options: dict[str, Any],
    context: RunContext,
    cancel: Callable[[], None],
) -> tuple[Any, bool]:
    """The driver's cursor, and whether its replies are bytes. For few documents the driver is
    quicker with documents: for the bytes of a pipeline's result it asks once more."""
    if query.find is not None:
        arguments = query.find.fill(params)
    else:
        pipeline = query.template.fill(params)
        found = as_find(pipeline)
        if found is None:
            with interrupted_by(context, cancel):  # the driver waits for the first reply
                return _aggregate(collection, pipeline, query.few, options, context), not query.few
        arguments = found.arguments()
    look = collection.find if query.few else collection.find_raw_batches
    return look(**arguments, **options), not query.few


def _aggregate(
    collection: Collection[Document],
    pipeline: list[Mql],
    few: bool,
    options: dict[str, Any],
    context: RunContext,
) -> Any:
    run = collection.aggregate if few else collection.aggregate_raw_batches
    options["batchSize"] = options.pop("batch_size")
    with translating(), pymongo.timeout(context.remaining()):
        return run(pipeline, allowDiskUse=True, **options)


class MongoStream(Stream):
    """Rows or batches of one execution. Replies are bytes or documents; bytes are read column by
    column, and where that is not exact, document by document."""

    def __init__(
        self,
        query: MongoQuery,
        replies: Replies,
        codec: bson.CodecOptions[Document],
    ) -> None:
        self.columns = query.columns
        self._query, self._replies, self._codec = query, replies, codec

    def rows(self) -> Iterator[list[Row]]:
        for reply in self._replies:
            batch = self._columnar(reply)
            yield self._by_document(reply) if batch is None else rows_of(self.columns, batch)

    def batches(self) -> Iterator[pa.RecordBatch]:
        for reply in self._replies:
            batch = self._columnar(reply)
            yield batch_of(self.columns, self._by_document(reply)) if batch is None else batch

    def _columnar(self, reply: Reply) -> pa.RecordBatch | None:
        if isinstance(reply, list) or len(reply) <= FEW_BYTES:
            return None
        return self._query.columnar.batch(reply)

    def _by_document(self, reply: Reply) -> list[Row]:
        if not isinstance(reply, list):
            with translating():
                reply = bson.decode_all(reply, self._codec)
        return self._query.decoder.rows(self._query.to_rows(reply))

    def close(self) -> None:
        self._replies.close()


def _killer(database: Database[Document], comment: str) -> Callable[[], None]:
    """What stops the query on the server, from another thread."""

    def kill() -> None:
        admin = database.client.admin
        running: list[Document] = [{"$currentOp": {}}, {"$match": {"command.comment": comment}}]
        with translating():
            for operation in admin.aggregate(running):
                admin.command("killOp", op=operation["opid"])

    return kill
