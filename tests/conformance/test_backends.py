"""The adapters' pure parts: names, URIs, and what an exception means to the runner."""

from __future__ import annotations

import pytest

from conformance.backends import Unavailable, backend_names, open_adapter
from conformance.backends._sqlshim import names_of, problem_of
from conformance.backends.cassandra import _hosts, with_keyspace
from conformance.backends.mongo import with_database
from sqlshim.errors import InternalError, NotSupportedError, UnknownTable


def test_every_module_is_a_backend() -> None:
    assert backend_names() == ["cassandra", "duckdb", "mongo", "postgres", "reference", "sqlite"]


def test_an_unknown_backend_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="no backend 'oracle'"):
        open_adapter("oracle")


def test_a_store_of_ours_acts_as_postgresql() -> None:
    assert names_of("mongo", "always") == {"sqlshim", "postgresql", "mongo", "pushdown_always"}


@pytest.mark.parametrize(
    ("uri", "changed"),
    [
        ("mongodb://h:1", "mongodb://h:1/new"),
        ("mongodb://h:1,i:2/old?replicaSet=rs0", "mongodb://h:1,i:2/new?replicaSet=rs0"),
        ("mongodb://u:p@h/old", "mongodb://u:p@h/new?authSource=old"),
        ("mongodb://u:p@h/old?authSource=admin", "mongodb://u:p@h/new?authSource=admin"),
    ],
)
def test_a_database_is_replaced_but_not_the_place_to_log_in(uri: str, changed: str) -> None:
    assert with_database(uri, "new") == changed


def test_a_keyspace_is_replaced() -> None:
    uri = "cassandra://u:p@h:1,i/old?local_dc=dc1"
    assert with_keyspace(uri, "new") == "cassandra://u:p@h:1,i/new?local_dc=dc1"


@pytest.mark.parametrize(
    ("netloc", "hosts", "port"),
    [("h", ["h"], 9042), ("u:p@h1,h2:9999", ["h1", "h2"], 9999), ("h1:1,h2:1", ["h1", "h2"], 1)],
)
def test_contact_points(netloc: str, hosts: list[str], port: int) -> None:
    assert _hosts(netloc) == (hosts, port)


def test_an_error_is_matched_by_code_class_and_message() -> None:
    problem = problem_of(UnknownTable("t"))
    assert problem.text == "42P01 UnknownTable: table 't' does not exist"
    assert (problem.refused, problem.foreign) == (False, False)


def test_a_refusal_is_told_apart() -> None:
    assert problem_of(NotSupportedError("not this")).refused


@pytest.mark.parametrize("error", [ValueError("bare"), InternalError("ours")])
def test_no_other_exception_satisfies_an_expected_error(error: Exception) -> None:
    assert problem_of(error).foreign
