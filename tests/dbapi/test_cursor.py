"""Cursors over tables in memory: description, fetching, parameters, writes, Arrow, errors."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest

import sqlshim
from sqlshim.types import Kind

NAMES = "SELECT name FROM people ORDER BY id"


# --- description, rowcount ------------------------------------------------------------------


def test_description_names_types_and_nullability(cursor: sqlshim.Cursor) -> None:
    cursor.execute("SELECT id, name AS who, 1.50 AS d, born FROM people")
    assert cursor.description == [
        ("id", Kind.INTEGER, None, None, None, None, False),
        ("who", Kind.TEXT, None, None, None, None, True),
        ("d", Kind.DECIMAL, None, None, 3, 2, False),
        ("born", Kind.DATE, None, None, None, None, True),
    ]
    assert [column[1] == sqlshim.NUMBER for column in cursor.description] == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE t (a int)", "INSERT INTO empty VALUES (1)", "DROP TABLE empty"]
)
def test_a_statement_without_rows_has_no_description(
    cursor: sqlshim.Cursor, statement: str
) -> None:
    assert cursor.execute(statement).description is None


def test_a_new_cursor_knows_nothing(cursor: sqlshim.Cursor) -> None:
    assert (cursor.description, cursor.rowcount, cursor.arraysize) == (None, -1, 1)


def test_rowcount_of_a_query_is_known_when_all_is_fetched(cursor: sqlshim.Cursor) -> None:
    cursor.execute(NAMES)
    assert cursor.rowcount == -1
    cursor.fetchall()
    assert cursor.rowcount == 4


def test_rowcount_of_an_insert_is_what_it_wrote(cursor: sqlshim.Cursor) -> None:
    assert cursor.execute("INSERT INTO empty VALUES (1), (2)").rowcount == 2
    assert cursor.execute("INSERT INTO empty SELECT id FROM people").rowcount == 4
    assert cursor.execute("CREATE TABLE t (a int)").rowcount == -1


# --- fetching ------------------------------------------------------------------------------


def test_fetchone_gives_none_after_the_last(cursor: sqlshim.Cursor) -> None:
    cursor.execute(NAMES)
    rows = [cursor.fetchone() for _ in range(6)]
    assert rows == [("Ann",), ("Bob",), ("Cid",), (None,), None, None]


def test_fetchmany_gives_arraysize_rows_and_fewer_at_the_end(cursor: sqlshim.Cursor) -> None:
    cursor.execute(NAMES)
    cursor.arraysize = 3
    assert [cursor.fetchmany(), cursor.fetchmany(), cursor.fetchmany()] == [
        [("Ann",), ("Bob",), ("Cid",)],
        [(None,)],
        [],
    ]


def test_fetches_of_all_sorts_go_on_where_the_last_stopped(cursor: sqlshim.Cursor) -> None:
    cursor.execute(NAMES)
    assert cursor.fetchone() == ("Ann",)
    assert cursor.fetchmany(1) == [("Bob",)]
    assert next(iter(cursor)) == ("Cid",)
    assert cursor.fetchmany(0) == []
    assert cursor.fetchall() == [(None,)]
    assert cursor.fetchall() == []


def test_a_cursor_is_an_iterator_of_rows(connection: sqlshim.Connection) -> None:
    assert [name for (name,) in connection.execute(NAMES)] == ["Ann", "Bob", "Cid", None]


def test_next_works_on_a_cursor(cursor: sqlshim.Cursor) -> None:
    cursor.execute("SELECT 1")
    rows = iter(cursor)
    assert next(rows) == (1,)
    with pytest.raises(StopIteration):
        next(rows)


def test_nothing_to_fetch_is_no_rows(cursor: sqlshim.Cursor) -> None:
    cursor.execute("SELECT a FROM empty")
    assert (cursor.fetchone(), cursor.fetchmany(3), cursor.fetchall()) == (None, [], [])


def test_a_new_execute_drops_what_was_not_fetched(cursor: sqlshim.Cursor) -> None:
    cursor.execute(NAMES).fetchone()
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_two_cursors_of_a_connection_are_apart(connection: sqlshim.Connection) -> None:
    first, second = connection.execute(NAMES), connection.execute(NAMES)
    assert [first.fetchone(), second.fetchone(), first.fetchone()] == [("Ann",), ("Ann",), ("Bob",)]


FETCHES: list[Callable[[sqlshim.Cursor], object]] = [
    lambda cursor: cursor.fetchone(),
    lambda cursor: cursor.fetchmany(2),
    lambda cursor: cursor.fetchall(),
    lambda cursor: list(cursor),
    lambda cursor: cursor.fetch_arrow_table(),
]


@pytest.mark.parametrize("fetch", FETCHES)
def test_fetching_where_there_are_no_rows_is_an_error(
    cursor: sqlshim.Cursor, fetch: Callable[[sqlshim.Cursor], object]
) -> None:
    for statement in (None, "INSERT INTO empty VALUES (1)"):
        if statement:
            cursor.execute(statement)
        with pytest.raises(sqlshim.ProgrammingError, match="no rows to fetch") as caught:
            fetch(cursor)
        assert caught.value.sqlstate == "24000"


# --- values --------------------------------------------------------------------------------

VALUES = [
    7,
    2**40,
    1.5,
    Decimal("1.50"),
    "a'b",
    "",
    "日本 \U0001f600",
    b"\x00\xff",
    True,
    None,
    dt.date(2000, 1, 31),
    dt.datetime(2000, 1, 31, 10, 20, 30, 123456),
    dt.datetime(2000, 1, 31, 10, tzinfo=dt.UTC),
    dt.time(10, 20, 30),
    dt.timedelta(days=1, seconds=2),
    uuid.UUID(int=1),
    [1, 2, 3],
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_went(cursor: sqlshim.Cursor, value: object) -> None:
    (row,) = cursor.execute("SELECT ?", [value]).fetchall()
    assert (type(row[0]), row[0]) == (type(value), value)


STYLES = {
    "?": ("SELECT name FROM people WHERE age = ? AND id < ?", [31, 3]),
    "%s": ("SELECT name FROM people WHERE age = %s AND id < %s", (31, 3)),
    "%(name)s": ("SELECT name FROM people WHERE age = %(a)s AND id < %(b)s", {"a": 31, "b": 3}),
    ":name": ("SELECT name FROM people WHERE age = :a AND id < :b", {"a": 31, "b": 3}),
    "$1": ("SELECT name FROM people WHERE id < $2 AND age = $1", [31, 3]),
    "text for numbers": ("SELECT name FROM people WHERE age = ? AND id < ?", ["31", "3"]),
    "a cast": ("SELECT name FROM people WHERE age = ?::int AND id < 3", [31]),
    "a LIMIT": ("SELECT name FROM people WHERE age = 31 ORDER BY id LIMIT ?", [1]),
}


@pytest.mark.parametrize(("statement", "arguments"), STYLES.values(), ids=STYLES)
def test_every_parameter_style_answers(
    cursor: sqlshim.Cursor, statement: str, arguments: object
) -> None:
    assert cursor.execute(statement, arguments).fetchall() == [("Ann",)]


def test_a_unit_a_zone_and_a_format_may_be_arguments(cursor: sqlshim.Cursor) -> None:
    text = (
        "SELECT date_trunc(%s, born)::date, date_part(%s, born), to_char(born, %s), "
        "(born::timestamp AT TIME ZONE %s)::text FROM people WHERE id = 1"
    )
    given = [("month", "year", "YYYY", "UTC"), ("year", "month", "MM", "Asia/Tokyo")] * 2
    answers = [cursor.execute(text, arguments).fetchall() for arguments in given]
    assert (
        answers
        == [
            [(dt.date(1990, 1, 1), 1990, "1990", "1990-01-02 00:00:00+00")],
            [(dt.date(1990, 1, 1), 1, "01", "1990-01-01 15:00:00+00")],
        ]
        * 2
    )


def test_rows_are_grouped_by_a_unit_that_is_an_argument(cursor: sqlshim.Cursor) -> None:
    text = "SELECT date_trunc(%s, born)::date, count(*) FROM people GROUP BY date_trunc(%s, born)"
    cursor.execute(f"{text} ORDER BY 1 NULLS LAST LIMIT 1", ["decade", "decade"])
    assert cursor.fetchall() == [(dt.date(1980, 1, 1), 1)]


def test_executemany_goes_by_the_unit_of_each_row(cursor: sqlshim.Cursor) -> None:
    rows = [("year", "2024-05-06"), ("month", "2024-05-06"), ("month", "2024-07-08")]
    cursor.executemany("INSERT INTO empty SELECT date_part(%s, %s::date)::int", rows)
    assert cursor.execute("SELECT a FROM empty ORDER BY a").fetchall() == [(5,), (7,), (2024,)]


@pytest.mark.parametrize(
    "expression",
    ["name ~ ?", "name !~* ?", "name NOT SIMILAR TO ?", "substring(name FROM ?)",
     "regexp_replace(name, ?, 'x')", "regexp_match(name, ?)", "to_char(born, ?)", "name LIKE ?"],
)  # fmt: skip
def test_a_pattern_may_be_null(cursor: sqlshim.Cursor, expression: str) -> None:
    cursor.execute(f"SELECT {expression} FROM people WHERE id = 1", [None])
    assert cursor.fetchall() == [(None,)]


def test_a_parameter_is_never_read_as_sql(cursor: sqlshim.Cursor) -> None:
    evil = "x'; DROP TABLE people; --"
    assert cursor.execute("SELECT ?, 1 WHERE 'y' <> ?", [evil, evil]).fetchall() == [(evil, 1)]
    assert cursor.execute("SELECT count(*) FROM people").fetchall() == [(4,)]


# --- executemany ---------------------------------------------------------------------------


def test_executemany_inserts_all_rows_as_one_bulk(cursor: sqlshim.Cursor) -> None:
    rows = ((n,) for n in range(5000))
    assert cursor.executemany("INSERT INTO empty VALUES (?)", rows).rowcount == 5000
    assert cursor.execute("SELECT sum(a) FROM empty").fetchall() == [(12_497_500,)]


def test_executemany_takes_mappings_and_mixed_types(cursor: sqlshim.Cursor) -> None:
    rows = [{"a": 1}, {"a": "2"}, {"a": None}]
    assert cursor.executemany("INSERT INTO empty VALUES (:a)", rows).rowcount == 3
    assert cursor.execute("SELECT a FROM empty ORDER BY a").fetchall() == [(1,), (2,), (None,)]


def test_executemany_of_nothing_does_nothing(cursor: sqlshim.Cursor) -> None:
    assert cursor.executemany("INSERT INTO empty VALUES (?)", []).rowcount == 0


def test_executemany_that_fails_writes_nothing(connection: sqlshim.Connection) -> None:
    with pytest.raises(sqlshim.IntegrityError) as caught:
        connection.cursor().executemany("INSERT INTO people (id) VALUES (?)", [[5], [6], [1]])
    assert caught.value.sqlstate == "23505"
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM people").fetchall() == [(4,)]


def test_executemany_of_a_query_is_refused(cursor: sqlshim.Cursor) -> None:
    with pytest.raises(
        sqlshim.ProgrammingError, match="cannot be used with a statement that gives"
    ):
        cursor.executemany("SELECT ?", [[1], [2]])


# --- Arrow ---------------------------------------------------------------------------------


def test_an_arrow_table_has_the_results_names_and_types(cursor: sqlshim.Cursor) -> None:
    table = cursor.execute(
        "SELECT id, name AS who, born FROM people ORDER BY id"
    ).fetch_arrow_table()
    assert [(f.name, str(f.type)) for f in table.schema] == [
        ("id", "int32"),
        ("who", "string"),
        ("born", "date32[day]"),
    ]
    assert table.column("who").to_pylist() == ["Ann", "Bob", "Cid", None]


def test_arrow_keeps_duplicate_names(cursor: sqlshim.Cursor) -> None:
    table = cursor.execute("SELECT 1 AS a, 2 AS a").fetch_arrow_table()
    assert (table.column_names, table.num_rows) == (["a", "a"], 1)


def test_arrow_of_nothing_still_has_a_schema(cursor: sqlshim.Cursor) -> None:
    table = cursor.execute("SELECT a FROM empty").fetch_arrow_table()
    assert (table.column_names, table.num_rows) == (["a"], 0)


def test_arrow_takes_what_was_not_fetched(cursor: sqlshim.Cursor) -> None:
    cursor.execute(NAMES).fetchone()
    assert cursor.fetch_arrow_table().column("name").to_pylist() == ["Bob", "Cid", None]


def test_a_record_batch_reader_streams(cursor: sqlshim.Cursor) -> None:
    reader = cursor.execute(NAMES).fetch_record_batch()
    assert sum(batch.num_rows for batch in reader) == 4


# --- errors --------------------------------------------------------------------------------

ERRORS = {
    "SELECT nmae FROM people": (sqlshim.ProgrammingError, "42703", 8, "Did you mean 'name'?"),
    "SELECT 1 FROM peple": (sqlshim.ProgrammingError, "42P01", 15, "Did you mean 'people'?"),
    "SELECT a b c": (sqlshim.ProgrammingError, "42601", 12, None),
    "": (sqlshim.ProgrammingError, "42601", None, "Write a SQL statement."),
    "SELECT 1; SELECT 2": (sqlshim.ProgrammingError, "42601", 11, "Send them one by one."),
    "SELECT name + 1 FROM people": (
        sqlshim.ProgrammingError,
        "42883",
        8,
        "Add an explicit CAST.",
    ),
    "SELECT 1 / (id - id) FROM people": (sqlshim.DataError, "22012", None, None),
    "SELECT CAST(name AS integer) FROM people": (sqlshim.DataError, "22P02", None, None),
    "SELECT CAST('x' AS integer)": (sqlshim.DataError, "22P02", 13, None),
    "SELECT 2147483647 + id FROM people": (sqlshim.DataError, "22003", None, None),
    "SELECT (SELECT id FROM people)": (sqlshim.DataError, "21000", None, None),
    "INSERT INTO people VALUES (1)": (sqlshim.IntegrityError, "23505", None, None),
    "INSERT INTO people VALUES (NULL)": (sqlshim.IntegrityError, "23502", None, None),
    "CREATE TABLE people (a int)": (
        sqlshim.ProgrammingError,
        "42P07",
        None,
        "Use CREATE TABLE IF NOT EXISTS to keep it, or DROP TABLE first.",
    ),
    "UPDATE people SET agee = 1": (
        sqlshim.ProgrammingError,
        "42703",
        19,
        "Did you mean 'age'?",
    ),
    "CREATE VIEW v AS SELECT 1": (sqlshim.NotSupportedError, "0A000", 1, None),
    "EXPLAIN SELECT nmae FROM people": (
        sqlshim.ProgrammingError,
        "42703",
        16,
        "Did you mean 'name'?",
    ),
}


@pytest.mark.parametrize(("statement", "expected"), ERRORS.items())
def test_an_error_is_pep_249s_with_sqlstate_position_and_hint(
    connection: sqlshim.Connection,
    statement: str,
    expected: tuple[type[sqlshim.Error], str, int | None, str | None],
) -> None:
    kind, sqlstate, position, hint = expected
    with pytest.raises(kind) as caught:
        connection.execute(statement).fetchall()
    error = caught.value
    assert (error.sqlstate, error.position, error.hint) == (sqlstate, position, hint)


def test_a_cursor_goes_on_after_an_error(cursor: sqlshim.Cursor) -> None:
    with pytest.raises(sqlshim.ProgrammingError):
        cursor.execute("SELECT nmae FROM people")
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize("statement", [None, 1, b"SELECT 1"])
def test_a_statement_must_be_text(cursor: sqlshim.Cursor, statement: object) -> None:
    with pytest.raises(sqlshim.ProgrammingError, match="a statement must be str"):
        cursor.execute(statement)


# --- closing -------------------------------------------------------------------------------

USES: list[Callable[[sqlshim.Cursor], object]] = [
    lambda cursor: cursor.execute("SELECT 1"),
    lambda cursor: cursor.executemany("INSERT INTO empty VALUES (?)", [[1]]),
    *FETCHES,
]


@pytest.mark.parametrize("use", USES)
def test_a_closed_cursor_cannot_be_used(
    cursor: sqlshim.Cursor, use: Callable[[sqlshim.Cursor], object]
) -> None:
    cursor.execute("SELECT 1")
    cursor.close()
    cursor.close()
    with pytest.raises(sqlshim.InterfaceError, match="the cursor is closed"):
        use(cursor)
    assert cursor.closed


@pytest.mark.parametrize("use", USES)
def test_a_cursor_of_a_closed_connection_cannot_be_used(
    connection: sqlshim.Connection, use: Callable[[sqlshim.Cursor], object]
) -> None:
    cursor = connection.execute("SELECT 1")
    connection.close()
    with pytest.raises(sqlshim.InterfaceError, match="the connection is closed"):
        use(cursor)


def test_a_cursor_closes_itself_at_the_end_of_with(connection: sqlshim.Connection) -> None:
    with connection.execute("SELECT 1") as cursor:
        assert cursor.fetchone() == (1,)
    assert cursor.closed
