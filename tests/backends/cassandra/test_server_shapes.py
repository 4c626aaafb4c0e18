"""What CQL says beside the conditions (ORDER BY, LIMIT, GROUP BY, aggregates, PER PARTITION LIMIT),
against the real server, as one table.

Each row: a statement and the CQL that is sent for it, which the server must take; the answer must
be that of a scan with everything else done locally, and that of the same rows in memory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

import sqlshim
from sqlshim.backends.cassandra.session import Session

Connect = Callable[..., Any]

TABLE = """CREATE TABLE shapes (
    p int, q text, c int, d text, v int, w double, n decimal, PRIMARY KEY ((p, q), c, d)
) WITH CLUSTERING ORDER BY (c DESC, d ASC)"""
NAMES = "p, q, c, d, v, w, n"
PART, SENT = "p = 1 AND q = 'x'", "p = ? AND q = ?"
FIRST = (
    "SELECT p, q, c FROM "
    "(SELECT p, q, c, ROW_NUMBER() OVER (PARTITION BY {}) AS r FROM shapes{}) x WHERE r <= "
)
SUMS = "COUNT(n), SUM(n), COUNT(v), SUM(v), MIN(v), MAX(d), AVG(v), MIN(w)"
SENT_SUMS = "COUNT(n), SUM(n), COUNT(v), SUM(CAST(v AS varint)), MIN(v), MAX(d), MIN(w)"
ALL = "p, q, c, d, v, w, n"

# statement, CQL without the keyspace and without quotes; RANGE is the range of tokens
RULES = [
    # ORDER BY: the clustering columns in one partition, all as declared or all reversed
    (
        f"SELECT c, d FROM shapes WHERE {PART} ORDER BY c DESC, d",
        f"c, d WHERE {SENT} ORDER BY c DESC, d ASC",
    ),
    (
        f"SELECT c, d FROM shapes WHERE {PART} ORDER BY c, d DESC",
        f"c, d WHERE {SENT} ORDER BY c ASC, d DESC",
    ),
    (
        f"SELECT c, d FROM shapes WHERE {PART} AND c = 1 ORDER BY d DESC LIMIT 2",
        f"c, d WHERE {SENT} AND c = ? ORDER BY c ASC, d DESC LIMIT ?",
    ),
    (
        f"SELECT c, d FROM shapes WHERE {PART} AND c = 1 ORDER BY c, d DESC",
        f"c, d WHERE {SENT} AND c = ? ORDER BY c ASC, d DESC",
    ),
    (
        f"SELECT c FROM shapes WHERE {PART} AND d = 'a' ORDER BY c LIMIT 3",
        f"c WHERE {SENT} AND d = ? ORDER BY c ASC LIMIT ? ALLOW FILTERING",
    ),
    (f"SELECT c, d FROM shapes WHERE {PART} ORDER BY c DESC, d DESC", f"c, d WHERE {SENT}"),
    (f"SELECT c, d FROM shapes WHERE {PART} ORDER BY d, c LIMIT 3", f"c, d WHERE {SENT}"),
    (
        f"SELECT c, d FROM shapes WHERE {PART} AND v = 4 ORDER BY c DESC, d",
        f"c, d WHERE {SENT} AND v = ?",
    ),
    (
        "SELECT c, p, d FROM shapes WHERE p IN (0, 1) AND q = 'x' ORDER BY c DESC, d, p",
        "p, c, d WHERE p IN ? AND q = ?",
    ),
    (
        f"SELECT d FROM shapes WHERE {PART} AND c = 1 ORDER BY d OFFSET 1",
        f"d WHERE {SENT} AND c = ? ORDER BY c DESC, d ASC",
    ),
    # PER PARTITION LIMIT
    (
        FIRST.format("p, q ORDER BY c DESC, d", "") + "2",
        "p, q, c, d WHERE RANGE PER PARTITION LIMIT 2",
    ),
    (
        FIRST.format("q, p ORDER BY c DESC", " WHERE p IN (0, 1) AND q = 'x'") + "1",
        "p, q, c WHERE p IN ? AND q = ? PER PARTITION LIMIT 1",
    ),
    (FIRST.format("p, q ORDER BY c, d", "") + "2", "p, q, c, d WHERE RANGE"),
    (FIRST.format("p ORDER BY c DESC, q, d", "") + "2", "p, q, c, d WHERE RANGE"),
    (FIRST.format("p, q ORDER BY c DESC, d", " WHERE v = 4") + "2", "p, q, c, d WHERE v = ?"),
    # GROUP BY: a prefix of the key with the whole partition key
    (
        f"SELECT p, q, {SUMS} FROM shapes WHERE {PART} GROUP BY p, q",
        f"p, q, {SENT_SUMS} WHERE {SENT} GROUP BY p, q",
    ),
    (
        "SELECT p, q, c, COUNT(*) FROM shapes WHERE p IN (0, 1) AND q = 'x' GROUP BY p, q, c",
        "p, q, c, COUNT(*) WHERE p IN ? AND q = ? GROUP BY p, q, c",
    ),
    (
        f"SELECT c, COUNT(*) FROM shapes WHERE {PART} GROUP BY c",
        f"c, COUNT(*) WHERE {SENT} GROUP BY p, q, c",
    ),
    (
        f"SELECT d, c, MAX(v) FROM shapes WHERE {PART} GROUP BY d, c",
        f"d, c, MAX(v) WHERE {SENT} GROUP BY p, q, c, d",
    ),
    (
        f"SELECT d, MAX(v) FROM shapes WHERE {PART} AND c = 1 GROUP BY d",
        f"d, MAX(v) WHERE {SENT} AND c = ? GROUP BY p, q, c, d",
    ),
    (f"SELECT d, COUNT(*) FROM shapes WHERE {PART} GROUP BY d", f"d WHERE {SENT}"),
    ("SELECT p, q, MAX(v) FROM shapes GROUP BY p, q", "p, q, MAX(v) WHERE RANGE GROUP BY p, q"),
    (
        "SELECT q, p, COUNT(*) FROM shapes WHERE v = 4 GROUP BY q, p",
        "q, p, COUNT(*) WHERE v = ? GROUP BY p, q",
    ),
    ("SELECT p, MAX(v) FROM shapes GROUP BY p", "p, v WHERE RANGE"),
    ("SELECT v, COUNT(*) FROM shapes GROUP BY v", "v WHERE RANGE"),
    ("SELECT DISTINCT p, q FROM shapes", "DISTINCT p, q WHERE RANGE"),
    ("SELECT DISTINCT p FROM shapes", "p WHERE RANGE"),
    # aggregates of everything, put together from the ranges
    ("SELECT COUNT(*) FROM shapes", "COUNT(*) WHERE RANGE"),
    (f"SELECT {SUMS} FROM shapes", f"{SENT_SUMS} WHERE RANGE"),
    (
        "SELECT SUM(v) FROM shapes WHERE w > 0.2",
        "SUM(CAST(v AS varint)), COUNT(v) WHERE w > ? AND RANGE ALLOW FILTERING",
    ),
    (
        "SELECT SUM(v), AVG(v), MAX(v) FROM shapes WHERE v > 90",
        "SUM(CAST(v AS varint)), COUNT(v), MAX(v) WHERE v > ? AND RANGE",
    ),
    (f"SELECT COUNT(*) FROM shapes WHERE {PART}", f"COUNT(*) WHERE {SENT}"),
    ("SELECT COUNT(DISTINCT v) FROM shapes", "v WHERE RANGE"),
    ("SELECT SUM(w) FROM shapes", "w WHERE RANGE"),
    ("SELECT STDDEV_POP(v) FROM shapes", "v WHERE RANGE"),
    (f"SELECT COUNT(*) FILTER (WHERE v > 2) FROM shapes WHERE {PART}", f"v WHERE {SENT}"),
    (f"SELECT COUNT(*) FROM shapes WHERE {PART} AND c + 1 = 2", f"c WHERE {SENT}"),
]

# statement, CQL, rows: which of them come is the store's affair
LIMITS = [
    (f"SELECT {ALL} FROM shapes LIMIT 4", f"{ALL} WHERE RANGE LIMIT ?"),
    (f"SELECT {ALL} FROM shapes WHERE v = 4 LIMIT 4", f"{ALL} WHERE v = ? LIMIT ?"),
    (f"SELECT {ALL} FROM shapes WHERE v > 4 LIMIT 4", f"{ALL} WHERE v > ? AND RANGE LIMIT ?"),
    (
        f"SELECT {ALL} FROM shapes WHERE w = 0.5 LIMIT 4",
        f"{ALL} WHERE w = ? AND RANGE LIMIT ? ALLOW FILTERING",
    ),
    (f"SELECT {ALL} FROM shapes WHERE v + 1 = 5 LIMIT 4", "p, q, c, d, n, v, w WHERE RANGE"),
]


@pytest.fixture(scope="module", autouse=True)
def copy(cql: Any, uri: str) -> Any:
    """The same rows in memory."""
    cql.execute(TABLE)
    cql.execute("CREATE INDEX by_v ON shapes (v) USING 'sai'")
    insert = cql.prepare(f"INSERT INTO shapes ({NAMES}) VALUES (?, ?, ?, ?, ?, ?, ?)")
    for p, q, c, d in product(range(3), "xy", range(3), "abc"):
        v = None if (p, c) == (2, 2) else c * 3 + p
        cql.execute(insert, (p, q, c, d, v, p / 4, c))
    stores = {"cassandra": uri, "memory": "memory://"}
    with sqlshim.connect(stores, full_scan="allow", autocommit=True) as both:
        both.execute(f"CREATE TABLE memory.shapes AS SELECT {NAMES} FROM cassandra.shapes")
        yield both


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that go to the server, short."""
    texts: list[str] = []
    send = Session.send

    def recording(self: Session, statement: Any, values: Any, *rest: Any, **options: Any) -> Any:
        text = statement.query_string.replace('"', "").removeprefix("SELECT ")
        text = re.sub(r" FROM \w+\.\w+", "", text)
        text = re.sub(r"TOKEN\(p, q\) > \? AND TOKEN\(p, q\) <= \?", "RANGE", text)
        if not text.startswith("TOKEN("):  # the ring's estimates
            texts.append(text)
        return send(self, statement, values, *rest, **options)

    monkeypatch.setattr(Session, "send", recording)
    return texts


