"""The eight tables' keys and indexes, as TPC-H's specification and our measurements have them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """`partition` and `clustering` are the primary key's two parts as Cassandra sees them."""

    name: str
    partition: str
    clustering: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    """Foreign keys, and the dates that queries select by."""

    @property
    def key(self) -> tuple[str, ...]:
        return (self.partition, *self.clustering)

    @property
    def foreign_keys(self) -> tuple[str, ...]:
        """The foreign keys that have an index of their own."""
        return tuple(name for name in self.indexes if name.endswith("key"))


TABLES = (
    Table("region", "r_regionkey"),
    Table("nation", "n_nationkey", indexes=("n_regionkey",)),
    Table("supplier", "s_suppkey", indexes=("s_nationkey",)),
    Table("customer", "c_custkey", indexes=("c_nationkey",)),
    Table("part", "p_partkey"),
    Table("partsupp", "ps_partkey", ("ps_suppkey",), indexes=("ps_suppkey",)),
    Table("orders", "o_orderkey", indexes=("o_custkey", "o_orderdate")),
    Table(
        "lineitem",
        "l_orderkey",
        ("l_linenumber",),
        indexes=("l_partkey", "l_suppkey", "l_shipdate"),
    ),
)
