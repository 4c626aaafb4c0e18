"""A ring of three nodes, one of which dies while a scan pages: no row is lost or read twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import sqlshim
from conformance.servers import Server, cassandra
from tests.test_servers import cassandra_session

ROWS = 20_000


@pytest.fixture(scope="module")
def ring() -> Iterator[Server]:
    with cassandra(3) as server, cassandra_session(server) as session:
        session.execute("CREATE TABLE events (id int PRIMARY KEY, kind int, word text)")
        insert = session.prepare("INSERT INTO events (id, kind, word) VALUES (?, ?, ?)")
        futures = []
        for i in range(ROWS):
            futures.append(session.execute_async(insert, (i, i % 7, f"w{i}")))
            if len(futures) == 200:
                for future in futures:
                    future.result()
                futures.clear()
        for future in futures:
            future.result()
        yield server


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_node_dies_while_a_scan_pages(ring: Server) -> None:
    with sqlshim.connect(f"{ring.uri}&page_size=100", full_scan="allow") as connection:
        cursor: Any = connection.cursor()
        cursor.execute("SELECT id, word FROM events")
        rows = cursor.fetchmany(500)
        ring.nodes[2].kill()
        rows += cursor.fetchall()
        assert sorted(rows) == [(i, f"w{i}") for i in range(ROWS)]
        # Then without it: another scan, sums over all ranges, keys.
        cursor.execute("SELECT COUNT(*), SUM(kind) FROM events")
        assert cursor.fetchone() == (ROWS, sum(i % 7 for i in range(ROWS)))
        cursor.execute("SELECT id FROM events WHERE id IN (1, 2, 30000) OR id = 5")
        assert sorted(cursor.fetchall()) == [(1,), (2,), (5,)]
