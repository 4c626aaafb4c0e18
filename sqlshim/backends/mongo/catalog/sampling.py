"""Documents looked at to learn of a collection's fields: a sample, or those that have one field.

The sample is a few documents in stored order, for the order of the fields, and `$sample` for what
varies. Called by `catalog` and `backend`; nothing is ever written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import ExecutionTimeout

from sqlshim.backends.mongo.catalog.infer import Fields, part_type
from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.stages.scope import Place
from sqlshim.backends.mongo.values.decode import MIXED
from sqlshim.catalog.model import TableColumn
from sqlshim.types import VARYING

Document = dict[str, Any]
_FIRST = 100  # documents read in stored order, and documents that have a field
_PATIENCE_MS = 3000


def sampled(collection: Collection[Document], size: int) -> Iterable[TableColumn]:
    """The fields of a sample of documents."""
    fields = Fields()
    count = 0
    for document in collection.find().limit(min(size, _FIRST)):
        fields.look(document)
        count += 1
    if count == _FIRST and size > _FIRST:
        for document in collection.aggregate([{"$sample": {"size": size}}], allowDiskUse=True):
            fields.look(document)
    return [TableColumn(n, t, native) for n, (t, native) in fields.columns().items()]


def look_for(collection: Collection[Document], path: Sequence[str]) -> TableColumn | None:
    """The field at `path`, as the documents that have it say; None if none has it. One that is
    not found in time can be anything."""
    fields = Fields()
    try:
        # The first one alone: of a rare field, more may not be found in time.
        for limit in (1, _FIRST):
            for document in collection.find(_has(path), limit=limit, max_time_ms=_PATIENCE_MS):
                fields.look(document)
    except ExecutionTimeout:
        if not fields.seen:
            return TableColumn(path[-1], VARYING, MIXED)
    seen = fields.at(path)
    if seen is None:
        return None
    t, native = seen.type()
    return TableColumn(path[-1], t if len(path) == 1 else part_type(t, native), native)


def _has(path: Sequence[str]) -> Mql:
    """The $match of documents with a field at `path`."""
    names = [name for name in path if name != "[]"]
    place = Place("", "$$ROOT").inside(names[0])
    for name in names[1:]:
        place = place.inside(name)
    if place.path is not None:
        return {place.path.removeprefix("."): {"$exists": True}}
    return {"$expr": {"$ne": [{"$type": place.expr}, "missing"]}}
