"""What servers can do, as data: by their version, for Cassandra and for ScyllaDB.

`SINCE` says since when each has what some plan needs; `lacks` is what a cluster does not have, by
what its oldest node reports. It stands in the tables (`Table.lacks`), where `restrict` and `accept`
read it: what is missing runs locally. Indexes need no row: a table has those that its server has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Version = tuple[int, ...]
MURMUR = "Murmur3Partitioner"


class Feature(StrEnum):
    """What not every server has."""

    FILTERING = "filtering of columns that have no index"
    FILTERING_KEYS = "filtering of a part of the partition key"
    FILTERING_IN = "IN lists that are filtered"
    IN_BESIDE_COLLECTIONS = "IN on clustering columns where collections are read"
    GROUP_BY = "GROUP BY"
    PER_PARTITION_LIMIT = "PER PARTITION LIMIT"
    CASTS = "casts, and so exact sums"
    TOKEN_RANGES = "tokens of 64 bits"


# Cassandra's version, ScyllaDB's; None: no version has it.
SINCE: Mapping[Feature, tuple[Version, Version | None]] = {
    Feature.FILTERING: ((3, 6), (2, 3)),
    Feature.FILTERING_KEYS: ((3, 10), (3, 0)),
    Feature.FILTERING_IN: ((5, 0), None),
    Feature.IN_BESIDE_COLLECTIONS: ((4, 0), None),
    Feature.GROUP_BY: ((3, 10), (3, 2)),
    Feature.PER_PARTITION_LIMIT: ((3, 6), (3, 1)),
    Feature.CASTS: ((3, 2), (2, 1)),
}


def lacking(
    release: Version, scylla: Version | None = None, partitioner: str = ""
) -> frozenset[str]:
    """What a server of this release does not have. `scylla` is ScyllaDB's own version, which
    reports an old Cassandra's as its release."""
    missing = {
        feature
        for feature, (cassandra, other) in SINCE.items()
        if (release < cassandra if scylla is None else other is None or scylla < other)
    }
    if partitioner and not partitioner.endswith(MURMUR):
        missing.add(Feature.TOKEN_RANGES)
    return frozenset(missing)


def version_of(text: str) -> Version:
    """The numbers of "4.1.3", "5.0-beta1", "2024.1.2-0.20240401.64115ae91a55"; () for others."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()


def oldest(metadata: Any) -> Version:
    """The lowest release of a cluster's nodes, by the driver's metadata; () if none reports one."""
    releases = [version_of(host.release_version or "") for host in metadata.all_hosts()]
    return min(filter(None, releases), default=())


def is_scylla(metadata: Any) -> bool:
    """Whether the cluster is ScyllaDB, which keeps tables of its own in Cassandra's places."""
    keyspace = metadata.keyspaces.get("system_schema")
    return keyspace is not None and "scylla_tables" in keyspace.tables