@pytest.mark.parametrize(("sql", "text"), RULES, ids=[sql for sql, _ in RULES])
def test_rule(connect: Connect, copy: Any, sent: list[str], sql: str, text: str) -> None:
    plan = connect(pushdown="always")
    plan.execute(f"EXPLAIN {sql}")
    sent.clear()
    rows = plan.execute(sql).fetchall()
    assert set(sent) == {text}
    scanned = connect(pushdown="never").execute(sql).fetchall()
    kept = copy.execute(sql.replace("FROM shapes", "FROM memory.shapes")).fetchall()
    if "OVER" not in sql and "ORDER BY" in sql:
        assert rows == scanned == kept
    else:
        assert Counter(rows) == Counter(scanned) == Counter(kept)


@pytest.mark.parametrize(("sql", "text"), LIMITS, ids=[sql for sql, _ in LIMITS])
def test_limit(connect: Connect, copy: Any, sent: list[str], sql: str, text: str) -> None:
    connection = connect(pushdown="always")
    connection.execute(f"EXPLAIN {sql}")
    sent.clear()
    rows = connection.execute(sql).fetchall()
    assert set(sent) == {text}
    every = sql.replace("FROM shapes", "FROM memory.shapes").removesuffix(" LIMIT 4")
    assert len(set(rows)) == 4
    assert set(rows) <= set(copy.execute(every).fetchall())


# condition, whether all rows may be read for it
SCANS = [
    ("v + 0 = 1", True),
    ("w = 0.5", True),
    ("p = 1", True),
    (f"{PART} OR w = 0.5", True),
    ("v = 4", False),
    ("v > 4", False),
    (PART, False),
    (f"{PART} AND w = 0.5", False),
    (f"{PART} OR v = 4", False),
    ("p IN (0, 1) AND q = 'x'", False),
]


@pytest.mark.parametrize(("where", "scans"), SCANS, ids=[where for where, _ in SCANS])
def test_full_scan(connect: Connect, copy: Any, where: str, scans: bool) -> None:
    sql = f"SELECT p, q, c, d FROM shapes WHERE {where}"
    rows = Counter(copy.execute(sql.replace("FROM shapes", "FROM memory.shapes")).fetchall())
    if not scans:
        assert Counter(connect(full_scan="forbid").execute(sql).fetchall()) == rows
        return
    with pytest.raises(sqlshim.OperationalError, match=r"partition key \(p, q\)"):
        connect(full_scan="forbid").execute(sql).fetchall()
    with pytest.warns(sqlshim.Warning, match="shapes"):
        assert Counter(connect(full_scan="warn").execute(sql).fetchall()) == rows
