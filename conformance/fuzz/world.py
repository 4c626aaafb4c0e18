"""Random tables: columns of every kind, small domains so that values meet, many NULLs.

A column's kind is a letter, as in the trees: I integer, B bigint, D double, N decimal(10,2),
T text, L boolean, A date, S timestamp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from random import Random

from conformance.fuzz.tree import literal

KINDS = "IBDNTLAS"
TYPES = {
    "I": "INTEGER",
    "B": "BIGINT",
    "D": "DOUBLE PRECISION",
    "N": "DECIMAL(10, 2)",
    "T": "TEXT",
    "L": "BOOLEAN",
    "A": "DATE",
    "S": "TIMESTAMP",
}
Row = tuple[object, ...]

DOMAINS: dict[str, Sequence[Sequence[object]]] = {
    "I": ((0, 1, 2, 3, -1), (1, 2), (0, 7, -7, 100, 2**31 - 1, -(2**31))),
    "B": ((0, 1, 2, 3, -1), (1, 2**31, 2**53 + 1, -(2**53) - 1), (0, 2**63 - 1, -(2**63))),
    # Binary fractions, so that a sum does not depend on the order of its terms.
    "D": ((0.0, 1.0, 2.0, 0.5, -1.5), (1.0, 2.5, -2.5, 1024.25, 2.0**40)),
    "N": (
        tuple(map(Decimal, ("0.00", "1.00", "2.00", "0.50", "-1.50"))),
        tuple(map(Decimal, ("0.01", "-0.01", "99999999.99", "12.34"))),
    ),
    "T": (
        ("", "a", "b", "ab", "A"),
        ("a%", "a_", "a\\", "a.b", "a*", "[a]", "^a", "a$"),
        ("$a", "$$ROOT", "'", '"', "é", "日本", "É", " a "),
        ("1", "2", "-3", "1.5", "x", "2024-02-29"),
    ),
    "L": ((True, False),),
    "A": ((date(2024, 2, 29), date(2023, 12, 31), date(1969, 7, 20), date(2024, 3, 1)),),
    "S": (
        (
            datetime(2024, 2, 29),
            datetime(2023, 12, 31, 23, 59, 59),
            datetime(1969, 7, 20, 20, 17, 40, 500_000),
            datetime(2024, 2, 29, 12, 30, 0, 1000),
        ),
    ),
}


@dataclass(frozen=True)
class Column:
    name: str
    kind: str


@dataclass(frozen=True)
class Table:
    """`raw` rows are written by the store's own driver: index of the row -> how."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[str, ...]
    rows: tuple[Row, ...]
    raw: frozenset[int] = frozenset()

    @property
    def ddl(self) -> str:
        columns = [f"{column.name} {TYPES[column.kind]}" for column in self.columns]
        keys = [f"PRIMARY KEY ({', '.join(self.key)})"] if self.key else []
        return f"CREATE TABLE {self.name} ({', '.join([*columns, *keys])})"

    def insert(self, rows: Sequence[Row]) -> str:
        lines = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        return f"INSERT INTO {self.name} VALUES {lines}"

    def keeping(self, indexes: Sequence[int]) -> Table:
        raw = frozenset(new for new, old in enumerate(indexes) if old in self.raw)
        return replace(self, rows=tuple(self.rows[i] for i in indexes), raw=raw)


World = tuple[Table, ...]


def random_world(rnd: Random, backend: str) -> World:
    return tuple(_table(rnd, f"t{number}", backend) for number in range(3))


def _table(rnd: Random, name: str, backend: str) -> Table:
    kinds = [rnd.choice(KINDS) for _ in range(rnd.randint(3, 7))]
    if rnd.random() < 0.6:
        kinds = ["I", "T", *kinds[2:]]
    columns = (Column("id", "I"), *(Column(f"c{n}", kind) for n, kind in enumerate(kinds)))
    domains = [_domain(rnd, column.kind) for column in columns[1:]]
    count = rnd.choice((0, 3, 8, 12, 12, 20, 30))
    key = _key(rnd, columns, backend)
    absent = rnd.choice((0.0, 0.2, 0.5))
    rows = tuple(
        (
            number,
            *(
                _key_value(rnd, domain) if column.name in key else _value(rnd, domain, absent)
                for column, domain in zip(columns[1:], domains, strict=True)
            ),
        )
        for number in range(count)
    )
    raw = frozenset(n for n in range(count) if backend == "mongo" and rnd.random() < 0.4)
    free = [column.name for column in columns if column.name not in key]
    indexes = tuple(rnd.sample(free, min(len(free), rnd.randint(0, 3))))
    return Table(name, columns, key, indexes, rows, raw)


def _key(rnd: Random, columns: Sequence[Column], backend: str) -> tuple[str, ...]:
    if backend != "cassandra":
        return ("id",) if rnd.random() < 0.6 else ()
    others = [column.name for column in columns[1:] if column.kind in "IBTAS"]
    return (*rnd.sample(others, min(len(others), rnd.choice((0, 0, 1, 2)))), "id")


def _domain(rnd: Random, kind: str) -> Sequence[object]:
    choices = DOMAINS[kind]
    return choices[0] if rnd.random() < 0.6 else rnd.choice(choices)


def _value(rnd: Random, domain: Sequence[object], absent: float) -> object:
    return None if rnd.random() < absent else rnd.choice(domain)


def _key_value(rnd: Random, domain: Sequence[object]) -> object:
    """Cassandra refuses NULL in a key, and '' as a whole partition key."""
    return rnd.choice([value for value in domain if value != ""])


def constant(rnd: Random, kind: str) -> object:
    """A value that a query may compare a column of this kind with."""
    return rnd.choice(_domain(rnd, kind))
