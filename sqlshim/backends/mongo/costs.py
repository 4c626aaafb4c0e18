"""When a $lookup loses to a local hash join, under pushdown="auto".

Costs are in rows that could be read, sent and joined meanwhile (about 2 microseconds), measured on
TPC-H. The other plan reads both sides and passes the keys of the outer one to the foreign one.
"""

from __future__ import annotations

from sqlshim.backends import estimate
from sqlshim.backends.estimate import Known
from sqlshim.backends.mongo.origins import has_index, joined_fields
from sqlshim.ir import walk
from sqlshim.ir.relational import Join, Scan

LARGE = 10_000  # documents of a collection that a $lookup should not scan for every row
FEW = 100  # lookups that are never worth a second round trip
MOST_KEYS = 20_000  # of a key set that is passed to the foreign side
LOOKUP = 12.0  # one $lookup by an index, and each document that it fetches
FETCHED = 1.0
KEYED = 2.0  # a document found by a key set through an index, and sent
EXAMINED = 0.25  # a document that a collection scan passes by


def why_not_lookup(rel: Join, known: Known) -> str:
    """Why a local join is faster than a $lookup into the right side; "" if it is not, or there
    are no statistics to tell."""
    return _slow(rel) or _many(rel, known)


def _slow(rel: Join) -> str:
    tables = [r.table for r in walk.every_rel(rel.right) if isinstance(r, Scan)]
    if all((t.row_count or 0) <= LARGE for t in tables) or has_index(rel.right, rel.on):
        return ""
    keys = " or ".join(sorted(joined_fields(rel.right, rel.on)))
    names = ", ".join(t.name for t in tables)
    return f"a $lookup would scan {names}: {keys + ' of ' if keys else ''}{names} has no index"


def _many(rel: Join, known: Known) -> str:
    scans = [r for side in (rel.left, rel.right) for r in walk.every_rel(side)]
    if any(r.table.row_count is None for r in scans if isinstance(r, Scan)):
        return ""
    lookups = estimate.rows(rel.left, known)
    if lookups <= FEW:
        return ""
    fetched = lookups * estimate.found_for_each(rel)
    local = lookups + _read(rel, lookups, fetched, known)
    if not has_index(rel.right, rel.on):  # then each looks at all of it
        fetched = max(fetched, EXAMINED * lookups * estimate.stored(rel.right))
    if LOOKUP * lookups + FETCHED * fetched <= local:
        return ""
    return f"about {lookups:,.0f} $lookups cost more than reading {local:,.0f} rows to join them"


def _read(rel: Join, keys: float, fetched: float, known: Known) -> float:
    """What the local plan pays for the foreign side: a scan, or its keys if an index finds them."""
    scan = EXAMINED * estimate.stored(rel.right) + estimate.rows(rel.right, known)
    by_keys = keys <= MOST_KEYS and has_index(rel.right, rel.on)
    return min(scan, KEYED * fetched) if by_keys else scan
