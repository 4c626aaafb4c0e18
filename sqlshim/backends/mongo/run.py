"""A compiled query on its way: cursor, batches, deadline, cancellation."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import pymongo
from pymongo.command_cursor import CommandCursor
from pymongo.database import Database

from sqlshim.backends.arrow import RowStream
from sqlshim.backends.mongo.decode import Row
from sqlshim.backends.mongo.errors import translating
from sqlshim.backends.mongo.native import MongoQuery
from sqlshim.backends.protocol import RunContext, Stream

Document = dict[str, Any]
_process = uuid.uuid4().hex[:12]
_numbers = itertools.count(1)


def open_query(
    database: Database[Document], query: MongoQuery, params: Sequence[object], context: RunContext
) -> Stream:
    """Start the query; rows are fetched a batch at a time."""
    pipeline = query.template.fill(params)
    comment = f"sqlshim {_process} {next(_numbers)}"
    cancel = _killer(database, comment)
    context.on_cancel.append(cancel)
    cursor = _started(database, query.collection, pipeline, comment, context)
    to_rows = row_maker(query.names)
    decode = query.decoder.rows

    def batches() -> Iterator[list[Row]]:
        try:
            while documents := _next_batch(cursor, context):
                yield decode(to_rows(documents))
        finally:
            close()

    def close() -> None:
        if cancel in context.on_cancel:
            context.on_cancel.remove(cancel)
        cursor.close()

    return RowStream(query.columns, batches(), close)


def _started(
    database: Database[Document],
    collection: str,
    pipeline: list[Any],
    comment: str,
    context: RunContext,
) -> CommandCursor[Document]:
    left = context.remaining()
    with translating(), pymongo.timeout(left):
        return database[collection].aggregate(
            pipeline, allowDiskUse=True, batchSize=context.batch_rows, comment=comment
        )


def _next_batch(cursor: CommandCursor[Document], context: RunContext) -> list[Document]:
    left = context.remaining()
    with translating(), pymongo.timeout(left):
        return cursor.to_list(context.batch_rows)


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
