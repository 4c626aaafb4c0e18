"""Grouping, set operations, subqueries, INSERT, CREATE TABLE and DROP TABLE."""

from __future__ import annotations

import pytest

from sqlshim.errors import GroupingError, NotSupportedError
from sqlshim.ir.relational import Values
from sqlshim.ir.statement import CreateTable, DropTable, Insert, NewColumn
from sqlshim.types import INTEGER, TEXT, decimal
from tests import world

GROUPED = [
    "SELECT city FROM people GROUP BY city",
    "SELECT city AS c FROM people GROUP BY c",
    "SELECT upper(city) FROM people GROUP BY upper(city)",
    "SELECT upper(city) || '!' FROM people GROUP BY upper(city)",
    "SELECT upper(city) FROM people GROUP BY 1",
    "SELECT city, age FROM people GROUP BY (city, age)",
    "SELECT name, age FROM people GROUP BY id",
    "SELECT o.*, count(*) FROM orders o JOIN items i USING (order_id) GROUP BY o.order_id",
    "SELECT product FROM items GROUP BY order_id, line",
    "SELECT 1 FROM people GROUP BY city ORDER BY city",
    "SELECT city FROM people GROUP BY city HAVING city > 'a'",
    "SELECT count(*) FROM people",
    "SELECT 'x', count(*) FROM people",
    "SELECT (SELECT max(total) FROM orders WHERE person_id = p.id) FROM people p GROUP BY p.id",
    "SELECT city FROM people GROUP BY city HAVING city IN (SELECT note FROM orders)",
]


@pytest.mark.parametrize("sql", GROUPED)
def test_these_queries_are_grouped_rightly(sql: str) -> None:
    world.query(sql)


UNGROUPED = {
    "SELECT name FROM people GROUP BY city": ("name", 8),
    "SELECT name, count(*) FROM people": ("name", 8),
    "SELECT city, upper(name) FROM people GROUP BY city": ("name", 20),
    "SELECT city FROM people GROUP BY upper(city)": ("city", 8),
    "SELECT count(*) FROM people HAVING age > 1": ("age", 36),
    "SELECT city FROM people GROUP BY city ORDER BY age": ("age", 48),
    "SELECT product FROM items GROUP BY order_id": ("product", 8),
    "SELECT name FROM (SELECT * FROM people) AS p GROUP BY id": ("name", 8),
    "SELECT * FROM people GROUP BY city": ("id", None),
}


@pytest.mark.parametrize(("sql", "expected"), UNGROUPED.items())
def test_an_ungrouped_column_is_named_with_its_place(
    sql: str, expected: tuple[str, int | None]
) -> None:
    with pytest.raises(GroupingError) as caught:
        world.query(sql)
    error = caught.value
    assert (error.column, error.position, error.sqlstate) == (*expected, "42803")
    assert error.detail == (
        f"column {expected[0]!r} must appear in the GROUP BY clause or be used in an aggregate "
        "function"
    )


MISPLACED = {
    "SELECT 1 FROM people WHERE count(*) > 1": "WHERE",
    "SELECT 1 FROM people GROUP BY count(*)": "GROUP BY",
    "SELECT count(*) FILTER (WHERE max(age) > 1) FROM people": "FILTER",
    "SELECT 1 FROM people p JOIN orders o ON count(*) > 1": "JOIN/ON",
    "SELECT 1 FROM people LIMIT count(*)": "LIMIT",
    "VALUES (count(*))": "VALUES",
}


@pytest.mark.parametrize(("sql", "clause"), MISPLACED.items())
def test_an_aggregate_may_not_stand_everywhere(sql: str, clause: str) -> None:
    with pytest.raises(GroupingError) as caught:
        world.query(sql)
    assert caught.value.detail == f"aggregate functions are not allowed in {clause}"
    assert caught.value.position is not None


