"""Cassandra 4: it has no storage-attached indexes, vectors and filtered IN lists, and the corpus
has the same answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import sqlshim
from conformance.backends import open_adapter
from conformance.cli import CASES, case_files
from conformance.fuzz import cli as fuzz
from conformance.servers import Server, cassandra
from tests.test_conformance import failures

RELEASES = ("4.0.17", "4.1.9")


@pytest.fixture(scope="module", params=RELEASES)
def old(request: pytest.FixtureRequest) -> Iterator[Server]:
    with cassandra(version=request.param) as server:
        assert server.version == request.param
        yield server


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("pushdown", ["always", "auto"])
def test_the_corpus_has_the_same_answers(old: Server, pushdown: str) -> None:
    adapter = open_adapter("cassandra", pushdown, old.uri)
    try:
        failed = [found for path in case_files([CASES]) if (found := failures(path, adapter))]
    finally:
        adapter.close()
    assert failed == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_fuzzer_finds_nothing(old: Server) -> None:
    options = ["--backend", "cassandra", "--uri", old.uri, "--quiet"]
    assert fuzz.main([*options, "--seed", "41", "--queries", "300"]) == 0


@pytest.mark.slow
def test_what_it_lacks_is_local_and_told(old: Server) -> None:
    with sqlshim.connect(old.uri, autocommit=True, full_scan="allow") as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE of_old (id INTEGER PRIMARY KEY, kind INTEGER)")
        cursor.execute("INSERT INTO of_old VALUES (1, 1), (2, 2), (3, NULL)")
        sql = "SELECT id FROM of_old WHERE kind IN (2, 3)"
        plan = "\n".join(row[0] for row in cursor.execute(f"EXPLAIN {sql}").fetchall())
        assert "too old for IN lists that are filtered" in plan
        assert cursor.execute(sql).fetchall() == [(2,)]
