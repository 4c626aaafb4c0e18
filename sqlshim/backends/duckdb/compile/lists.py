"""A list that is a parameter, searched for each row: as a query, which DuckDB joins by hash.

`a = ANY($1)` would look through the whole list for each row; `a = ANY (SELECT unnest($1))` says the
same, also of NULLs. Called for the conditions of a Filter, where DuckDB takes subqueries anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlshim.functions import arrays
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import Unnest, Values
from sqlshim.ir.scalar import Call, Column, Literal, Param, Scalar, Subquery, SubqueryKind
from sqlshim.types import TEXT


def as_queries(where: Sequence[Scalar], number: Callable[[], int]) -> list[Scalar]:
    """`where` with searches of parameters as queries. `number` gives numbers for new columns."""

    def change(e: Scalar) -> Scalar:
        match e:
            case Call(fn=arrays.EQ_ANY, args=(Literal() | Param(), _)):
                return e  # looked for once
            case Call(fn=arrays.EQ_ANY, args=(left, Param() as values)):
                column = Column(number(), "item", values.type.element or TEXT)
                rows = Unnest(Values((), ((),)), ((column, values),))
                return Subquery(SubqueryKind.QUANTIFIED, rows, e.type, (left,), op.EQ)
            case _:
                return e

    return [walk.rewrite(e, change) for e in where]
