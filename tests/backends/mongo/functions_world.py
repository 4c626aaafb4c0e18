"""The columns of the server tests' table `f`, to bind expressions over it without a server."""

from __future__ import annotations

from sqlshim.bind.statement import bind
from sqlshim.catalog.catalog import Catalog
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.ir import walk
from sqlshim.ir.relational import Project
from sqlshim.ir.scalar import Scalar
from sqlshim.ir.statement import Query
from sqlshim.sql.dialects import dialect_named
from sqlshim.sql.params import uniform
from sqlshim.sql.parse import parse
from sqlshim.types import BIGINT, BOOLEAN, DOUBLE, TEXT, TIMESTAMP, array, decimal, struct

_TYPES = {
    **dict.fromkeys(("_id", "i", "neg", "big"), BIGINT),
    **dict.fromkeys(("s", "ab", "pad", "empty", "num"), TEXT),
    **dict.fromkeys(("d", "e"), TIMESTAMP),
    "x": DOUBLE,
    "m": decimal(38, 10),
    "flag": BOOLEAN,
    "doc": struct((("city", TEXT),)),
    "tags": array(TEXT),
    "nums": array(BIGINT),
    "grid": array(array(BIGINT)),
}
_F = Table("", "test", "f", tuple(TableColumn(n, t) for n, t in _TYPES.items()), ("_id",))


class _Source:
    def table_names(self) -> list[str]:
        return ["f"]

    def load_table(self, name: str) -> Table | None:
        return _F if name == "f" else None


def scalar(expression: str) -> Scalar:
    """An expression over `f`, bound."""
    sql = f"SELECT {expression} AS v FROM f"
    tree = parse(sql, uniform(sql, False), dialect_named("postgres")).tree
    statement = bind(tree, Catalog({"": _Source()}), (), "postgres").statement
    assert isinstance(statement, Query)
    found = statement.rel
    while not isinstance(found, Project):
        (found,) = walk.inputs(found)
    return found.items[-1][1]
