"""A set of keys found in another store, as a condition of $match (see `functions.keys`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.params import Placeholder
from sqlshim.backends.mongo.stages.scope import Place
from sqlshim.backends.mongo.values.encode import OBJECT_ID, encoder, has_micros, object_id
from sqlshim.ir.scalar import Param
from sqlshim.types import Kind, SqlType


def in_keys(place: Place, t: SqlType, keys: Param) -> dict[str, Mql]:
    """One $in on the field at `place`, or no condition if there are too many keys."""
    path, encode = place.path, _key_encoder(place, t)

    def test(values: Iterable[object] | None) -> dict[str, Mql]:
        return {} if values is None else {str(path): {"$in": encode(values)}}

    shown = f"{{{path}: {{$in: ${keys.index + 1}}}}}"
    return {"$and": [Placeholder(keys.index, test, shown)]}  # type: ignore[arg-type]


def _key_encoder(place: Place, t: SqlType) -> Callable[[Iterable[object]], list[Mql]]:
    """Keys as the server has them; an instant that is finer than it keeps equals none of its."""
    encode = object_id if place.native == OBJECT_ID else encoder(t)
    if t.kind in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
        return lambda values: [encode(v) for v in values if not has_micros(v)]
    return lambda values: [encode(v) for v in values]
