"""The data is data: whatever characters a text has, whatever shape a parameter, in every mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import sqlshim

MODES = ("always", "auto", "never")
CHARACTERS = ".^$*+?{}[]\\|()#&~- /_%'\"`\n"
TEXTS = [f"a{c}b" for c in CHARACTERS] + [
    "ab", "aab", "$a", "$$ROOT", "$where", "\\", "\\Q", "a\\Eb", "(?i)ab"]  # fmt: skip


@pytest.fixture(scope="module")
def filled(database: Any) -> Any:
    database.texts.insert_many([{"_id": i, "s": text} for i, text in enumerate(TEXTS)])
    database.shapes.insert_one({"_id": 1, "s": "x", "n": 1, "d": {"a": 1}, "t": ["$x", "y"]})
    return database


@pytest.fixture
def ask(filled: Any, connect: Callable[..., Any]) -> Callable[..., list[Any]]:
    cursors = {mode: connect(pushdown=mode).cursor() for mode in MODES}

    def run(sql: str, *params: object) -> list[Any]:
        found = [sorted(c.execute(sql, params or None).fetchall()) for c in cursors.values()]
        assert found[0] == found[1] == found[2]
        return [row[0] for row in found[0]]

    return run


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@pytest.mark.parametrize("text", TEXTS)
def test_every_character_of_a_pattern_stands_for_itself(
    ask: Callable[..., list[Any]], text: str
) -> None:
    like = "SELECT _id FROM texts WHERE s LIKE "
    pattern = escaped(text)
    literal = "'" + pattern.replace("'", "''") + "'"
    equal = [i for i, t in enumerate(TEXTS) if t == text]
    begin = [i for i, t in enumerate(TEXTS) if t.startswith(text)]
    hold = [i for i, t in enumerate(TEXTS) if text in t]
    assert ask(like + "?", pattern) == ask(like + literal) == equal
    assert ask("SELECT _id FROM texts WHERE s = ?", text) == equal
    assert ask(like + "?", pattern + "%") == begin
    assert ask(like + "?", f"%{pattern}%") == hold
    assert ask("SELECT _id FROM texts WHERE s ILIKE ?", pattern) == equal
    assert ask("SELECT _id FROM texts WHERE POSITION(? IN s) > 0", text) == hold
    assert ask("SELECT _id FROM texts WHERE STARTS_WITH(s, ?)", text) == begin


@pytest.mark.parametrize("value", ["$x", "$$ROOT", '{"$gt": ""}', "$where"])
def test_a_text_is_never_an_operator(ask: Callable[..., list[Any]], value: str) -> None:
    for condition in ("s = ?", "s IN (?, 'q')", "s LIKE ?", "s = ? || ''"):
        assert ask(f"SELECT _id FROM shapes WHERE {condition}", value) == []
    assert ask("SELECT CONCAT(s, ?) FROM shapes", value) == [f"x{value}"]
    assert ask("SELECT COALESCE(NULL, ?) FROM shapes", value) == [value]
    assert ask("SELECT _id FROM shapes WHERE s <> ?", value) == [1]


@pytest.mark.parametrize("value", [{"$gt": ""}, {"$ne": 1}, [{"$gt": ""}]])
@pytest.mark.parametrize(
    "condition",
    ["s = ?", "n = ?", "s IN (?, 'q')", "s LIKE ?", "s > ?", "? = ANY(t)", "d = ?", "d.a = ?"],
)
def test_a_document_or_a_list_is_never_an_operator(
    filled: Any, connect: Callable[..., Any], condition: str, value: object
) -> None:
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connect().execute(f"SELECT _id FROM shapes WHERE {condition}", [value])
    assert caught.value.sqlstate in ("42883", "42804", "42809")


def test_a_list_of_texts_is_a_list_of_values(ask: Callable[..., list[Any]]) -> None:
    assert ask("SELECT _id FROM shapes WHERE s = ANY(?)", ["$x", "x"]) == [1]
    assert ask("SELECT _id FROM shapes WHERE t = ?", ["$x", "y"]) == [1]
    assert ask("SELECT _id FROM shapes WHERE '$x' = ANY(t)") == [1]


def test_documents_are_inserted_as_they_are(connect: Callable[..., Any]) -> None:
    connection = connect()
    connection.execute("CREATE TABLE kept (id INT PRIMARY KEY, j JSON, l TEXT[])")
    connection.execute("INSERT INTO kept VALUES (1, ?, ?)", [{"$gt": 1}, ["$x", "$$y"]])
    assert connection.execute("SELECT j, l FROM kept").fetchall() == [
        ('{"$gt": 1}', ["$x", "$$y"])]  # fmt: skip
