"""A compiled query on its way: the command, its replies, and rows or batches made of them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import bson
import pymongo
from pymongo.collection import Collection
from pymongo.database import Database

from sqlshim.backends.arrow import batch_of, rows_of
from sqlshim.backends.mongo.decode import Row
from sqlshim.backends.mongo.errors import translating
from sqlshim.backends.mongo.find import Find, as_find
from sqlshim.backends.mongo.mql import Mql
from sqlshim.backends.mongo.native import MongoQuery
from sqlshim.backends.mongo.replies import Replies, Reply, interrupted_by
from sqlshim.backends.protocol import RunContext, Stream

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
    pipeline = query.template.fill(params)
    comment = f"sqlshim {_process} {next(_numbers)}"
    cancel = _killer(collection.database, comment)
    with interrupted_by(context, cancel):
        cursor, in_bytes = _sent(collection, query, pipeline, comment, context)
    fetch = partial(next, cursor, b"") if in_bytes else partial(cursor.to_list, context.batch_rows)
    return MongoStream(query, Replies(cursor, fetch, cancel, context), collection.codec_options)


def _sent(
    collection: Collection[Document],
    query: MongoQuery,
    pipeline: list[Mql],
    comment: str,
    context: RunContext,
) -> tuple[Any, bool]:
    """The driver's cursor, and whether its replies are bytes. For few documents the driver is
    quicker with documents: for the bytes of a pipeline's result it asks once more."""
    if (find := as_find(pipeline)) is not None:
        look = collection.find if query.few else collection.find_raw_batches
        return _find(look, find, query.natural, comment, context), not query.few
    run = collection.aggregate if query.few else collection.aggregate_raw_batches
    with translating(), pymongo.timeout(context.remaining()):
        hint: dict[str, Any] = {"hint": {"$natural": 1}} if query.natural else {}
        cursor = run(
            pipeline, allowDiskUse=True, batchSize=context.batch_rows, comment=comment, **hint
        )
    return cursor, not query.few


def _find(
    look: Callable[..., Any], find: Find, natural: bool, comment: str, context: RunContext
) -> Any:
    return look(
        find.filter,
        find.projection,
        sort=None if find.sort is None else list(find.sort.items()),
        skip=find.skip,
        limit=find.limit,
        batch_size=context.batch_rows,
        allow_disk_use=None if find.sort is None else True,
        comment=comment,
        hint=[("$natural", 1)] if natural else None,
    )


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
        self._to_rows = row_maker(query.names)

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
        return self._query.decoder.rows(self._to_rows(reply))

    def close(self) -> None:
        self._replies.close()


def row_maker(names: Sequence[str]) -> Callable[[list[Document]], list[Row]]:
    """What makes tuples of documents; a document without one of the fields has NULL there."""
    if not names:
        return lambda documents: [()] * len(documents)
    if len(names) == 1:
        name = names[0]
        return lambda documents: [(d.get(name),) for d in documents]
    pick = itemgetter(*names)

    def rows(documents: list[Document]) -> list[Row]:
        try:
            return list(map(pick, documents))
        except KeyError:
            return [tuple([d.get(n) for n in names]) for d in documents]

    return rows


def _killer(database: Database[Document], comment: str) -> Callable[[], None]:
    """What stops the query on the server, from another thread."""

    def kill() -> None:
        admin = database.client.admin
        running: list[Document] = [{"$currentOp": {}}, {"$match": {"command.comment": comment}}]
        with translating():
            for operation in admin.aggregate(running):
                admin.command("killOp", op=operation["opid"])

    return kill
