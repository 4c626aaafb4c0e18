"""A ring of three nodes: keys are asked of the nodes that have them; one node dies while a scan
pages, and no row is lost or read twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from cassandra.cqltypes import Int32Type

import sqlshim
from conformance.servers import Server, cassandra
from sqlshim.backends.cassandra.session import Session
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
def test_lists_of_keys_go_to_the_nodes_that_have_them(
    ring: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cassandra_session(ring) as session:
        session.execute(
            "CREATE KEYSPACE one_copy WITH replication = "
            "{'class': 'SimpleStrategy', 'replication_factor': 1}"
        )
        session.execute("CREATE TABLE one_copy.events (id int PRIMARY KEY, word text)")
        insert = session.prepare("INSERT INTO one_copy.events (id, word) VALUES (?, ?)")
        for i in range(300):
            session.execute(insert, (i, f"w{i}"))
    futures: list[Any] = []
    send = Session.send

    def recording(self: Session, *args: Any, **options: Any) -> Any:
        futures.append(send(self, *args, **options))
        return futures[-1]

    uri = urlunsplit(urlsplit(ring.uri)._replace(path="/one_copy"))
    with sqlshim.connect(uri, full_scan="forbid") as connection:
        cursor: Any = connection.cursor()
        cursor.execute("SELECT id FROM events WHERE id IN (1, 2)")  # the table is known now
        cursor.fetchall()
        monkeypatch.setattr(Session, "send", recording)
        keys = list(range(300))
        cursor.execute(f"SELECT id, word FROM events WHERE id IN ({_marks(keys)})", keys)
        assert sorted(cursor.fetchall()) == [(i, f"w{i}") for i in keys]
    asked = set()
    for future in futures:
        metadata = future.session.cluster.metadata
        batch = future.query.raw_values[0]
        for key in batch if isinstance(batch, list) else [batch]:
            owners = metadata.get_replicas("one_copy", Int32Type.serialize(key, 5))
            assert owners == [future.coordinator_host]
        asked.add(future.coordinator_host)
    assert len(asked) == 3


def _marks(keys: Sequence[object]) -> str:
    return ", ".join("?" * len(keys))


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
