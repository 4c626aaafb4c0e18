"""What a store is to the rest of sqlshim.

`split` asks `accept`, `engine` asks `compile` and `open`, the catalog asks `table_names` and
`load_table`, `execute.write` asks for DDL and INSERT. A backend package offers
`open_store(uri, alias, options) -> Backend`, found by URL scheme through the entry point group
`sqlshim.backends`. Backends never import one another.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from sqlshim.catalog.catalog import Tables
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import FieldPath, NotSupportedError, ProgrammingError, QueryCanceled
from sqlshim.ir.relational import Filter, Rel, Remote
from sqlshim.ir.scalar import Column, Scalar, SortKey
from sqlshim.types import SqlType

if TYPE_CHECKING:
    import pyarrow as pa


class Pushdown(StrEnum):
    AUTO = "auto"  # the store gets what it does well
    ALWAYS = "always"  # the store gets everything it can express at all
    NEVER = "never"  # the store only reads rows


class FullScan(StrEnum):
    ALLOW = "allow"
    WARN = "warn"
    FORBID = "forbid"


DYNAMIC = "dynamic"  # the schema= option by which fields that are not known may be named


@dataclass(frozen=True)
class Options:
    """Connection options that reach the backends. Times are seconds."""

    pushdown: Pushdown = Pushdown.AUTO
    full_scan: FullScan = FullScan.WARN
    read_only: bool = False
    timeout: float | None = None  # of a statement
    connect_timeout: float = 10.0
    retry_for: float = 300.0
    truncate_microseconds: bool = False
    sample_size: int = 1000  # documents looked at to infer a schema
    # a declared schema (a mapping or a file), or DYNAMIC
    schema: Mapping[str, object] | str | None = None
    memory_limit: str | None = None  # of the local engine, such as "2GB"
    spill_directory: str | None = None
    progress: bool = False  # the local engine keeps account of how far it is


@dataclass(frozen=True)
class Accepted:
    """The answer to "can you run this node on top of what you already run?".

    `taken` is the tree the store will run (None: nothing of the node). For a Filter it may hold
    fewer conjuncts; those in `left` must run locally above it (a sieve is in both). `why` says in
    a few words why something was left, for EXPLAIN.
    """

    taken: Rel | None
    left: tuple[Scalar, ...] = ()
    why: str = ""


class Native(Protocol):
    """A compiled query in the store's own language. Immutable; made once, run many times."""

    @property
    def access_path(self) -> str:
        """In words: "collection scan", "whole primary key" ..."""

    def show(self) -> list[str]:
        """The native query as lines of text, without values of parameters."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a statement is: rows the stores have given to the local engine, and the percentage
    of its work that the engine believes is done, None where it does not know."""

    rows: int
    percent: float | None = None


@dataclass(eq=False)
class RunContext:
    """What accompanies one execution: deadline, cancellation, batch size, where warnings go."""

    timeout: float | None = None
    batch_rows: int = 10_000
    full_scan: FullScan = FullScan.WARN
    warn: Callable[[str], None] = lambda message: None
    cancelled: bool = False
    started: float = field(default_factory=time.monotonic)
    on_cancel: list[Callable[[], None]] = field(default_factory=list)  # interrupts what runs
    hints: Mapping[str, str] = field(default_factory=dict)  # the statement's, for who knows them
    on_progress: list[Callable[[], Progress]] = field(default_factory=list)

    def cancel(self) -> None:
        """Stop the execution; called from another thread."""
        self.cancelled = True
        for interrupt in tuple(self.on_cancel):
            interrupt()

    def part(self) -> RunContext:
        """The context of a part that can be cancelled alone; whoever makes it cancels it with the
        whole (`on_cancel`)."""
        return replace(self, on_cancel=[])

    def progress(self) -> Progress | None:
        """How far the local engine is; None if it has no part in it. From another thread."""
        found = [ask() for ask in tuple(self.on_progress)]
        if not found:
            return None
        # several at once wait for one another: no percentage is that of the whole
        percent = found[0].percent if len(found) == 1 else None
        return Progress(sum(part.rows for part in found), percent)

    def remaining(self) -> float | None:
        """Seconds left until the deadline (None: there is none); raises QueryCanceled when over."""
        if self.cancelled:
            raise QueryCanceled("canceling statement due to user request")
        if self.timeout is None:
            return None
        left = self.timeout - (time.monotonic() - self.started)
        if left <= 0:
            raise QueryCanceled(
                f"canceling statement due to statement timeout ({self.timeout:g} s)",
                hint="Raise the connection's timeout, or narrow the statement.",
            )
        return left


