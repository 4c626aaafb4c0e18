"""jsonb's operations on JSON texts give what PostgreSQL gives."""

from __future__ import annotations

import pytest

import sqlshim
from sqlshim import jsonb
from sqlshim.errors import DataError, InvalidText


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"b":1,"a":2}', '{"a": 2, "b": 1}'),
        ('{"aa":1,"b":2}', '{"b": 2, "aa": 1}'),
        ('{"a":1,"a":2}', '{"a": 2}'),
        ("[ 1.50 , -0.0, 1e2, 12345678901234567890 ]", "[1.50, 0.0, 100, 12345678901234567890]"),
        ('"a\\u00e9\\n\\"\\\\"', '"aé\\n\\"\\\\"'),
        ("null", "null"),
        ("{}", "{}"),
        ("[]", "[]"),
    ],
)
def test_normal_form(text: str, kept: str) -> None:
    assert jsonb.normal(text) == kept


@pytest.mark.parametrize("text", ["", "{x}", "[1,]", "NaN", "1 2", "{'a': 1}"])
def test_text_that_is_no_json(text: str) -> None:
    with pytest.raises(InvalidText):
        jsonb.normal(text)


@pytest.mark.parametrize(
    ("whole", "part", "held"),
    [
        ('{"a":1,"b":2}', '{"b":2}', True),
        ('{"a":{"b":1,"c":2}}', '{"a":{"b":1}}', True),
        ('{"a":[1,2]}', '{"a":[]}', True),
        ('{"a":1}', '{"a":2}', False),
        ("[1,2,3]", "[3,1]", True),
        ("[1,2]", "[1,1]", True),
        ("[1,[2]]", "[[2]]", True),
        ("[1,[2]]", "[2]", False),
        ('["a","b"]', '"a"', True),
        ('"a"', '["a"]', False),
        ("{}", "[]", False),
        ("1.0", "1", True),
        ("[true]", "[1]", False),
    ],
)
def test_contains(whole: str, part: str, held: bool) -> None:
    assert jsonb.contains(jsonb.read(whole), jsonb.read(part)) is held


@pytest.mark.parametrize(
    ("a", "b", "joined"),
    [
        ('{"a":1}', '{"a":3,"b":2}', '{"a": 3, "b": 2}'),
        ("[1]", "[2]", "[1, 2]"),
        ("[1]", '{"a":1}', '[1, {"a": 1}]'),
        ("1", "2", "[1, 2]"),
        ("{}", "1", "[{}, 1]"),
    ],
)
def test_concat(a: str, b: str, joined: str) -> None:
    assert jsonb.write(jsonb.concat(jsonb.read(a), jsonb.read(b))) == joined


@pytest.mark.parametrize(
    ("value", "path", "new", "create", "made"),
    [
        ('{"a":1}', ["b"], "2", True, '{"a": 1, "b": 2}'),
        ('{"a":1}', ["b"], "2", False, '{"a": 1}'),
        ('{"a":1}', ["a"], "null", True, '{"a": null}'),
        ('[{"f":1},2]', ["0", "f"], "[3]", True, '[{"f": [3]}, 2]'),
        ("[1,2]", ["-1"], "9", True, "[1, 9]"),
        ("[1,2]", ["5"], "9", True, "[1, 2, 9]"),
        ("[1,2]", ["-5"], "9", True, "[9, 1, 2]"),
        ('{"a":1}', ["x", "y"], "2", True, '{"a": 1}'),
    ],
)
def test_set(value: str, path: list[str | None], new: str, create: bool, made: str) -> None:
    changed = jsonb.set_at(jsonb.read(value), path, jsonb.read(new), create)
    assert jsonb.write(changed) == made


@pytest.mark.parametrize(
    ("path", "after", "made"),
    [
        (["a", "1"], False, '{"a": [0, 9, 1, 2]}'),
        (["a", "1"], True, '{"a": [0, 1, 9, 2]}'),
        (["b"], False, '{"a": [0, 1, 2], "b": 9}'),
    ],
)
def test_insert(path: list[str | None], after: bool, made: str) -> None:
    value = jsonb.read('{"a":[0,1,2]}')
    assert jsonb.write(jsonb.insert_at(value, path, jsonb.read("9"), after)) == made


def test_insert_over_a_key() -> None:
    with pytest.raises(DataError, match="cannot replace existing key"):
        jsonb.insert_at(jsonb.read('{"a":1}'), ["a"], jsonb.read("2"), after=False)


def test_delete() -> None:
    assert jsonb.delete(jsonb.read('["a","b"]'), "b") == ["a"]
    assert jsonb.write(jsonb.delete_at(jsonb.read("[1,2,3]"), -1)) == "[1, 2]"
    assert jsonb.write(jsonb.delete_path(jsonb.read('["a",{"b":1}]'), ["1", "b"])) == '["a", {}]'


def test_functions_in_python_are_there_inside_a_transaction() -> None:
    with sqlshim.connect("memory://") as connection:
        connection.execute("CREATE TABLE t (body jsonb)")
        connection.execute("INSERT INTO t VALUES ('{\"a\": [1]}')")
        found = connection.execute("SELECT body FROM t WHERE body @> '{\"a\": [1]}'").fetchall()
    assert found == [('{"a": [1]}',)]
