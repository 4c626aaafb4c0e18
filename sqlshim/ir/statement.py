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
    """INSERT: the rows of `source`, whose columns already have the types of `columns`."""

    table: Table
    columns: tuple[str, ...]
    source: Rel


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


Statement: TypeAlias = Query | Insert | CreateTable | DropTable | Attach | Detach
