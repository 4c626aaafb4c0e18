"""Fields that the sample did not show: named under schema="dynamic", else an error with a hint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bson.int64 import Int64

import sqlshim

Ask = Callable[..., list[Any]]
MODES = ("always", "auto", "never")


@pytest.fixture(scope="module", autouse=True)
def documents(database: Any) -> None:
    """The first 100 documents show `_id`, `n`, `sub.a` and `items[].sku` only."""
    plain = {"n": 1, "sub": {"a": 1}, "items": [{"sku": "x"}]}
    database.people.insert_many([{"_id": i, **plain} for i in range(100)])
    late = {"n": 2, "late": 5, "sub": {"a": 2, "b": "deep"}, "items": [{"sku": "y", "qty": 3}]}
    database.people.insert_many(
        [
            {"_id": 100, **late, "home": {"city": "Oslo"}, "odd.name": True},
            {"_id": 101, "late": Int64(7), "either": 1},
            {"_id": 102, "either": "a"},
        ]
    )
    database.others.insert_one({"_id": 1, "late2": 1})


@pytest.fixture(params=MODES)
def ask(connect: Callable[..., Any], request: pytest.FixtureRequest) -> Ask:
    connection = connect(schema="dynamic", sample_size=50, pushdown=request.param)

    def run(sql: str, *params: object) -> list[Any]:
        rows: list[Any] = connection.execute(sql, params or None).fetchall()
        return rows

    return run


def test_by_default_the_hint_names_the_option(connect: Callable[..., Any]) -> None:
    connection = connect(sample_size=50)
    for sql in (
        "SELECT late FROM people",
        "SELECT p.late FROM people p",
        "SELECT (sub).b FROM people",
    ):
        with pytest.raises(sqlshim.ProgrammingError) as caught:
            connection.execute(sql)
        assert caught.value.sqlstate == "42703"
        assert caught.value.hint.endswith('connect with schema="dynamic".')
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connection.execute("SELECT elsewhere.city FROM people")
    assert caught.value.sqlstate == "42P01"
    assert 'schema="dynamic"' in caught.value.hint


def test_a_table_with_a_schema_has_no_such_hint(connect: Callable[..., Any]) -> None:
    connection = connect()
    connection.execute("CREATE TABLE closed (id INT PRIMARY KEY)")
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connection.execute("SELECT late FROM closed")
    assert caught.value.hint is None
    connection.execute("DROP TABLE closed")


def test_a_late_field_has_the_type_that_documents_have(ask: Ask) -> None:
    assert ask("SELECT _id, late FROM people WHERE late > 5") == [(101, 7)]
    assert ask("SELECT SUM(late), COUNT(p.late) FROM people p") == [(12, 2)]
    assert ask("SELECT _id FROM people WHERE late = ?", 5) == [(100,)]
    assert ask("SELECT either FROM people WHERE either IS NOT NULL ORDER BY _id") == [
        ("1",), ('"a"',)]  # fmt: skip
    assert ask('SELECT "odd.name" FROM people WHERE _id >= 100 ORDER BY _id') == [
        (True,), (None,), (None,)]  # fmt: skip


def test_late_parts_of_documents_and_arrays_too(ask: Ask) -> None:
    assert ask("SELECT _id FROM people WHERE sub.b = 'deep'") == [(100,)]
    assert ask("SELECT _id FROM people p WHERE p.sub.b = 'deep'") == [(100,)]
    assert ask("SELECT p._id, i.qty FROM people p, UNNEST(p.items) AS i WHERE i.qty > 1") == [
        (100, 3)
    ]
    assert ask("SELECT items[1].qty FROM people WHERE _id = 100") == [(3,)]


def test_a_late_document_is_found_by_its_path(ask: Ask) -> None:
    assert ask("SELECT _id FROM people WHERE home.city = 'Oslo'") == [(100,)]
    assert ask("SELECT p.home.city FROM people p WHERE p._id = 100") == [("Oslo",)]


def test_a_field_that_no_document_has_is_null(ask: Ask) -> None:
    assert ask("SELECT nowhere, no.field FROM people WHERE _id = 1") == [(None, None)]
    assert ask("SELECT COUNT(*) FROM people WHERE nowhere IS NULL") == [(103,)]


def test_of_several_tables_the_one_with_such_documents_is_meant(ask: Ask) -> None:
    assert ask("SELECT p._id FROM people p, others o WHERE late = 5") == [(100,)]
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        ask("SELECT nowhere FROM people p, others o")
    assert caught.value.sqlstate == "42702"


def test_what_was_named_is_in_no_star(ask: Ask) -> None:
    stars = (
        ask("SELECT *, late FROM people WHERE _id = 101"),
        ask("SELECT p.* FROM people p WHERE late = 7"),
    )
    assert [len(rows[0]) for rows in stars] == [5, 4]
    assert len(ask("SELECT * FROM people LIMIT 1")[0]) == 4


def test_an_unknown_column_of_a_table_with_a_schema_stays_one(connect: Callable[..., Any]) -> None:
    connection = connect(schema="dynamic")
    connection.execute("CREATE TABLE strict (id INT PRIMARY KEY)")
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connection.execute("SELECT late FROM strict")
    assert caught.value.sqlstate == "42703"
    connection.execute("DROP TABLE strict")


def test_a_refresh_shows_what_the_first_sample_did_not(
    connect: Callable[..., Any], database: Any
) -> None:
    database.fresh.insert_one({"_id": 1})
    connection = connect()
    assert connection.execute("SELECT * FROM fresh").fetchall() == [(1,)]
    database.fresh.insert_one({"_id": 2, "new": "a"})
    connection.refresh()
    assert connection.execute("SELECT new FROM fresh ORDER BY _id").fetchall() == [(None,), ("a",)]
