"""Constants of an execution: what conditions compute of parameters, on every store and in every
mode, and what happens to those that are errors."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

import sqlshim
from sqlshim import planning
from sqlshim.errors import DataError, DivisionByZero, InvalidText

MODES = ["auto", "always", "never"]
STORES = ["mongo", "cassandra", "memory"]
FIRST = uuid.UUID("11111111-2222-4333-8444-555555555555")
NAME = f"constants_{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def connections(mongo_uri: str, cassandra_uri: str) -> Iterator[Mapping[str, Any]]:
    """A connection to each store, in which `things` is the same table."""
    uris = {"mongo": mongo_uri, "cassandra": cassandra_uri, "memory": "memory://"}
    opened = {
        store: sqlshim.connect(uri, full_scan="allow", autocommit=True)
        for store, uri in uris.items()
    }
    for connection in opened.values():
        connection.execute(
            f"CREATE TABLE {NAME} (id int PRIMARY KEY, name text, day date, at timestamp, "
            "amount numeric(10, 2), share double precision, uid uuid)"
        )
        connection.cursor().executemany(
            f"INSERT INTO {NAME} VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    i,
                    "abcde"[i % 5] * (i % 3 + 1),
                    dt.date(2024, 2, 27) + dt.timedelta(days=i),
                    dt.datetime(2024, 2, 29, 23, 0) + dt.timedelta(minutes=40 * i),
                    Decimal(i) / 4,
                    i / 8,
                    uuid.UUID(int=FIRST.int + i),
                )
                for i in range(12)
            ]
            + [(99, None, None, None, None, None, None)],
        )
    yield opened
    for connection in opened.values():
        connection.execute(f"DROP TABLE {NAME}")
        connection.close()


DAY, NOON = dt.date(2024, 3, 1), dt.datetime(2024, 3, 1, 1, 30)
QUERIES: list[tuple[str, Sequence[Any]]] = [
    ("id = %s::bigint", (3,)),
    ("id = %s + 1", (3,)),
    ("id IN (%s + 1, abs(%s), %s::smallint)", (3, -5, 7)),
    ("id = ANY(%s::bigint[])", ([1, 2, 400],)),
    ("id = ANY(%s::text[]::int[])", (["1", "2"],)),
    ("id <> ALL(%s::bigint[])", ([1, 2, 3],)),
    # a tuple, as psycopg2 takes it
    ("id IN %s", ((1, 2, 400),)),
    ("id NOT IN %s", ((1, 2, 99),)),
    ("name IN %s", (("aa", None, "c"),)),
    ("name NOT IN %s", (("aa", None),)),
    ("id IN %s AND day NOT IN %s", ([4, 5, 6], (DAY,))),
    ("id IN %s", ((),)),
    ("id NOT IN %s", ((),)),
    ("id IN %s", (None,)),
    ("id BETWEEN %s - 1 AND %s + 1", (4, 6)),
    ("id = length(%s)", ("abcd",)),
    ("id > %s / 2", (9,)),
    ("id < coalesce(%s, %s, 3)", (None, 2)),
    ("id < CASE WHEN %s > 3 THEN 2 ELSE 5 END", (1,)),
    ("day = %s::date - 1", (DAY,)),
    ("day > %s - interval '1 day'", (DAY,)),
    ("at >= %s - interval '1 hour'", (NOON,)),
    ("at < date_trunc('day', %s::timestamp)", (NOON,)),
    ("at > now() - interval '1 hour'", ()),
    ("day < current_date - 3", ()),
    ("name = lower(%s)", ("AA",)),
    ("name = %s || 'b'", ("b",)),
    ("name LIKE %s || '%%'", ("b",)),
    ("name LIKE concat('%%', %s, '%%')", ("c",)),
    ("amount = %s::numeric / 2", (Decimal("1.5"),)),
    ("amount > round(%s, 1)", (1.26,)),
    ("share >= sqrt(%s)", (0.25,)),
    ("uid = %s::uuid", (str(FIRST),)),
    ("uid = (%s || '5')::uuid", (str(FIRST)[:-1],)),
    ("name IS NULL OR id = %s + 0", (2,)),
    ("NOT (id = %s + 1)", (3,)),
    ("id + 1 = %s * 2", (3,)),
    ("id = (SELECT max(id) FROM {t} WHERE id < %s + 1)", (5,)),
    ("EXISTS (SELECT 1 FROM {t} b WHERE b.id = a.id + 1 AND b.id > %s + 2)", (3,)),
    ("id = nullif(%s, 3)", (3,)),
    ("id = %s::int", (None,)),
    # NULL, which is looked up nowhere and equals nothing
    ("name <> nullif(%s, 'a')", ("a",)),
    ("NOT (id = nullif(%s, 3))", (3,)),
    ("id < nullif(%s, 3) OR id = 2", (3,)),
    ("name LIKE nullif(%s, 'b%%')", ("b%",)),
    ("id IN (nullif(%s, 3), 4)", (3,)),
    ("id NOT IN (nullif(%s, 3), 4)", (3,)),
    ("id <> ALL(string_to_array(nullif(%s, 'x'), ',')::int[])", ("x",)),
    ("id IS DISTINCT FROM nullif(%s, 3)", (3,)),
    # constants without a parameter
    ("name <> nullif(lower('A'), 'a')", ()),
    ("id = abs(-5)", ()),
    ("day = date_trunc('month', DATE '2024-03-05')::date", ()),
    ("uid = upper('11111111-2222-4333-8444-555555555557')::uuid", ()),
    ("id = ANY(ARRAY[abs(-1), 2 + 2])", ()),
]


def ask(connection: Any, mode: str, sql: str, values: Sequence[Any]) -> list[Any]:
    connection.pushdown = mode
    with closing(connection.cursor()) as cursor:
        cursor.execute(sql, tuple(values))
        return list(cursor.fetchall())


@pytest.mark.parametrize(("where", "values"), QUERIES)
def test_every_store_and_mode_agrees(
    connections: Mapping[str, Any], where: str, values: Sequence[Any]
) -> None:
    sql = f"SELECT id, name FROM {NAME} a WHERE {where} ORDER BY id".replace("{t}", NAME)
    wanted = ask(connections["memory"], "never", sql, values)
    for store in STORES:
        for mode in MODES:
            assert ask(connections[store], mode, sql, values) == wanted, (store, mode)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("mode", MODES)
def test_other_places(connections: Mapping[str, Any], store: str, mode: str) -> None:
    connection = connections[store]
    limited = f"SELECT id FROM {NAME} ORDER BY id LIMIT %s + 1 OFFSET abs(%s)"
    assert ask(connection, mode, limited, (1, -2)) == [(2,), (3,)]
    ordered = f"SELECT id FROM {NAME} WHERE id < 4 ORDER BY abs(id - abs(%s)), id"
    assert ask(connection, mode, ordered, (-2,)) == [(2,), (1,), (3,), (0,)]
    joined = f"SELECT b.id FROM {NAME} a JOIN {NAME} b ON b.id = a.id + abs(%s) AND a.id = %s * 2"
    assert ask(connection, mode, joined, (-3, 2)) == [(7,)]
    whole = f"SELECT id FROM {NAME} WHERE id < 3 ORDER BY id LIMIT nullif(%s, 1)"
    assert ask(connection, mode, whole, (1,)) == [(0,), (1,), (2,)]
    outer = (
        f"SELECT a.id, b.id FROM {NAME} a LEFT JOIN {NAME} b ON b.id = a.id AND b.id > abs(%s) "
        "WHERE a.id IN (1, 2) ORDER BY 1"
    )
    assert ask(connection, mode, outer, (-1,)) == [(1, None), (2, 2)]


# --- errors --------------------------------------------------------------------------------


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("mode", MODES)
def test_an_error_is_raised_if_a_row_needs_the_constant(
    connections: Mapping[str, Any], store: str, mode: str
) -> None:
    connection = connections[store]
    divided = f"SELECT id FROM {NAME} WHERE id = 1 / (%s - 2)"
    with pytest.raises(DivisionByZero):
        ask(connection, mode, divided, (2,))
    assert ask(connection, mode, divided, (3,)) == [(1,)]
    read = f"SELECT id FROM {NAME} WHERE id = trim(%s)::int"
    with pytest.raises(InvalidText):
        ask(connection, mode, read, ("x",))
    assert ask(connection, mode, read, (" 4 ",)) == [(4,)]


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("mode", MODES)
def test_no_error_where_no_row_needs_it(
    connections: Mapping[str, Any], store: str, mode: str
) -> None:
    """The arm of a CASE that is not taken."""
    sql = f"SELECT id FROM {NAME} WHERE id = CASE WHEN id < 0 THEN 1 / (%s - 2) ELSE 3 END"
    assert ask(connections[store], mode, sql, (2,)) == [(3,)]


@pytest.mark.parametrize("store", STORES)
def test_an_error_without_parameters(connections: Mapping[str, Any], store: str) -> None:
    sql = f"SELECT id FROM {NAME} WHERE id = CASE WHEN id < 0 THEN sqrt(-1)::int ELSE 3 END"
    assert ask(connections[store], "auto", sql, ()) == [(3,)]
    with pytest.raises(DataError):
        ask(connections[store], "auto", f"SELECT id FROM {NAME} WHERE id = sqrt(-1)::int", ())


# --- what is sent --------------------------------------------------------------------------


def explained(connection: Any, sql: str, values: Sequence[Any]) -> str:
    return "\n".join(line for (line,) in ask(connection, "auto", f"EXPLAIN {sql}", values))


def test_the_key_is_looked_up(connections: Mapping[str, Any]) -> None:
    sql = f"SELECT name FROM {NAME} WHERE id = %s::bigint + 1"
    plan = explained(connections["cassandra"], sql, (3,))
    assert "access path: whole primary key" in plan
    assert plan.endswith("$2 = CAST($1 AS BIGINT) + 1")
    assert "$match" in (plan := explained(connections["mongo"], sql, (3,)))
    assert "$expr" not in plan


@pytest.mark.parametrize("store", ["mongo", "cassandra"])
def test_nothing_is_computed_before_where_nothing_is_sent(
    connections: Mapping[str, Any], store: str
) -> None:
    sql = f"EXPLAIN SELECT name FROM {NAME} WHERE id = %s::bigint + 1"
    lines = [line for (line,) in ask(connections[store], "never", sql, (3,))]
    assert not [line for line in lines if line.startswith("$")]


@pytest.mark.parametrize("mode", MODES)
def test_constants_and_keys_of_a_join_are_numbered_apart(
    connections: Mapping[str, Any], mode: str
) -> None:
    sql = (
        f"SELECT a.id, b.id FROM {NAME} a JOIN {NAME} b ON b.id = a.id + 1 "
        "WHERE a.name = lower(%s) AND b.share < sqrt(%s) ORDER BY 1"
    )
    for store in STORES:
        assert ask(connections[store], mode, sql, ("A", 4.0)) == [(0, 1)], store
        assert ask(connections[store], mode, sql, ("AA", 4.0)) == [(10, 11)], store
    lines = ask(connections["cassandra"], "always", f"EXPLAIN {sql}", ("A", 4.0))
    plan = [line for (line,) in lines]
    assert any("IN KEYS $5)" in line for line in plan)
    assert plan[-2:] == ["$3 = LOWER($1)", "$4 = SQRT($2)"]


def test_constants_of_many_arms_are_a_list_unless_the_store_joins_them(
    connections: Mapping[str, Any],
) -> None:
    sql = " UNION ALL ".join(f"SELECT name FROM {NAME} WHERE id = {i}" for i in range(60))
    assert "(id IN (0, 1, " in explained(connections["mongo"], sql, ())
    plan = ask(connections["mongo"], "always", f"EXPLAIN {sql}", ())
    assert not [line for (line,) in plan if "id IN (0, 1, " in line]


def test_a_constant_without_parameters_is_a_literal(connections: Mapping[str, Any]) -> None:
    plan = explained(connections["cassandra"], f"SELECT name FROM {NAME} WHERE id = abs(-3)", ())
    assert "(id = 3)" in plan


def test_what_takes_long_is_left_to_the_execution(
    connections: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There it has the statement's own time, and can be cancelled."""
    monkeypatch.setattr(planning, "MOST_SECONDS", 0.0)
    connection = connections["cassandra"]
    sql = f"SELECT id FROM {NAME} WHERE id = abs(-4)"
    assert "(id = ABS(-4))" in explained(connection, sql, ())
    assert ask(connection, "auto", sql, ()) == [(4,)]


