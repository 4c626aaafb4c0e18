"""Statements: what `bind` makes of a whole text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from sqlshim.catalog.model import Table
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import Column, Scalar
from sqlshim.types import SqlType


@dataclass(frozen=True, slots=True)
class Query:
    """A query; `columns` are its result columns in order, with their result names."""

    rel: Rel
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT: the rows of `source`, whose first columns already have the types of `columns`;
    what comes after them is RETURNING's."""

    table: Table
    columns: tuple[str, ...]
    source: Rel
    returning: tuple[Column, ...] | None = None  # with their result names


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE: of each row of `source` the table's locator, the new values of `columns`, then what
    RETURNING wants. No row of the table occurs twice."""

    table: Table
    columns: tuple[str, ...]
    source: Rel
    returning: tuple[Column, ...] | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE: of each row of `source` the table's locator, then what RETURNING wants."""

    table: Table
    source: Rel
    returning: tuple[Column, ...] | None = None


@dataclass(frozen=True, slots=True)
class Truncate:
    """TRUNCATE: the tables stay, without rows."""

    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class NewColumn:
    name: str
    type: SqlType


@dataclass(frozen=True, slots=True)
class CreateTable:
    """CREATE TABLE; with a `source`, whose columns are `columns` in order, CREATE TABLE AS.

    `filled` is False WITH NO DATA.
    """

    store: str
    name: str
    columns: tuple[NewColumn, ...]
    primary_key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    if_not_exists: bool
    source: Rel | None = None
    filled: bool = True


@dataclass(frozen=True, slots=True)
class DropTable:
    """`tables` are those that exist; with IF EXISTS there may be none."""

    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Attach:
    """ATTACH: the connection gets another store, whose tables are `name`.table."""

    uri: Scalar  # a Literal or Param of type TEXT
    name: str


@dataclass(frozen=True, slots=True)
class Detach:
    """DETACH: the connection lets go of the store called `name`."""

    name: str
    if_exists: bool


@dataclass(frozen=True, slots=True)
class SetOption:
    """SET: an option of the store called `store`, or of all that have it; None is DEFAULT."""

    store: str
    name: str
    value: str | None


Change: TypeAlias = Update | Delete
Statement: TypeAlias = (
    Query | Insert | Change | Truncate | CreateTable | DropTable | Attach | Detach | SetOption
)
