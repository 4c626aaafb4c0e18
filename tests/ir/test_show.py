"""The text form of expressions and plans: what EXPLAIN, errors and golden files show."""

from __future__ import annotations

import pytest

from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Filter, Project, Scan
from sqlshim.ir.scalar import Column, Literal
from sqlshim.ir.show import show_rel, show_scalar
from sqlshim.types import INTEGER
from tests import world

EXPRESSIONS = {
    "age + 1": "age + 1",
    "(age + 1) * 2": "(age + 1) * 2",
    "-age": "-age",
    "age > 1 AND NOT active OR age IS NULL": "((age > 1) AND (NOT active)) OR (age IS NULL)",
    "age IN (1, 2)": "age IN (1, 2)",
    "age NOT IN (1, 2)": "NOT (age IN (1, 2))",
    "age IN (1,2,3,4,5,6,7,8,9,10)": "age IN (1, 2, 3, 4, 5, 6, 7, 8, … 2 more)",
    "name LIKE 'a%'": "name LIKE 'a%'",
    "name LIKE 'a%' ESCAPE '!'": "name LIKE 'a%' ESCAPE '!'",
    "'it''s'": "'it''s'",
    "CAST(age AS text)": "CAST(age AS TEXT)",
    "CASE WHEN active THEN 1 END": "CASE WHEN active THEN 1 ELSE NULL END",
    "born > '2000-01-31'": "born > DATE '2000-01-31'",
    "born + INTERVAL '1 month 2 days'": "CAST(born AS TIMESTAMP) + INTERVAL '1 months 2 days'",
    "upper(name)": "UPPER(name)",
    "EXISTS (SELECT 1 FROM orders)": "EXISTS (Project < Scan orders)",
}


@pytest.mark.parametrize(("sql", "shown"), EXPRESSIONS.items())
def test_an_expression_reads_like_sql(sql: str, shown: str) -> None:
    rel = world.rel(f"SELECT {sql} FROM people")
    assert isinstance(rel, Project)
    assert show_scalar(rel.items[0][1]) == shown


def test_a_name_that_stands_for_two_columns_has_its_number() -> None:
    shown = show_rel(world.rel("SELECT a.age FROM people a JOIN people b ON a.id = b.id"))
    assert shown.splitlines()[:2] == ["Project age#4", "  Join inner ON (id#1 = id#8)"]


# --- walking -------------------------------------------------------------------------------

TREE = world.rel("SELECT name FROM people WHERE age > 1 AND id IN (SELECT person_id FROM orders)")


def test_a_change_of_nothing_gives_the_same_tree() -> None:
    assert walk.transform(TREE, lambda rel: rel) is TREE
    assert mapping.map_scalars(TREE, lambda expr: expr) is TREE


def test_every_rel_finds_the_tables_of_subqueries_too() -> None:
    scans = [rel.table.name for rel in walk.every_rel(TREE) if isinstance(rel, Scan)]
    assert sorted(scans) == ["orders", "people"]


def test_a_substituted_column_is_replaced_everywhere() -> None:
    assert isinstance(TREE, Project)
    where = TREE.input
    assert isinstance(where, Filter)
    (age,) = (c for c in where.columns if c.name == "age")
    one = Literal(1, INTEGER.with_null(False))
    assert show_scalar(walk.substitute(where.where[0], {age.id: one})) == "1 > 1"


def test_a_query_reads_free_columns_of_the_query_around_it_only() -> None:
    sql = "SELECT name FROM people p WHERE EXISTS (SELECT 1 FROM orders WHERE person_id = p.id)"
    rel = world.rel(sql)
    assert walk.free_columns(rel) == frozenset()
    (exists,) = rel.input.where
    assert walk.free_columns(exists.rel) == frozenset({1})


def test_columns_are_equal_by_number_alone() -> None:
    assert Column(1, "a", INTEGER) == Column(1, "b", INTEGER.with_null(False))
    assert Column(1, "a", INTEGER) != Column(2, "a", INTEGER)


def test_literals_of_one_value_and_different_types_differ() -> None:
    assert Literal(1, INTEGER) != Literal(1, INTEGER.with_null(False))
    assert hash(Literal([1], INTEGER)) == hash(Literal([1], INTEGER))
