"""Regular expressions on the server: which ones, and that they find what the local engine finds."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import sqlshim
from sqlshim.backends.mongo.expressions.patterns import Pattern, pattern_of, pieces

BACK = "a pattern that may have to go back often has no MongoDB form"
GROUP = "a repeated group has no MongoDB form, but of fixed length and number"


@pytest.mark.parametrize(
    ("re2", "regex", "least"),
    [
        pytest.param("(?s)^a$", r"^a\z", 1, id="the end is no last newline"),
        pytest.param(r"(?s)[\t\v]", r"[\t\x0b]", 1, id="\\v is one character"),
        pytest.param("(?s)a+b", "a++b", 2, id="a run that what follows ends is possessive"),
        pytest.param("(?s)a+?b", "a++b", 2, id="a lazy one too"),
        pytest.param("(?s)a.*b", "a.*b", 2, id="one end may be searched for"),
        pytest.param("(?s)^.*a.*$", r"^.*a.*+\z", 1, id="what takes everything reaches the end"),
        pytest.param("(?s)(a+|b)c", "(a++|b)c", 2, id="what follows a group follows its branches"),
        pytest.param("(?s)a*", "a*", 0, id="a match of nothing"),
    ],
)
def test_a_pattern_in_the_form_of_pcre(re2: str, regex: str, least: int) -> None:
    assert pattern_of(re2) == Pattern(regex, "s", least)


def test_case_is_an_option() -> None:
    assert pattern_of("(?si)a") == Pattern("a", "si", 1)


@pytest.mark.parametrize(
    ("re2", "why"),
    [
        ("(?s)a.*b.*c", BACK),
        ("(?s)a*.*b", BACK),
        ("(?s)(a{1,5}){4}", GROUP),
        ("(?s)(ab)+", GROUP),
        (r"(?s)[\p{L}]", "classes of letters and long patterns have no exact MongoDB form"),
        ("(?si)é", "letters beyond ASCII without regard to case have no exact MongoDB form"),
    ],
)
def test_what_stays_local(re2: str, why: str) -> None:
    assert pattern_of(re2) == why


def test_a_replacement_is_cut_at_its_groups() -> None:
    assert list(pieces(r"a\1b\\n\0")) == ["a", 1, "b", "\\", "n", 0]


# --- on a server ---------------------------------------------------------------------------

_ATOMS = ("a", "b", ".", "[ab]", "[^a]", "é", r"\d", "(?:a|b)", "(ab|a)", "(a)", "$", "^", r"\s")
_TIMES = ("", "", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?")


def _patterns(count: int) -> list[str]:
    """Random patterns, the same ones every time."""
    dice = random.Random(4)
    found = []
    while len(found) < count:
        parts = []
        for _ in range(dice.randint(1, 4)):
            atom = dice.choice(_ATOMS)
            parts.append(atom if atom in "^$" else atom + dice.choice(_TIMES))
        found.append(dice.choice(["", "", "b|"]) + "".join(parts))
    return found


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    dice = random.Random(5)
    texts = ["".join(dice.choices("aabbé1 \n", k=dice.randint(0, 7))) for _ in range(300)]
    database.texts.insert_many({"_id": n, "t": t} for n, t in enumerate(texts))


def test_random_patterns_find_what_the_local_engine_finds(connect: Callable[..., Any]) -> None:
    calls = "t ~ '{0}', REGEXP_COUNT(t, '{0}'), REGEXP_REPLACE(t, '{0}', '<\\&>', 'g')"
    cursors = [connect(pushdown=p).cursor() for p in ("always", "never")]
    compared = 0
    for pattern in _patterns(150):
        answers: list[Any] = []
        for cursor in cursors:
            try:
                cursor.execute(f"SELECT {calls.format(pattern)} FROM texts ORDER BY _id")
                answers.append(cursor.fetchall())
            except sqlshim.Error as error:  # the binder refuses some
                answers.append(type(error))
        assert answers[0] == answers[1], pattern
        compared += isinstance(answers[0], list)
    assert compared > 50
