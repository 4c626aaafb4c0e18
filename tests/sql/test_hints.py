"""Where hints stand and what they say."""

from __future__ import annotations

import pytest

from sqlshim.sql.hints import hints

CASES = [
    ("SELECT 1", {}),
    ("SELECT /* consistency(ONE) */ 1", {}),
    ("SELECT /*+ consistency(ONE) */ 1", {"consistency": "ONE"}),
    ("  -- why\n/* so */ /*+ Consistency('one') */ SELECT 1", {"consistency": "one"}),
    ("EXPLAIN SELECT /*+ consistency(ONE) */ 1", {"consistency": "ONE"}),
    ("insert/*+ a(b) c(d) e */ into t values (1)", {"a": "b", "c": "d"}),
    ("SELECT '/*+ consistency(ONE) */'", {}),
    ("SELECT x, /*+ consistency(ONE) */ y FROM t", {}),
    ("SELECT /*+ consistency(ONE)", {}),
]


@pytest.mark.parametrize(("text", "said"), CASES, ids=[text for text, _ in CASES])
def test_hints_are_the_first_comment_with_a_plus(text: str, said: dict[str, str]) -> None:
    assert dict(hints(text)) == said
