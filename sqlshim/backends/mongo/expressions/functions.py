"""The functions MongoDB can do, in one table; what has no row here runs locally.

Comparison, logic and the conditional functions that decide what is NULL are in `expressions`.
"""

from __future__ import annotations

from sqlshim.backends.mongo.expressions import arithmetic, arrays, formats, instants, regexes, texts
from sqlshim.backends.mongo.expressions.mql import Mql, cond, distinct_arms, let
from sqlshim.backends.mongo.expressions.rows import Nulls, Row
from sqlshim.backends.mongo.expressions.varying import read_as
from sqlshim.functions import conditional as fc
from sqlshim.functions import documents
from sqlshim.functions.model import Function
from sqlshim.functions.varying import READ_AS
from sqlshim.ir.scalar import Call
from sqlshim.types import FLOATS


def _extreme(name: str) -> Row:
    """GREATEST and LEAST leave NULLs out, and so do the operators; but NaN is the lowest there."""

    def refuses(call: Call) -> str:
        return "MongoDB orders NaN below all numbers" if call.type.kind in FLOATS else ""

    return Row(lambda call, *args: {name: list(args)}, Nulls.OWN, refuses=refuses)


def _field(call: Call, document: Mql, name: Mql) -> Mql:
    """A field of a computed document; one of a column is a path (`scope.place_of`)."""
    return {"$getField": {"field": name, "input": document}}


def _coalesce(call: Call, *args: Mql) -> Mql:
    # An argument given twice adds nothing.
    args = tuple(v for i, v in enumerate(args) if v not in args[:i])
    return args[0] if len(args) == 1 else {"$ifNull": distinct_arms(args)}


def _nullif(call: Call, a: Mql, b: Mql) -> Mql:
    return let(lambda x: cond({"$eq": [x, b]}, None, x), a)


ROWS: dict[Function, Row] = {
    **arithmetic.ROWS,
    **texts.ROWS,
    **regexes.ROWS,
    **formats.ROWS,
    **instants.ROWS,
    **arrays.ROWS,
    documents.FIELD: Row(_field),
    READ_AS: Row(read_as, Nulls.OWN),
    fc.COALESCE: Row(_coalesce, Nulls.OWN),
    fc.NULLIF: Row(_nullif, Nulls.OWN),
    fc.GREATEST: _extreme("$max"),
    fc.LEAST: _extreme("$min"),
}


def row_of(call: Call) -> Row | None:
    """The row for a call; + and - have another one where dates are concerned."""
    if call.fn in instants.ARITHMETIC and instants.is_date_arithmetic(call):
        return instants.ARITHMETIC[call.fn]
    return ROWS.get(call.fn)
