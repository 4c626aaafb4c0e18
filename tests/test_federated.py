"""One statement over MongoDB, Cassandra and files: answers, what EXPLAIN shows, copies across."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import sqlshim
from sqlshim import engine

MODES = ["auto", "always", "never"]


@pytest.fixture(scope="module")
def world(
    mongo_uri: str, cassandra_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sqlshim.Connection]:
    """`app.users_N` in MongoDB, `events.visits_N` in Cassandra, `ref.countries` in a CSV file.

    N makes the names of this run its own; `users` and `visits` stand for them in `ask`.
    """
    files: Path = tmp_path_factory.mktemp("ref")
    (files / "countries.csv").write_text("code,country\nNO,Norway\nSE,Sweden\nDK,Denmark\n")
    stores = {"app": mongo_uri, "events": cassandra_uri, "ref": f"file://{files}"}
    connection = sqlshim.connect(stores, full_scan="allow", autocommit=True)
    tables = [own("app.users"), own("events.visits"), own("app.copies")]
    connection.execute(f"CREATE TABLE {tables[0]} (id int PRIMARY KEY, name text, country text)")
    connection.execute(
        f"INSERT INTO {tables[0]} VALUES (1, 'Ann', 'NO'), (2, 'Bob', 'SE'), (3, 'Cid', NULL)"
    )
    connection.execute(
        f"CREATE TABLE {tables[1]} (person int, at timestamp, page text, PRIMARY KEY (person, at))"
    )
    connection.execute(
        f"INSERT INTO {tables[1]} VALUES (1, '2024-01-01 10:00', '/'), "
        "(1, '2024-01-02 11:00', '/a'), (2, '2024-01-02 12:00', '/'), (9, '2024-01-03 13:00', '/a')"
    )
    connection.execute(f"CREATE TABLE {own('events.more')} (person int PRIMARY KEY, page text)")
    connection.execute(f"CREATE TABLE {own('app.others')} (id int PRIMARY KEY, name text)")
    tables += [own("events.more"), own("app.others")]
    yield connection
    for table in tables:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.close()


_RUN = uuid.uuid4().hex[:8]


def own(text: str) -> str:
    """`text` with the table names of this run."""
    for name in ("users", "visits", "copies", "more", "others"):
        text = text.replace(f".{name}", f".{name}_{_RUN}")
    return text


def ask(world: sqlshim.Connection, sql: str) -> list[tuple[object, ...]]:
    return list(world.execute(own(sql)).fetchall())


ALL_THREE = """
    SELECT u.name, c.country, count(v.at) AS visits
    FROM app.users u
    LEFT JOIN ref.countries c ON c.code = u.country
    LEFT JOIN events.visits v ON v.person = u.id
    GROUP BY u.name, c.country ORDER BY visits DESC, u.name"""


@pytest.mark.parametrize("pushdown", MODES)
def test_three_stores_answer_one_statement(world: sqlshim.Connection, pushdown: str) -> None:
    world.pushdown = pushdown
    assert ask(world, ALL_THREE) == [
        ("Ann", "Norway", 2),
        ("Bob", "Sweden", 1),
        ("Cid", None, 0),
    ]


@pytest.mark.parametrize("pushdown", MODES)
@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "SELECT name FROM app.users "
            "WHERE id IN (SELECT person FROM events.visits WHERE page = '/a')",
            [("Ann",)],
        ),
        (
            "SELECT DISTINCT person FROM events.visits v "
            "WHERE NOT EXISTS (SELECT 1 FROM app.users u WHERE u.id = v.person)",
            [(9,)],
        ),
        (
            "SELECT code FROM ref.countries EXCEPT SELECT country FROM app.users",
            [("DK",)],
        ),
        (
            "SELECT country AS k FROM ref.countries WHERE code = 'DK' "
            "UNION ALL SELECT name FROM app.users WHERE id = 3 "
            "UNION ALL SELECT page FROM events.visits WHERE person = 9 ORDER BY k",
            [("/a",), ("Cid",), ("Denmark",)],
        ),
        (
            "SELECT name, (SELECT max(page) FROM events.visits v WHERE v.person = u.id) "
            "FROM app.users u WHERE country IN (SELECT code FROM ref.countries WHERE code < 'P')",
            [("Ann", "/a")],
        ),
    ],
    ids=["in", "not exists", "except", "union all", "scalar"],
)
def test_subqueries_and_set_operations_cross_stores(
    world: sqlshim.Connection, sql: str, rows: list[tuple[object, ...]], pushdown: str
) -> None:
    world.pushdown = pushdown
    assert ask(world, sql) == rows


def test_explain_names_each_stores_part(world: sqlshim.Connection) -> None:
    world.pushdown = "auto"
    shown = "\n".join(str(line) for (line,) in ask(world, f"EXPLAIN {ALL_THREE}"))
    for part in ("mongo, access path:", "cassandra, access path:", "duckdb, access path:"):
        assert part in shown
    assert shown.count("Remote ") == 3


def test_a_filter_goes_to_the_store_that_has_the_column(world: sqlshim.Connection) -> None:
    sql = """EXPLAIN SELECT u.name, v.page FROM app.users u JOIN events.visits v ON v.person = u.id
             WHERE u.country = 'NO' AND v.person = 1"""
    shown = "\n".join(str(line) for (line,) in ask(world, sql))
    assert '"country": "NO"' in shown
    assert "person = " in shown


def test_create_table_as_copies_from_store_to_store(world: sqlshim.Connection) -> None:
    sql = """CREATE TABLE app.copies AS SELECT v.page, c.country FROM events.visits v
             JOIN app.users u ON u.id = v.person JOIN ref.countries c ON c.code = u.country"""
    assert world.execute(own(sql)).rowcount == 3
    assert ask(world, "SELECT country, count(*) FROM app.copies GROUP BY country ORDER BY 1") == [
        ("Norway", 2),
        ("Sweden", 1),
    ]


def test_insert_select_copies_from_store_to_store(world: sqlshim.Connection) -> None:
    for sql, count in (
        (
            "INSERT INTO events.more (person, page) SELECT u.id + 1000, c.country "
            "FROM app.users u JOIN ref.countries c ON c.code = u.country",
            2,
        ),
        (
            "INSERT INTO app.others (id, name) SELECT m.person, c.code "
            "FROM events.more m JOIN ref.countries c ON c.country = m.page",
            2,
        ),
    ):
        assert world.execute(own(sql)).rowcount == count
    assert ask(world, "SELECT person, page FROM events.more ORDER BY person") == [
        (1001, "Norway"),
        (1002, "Sweden"),
    ]
    assert ask(world, "SELECT id, name FROM app.others ORDER BY id") == [(1001, "NO"), (1002, "SE")]


@pytest.mark.parametrize("pushdown", MODES)
def test_an_attached_store_joins_the_others(world: sqlshim.Connection, pushdown: str) -> None:
    world.pushdown = pushdown
    world.execute("ATTACH 'memory://' AS extra")
    try:
        world.execute("CREATE TABLE extra.notes (person int, note text)")
        world.execute("INSERT INTO extra.notes VALUES (1, 'first'), (9, 'ghost')")
        sql = """
            SELECT n.note, u.name, count(v.page), min(c.country)
            FROM extra.notes n LEFT JOIN app.users u ON u.id = n.person
            LEFT JOIN events.visits v ON v.person = n.person
            LEFT JOIN ref.countries c ON c.code = u.country
            GROUP BY n.note, u.name ORDER BY 1"""
        assert ask(world, sql) == [("first", "Ann", 2, "Norway"), ("ghost", None, 1, None)]
    finally:
        world.execute("DETACH extra")


def test_keys_found_in_one_store_are_passed_to_another(world: sqlshim.Connection) -> None:
    world.pushdown = "always"
    to_cassandra = """SELECT u.name, v.page FROM app.users u JOIN events.visits v ON v.person = u.id
                      WHERE u.country = 'SE'"""
    assert ask(world, to_cassandra) == [("Bob", "/")]
    shown = "\n".join(str(line) for (line,) in ask(world, f"EXPLAIN {to_cassandra}"))
    assert "several partitions by key" in shown


def test_stores_are_read_beside_one_another(world: sqlshim.Connection) -> None:
    sql = "SELECT u.name, v.page FROM app.users u JOIN events.visits v ON u.id + v.person = 10"
    prepared, _ = engine.prepare(own(sql), None, world._world)
    assert prepared.plan is not None
    assert {remote.store for remote in prepared.plan.at_once} == {"app", "events"}
    assert ask(world, sql) == [("Ann", "/a")]
    assert ask(world, f"SELECT COUNT(*) FROM ({sql}) AS x") == [(1,)]
