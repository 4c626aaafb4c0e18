"""The local engine: what the stores leave over, run by DuckDB over their streams of batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from sqlshim.backends.duckdb.compile.relations import compile_query
from sqlshim.backends.duckdb.run import DuckNative, DuckStream, Input, bindings
from sqlshim.backends.duckdb.session import Database
from sqlshim.backends.protocol import Native, Options, RunContext, Stream
from sqlshim.ir.relational import LOCAL, Rel, Remote


class DuckEngine:
    """Implements `protocol.LocalEngine`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._database = Database(options)
        self._lock = threading.Lock()

    def _live(self) -> Database:
        """The database; another one after a fatal error, since it holds nothing between
        statements."""
        with self._lock:
            if self._database.dead:
                self._database.close()
                self._database = Database(self._options)
            return self._database

    def compile_local(self, rel: Rel) -> Native:
        """The query over `rel`, in which Remote nodes are inputs."""
        return DuckNative(compile_query(rel), "local engine")

    def open_local(
        self,
        native: Native,
        inputs: Mapping[Remote, Callable[[], Stream]],
        params: Sequence[object],
        context: RunContext,
    ) -> Stream:
        """Run it; an input is opened when DuckDB first pulls on it."""
        query = cast(DuckNative, native).query
        sources = [
            Input(remote.columns, inputs[remote], remote.store != LOCAL) for remote in query.inputs
        ]
        database = self._live()
        with database.translated():
            database.provide(query.sql)
            connection = database.cursor()
            for number, source in enumerate(sources):
                connection.register(f"r{number}", source.reader())
        values = bindings(query, params)
        return DuckStream(connection, query, values, context, database.cause, sources)

    def close(self) -> None:
        """Let go of the database; harmless twice."""
        self._database.close()
