"""The exception tree, what each error carries, near misses, and no passwords."""

from __future__ import annotations

import copy
import pickle

import pytest

import sqlshim
from sqlshim import errors as e

TREE = {
    "Error": "Exception",
    "InterfaceError": "Error",
    "DatabaseError": "Error",
    "DataError": "DatabaseError",
    "OperationalError": "DatabaseError",
    "IntegrityError": "DatabaseError",
    "InternalError": "DatabaseError",
    "ProgrammingError": "DatabaseError",
    "NotSupportedError": "DatabaseError",
}
KINDS = [k for k in vars(e).values() if isinstance(k, type) and issubclass(k, e.Error)]


@pytest.mark.parametrize(("name", "parent"), TREE.items())
def test_the_tree_is_pep_249s(name: str, parent: str) -> None:
    assert [base.__name__ for base in getattr(sqlshim, name).__bases__] == [parent]


def test_a_warning_is_not_an_error() -> None:
    assert issubclass(sqlshim.Warning, Warning)
    assert not issubclass(sqlshim.Warning, sqlshim.Error)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_sqlstate_and_a_sentence(kind: type[e.Error]) -> None:
    assert len(kind.sqlstate) == 5
    assert kind.sqlstate.isalnum()


def test_an_error_says_its_hint_on_a_line_of_its_own() -> None:
    error = e.DataError("bad", sqlstate="22999", position=3, hint="Do better.")
    assert str(error) == "bad\nHINT: Do better."
    assert (error.detail, error.sqlstate, error.position, error.hint) == (
        "bad",
        "22999",
        3,
        "Do better.",
    )


ERRORS = [
    e.DataError("bad", position=3, hint="Do better."),
    e.UnknownColumn("nmae", ["name"], 8),
    e.AmbiguousColumn("a", ["t.a", "u.a"], 8),
    e.TableExists("t"),
    e.GroupingError("no", column="a"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickle_and_copy(error: e.Error) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert (str(twin), twin.__dict__) == (str(error), error.__dict__)


NEAR = [
    ("nmae", ["name", "age"], ["name"]),
    ("FIRSTNAM", ["firstName", "lastName"], ["firstName", "lastName"]),
    ("x", ["name"], []),
    ("peopl", ["people", "peoples", "peopled"], ["people", "peoples"]),
    ("a", [], []),
]


@pytest.mark.parametrize(("name", "known", "near"), NEAR)
def test_near_misses_are_at_most_two_best_first(
    name: str, known: list[str], near: list[str]
) -> None:
    assert e.nearest(name, known) == near


MESSAGES = [
    (e.UnknownColumn("p.nmae", ["name"]), "column 'p.nmae' does not exist", "'name'"),
    (e.UnknownTable("s.peopl", ["people"]), "table 's.peopl' does not exist", "'people'"),
    (e.UnknownFunction("uper", ["upper", "lower"]), "function 'uper' does not exist", "'upper'"),
]


@pytest.mark.parametrize(("error", "detail", "near"), MESSAGES)
def test_an_unknown_name_proposes_the_nearest(error: e.Error, detail: str, near: str) -> None:
    assert error.detail == detail
    assert (error.hint or "").startswith(f"Did you mean {near}")


SECRETS = [
    ("mongodb://ann:s3cret@h/db", "mongodb://ann:***@h/db"),
    ("cassandra://ann:s3:c@ret@h:9042/ks", "cassandra://ann:***@h:9042/ks"),
    ("mongodb+srv://ann:p%40ss@h/db?w=1", "mongodb+srv://ann:***@h/db?w=1"),
    ("see mongodb://a:b@h and cassandra://c:d@i", "see mongodb://a:***@h and cassandra://c:***@i"),
    ("mongodb://h/db?password=s3cret&w=1", "mongodb://h/db?password=***&w=1"),
    ("password=s3cret host=h", "password=*** host=h"),
    ("mongodb://h:27017/db", "mongodb://h:27017/db"),
    ("mongodb://ann:a/b@h/db", "mongodb://ann:***@h/db"),
    ("ann:s3cret@h", "ann:***@h"),
    ("memory://ann:s3cret@h", "memory://ann:***@h"),
    ("file:///a:b@c", "file:///a:b@c"),
    ("nothing", "nothing"),
]


@pytest.mark.parametrize(("text", "shown"), SECRETS)
def test_passwords_are_not_shown(text: str, shown: str) -> None:
    assert e.without_secrets(text) == shown