class Stream(ABC):
    """Rows on their way: either as lists of tuples or as Arrow record batches, never both.

    Values are those of `types.Kind`; batches have the schema `arrow.schema_of(columns)`.
    Column order is that of the relation. Closing early frees what the store holds.
    """

    columns: tuple[Column, ...]

    @abstractmethod
    def rows(self) -> Iterator[list[tuple[object, ...]]]:
        """Lists of row tuples, none of them empty."""

    @abstractmethod
    def batches(self) -> Iterator[pa.RecordBatch]:
        """Record batches, none of them empty."""

    @abstractmethod
    def close(self) -> None:
        """Stop and free; harmless when done or called twice."""


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    name: str
    type: SqlType  # nullable=False for NOT NULL and key columns


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """CREATE TABLE, checked and typed. Without `primary_key` the backend makes a hidden key."""

    name: str
    columns: tuple[ColumnDefinition, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """What a statement wrote: the number of rows, and the rows of its source."""

    count: int
    batches: tuple[pa.RecordBatch, ...]

    def last(self, width: int) -> Iterator[pa.RecordBatch]:
        """The last `width` columns of the rows."""
        for batch in self.batches:
            yield batch.select(list(range(batch.num_columns - width, batch.num_columns)))


class Backend(ABC):
    """One open store. Methods may be called from several threads."""

    alias: str  # the store's name in the connection; "" when it is the only one
    kind: str  # "duckdb", "mongo", "cassandra"
    is_waited_for: bool = True  # it works while we do something else: worth to begin early
    worthwhile_keys: float = 0.5  # the share of a table below which a set of keys beats a scan

    # --- catalog
    @property
    def schema_version(self) -> int:
        """Another number when a table that was loaded is known to have been changed by others."""
        return 0

    @abstractmethod
    def table_names(self) -> Sequence[str]:
        """The tables of the default schema, sorted."""

    @abstractmethod
    def load_table(self, name: str) -> Table | None:
        """Columns, keys, indexes and statistics of the table of exactly this name."""

    def row_count(self, table: Table) -> int | None:
        """How many rows a loaded table has now, roughly. Never raises for a table that is gone."""
        return table.row_count

    def schemas(self) -> Sequence[str]:
        """The databases (keyspaces) whose tables can be read beside the default one's."""
        return ()

    def schema(self, name: str) -> Tables:
        """The tables of one of `schemas`."""
        raise ProgrammingError(f"no database named {name!r}", sqlstate="3F000")

    def look_for(self, field: FieldPath) -> TableColumn | None:
        """A field that no column of an open table is, as documents have it; None if none has it."""
        return None

    # --- planning
    @abstractmethod
    def accept(self, rel: Rel, pushdown: Pushdown) -> Accepted:
        """Whether the store runs `rel`, whose inputs it has already accepted, but for those that
        read no table and the right side of a lateral join, which come along. Never raises."""

    def nearest(self, rel: Rel, key: SortKey, count: Scalar) -> Rel | None:
        """Fewer rows of the accepted `rel`, among them likely the first `count` by `key`; None
        where the store does not search or its user has not allowed it to."""
        return None

    def keeps_first(self, rel: Rel) -> bool:
        """Whether the store runs `rel`, an accepted tree with its rows numbered within groups, of
        which the first are kept, better than it would give them all."""
        return False

    def share(self, rel: Filter) -> float | None:
        """The share of its input's rows that a Filter keeps, if that was measured."""
        return None

    def worth_of_keys(self, rel: Rel, column: Column) -> float:
        """The share of the keys up to which rows of `rel` are better looked up by a set of values
        of `column` than all read."""
        return self.worthwhile_keys

    @abstractmethod
    def compile(self, rel: Rel) -> Native:
        """The native query of an accepted tree."""

    def partitions(self, native: Native) -> Sequence[Native]:
        """Independent parts whose results together are the query's, in any order."""
        return (native,)

    # --- running
    @abstractmethod
    def open(self, native: Native, params: Sequence[object], context: RunContext) -> Stream:
        """Start the query. `params` are all parameters of the statement, by index."""

    # --- writing
    @abstractmethod
    def create_table(self, definition: TableDefinition) -> None:
        """Create it; the caller has checked that there is none of that name."""

    @abstractmethod
    def drop_table(self, table: Table) -> None:
        """Drop it with its rows."""

    @abstractmethod
    def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        context: RunContext,
    ) -> int:
        """Insert rows whose values already have the columns' types; the number inserted."""

    # Only of tables with a locator, which the binder has checked.

    def update(
        self,
        table: Table,
        columns: Sequence[str],
        source: Callable[[], Stream],
        context: RunContext,
    ) -> Changed:
        """Change rows. The source's first column is the locator, the next ones are the values of
        `columns`; it is opened once the store is ready, so that it reads what will be changed."""
        raise NotSupportedError(f"{self!r} cannot change rows")

    def delete(self, table: Table, source: Callable[[], Stream], context: RunContext) -> Changed:
        """Delete the rows whose locators are the source's first column."""
        raise NotSupportedError(f"{self!r} cannot delete rows")

    def truncate(self, table: Table) -> None:
        """Delete all rows."""
        raise NotSupportedError(f"{self!r} cannot delete rows")

    # --- options
    def set_option(self, name: str, value: str | None) -> bool:
        """SET: what the next statements run with, None for what the connection was opened with.
        False if the store has no such option; ProgrammingError for a value it does not take."""
        return False

    # --- transactions
    def commit(self) -> None:
        """Make what was written since the last commit permanent."""

    def rollback(self) -> None:
        """Undo what was written since the last commit, or raise NotSupportedError."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; harmless twice."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.alias or self.kind}>"


class WritesAtOnce(Backend):
    """A store whose writes are permanent as soon as they are made."""

    options: Options
    product: str  # its name in messages
    wrote: bool = False  # since the last commit

    def about_to_write(self) -> None:
        """Note that a write follows. ProgrammingError on a read-only connection."""
        if self.options.read_only:
            raise ProgrammingError(
                "cannot write: the connection is read-only",
                sqlstate="25006",
                hint="Connect without read_only=True.",
            )
        self.wrote = True

    def commit(self) -> None:
        self.wrote = False

    def rollback(self) -> None:
        if self.wrote:
            self.wrote = False
            raise NotSupportedError(
                f"writes to {self.product} are committed at once and cannot be rolled back",
                hint="Connect with autocommit=True to say so from the start.",
            )


class LocalEngine(Protocol):
    """The engine that runs what is left over the streams of the stores (DuckDB today)."""

    def compile_local(self, rel: Rel) -> Native:
        """The query over `rel`, in which Remote nodes are inputs."""

    def open_local(
        self,
        native: Native,
        inputs: Mapping[Remote, Callable[[], Stream]],
        params: Sequence[object],
        context: RunContext,
    ) -> Stream:
        """Run it; an input is opened when the engine first needs it."""

    def close(self) -> None:
        """Let go of memory and files; harmless twice."""
