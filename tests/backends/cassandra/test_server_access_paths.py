"""Every access path rule against the real server, as one table.

Each row: a condition, the path that EXPLAIN names, whether the server has to leave rows out
(ALLOW FILTERING), and the rows it finds. The statements that were sent are sent again by the plain
driver: the server must accept them as they are, and their rows, taken together and each once, must
be those that a scan of the whole table with the condition evaluated locally gives, and those of the
same table in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from cassandra import InvalidRequest

import sqlshim
from sqlshim.backends.cassandra.session import Session

Connect = Callable[..., Any]

TABLE = """CREATE TABLE paths (
    p int, q text, c int, d text, e int, v int, word text, low text, st int static,
    tags set<text>, nums list<int>, counts map<text, int>, old frozen<set<text>>,
    PRIMARY KEY ((p, q), c, d, e)
) WITH CLUSTERING ORDER BY (c DESC, d ASC, e ASC)"""
INDEXES = """CREATE INDEX by_v ON paths (v) USING 'sai'
CREATE INDEX by_word ON paths (word) USING 'sai'
CREATE INDEX by_low ON paths (low)
CREATE INDEX by_st ON paths (st) USING 'sai'
CREATE INDEX by_tag ON paths (tags) USING 'sai'
CREATE INDEX by_num ON paths (nums)
CREATE INDEX by_key ON paths (KEYS(counts)) USING 'sai'
CREATE INDEX by_count ON paths (VALUES(counts)) USING 'sai'
CREATE INDEX by_entry ON paths (ENTRIES(counts)) USING 'sai'"""
NAMES = "p, q, c, d, e, v, word, low, st, tags, nums, counts, old"

PART = "p = 1 AND q = 'x'"
KEY, SLICE = "whole primary key", "partition and clustering slice"
PARTITION, PARTITIONS, RING = "whole partition", "several partitions by key", "token ranges"

# condition, path, ALLOW FILTERING, rows
RULES = [
    # the key
    (f"{PART} AND c = 1 AND d = 'b' AND e = 0", KEY, False, 1),
    (PART, PARTITION, False, 27),
    ("p = 1", RING, True, 54),
    ("p > 0 AND q = 'x'", RING, True, 55),
    ("p = 9 AND q = 'x'", PARTITION, False, 1),
    # the clustering prefix, ranges, IN
    (f"{PART} AND c = 1", SLICE, False, 9),
    (f"{PART} AND c = 1 AND d = 'b'", SLICE, False, 3),
    (f"{PART} AND c > 0", SLICE, False, 18),
    (f"{PART} AND c >= 0 AND c < 2", SLICE, False, 18),
    (f"{PART} AND c BETWEEN 1 AND 2", SLICE, False, 18),
    (f"{PART} AND c = 1 AND d > 'a'", SLICE, False, 6),
    (f"{PART} AND c IN (0, 2, 7)", SLICE, False, 18),
    (f"{PART} AND c IN (0, 2) AND d IN ('a', 'b') AND e >= 1", SLICE, False, 8),
    (f"{PART} AND c > 0 AND d = 'b'", SLICE, True, 6),
    (f"{PART} AND d = 'b'", PARTITION, True, 9),
    (f"{PART} AND c < 10000000000", SLICE, False, 27),
    ("p IN (0, 1, 1) AND q = 'x'", PARTITIONS, False, 54),
    ("p IN (0, 1) AND q IN ('x', 'y') AND c = 2", PARTITIONS, False, 36),
    ("p IN (0, 1) AND q = 'x' AND d = 'a'", PARTITIONS, True, 18),
    # several clustering columns at once
    (f"{PART} AND (c, d) > (1, 'a')", SLICE, False, 15),
    (f"{PART} AND (c, d, e) <= (1, 'b', 1)", SLICE, False, 14),
    (f"{PART} AND (c, d) >= (0, 'c') AND (c, d, e) < (2, 'a', 1)", SLICE, False, 13),
    (f"{PART} AND c = 2 AND (d, e) > ('a', 1)", SLICE, False, 7),
    (f"{PART} AND (c > 1 OR c = 1 AND d >= 'c')", SLICE, False, 12),
    (f"{PART} AND c < 2 AND (c, d) > (0, 'b')", SLICE, False, 12),
    ("p IN (0, 1) AND q = 'x' AND (c, d) > (2, 'b')", PARTITIONS, False, 6),
    # indexes
    ("v = 4", "index by_v", False, 18),
    ("v > 4 AND v <= 6", "index by_v", False, 36),
    ("word = 'w1'", "index by_word", False, 54),
    ("word > 'w1'", RING, True, 54),
    ("low = 'l1'", "index by_low", False, 54),
    ("v = 4 AND word = 'w1'", "index by_v, by_word", False, 18),
    ("v = 4 AND c = 1", "index by_v", True, 18),
    ("v = 4 AND low = 'l1'", "index by_v, by_low", True, 6),
    ("v = 4 AND p = 1", "index by_v", True, 6),
    ("v = 4 AND c IN (1, 2)", "index by_v", True, 18),
    (f"{PART} AND v = 4", PARTITION, False, 3),
    (f"{PART} AND c > 0 AND v = 4", SLICE, False, 3),
    # static columns
    ("st = 10", "index by_st", False, 54),
    ("st = 90", "index by_st", False, 1),
    ("st = 10 AND c = 1", "index by_st", True, 18),
    (f"{PART} AND st = 10", PARTITION, False, 27),
    # collections
    ("'t1' = ANY (tags)", "index by_tag", False, 54),
    ("'t1' = ANY (tags) AND 'all' = ANY (tags)", "index by_tag", False, 54),
    ("tags @> ARRAY['t1', 't2']", "index by_tag", False, 0),
    ("2 = ANY (nums)", "index by_num", False, 90),
    ("2 = ANY (nums) AND 0 = ANY (nums)", "index by_num", True, 36),
    ("'k1' = ANY (map_keys(counts))", "index by_key", False, 54),
    ("1 = ANY (map_values(counts))", "index by_count", False, 90),
    ("counts['k1'] = 2", "index by_entry", False, 18),
    ("counts['k1'] = 2 AND v = 4", "index by_entry, by_v", False, 6),
    ("'o1' = ANY (old)", RING, True, 54),
    # Cassandra finds no elements of a frozen collection beside an SAI
    ("v = 4 AND 'o1' = ANY (old)", "index by_v", False, 18),
    (f"{PART} AND v = 4 AND 'o1' = ANY (old)", PARTITION, False, 3),
    ("low = 'l1' AND 'o1' = ANY (old)", "index by_low", True, 18),
    (f"{PART} AND 't1' = ANY (tags)", PARTITION, False, 9),
    # OR
    (f"{PART} AND c = 1 OR p = 0 AND q = 'y'", f"union of {SLICE}; {PARTITION}", False, 36),
    (f"{PART} OR v = 4", f"union of {PARTITION}; index by_v", False, 42),
    ("'t1' = ANY (tags) OR counts['k1'] = 2", "union of index by_tag; index by_entry", False, 54),
    (f"{PART} AND (c = 2 OR c = 0 AND d > 'b')", f"union of {SLICE}", False, 12),
    (f"({PART} OR p = 2 AND q = 'y') AND e = 1", f"union of {PARTITION}", True, 18),
    (f"(c, d) IN ((1, 'a'), (2, 'b')) AND {PART}", f"union of {SLICE}", False, 6),
    ("v = 4 OR low = 'l1' OR st = 90", "union of index by_v; index by_low; index by_st", False, 67),
    (f"{PART} OR e = 1", RING, False, 72),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def copy(cql: Any, uri: str) -> Any:
    """The same rows in memory."""
    cql.execute(TABLE)
    for index in INDEXES.splitlines():
        cql.execute(index)
    insert = cql.prepare(f"INSERT INTO paths ({NAMES}) VALUES ({', '.join('?' * 13)})")
    for p, q, c, i in product(range(3), "xy", range(3), range(9)):
        cells = ({f"t{c}", "all"}, [c, i % 3], {f"k{c}": i % 3, "n": c}, {f"o{c}"})
        row = (p, q, c, "abc"[i // 3], i % 3, c * 3 + i // 3, f"w{c}", f"l{p}", 10 * p)
        cql.execute(insert, (*row, *cells))
    cql.execute("INSERT INTO paths (p, q, st) VALUES (9, 'x', 90)")
    stores = {"cassandra": uri, "memory": "memory://"}
    with sqlshim.connect(stores, full_scan="allow", autocommit=True) as both:
        both.execute(f"CREATE TABLE memory.paths AS SELECT {NAMES} FROM cassandra.paths")
        yield both


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """What goes to the server: the texts, and the values of their markers."""
    requests: list[tuple[str, tuple[Any, ...]]] = []
    send = Session.send

    def recording(self: Session, statement: Any, values: Any, *rest: Any, **options: Any) -> Any:
        if "TOKEN(" not in statement.query_string.partition(" FROM ")[0]:  # the ring's estimates
            requests.append((statement.query_string, tuple(values)))
        return send(self, statement, values, *rest, **options)

    monkeypatch.setattr(Session, "send", recording)
    return requests


@pytest.mark.parametrize(("where", "path", "filtering", "count"), RULES, ids=[r[0] for r in RULES])
def test_rule(
    cql: Any,
    connect: Connect,
    copy: Any,
    sent: list[tuple[str, tuple[Any, ...]]],
    where: str,
    path: str,
    filtering: bool,
    count: int,
) -> None:
    sql = f"SELECT p, q, c, d, e FROM paths WHERE {where}"
    scanned = connect(pushdown="never").execute(sql).fetchall()
    assert len(scanned) == count
    kept = copy.execute(sql.replace("FROM paths", "FROM memory.paths")).fetchall()
    assert Counter(kept) == Counter(scanned)
    connection = connect(pushdown="always")
    plan = [line.strip("| ") for (line,) in connection.execute(f"EXPLAIN {sql}")]
    assert f"cassandra, access path: {path}" in plan
    sent.clear()
    rows = connection.execute(sql).fetchall()
    assert Counter(rows) == Counter(scanned)
    assert any("ALLOW FILTERING" in text for text, _ in sent) is filtering
    answers = [row for text, values in sent for row in cql.execute(cql.prepare(text), values)]
    if "local from here" not in " ".join(plan):
        assert {row[-5:] for row in answers} == set(scanned)
    for text, values in sent if filtering else ():
        if text.endswith(" ALLOW FILTERING"):
            with pytest.raises(InvalidRequest):
                cql.execute(cql.prepare(text.removesuffix(" ALLOW FILTERING")), values)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT DISTINCT st FROM paths WHERE c IN (1)",
        "SELECT st, p FROM paths WHERE c > 1",
        f"SELECT st FROM paths WHERE {PART} AND (c, d) > (1, 'a')",
        f"SELECT st FROM paths WHERE {PART} AND c = 1 OR p = 0 AND q = 'y'",
    ],
)
def test_static_columns_alone_beside_a_clustering_column(connect: Connect, sql: str) -> None:
    rows = connect(pushdown="always").execute(sql).fetchall()
    assert rows
    assert Counter(rows) == Counter(connect(pushdown="never").execute(sql).fetchall())


def test_a_range_and_an_indexed_clustering_column_behind_it(cql: Any, connect: Connect) -> None:
    cql.execute("CREATE TABLE behind (p text, c int, i int, PRIMARY KEY ((p), c, i))")
    cql.execute("CREATE INDEX ON behind (i) USING 'sai'")
    for c in range(4):
        for i in range(4):
            cql.execute("INSERT INTO behind (p, c, i) VALUES ('a', %s, %s)", (c, i))
    sql = "SELECT c, i FROM behind WHERE p = 'a' AND c < 2 AND i >= 3"
    assert connect(pushdown="always").execute(sql).fetchall() == [(0, 3), (1, 3)]
