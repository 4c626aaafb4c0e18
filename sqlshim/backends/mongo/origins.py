"""Which fields of a collection the columns of a relation are, and which indexes could find them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlshim.catalog.model import Table
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Limit, Project, Rel, Scan, Sort
from sqlshim.ir.scalar import Call, Column, Scalar


def origins(rel: Rel) -> dict[int, str]:
    """The columns of `rel` that are plain fields of the one collection below."""
    match rel:
        case Scan():
            return {c.id: c.name for c in rel.columns}
        case Filter() | Sort() | Limit():
            return origins(rel.input)
        case Project():
            below = origins(rel.input)
            return {
                c.id: below[e.id] for c, e in rel.items if isinstance(e, Column) and e.id in below
            }
        case _:
            return {}


def is_filtered_scan(rel: Rel) -> bool:
    """Whether `rel` is one scan, filtered and projected only: then a condition on a field of the
    collection may be applied before everything else."""
    match rel:
        case Scan():
            return True
        case Filter() | Project() | Sort():
            return is_filtered_scan(rel.input)
        case _:
            return False


def reads_nothing(rel: Rel) -> bool:
    """Whether no collection is read under `rel`."""
    return not any(isinstance(r, Scan) for r in walk.every_rel(rel))


def scanned(rel: Rel) -> Scan:
    """The scan below what `is_filtered_scan` is true of (its subqueries may have others)."""
    while not isinstance(rel, Scan):
        (rel,) = walk.inputs(rel)
    return rel


def has_index(side: Rel, on: Sequence[Scalar]) -> bool:
    """Whether an index finds the rows of `side` for one of the equalities in `on`."""
    if not is_filtered_scan(side):
        return False
    return bool(joined_fields(side, on) & first_of_indexes(scanned(side).table))


def joined_fields(side: Rel, on: Sequence[Scalar]) -> set[str]:
    """The fields of the collection under `side` that `on` compares with a column by equality."""
    fields = origins(side)
    columns = (
        a
        for term in on
        if isinstance(term, Call) and term.fn is op.EQ
        for a in term.args
        if all(isinstance(x, Column) for x in term.args)
    )
    return {fields[c.id] for c in columns if isinstance(c, Column) and c.id in fields}


def first_of_indexes(table: Table) -> set[str]:
    """The fields that an index of the table begins with."""
    return {"_id", *(i.columns[0][0] for i in table.indexes if i.columns)}