SET_TYPES = {
    "SELECT 1 UNION ALL SELECT 2.5": ["DECIMAL(11,1) NOT NULL"],
    "SELECT 1 UNION SELECT NULL": ["INTEGER"],
    "SELECT 'a' UNION ALL SELECT NULL": ["TEXT"],
    "SELECT NULL UNION ALL SELECT NULL": ["TEXT"],
    "SELECT '2000-01-01' UNION ALL SELECT born FROM people": ["DATE"],
    "SELECT born FROM people INTERSECT SELECT ordered FROM orders": ["TIMESTAMP"],
    "SELECT age FROM people EXCEPT SELECT height FROM people": ["DOUBLE"],
    "VALUES (1, 'a'), (NULL, 'b')": ["INTEGER", "TEXT NOT NULL"],
    "VALUES (1), (3000000000)": ["BIGINT NOT NULL"],
}


@pytest.mark.parametrize(("sql", "gives"), SET_TYPES.items())
def test_arms_meet_in_the_common_type(sql: str, gives: list[str]) -> None:
    assert world.types(sql) == gives


REFUSED = {
    "SELECT 1, 2 UNION SELECT 1": "42601 each UNION query must have the same number of columns",
    "SELECT 1 INTERSECT SELECT name FROM people": "42804 INTERSECT types integer and text cannot "
    "be matched",
    "VALUES (1, 2), (3)": "42601 VALUES lists must all be the same length",
    "SELECT (SELECT 1, 2)": "42601 subquery must return only one column",
    "SELECT 1 WHERE 1 IN (SELECT 1, 2)": "42601 subquery has too many columns",
    "SELECT 1 WHERE (1, 2) IN (SELECT 1)": "42601 subquery has too few columns",
    "SELECT 1 WHERE 1 IN (SELECT name FROM people)": "42883 operator does not exist: "
    "integer = text",
    "SELECT *": "42601 SELECT * with no tables specified is not valid",
    "SELECT DISTINCT city FROM people ORDER BY age": "42P10 for SELECT DISTINCT, ORDER BY "
    "expressions must appear in select list",
    "SELECT name FROM people ORDER BY 2": "42P10 ORDER BY position 2 is not in select list",
    "SELECT name FROM people ORDER BY 'name'": "42601 non-integer constant in ORDER BY",
    "SELECT name FROM people GROUP BY 0": "42P10 GROUP BY position 0 is not in select list",
    "SELECT name FROM people LIMIT 'a'": '22P02 invalid input syntax for type bigint: "a"',
    "SELECT 1 FROM people, people": "42712 table name 'people' specified more than once",
    "SELECT name LIKE 'a' ESCAPE 'ab' FROM people": "22025 invalid escape string",
    "INSERT INTO people (id) VALUES (1, 2)": "42601 INSERT has more expressions than target "
    "columns",
    "INSERT INTO people (id, name) VALUES (1)": "42601 INSERT has more target columns than "
    "expressions",
    "INSERT INTO people (id, ID) VALUES (1, 2)": "42701 column 'id' specified more than once",
    "INSERT INTO people (id, born) VALUES (1, 5)": "42804 column 'born' is of type date but "
    "expression is of type integer",
    "INSERT INTO people (id) VALUES ('x')": '22P02 invalid input syntax for type integer: "x"',
    "CREATE TABLE t (a int, A int)": "42701 column 'A' specified more than once",
    "CREATE TABLE t (a int, PRIMARY KEY (b))": "42703 column 'b' does not exist",
    "CREATE TABLE t (a numeric(50, 2))": "22023 DECIMAL(50,2) is out of range",
    "CREATE TABLE t (a nonsense)": "42704 type 'nonsense' does not exist",
    "DROP TABLE nothere": "42P01 table 'nothere' does not exist",
}


