"""Small and capital letters are those of the local engine, wherever there are any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_PLANES = (0x80, 0x1000, 0x2000, 0xA000, 0xF000, 0x10000, 0x16000, 0x1E000)
TEXTS = {start: "".join(map(chr, range(start, start + 0x1000))) for start in _PLANES}


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    database.letters.insert_many({"_id": start, "t": text} for start, text in TEXTS.items())
    mixed = {-1: "\0aZ[`{", -2: "", -3: "Straße İI ΑΣ ŉ Ǆ ſK", -4: "a\0é"}
    database.letters.insert_many({"_id": number, "t": text} for number, text in mixed.items())


@pytest.mark.parametrize("function", ["UPPER", "LOWER"])
def test_case_is_mapped_as_the_local_engine_does(
    function: str, connect: Callable[..., Any]
) -> None:
    answers = []
    for pushdown in ("always", "never"):
        cursor = connect(pushdown=pushdown).cursor()
        cursor.execute(f"SELECT _id, {function}(t) FROM letters ORDER BY _id")
        answers.append(cursor.fetchall())
    assert answers[0] == answers[1]


@pytest.mark.parametrize("pattern", ["%sTRASSE%", "%straẞe%", "%ſk%", "%sk%", "%ας%", "%ΑΣ_%"])
def test_ilike_folds_as_the_local_engine_does(pattern: str, connect: Callable[..., Any]) -> None:
    answers = []
    for pushdown in ("always", "never"):
        cursor = connect(pushdown=pushdown).cursor()
        cursor.execute("SELECT _id FROM letters WHERE t ILIKE ? ORDER BY _id", [pattern])
        answers.append(cursor.fetchall())
    assert answers[0] == answers[1]
