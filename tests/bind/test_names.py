"""Names: scopes, joins, CTEs, result names, and the near misses that errors propose."""

from __future__ import annotations

import pytest

from sqlshim.errors import AmbiguousColumn, ProgrammingError, UnknownColumn, UnknownTable
from tests import world

RESULT_NAMES = {  # as PostgreSQL 15 names them
    "name": "name",
    "people.name": "name",
    "(name)": "name",
    "1": "?column?",
    "'x'": "?column?",
    "NULL": "?column?",
    "age + 1": "?column?",
    "-age": "?column?",
    "age IS NULL": "?column?",
    "name || 'x'": "?column?",
    "NOT active": "?column?",
    "age::text": "age",
    "(age + 1)::bigint": "int8",
    "CAST(1 AS text)": "text",
    "1::numeric(5, 2)": "numeric",
    "'x'::varchar": "varchar",
    "CAST(CAST(age AS text) AS integer)": "age",
    "upper(name)::text": "upper",
    "DATE '2000-01-01'": "date",
    "INTERVAL '1 day'": "interval",
    "upper(name)": "upper",
    "UPPER(name)": "upper",
    "substr(name, 1, 2)": "substr",
    "substring(name, 1, 2)": "substring",
    "trim(name)": "btrim",
    "trim(LEADING FROM name)": "ltrim",
    "ltrim(name)": "ltrim",
    "position('a' IN name)": "position",
    "strpos(name, 'a')": "strpos",
    "char_length(name)": "char_length",
    "ceiling(height)": "ceiling",
    "mod(age, 2)": "mod",
    "age % 2": "?column?",
    "power(age, 2)": "power",
    "age ^ 2": "?column?",
    "extract(year FROM born)": "extract",
    "date_trunc('month', born)": "date_trunc",
    "current_date": "current_date",
    "current_timestamp": "current_timestamp",
    "now()": "now",
    "coalesce(age, 1)": "coalesce",
    "nullif(age, 1)": "nullif",
    "greatest(age, 1)": "greatest",
    "CASE WHEN true THEN 1 END": "case",
    "CASE WHEN true THEN 1 ELSE age END": "age",
    "CASE WHEN true THEN age ELSE 1 END": "case",
    "count(*)": "count",
    "sum(age) FILTER (WHERE active)": "sum",
    "var_pop(age)": "var_pop",
    "every(active)": "every",
    "string_agg(name, ',')": "string_agg",
    "(SELECT 1)": "?column?",
    "(SELECT max(age) FROM people)": "max",
    "(SELECT 1 AS one)": "one",
    "EXISTS (SELECT 1)": "exists",
    'name COLLATE "C"': "name",
}


@pytest.mark.parametrize(("expression", "name"), RESULT_NAMES.items())
def test_a_result_is_named_as_in_postgresql(expression: str, name: str) -> None:
    assert world.names(f"SELECT {expression} FROM people GROUP BY id") == [name]


def test_a_parameter_has_no_name() -> None:
    assert [c.name for c in world.query("SELECT ?, ?::int", [1, 1]).columns] == ["?column?", "int4"]


STARS = {
    "SELECT * FROM items JOIN orders USING (order_id)": "order_id line product quantity price "
    "weight person_id total ordered seen note",
    "SELECT * FROM (SELECT 1 AS a, 2 AS a) AS t": "a a",
    "SELECT t.*, 1 AS one FROM (SELECT 1 AS a) AS t": "a one",
    "SELECT * FROM (VALUES (1, 2)) AS t": "column1 column2",
    "SELECT * FROM (VALUES (1, 2)) AS t(x)": "x column2",
    "WITH c(x, y) AS (SELECT 1, 2) SELECT * FROM c": "x y",
    "WITH c(x) AS (SELECT 1, 2 AS b) SELECT * FROM c AS d(z)": "z b",
}


@pytest.mark.parametrize(("sql", "names"), STARS.items())
def test_a_star_stands_for_these_columns(sql: str, names: str) -> None:
    assert world.names(sql) == names.split()


FINE = [
    # scopes
    "SELECT (SELECT p.name) FROM people p",
    "SELECT name FROM people p WHERE EXISTS (SELECT 1 FROM orders WHERE person_id = p.id)",
    "SELECT name FROM people WHERE EXISTS (SELECT 1 FROM orders WHERE person_id = id)",
    "SELECT id FROM people p WHERE age = (SELECT max(age) FROM people q WHERE q.city = p.city)",
    # CTEs
    "WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT x FROM b",
    "WITH a AS (SELECT 1 AS x) SELECT (SELECT x FROM a), x FROM a",
    "WITH people AS (SELECT name AS n FROM people) SELECT n FROM people",
    "SELECT * FROM (WITH a AS (SELECT 1 AS x) SELECT x FROM a) AS t",
    "WITH a AS (SELECT 1 AS x) SELECT x FROM A",
    "WITH a AS (SELECT 1 AS x) SELECT 1 UNION ALL SELECT x FROM a",
    # names in any case, and stores
    "SELECT P.NAME FROM People p",
    "SELECT sensor FROM ring.readings, RING.READINGS AS r2 WHERE r2.at = readings.at".replace(
        "SELECT sensor", "SELECT r2.sensor"
    ),
    "SELECT name FROM public.people",
]