@pytest.mark.parametrize(("sql", "expected"), REFUSED.items())
def test_a_wrong_statement_is_refused(sql: str, expected: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - compared whole below
        world.bound(sql)
    error = caught.value
    assert f"{error.sqlstate} {error.detail}" == expected


NOT_YET = [
    "SELECT * FROM people TABLESAMPLE RESERVOIR (10)",
    "UPDATE people SET age = 1",
    "DELETE FROM people",
    "INSERT INTO people (id) VALUES (1) ON CONFLICT DO NOTHING",
    "INSERT INTO people (id) VALUES (1) ON CONFLICT DO NOTHING",
    "INSERT INTO people DEFAULT VALUES",
    "CREATE VIEW v AS SELECT 1",
    "CREATE INDEX i ON people (age)",
    "CREATE TABLE t (a int DEFAULT 1)",
    "CREATE TABLE t (a int CHECK (a > 1))",
    "DROP VIEW v",
    "ALTER TABLE people ADD COLUMN x int",
    "TRUNCATE people",
    "GRANT ALL ON people TO me",
]


@pytest.mark.parametrize("sql", NOT_YET)
def test_what_is_not_supported_yet_is_refused_honestly(sql: str) -> None:
    with pytest.raises(NotSupportedError) as caught:
        world.bound(sql)
    assert "supported" in caught.value.detail


@pytest.mark.parametrize("dialect", ["hive", "spark"])
def test_substr_from_the_end_is_refused_where_postgres_means_something_else(dialect: str) -> None:
    with pytest.raises(NotSupportedError, match="below 1"):
        world.bound("SELECT SUBSTR(name, -2) FROM people", dialect=dialect)


# --- INSERT, CREATE TABLE, DROP TABLE ------------------------------------------------------


def test_insert_converts_to_the_columns_types() -> None:
    sql = "INSERT INTO people (id, NAME, born) VALUES ('7', 'Ann', '2000-01-01')"
    statement = world.bound(sql).statement
    assert isinstance(statement, Insert)
    assert isinstance(statement.source, Values)
    assert statement.columns == ("id", "name", "born")
    assert [str(c.type) for c in statement.source.columns] == ["INTEGER", "TEXT", "DATE"]


def test_insert_without_columns_takes_the_first_ones() -> None:
    statement = world.bound("INSERT INTO people VALUES (1, 'Ann')").statement
    assert isinstance(statement, Insert)
    assert statement.columns == ("id", "name")


def test_create_table_keeps_names_as_written_and_knows_keys() -> None:
    sql = """CREATE TABLE IF NOT EXISTS New (Id int, "aB" varchar(3) NOT NULL, c numeric(5, 2),
             PRIMARY KEY (id), UNIQUE ("aB", c))"""
    assert world.bound(sql).statement == CreateTable(
        store="",
        name="New",
        columns=(
            NewColumn("Id", INTEGER.with_null(False)),
            NewColumn("aB", TEXT.with_null(False)),
            NewColumn("c", decimal(5, 2)),
        ),
        primary_key=("Id",),
        unique=(("aB", "c"),),
        if_not_exists=True,
    )


def test_quoted_columns_may_differ_in_case_only() -> None:
    statement = world.bound('CREATE TABLE t ("a" int, "A" int)').statement
    assert isinstance(statement, CreateTable)
    assert [c.name for c in statement.columns] == ["a", "A"]


def test_drop_table_if_exists_leaves_out_what_is_not_there() -> None:
    statement = world.bound("DROP TABLE IF EXISTS nothere").statement
    assert statement == DropTable(())


def test_a_parameter_of_one_type_has_one_slot_however_often_it_is_named() -> None:
    sql = "SELECT name FROM people WHERE age = $2 AND height = $1 AND id = $2 AND height = $2"
    slots = world.bound(sql, [1, 2]).slots
    assert [(s.occurrence, str(s.type)) for s in slots] == [
        (0, "INTEGER"),
        (1, "DOUBLE"),
        (0, "DOUBLE"),
    ]
