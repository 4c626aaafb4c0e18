"""The Backend for one Cassandra keyspace: each method hands over to the module that knows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlshim.backends.cassandra import ddl
from sqlshim.backends.cassandra.accept import accept
from sqlshim.backends.cassandra.catalog import comment_of, read_table, udts_of
from sqlshim.backends.cassandra.compile import CqlQuery, compile_query
from sqlshim.backends.cassandra.errors import translating
from sqlshim.backends.cassandra.listed import tested
from sqlshim.backends.cassandra.loaded import Loaded
from sqlshim.backends.cassandra.paths.first import keeps_first
from sqlshim.backends.cassandra.paths.nearest import searched
from sqlshim.backends.cassandra.paths.policy import consult
from sqlshim.backends.cassandra.paths.selectivity import Samples, filtered_share, rather_scan
from sqlshim.backends.cassandra.paths.views import read_views
from sqlshim.backends.cassandra.ring import Ring
from sqlshim.backends.cassandra.run import start
from sqlshim.backends.cassandra.servers import Feature
from sqlshim.backends.cassandra.session import Session
from sqlshim.backends.cassandra.uri import Address
from sqlshim.backends.cassandra.write import insert_rows
from sqlshim.backends.estimate import base_column
from sqlshim.backends.protocol import (
    Accepted,
    FullScan,
    Native,
    Options,
    Pushdown,
    RunContext,
    Stream,
    TableDefinition,
    WritesAtOnce,
)
from sqlshim.catalog.model import Table
from sqlshim.errors import (
    Error,
    InternalError,
    ProgrammingError,
    nearest,
)
from sqlshim.ir.relational import Filter, Rel
from sqlshim.ir.scalar import Column, Scalar, SortKey


@dataclass(frozen=True)
class Keyspace:
    """The tables of one keyspace."""

    backend: CassandraBackend
    name: str

    def table_names(self) -> Sequence[str]:
        return self.backend.names_in(self.name)

    def load_table(self, name: str) -> Table | None:
        return self.backend.load_from(self.name, name)

    def row_count(self, table: Table) -> int | None:
        return self.backend.row_count(table)


class CassandraBackend(WritesAtOnce):
    """An open keyspace. Reads are streams of rows; writes take effect at once."""

    kind = "cassandra"
    product = "Cassandra"
    worthwhile_keys = 0.15  # a partition found by its key costs as much as six that are scanned
    keys_by_index = 0.06  # and a row found by an index as much as sixteen

    def __init__(self, address: Address, alias: str, options: Options) -> None:
        self.alias = alias
        self.keyspace = address.keyspace
        self.options = options
        self._ann, self._views = address.ann, address.views
        if options.full_scan is FullScan.FORBID:
            self.worthwhile_keys = self.keys_by_index = 1.0
        self._session = Session(address, options.connect_timeout)
        self._ring = Ring(self._session)
        self._samples = Samples(self._session)
        self._loaded = Loaded()
        try:
            self._keyspace()
            self._lacks = self._session.lacks()
        except Error:
            self.close()
            raise

    def _keyspace(self, name: str = "") -> Any:
        """The driver's metadata of a keyspace, the connection's own by default."""
        name = name or self.keyspace
        known = self._session.metadata.keyspaces
        if name not in known:
            near = nearest(name, known)
            raise ProgrammingError(
                f"keyspace {name!r} does not exist",
                sqlstate="3F000",
                hint=f"Did you mean {' or '.join(map(repr, near))}?" if near else None,
            )
        return known[name]

    # --- catalog

    @property
    def schema_version(self) -> int:
        return self._loaded.version(self._session.metadata.keyspaces)

    def table_names(self) -> Sequence[str]:
        return self.schema(self.keyspace).table_names()

    def load_table(self, name: str) -> Table | None:
        return self.schema(self.keyspace).load_table(name)

    def row_count(self, table: Table) -> int | None:
        if table.row_count is None:
            return None
        return self._row_count(table.schema, table.name, table.partition_key)

    def schemas(self) -> Sequence[str]:
        return list(self._session.metadata.keyspaces)

    def schema(self, name: str) -> Keyspace:
        return Keyspace(self, name)

    def names_in(self, name: str) -> Sequence[str]:
        """The tables and views of a keyspace, sorted."""
        keyspace = self._keyspace(name)
        return sorted([*keyspace.tables, *keyspace.views])

    def load_from(self, schema: str, name: str) -> Table | None:
        """One table or view of a keyspace."""
        keyspace = self._keyspace(schema)
        meta = keyspace.tables.get(name) or keyspace.views.get(name)
        if meta is None:
            with translating():
                self._session.cluster.refresh_table_metadata(schema, name)
            keyspace = self._keyspace(schema)
            meta = keyspace.tables.get(name)
        if meta is None:
            return None
        view = name in keyspace.views
        self._loaded.add(keyspace, meta)
        rows = (
            None
            if Feature.TOKEN_RANGES in self._lacks
            else self._row_count(schema, name, [c.name for c in meta.partition_key])
        )
        table = read_table(meta, udts_of(keyspace), self.alias, rows, view, self._lacks)
        return table if view else self._with_views(table, meta, keyspace)

    def _with_views(self, table: Table, meta: Any, keyspace: Any) -> Table:
        def read(view: Any) -> Table:
            self._loaded.add(keyspace, view)
            return read_table(view, udts_of(keyspace), self.alias, None, True, self._lacks)

        return replace(table, views=tuple(read_views(meta, read)))

    def _row_count(self, schema: str, name: str, partition_key: Sequence[str]) -> int | None:
        try:
            return self._ring.estimate(schema, name, partition_key)
        except Error:
            return None  # an estimate only: the query itself will say what is wrong

    # --- planning

    def accept(self, rel: Rel, pushdown: Pushdown) -> Accepted:
        answer = accept(rel, pushdown)
        if pushdown is not Pushdown.AUTO or self.options.full_scan is FullScan.FORBID:
            return answer
        return rather_scan(rel, answer, self._samples.share) if isinstance(rel, Filter) else answer

    def nearest(self, rel: Rel, key: SortKey, count: Scalar) -> Rel | None:
        return searched(rel, key, count) if self._ann else None

    def keeps_first(self, rel: Rel) -> bool:
        return keeps_first(rel)

    def worth_of_keys(self, rel: Rel, column: Column) -> float:
        base = base_column(rel, column)
        by_key = base is not None and base[1] in base[0].partition_key
        return self.worthwhile_keys if by_key else self.keys_by_index

    def share(self, rel: Filter) -> float | None:
        return filtered_share(rel, self._samples.share)

    def compile(self, rel: Rel) -> CqlQuery:
        return compile_query(rel, self._views)

    def partitions(self, native: Native) -> Sequence[Native]:
        """A scan's token ranges. Aggregates and limits are over the whole and stay in one."""
        query = _own(native)
        whole = query.is_global or query.limit is not None or not query.by_ranges
        if whole or query.token_range is not None:
            return (query,)
        return [replace(query, token_range=r) for r in self._ring.ranges(query.table)]

    # --- running

    def open(self, native: Native, params: Sequence[object], context: RunContext) -> Stream:
        forbidden = self.options.full_scan is FullScan.FORBID
        own = _own(native)
        query = own.chosen(params, math.inf if forbidden else self.worthwhile_keys)
        consult(query, context)
        stream = start(query, params, context, self._session, self._ring)
        return tested(stream, query, len(own.columns), params) if query.tests else stream

    # --- options

    def set_option(self, name: str, value: str | None) -> bool:
        return self._session.levels.set(name, value)

    # --- writing

    def create_table(self, definition: TableDefinition) -> None:
        self.about_to_write()
        self._session.run_ddl(ddl.create_table(self.keyspace, definition))
        self._session.forget_prepared()

    def drop_table(self, table: Table) -> None:
        self.about_to_write()
        self._session.run_ddl(ddl.drop_table(table))
        self._session.forget_prepared()
        self._ring.forget(table)

    def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        context: RunContext,
    ) -> int:
        self.about_to_write()
        self._ring.forget(table)
        meta = self._keyspace().tables.get(table.name)
        declared = comment_of(meta).not_null if meta is not None else frozenset()
        return insert_rows(
            self._session,
            table,
            declared | set(table.primary_key),
            columns,
            list(rows),
            context,
            retry_for=self.options.retry_for,
            truncate=self.options.truncate_microseconds,
        )

    def close(self) -> None:
        self._session.close()


def _own(native: Native) -> CqlQuery:
    if not isinstance(native, CqlQuery):
        raise InternalError(f"not a query of the Cassandra backend: {type(native).__name__}")
    return native
