"""What CQL says of collections: CONTAINS, CONTAINS KEY and `m['k'] = v`.

Called by `restrict` for one conjunct: `x = ANY (tags)`, `tags @> ARRAY[x, y]`, `m['k'] = v`,
`x = ANY (map_keys(m))`, `x = ANY (map_values(m))`.
"""

from __future__ import annotations

from sqlshim.backends.cassandra.paths.bounds import FLOORS, Op, Term
from sqlshim.backends.cassandra.paths.terms import FLOATING, Columns
from sqlshim.backends.cassandra.values.cqltypes import Collection, collection
from sqlshim.catalog.model import TableColumn
from sqlshim.functions import arrays, documents
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Column, Literal, Param, Scalar

# What an element is compared by is Java's equals, to which 1.0 is not 1.00.
_ELEMENTS = FLOORS.keys() - FLOATING - {"decimal"}


def as_contained(conjunct: Scalar, columns: Columns) -> tuple[Term, ...] | str | None:
    """The CQL terms, why CQL cannot say them, or None for what is not about a collection."""
    match conjunct:
        case Call(fn=arrays.EQ_ANY, args=(Literal() | Param() as value, where)):
            return _contains(where, (value,), columns)
        case Call(fn=arrays.CONTAINS_ALL, args=(where, Call(fn=documents.ARRAY_OF, args=items))):
            values = tuple(v for v in items if isinstance(v, Literal | Param))
            return _contains(where, values, columns) if values == items != () else None
        case Call(fn=op.EQ, args=(Call(fn=arrays.MAP_VALUE) as entry, Literal() | Param() as v)):
            return _entry(entry, v, columns)
        case Call(fn=op.EQ, args=(Literal() | Param() as v, Call(fn=arrays.MAP_VALUE) as entry)):
            return _entry(entry, v, columns)
        case _:
            return None


def _contains(
    where: Scalar, values: tuple[Literal | Param, ...], columns: Columns
) -> tuple[Term, ...] | str | None:
    """Each of `values` is in the collection, which is a column or the keys or values of one."""
    how = Op.CONTAINS
    match where:
        case Call(fn=arrays.MAP_KEYS, args=(inner,)):
            how, where = Op.CONTAINS_KEY, inner
        case Call(fn=arrays.MAP_VALUES, args=(inner,)):
            where = inner
        case _:
            pass
    found = _collection(where, columns)
    if found is None:
        return None
    column, of = found
    element = of.elements[0 if how is Op.CONTAINS_KEY else -1]
    if element not in _ELEMENTS:
        return f"CQL compares elements of {element} differently from SQL"
    return tuple(Term(column.name, how, (value,)) for value in values)


def _entry(entry: Call, value: Literal | Param, columns: Columns) -> tuple[Term, ...] | str | None:
    """The entry of a map has the value."""
    where, key = entry.args
    found = _collection(where, columns)
    if found is None or not isinstance(key, Literal | Param):
        return None
    column, of = found
    if of.frozen or not _ELEMENTS.issuperset(of.elements):
        return f"CQL compares no entries of {column.native}"
    return (Term(column.name, Op.ENTRY, (key, value)),)


def _collection(where: Scalar, columns: Columns) -> tuple[TableColumn, Collection] | None:
    column = columns.get(where.id) if isinstance(where, Column) else None
    of = None if column is None else collection(column.native)
    return (column, of) if column and of else None
