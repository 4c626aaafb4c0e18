"""A pipeline that a `find` command says as well: filter, sort, skip, limit, project.

`as_find(pipeline)` is asked by `native` once a query, and by `run` for a pipeline whose shape is
known only with its parameters filled in. The server answers a find in three quarters of the time
of the same pipeline where only few documents are wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.params import Placeholder

_ORDER = {"$match": 0, "$sort": 1, "$skip": 2, "$limit": 3, "$project": 4}
# In a find's projection these mean something else than in an expression.
_OF_FIND = frozenset({"$slice", "$elemMatch", "$meta"})


@dataclass(frozen=True, slots=True)
class Find:
    """The parts of a find command."""

    filter: Mql
    sort: Mql = None
    skip: Mql = 0
    limit: Mql = 0  # 0 is none
    projection: Mql = None

    def arguments(self) -> dict[str, Mql]:
        """What the driver's `find` gets."""
        return {
            "filter": self.filter,
            "projection": self.projection,
            "sort": None if self.sort is None else list(self.sort.items()),
            "skip": self.skip,
            "limit": self.limit,
            "allow_disk_use": None if self.sort is None else True,
        }


def as_find(pipeline: Sequence[Mql]) -> Find | None:
    """The find that gives what `pipeline` gives, or None."""
    parts: dict[str, Mql] = {}
    last = -1
    for stage in pipeline:
        if isinstance(stage, Placeholder):  # a limit that is not known yet
            return None
        (name,) = stage
        place = _ORDER.get(name, -1)
        if place <= last:
            return None
        last = place
        parts[name] = stage[name]
    limit = parts.get("$limit", 0)
    if "$limit" in parts and limit <= 0:
        return None  # to find, 0 and less mean something else
    projection = parts.get("$project")
    if projection is not None and any(map(_is_of_find, projection.values())):
        return None
    return Find(
        parts.get("$match", {}), parts.get("$sort"), parts.get("$skip", 0), limit, projection
    )


def _is_of_find(value: Mql) -> bool:
    return isinstance(value, dict) and not _OF_FIND.isdisjoint(value)