def test_the_embedded_store_computes_itself(connections: Mapping[str, Any]) -> None:
    plan = explained(connections["memory"], f"SELECT name FROM {NAME} WHERE id = abs(%s)", (3,))
    assert "(id = ABS($1))" in plan


def test_what_differs_from_row_to_row_is_no_constant(connections: Mapping[str, Any]) -> None:
    sql = f"SELECT count(*) FROM {NAME} WHERE id < random() * %s"
    assert "RANDOM()" in explained(connections["cassandra"], sql, (3,))


def test_values_change_from_one_execution_to_the_next(connections: Mapping[str, Any]) -> None:
    """The plan is kept, the constants are not."""
    sql = f"SELECT id FROM {NAME} WHERE id = abs(%s)"
    for value in (-1, -2, 3):
        assert ask(connections["cassandra"], "auto", sql, (value,)) == [(abs(value),)]
        assert ask(connections["mongo"], "auto", sql, (value,)) == [(abs(value),)]


@pytest.mark.parametrize("store", STORES)
def test_changes_and_copies(connections: Mapping[str, Any], store: str) -> None:
    connection = connections[store]
    copy = f"{NAME}_copy"
    connection.execute(
        f"CREATE TABLE {copy} AS SELECT id, name FROM {NAME} WHERE id < %s + 1", (abs(3),)
    )
    try:
        if store == "memory":
            connection.execute(f"DELETE FROM {copy} WHERE id = abs(%s)", (-1,))
        connection.execute(
            f"INSERT INTO {copy} (id, name) SELECT id, name FROM {NAME} WHERE id = %s * 3", (3,)
        )
        found = {row[0] for row in connection.execute(f"SELECT id FROM {copy}").fetchall()}
        assert found == {0, 1, 2, 3, 9} - ({1} if store == "memory" else set())
    finally:
        connection.execute(f"DROP TABLE {copy}")
