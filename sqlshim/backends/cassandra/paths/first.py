"""PER PARTITION LIMIT: which groups and orders of rows are those of partitions.

`keeps_first` (for the backend) says whether a tree whose rows are numbered within groups and cut
by the number is one CQL SELECT.
"""

from __future__ import annotations

from sqlshim.backends.cassandra.accept import lists_of, restriction_of, sorts_as_sql, without_keys
from sqlshim.backends.cassandra.paths.restrict import Path, Restriction
from sqlshim.backends.cassandra.servers import Feature
from sqlshim.backends.cassandra.shape import Shape, shape_of
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import Column, Scalar, SortKey, WindowCall

MOST = 2**31 - 1
_PATHS = frozenset({Path.RING, Path.PARTITIONS, Path.PARTITION, Path.SLICE})


def keeps_first(rel: Rel) -> bool:
    """Whether rows are numbered in partitions, in the order that they have there."""
    shape = shape_of(rel)
    if shape is None or shape.first is None or shape.first > MOST:
        return False
    if Feature.PER_PARTITION_LIMIT in shape.scan.table.lacks:
        return False
    ways = (restriction_of(shape), without_keys(shape))
    if lists_of(shape) or not all(map(_may_cut, ways)):
        return False
    return _is_partition(shape, shape.numbered) and _is_in_order(shape, shape.numbered)


def _may_cut(restriction: Restriction) -> bool:
    return not (restriction.left or restriction.checked) and restriction.path in _PATHS


def _is_partition(shape: Shape, call: WindowCall | None) -> bool:
    groups = {_name(expr, shape) for expr in call.partition} if call else set()
    return groups == set(shape.scan.table.partition_key)


def _is_in_order(shape: Shape, call: WindowCall | None) -> bool:
    """Whether the order is that of the first clustering columns; it may name the partition key,
    which is the same for all rows of a group."""
    table = shape.scan.table
    order = call.order if call else ()
    keys = [key for key in order if _name(key.expr, shape) not in table.partition_key]
    if len(keys) > len(table.clustering):
        return False
    return all(map(lambda k, c: _is(k, c, shape), keys, table.clustering))


def _is(key: SortKey, clustered: tuple[str, bool], shape: Shape) -> bool:
    name, descending = clustered
    plain = sorts_as_sql(shape.scan.table.column(name))
    return plain and _name(key.expr, shape) == name and key.descending == descending


def _name(expr: Scalar, shape: Shape) -> str | None:
    return shape.names.get(expr.id) if isinstance(expr, Column) else None