@pytest.mark.parametrize("sql", FINE)
def test_these_names_are_found(sql: str) -> None:
    world.query(sql)


NOT_FOUND = {
    "SELECT nmae FROM people": (UnknownColumn, "column 'nmae' does not exist", "'name'", 8),
    "SELECT 1 FROM peple": (UnknownTable, "table 'peple' does not exist", "'people'", 15),
    "SELECT q.name FROM people p": (UnknownTable, "table 'q' does not exist", None, 8),
    "SELECT p.nam FROM people p": (UnknownColumn, "column 'p.nam' does not exist", "'name'", 8),
    "SELECT 1 FROM nowhere.people": (
        UnknownTable,
        "table 'nowhere.people' does not exist",
        "'people'",
        15,
    ),
    # what is inside a query is not seen from outside, nor beside it
    "SELECT a.x FROM (SELECT 1 AS x FROM people a) AS t": (
        UnknownTable,
        "table 'a' does not exist",
        None,
        8,
    ),
    "SELECT 1 FROM people p, (SELECT p.id) AS t": (
        UnknownTable,
        "table 'p' does not exist",
        None,
        33,
    ),
    "SELECT x FROM (WITH a AS (SELECT 1 AS x) SELECT x FROM a) AS t, a": (
        UnknownTable,
        "table 'a' does not exist",
        None,
        65,
    ),
    "WITH a AS (SELECT x FROM a) SELECT 1 FROM a": (
        UnknownTable,
        "table 'a' does not exist",
        None,
        26,
    ),
    "SELECT age AS years FROM people HAVING years > 1": (
        UnknownColumn,
        "column 'years' does not exist",
        None,
        40,
    ),
    "SELECT name FROM people UNION SELECT note FROM orders ORDER BY note": (
        ProgrammingError,
        "ORDER BY on a UNION/INTERSECT/EXCEPT result must name an output column",
        None,
        64,
    ),
}


@pytest.mark.parametrize(("sql", "expected"), NOT_FOUND.items())
def test_an_unknown_name_is_told_with_its_place_and_a_near_miss(
    sql: str, expected: tuple[type[ProgrammingError], str, str | None, int]
) -> None:
    kind, detail, near, position = expected
    with pytest.raises(kind) as caught:
        world.query(sql)
    error = caught.value
    assert (type(error), error.detail, error.position) == (kind, detail, position)
    if kind is not ProgrammingError:
        assert error.hint == (f"Did you mean {near}?" if near else None)


AMBIGUOUS = {
    "SELECT order_id FROM items, orders": ["items.order_id", "orders.order_id"],
    "SELECT name FROM people a, people b": ["a.name", "b.name"],
    "SELECT a FROM (SELECT 1 AS a, 2 AS a) AS t": ["t.a", "t.a"],
    "SELECT VALUE FROM customernotes": ["customerNotes.value", "customerNotes.Value"],
}


@pytest.mark.parametrize(("sql", "candidates"), AMBIGUOUS.items())
def test_a_name_that_could_be_two_is_refused(sql: str, candidates: list[str]) -> None:
    with pytest.raises(AmbiguousColumn) as caught:
        world.query(sql)
    assert caught.value.position == 8
    assert caught.value.hint == f"It could be {' or '.join(candidates)}; qualify or quote it."


USING = {
    "SELECT order_id FROM items JOIN orders USING (order_id)": "BIGINT NOT NULL",
    "SELECT order_id FROM items LEFT JOIN orders USING (order_id)": "BIGINT NOT NULL",
    "SELECT orders.order_id FROM items LEFT JOIN orders USING (order_id)": "BIGINT",
    "SELECT order_id FROM items RIGHT JOIN orders USING (order_id)": "BIGINT NOT NULL",
    "SELECT items.order_id FROM items RIGHT JOIN orders USING (order_id)": "BIGINT",
    "SELECT order_id FROM items FULL JOIN orders USING (order_id)": "BIGINT NOT NULL",
    "SELECT x FROM (SELECT 1 AS x) a FULL JOIN (SELECT 2.5 AS x) b USING (x)": "DECIMAL(11,1) "
    "NOT NULL",
}


@pytest.mark.parametrize(("sql", "gives"), USING.items())
def test_a_merged_column_has_this_type(sql: str, gives: str) -> None:
    assert world.types(sql) == [gives]
