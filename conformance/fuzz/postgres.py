"""PostgreSQL as the oracle: an engine that shares no code with ours; for developers, not for CI.

Needs psycopg and a database in which the schema `fuzz` may be dropped and made again. Its types
are not compared: a SUM of integers and an AVG are NUMERIC there.
"""

from __future__ import annotations

from typing import Any

from conformance.backends.postgres import psycopg
from conformance.fuzz.compare import Answer, Failed, Rows
from conformance.fuzz.stores import Oracle
from conformance.fuzz.tree import Node, literal_sql
from conformance.fuzz.world import World

# What the generator uses and PostgreSQL lacks.
LAST_DAY = """
CREATE FUNCTION fuzz.last_day(day date) RETURNS date IMMUTABLE STRICT LANGUAGE sql AS
$$ SELECT (date_trunc('month', day) + INTERVAL '1 month' - INTERVAL '1 day')::date $$"""


class Postgres(Oracle):
    typed = False
    whole = False

    def __init__(self, uri: str) -> None:
        self._psycopg = psycopg()
        self._connection: Any = self._psycopg.connect(uri, autocommit=True)
        self._connection.execute("SET statement_timeout = '20s'")

    def load(self, world: World) -> None:
        for statement in ("DROP SCHEMA IF EXISTS fuzz CASCADE", "CREATE SCHEMA fuzz", LAST_DAY,
                          "SET search_path = fuzz"):  # fmt: skip
            self._connection.execute(statement)
        for table in world:
            self._connection.execute(table.ddl)
            if table.rows:
                self._connection.execute(table.insert(table.rows)[0])

    def answer(self, tree: Node) -> Answer:
        try:
            cursor = self._connection.execute(literal_sql(tree), prepare=False)
            return Rows(tuple(cursor.fetchall()), ())
        except self._psycopg.Error as error:
            # Its own errors have no SQLSTATE: a date that Python cannot hold.
            state = error.sqlstate or (
                "22008" if isinstance(error, self._psycopg.DataError) else ""
            )
            return Failed(state, f"{type(error).__name__}: {error}")

    def close(self) -> None:
        self._connection.close()
