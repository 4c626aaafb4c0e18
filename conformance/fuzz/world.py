"""Random tables: columns of every kind, small domains so that values meet, many NULLs.

A column's kind is a letter, as in the trees: I integer, B bigint, D double, N decimal(10,2),
T text, L boolean, A date, S timestamp, Z an instant, M a time of day, U a UUID; of nested ones i an
array of integers, t of texts, R a document, m a map, d an array of documents, J JSON. What the
oracle has no like of: V values of several types, v and n numbers of any size, p a tuple, y a type
of CQL's own, u a timeuuid; worlds with these are judged by the store without pushdown.

A table's `form` says who made it: sqlshim's own CREATE TABLE ("sql"), or the store's driver, so
that sqlshim has only the store's own description to go by ("sampled" on MongoDB, "cql" on
Cassandra).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from conformance.fuzz.functions import DOCUMENTS
from conformance.fuzz.tree import literal

KINDS = "IBDNTLASZMU"
UNLIKE = "Vvnpyu"  # what the oracle has no like of
ARRAYS = "it"
TYPES = {
    "I": "INTEGER",
    "B": "BIGINT",
    "D": "DOUBLE PRECISION",
    "N": "DECIMAL(10, 2)",
    "T": "TEXT",
    "L": "BOOLEAN",
    "A": "DATE",
    "S": "TIMESTAMP",
    "Z": "TIMESTAMPTZ",
    "M": "TIME",
    "U": "UUID",
    "J": "JSONB",
    "d": "STRUCT(k TEXT, v INTEGER)[]",
    **dict.fromkeys("Vvnpyu", "TEXT"),
    "i": "INTEGER[]",
    "t": "TEXT[]",
    "R": "STRUCT(city TEXT, n INTEGER)",
    "m": "MAP(TEXT, INTEGER)",
}
# What a driver's table has instead: decimals have no scale of their own.
FOREIGN = {
    "sampled": {
        "N": "DECIMAL(38, 10)",
        "R": "STRUCT(city TEXT, n BIGINT)",
        "d": "STRUCT(k TEXT, v BIGINT)[]",
    },
}
Row = tuple[object, ...]


def _timeuuid(moment: datetime, node: int) -> UUID:
    ticks = (moment - datetime(1582, 10, 15)) // timedelta(microseconds=1) * 10
    low, middle, high = ticks & 0xFFFF_FFFF, ticks >> 32 & 0xFFFF, ticks >> 48
    return UUID(fields=(low, middle, high | 0x1000, 0x80, node & 0xFF, node))


# Two of one millisecond.
TIMEUUIDS = tuple(
    _timeuuid(moment, node)
    for moment, node in (
        (datetime(2024, 2, 29, 12), 0x8080_8080_8080),
        (datetime(2024, 2, 29, 12), 0x0102_0304_05FF),
        (datetime(2024, 2, 29, 12, 0, 0, 1000), 0x8080_8080_8080),
        (datetime(1990, 1, 1), 0x7F),
    )
)

DOMAINS: dict[str, Sequence[Sequence[object]]] = {
    "I": ((0, 1, 2, 3, -1), (1, 2), (0, 7, -7, 100, 2**31 - 1, -(2**31))),
    "B": ((0, 1, 2, 3, -1), (1, 2**31, 2**53 + 1, -(2**53) - 1), (0, 2**63 - 1, -(2**63))),
    # Binary fractions, so that a sum does not depend on the order of its terms.
    "D": (
        (0.0, 1.0, 2.0, 0.5, -1.5),
        (1.0, 2.5, -2.5, 1024.25, 2.0**40),
        (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1.0),
    ),
    "N": (
        tuple(map(Decimal, ("0.00", "1.00", "2.00", "0.50", "-1.50"))),
        tuple(map(Decimal, ("0.01", "-0.01", "99999999.99", "12.34"))),
    ),
    "T": (
        ("", "a", "b", "ab", "A"),
        ("a%", "a_", "a\\", "a.b", "a*", "[a]", "^a", "a$"),
        ("$a", "$$ROOT", "'", '"', "é", "日本", "É", " a ", "a\nb"),
        ("1", "2", "-3", "1.5", "x", "2024-02-29"),
    ),
    "L": ((True, False),),
    "A": (
        (date(2024, 2, 29), date(2023, 12, 31), date(1969, 7, 20), date(2024, 3, 1)),
        (date(1, 1, 1), date(9999, 12, 31), date(1900, 2, 28), date(2024, 2, 29)),
    ),
    "S": (
        (
            datetime(2024, 2, 29),
            datetime(2023, 12, 31, 23, 59, 59),
            datetime(1969, 7, 20, 20, 17, 40, 500_000),
            datetime(2024, 2, 29, 12, 30, 0, 1000),
        ),
        (
            datetime(1, 1, 1),
            datetime(9999, 12, 31, 23, 59, 59, 999_000),
            datetime(1969, 12, 31, 23, 59, 59, 999_000),
            datetime(2024, 2, 29),
        ),
    ),
    "Z": (
        (
            datetime(2024, 2, 29, tzinfo=UTC),
            datetime(2024, 3, 31, 0, 59, 59, tzinfo=UTC),
            datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
            datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC),
        ),
    ),
    "M": ((time(0), time(12, 30), time(23, 59, 59), time(7, 5, 3, 500_000)),),
    "U": (tuple(UUID(int=n) for n in (0, 1, 2**64 + 5, 2**127 + 9, 2**128 - 1)),),
    "J": (DOCUMENTS,),
    "d": (
        ([], [{"k": "a", "v": 1}], [{"k": "b", "v": None}, {"k": "a", "v": 2}],
         [{"k": None, "v": 3}], [{"k": "ab", "v": 1}, {"k": "a", "v": 1}]),
    ),
    "V": ((1, 2, 1.5, "1", "a", "", True, datetime(2024, 2, 29), [1, "a"], {"a": 1}, -7, 2**40),),
    "v": ((0, 1, -1, 2**63, -(2**70), 10**30, 7),),
    "n": (tuple(map(Decimal, ("0", "1", "1.50", "-2.5", "1e10", "12345678901234567890.123"))),),
    "p": (((1, "a"), (1, None), (None, "b"), (2, "a"), (0, "")),),
    "y": (((1, "a"), (1, None), (None, "b"), (2, "a"), (0, "é")),),
    "u": (TIMEUUIDS,),
    "i": (([], [1], [1, 2], [2, 2, 3], [0, -1, 7]),),
    "t": (([], ["a"], ["a", "b"], ["b", "ab", ""], ["a,b", "$a", "é"]),),
    "R": (
        ({"city": "a", "n": 1}, {"city": "b", "n": None}, {"city": None, "n": 2},
         {"city": "ab", "n": 0}, {"city": "a", "n": 3}),
    ),
    "m": (({"a": 1}, {"a": 2, "b": 1}, {"b": 0}, {"": 7, "é": -1}),),
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    type: str


@dataclass(frozen=True)
class Table:
    """`raw` rows are written by the store's own driver: index of the row -> how."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[str, ...]
    rows: tuple[Row, ...]
    raw: frozenset[int] = frozenset()
    form: str = "sql"
    partition: int = 1  # how many columns of the key
    descending: frozenset[str] = field(default_factory=frozenset)
    statics: frozenset[str] = field(default_factory=frozenset)

    @property
    def unlike(self) -> bool:
        """Whether it has columns that the oracle cannot have."""
        return any(column.kind in UNLIKE for column in self.columns)

    @property
    def ddl(self) -> str:
        columns = [f"{column.name} {column.type}" for column in self.columns]
        # A partition without rows has NULL for the rest of its key.
        keys = [f"PRIMARY KEY ({', '.join(self.key)})"] if self.key and not self.statics else []
        return f"CREATE TABLE {self.name} ({', '.join([*columns, *keys])})"

    def insert(self, rows: Sequence[Row]) -> tuple[str, list[object]]:
        """The statement and its parameters: the maps, which have no literal."""
        maps = {n for n, column in enumerate(self.columns) if column.kind in "md"}
        lines = ", ".join(
            f"({', '.join('?' if n in maps else literal(v) for n, v in enumerate(row))})"
            for row in rows
        )
        parameters = [row[n] for row in rows for n in sorted(maps)]
        return f"INSERT INTO {self.name} VALUES {lines}", parameters

    def keeping(self, indexes: Sequence[int]) -> Table:
        if self.form == "sampled":  # the first two show the types
            indexes = sorted({0, *range(min(2, len(self.rows))), *indexes})
        raw = frozenset(new for new, old in enumerate(indexes) if old in self.raw)
        return replace(self, rows=tuple(self.rows[i] for i in indexes), raw=raw)

    def values(self, name: str) -> tuple[object, ...]:
        """What a column holds, without NULLs."""
        at = [column.name for column in self.columns].index(name)
        return tuple(row[at] for row in self.rows if row[at] is not None)


World = tuple[Table, ...]


def random_world(rnd: Random, backend: str, documents: bool = True) -> World:
    """Three tables; without `documents`, as PostgreSQL knows no such columns, none are nested."""
    unlike = rnd.random() < 0.3
    return tuple(_table(rnd, f"t{n}", backend, documents, unlike) for n in range(3))


def _table(rnd: Random, name: str, backend: str, documents: bool, unlike: bool) -> Table:
    form = _form(rnd, backend)
    kinds = _kinds(rnd, form, backend, documents, unlike)
    key_name = Column("_id", "B", "BIGINT") if form == "sampled" else Column("id", "I", "INTEGER")
    foreign = FOREIGN.get(form, {})
    columns = (
        key_name,
        *(Column(f"c{n}", kind, foreign.get(kind, TYPES[kind])) for n, kind in enumerate(kinds)),
    )
    domains = [_domain(rnd, column.kind) for column in columns[1:]]
    count = rnd.choice((0, 1, 3, 6, 8, 8, 10, 12, 12, 12, 16, 16, 20, 20, 30, 30, 40)) or (
        form == "sampled"
    )
    key = _key(rnd, columns, backend)
    absent = rnd.choice((0.0, 0.15, 0.4))
    rows = [
        (
            number,
            *(
                _key_value(rnd, domain) if column.name in key else _value(rnd, domain, absent)
                for column, domain in zip(columns[1:], domains, strict=True)
            ),
        )
        for number in range(count)
    ]
    if form == "sampled":  # a field that no document has would be no column
        rows[0] = (0, *(_given(rnd, column.kind) for column in columns[1:]))
        rows[1:1] = [(count, *(_second(c.kind) for c in columns[1:]))] * (count > 1)
    raw = {n for n in range(count) if backend == "mongo" and rnd.random() < 0.4}
    table = Table(
        name,
        columns,
        key,
        (),
        tuple(rows),
        frozenset(range(len(rows)) if form == "sampled" else raw),
    )
    if form == "cql":
        table = _shaped(rnd, table)
    return replace(table, form=form, indexes=_indexes(rnd, table, form))


def _form(rnd: Random, backend: str) -> str:
    other = {"mongo": "sampled", "cassandra": "cql"}.get(backend, "sql")
    return other if rnd.random() < (0.5 if other == "cql" else 0.25) else "sql"


def _kinds(rnd: Random, form: str, backend: str, documents: bool, unlike: bool) -> list[str]:
    # CQL's own decimals are of any scale, a type that the oracle's CREATE TABLE does not have.
    scalars = {"sampled": "BDNTLSU", "cql": KINDS.translate({78: None, 90: None})}.get(form, KINDS)
    kinds = [rnd.choice(scalars) for _ in range(rnd.randint(3, 7))]
    if rnd.random() < 0.6 and form != "sampled":
        kinds = ["I", "T", *kinds[2:]]
    nested = {"sampled": "tRd", "cql": "itm"}.get(form, "itRdJ" if documents else "itJ")
    if backend == "cassandra" and form == "sql":
        nested = nested.replace("d", "")
    others = {"sampled": "V", "cql": "vnpyu"}.get(form, "") if documents and unlike else ""
    found = kinds + [kind for kind in nested if rnd.random() < 0.25]
    return found + [kind for kind in others if rnd.random() < 0.5]


def _given(rnd: Random, kind: str) -> object:
    """A value that shows the whole type of a sampled field."""
    shown = {
        "R": {"city": "a", "n": 1}, "t": ["a", "b"], "D": 0.5, "V": 1, "d": [{"k": "a", "v": 1}],
    }  # fmt: skip
    return shown.get(kind) or constant(rnd, kind)


def _second(kind: str) -> object:
    """A value of another type, where a field is to hold several."""
    return "a" if kind == "V" else None


def _key(rnd: Random, columns: Sequence[Column], backend: str) -> tuple[str, ...]:
    if backend != "cassandra":
        return (columns[0].name,) if rnd.random() < 0.6 else ()
    others = [column.name for column in columns[1:] if column.kind in "IBTASMU"]
    return (*rnd.sample(others, min(len(others), rnd.choice((0, 0, 1, 2)))), "id")


def _shaped(rnd: Random, table: Table) -> Table:
    """A table of CQL's own: several partition columns, reversed order, a static column."""
    partition = rnd.randint(1, min(len(table.key), 2))
    clustering = table.key[partition:]
    table = replace(
        table,
        partition=partition,
        descending=frozenset(name for name in clustering if rnd.random() < 0.4),
        rows=tuple(map(_cells, table.rows)),
    )
    free = [c.name for c in table.columns if c.name not in table.key and c.kind in KINDS]
    if not clustering or not free or rnd.random() < 0.5:
        return table
    return _with_static(table, rnd.choice(free))


def _cells(row: Row) -> Row:
    """Collections as Cassandra keeps them: a set is sorted, an empty one is NULL."""
    return tuple(
        (sorted(set(v), key=_bytes) or None) if isinstance(v, list) and _is_set(v) else
        (v or None) if isinstance(v, list) else v
        for v in row
    )  # fmt: skip


def _bytes(text: str) -> bytes:
    return text.encode()


def _is_set(value: Sequence[object]) -> bool:
    return all(isinstance(v, str) for v in value)


def _with_static(table: Table, name: str) -> Table:
    """One value of the column a partition, that of its first row."""
    at = [column.name for column in table.columns].index(name)
    places = [[c.name for c in table.columns].index(k) for k in table.key[: table.partition]]
    first: dict[Row, object] = {}
    rows = []
    for row in table.rows:
        value = first.setdefault(tuple(row[n] for n in places), row[at])
        rows.append((*row[:at], value, *row[at + 1 :]))
    table = replace(table, statics=frozenset((name,)))
    if len(first) == len(rows) > 1 and rows[-1][at] is not None:
        rows[-1] = _without_rows(table, rows[-1])
    return replace(table, rows=tuple(rows))


def _without_rows(table: Table, row: Row) -> Row:
    """A partition that has a static value only reads as a row without the rest."""
    kept = {*table.key[: table.partition], *table.statics}
    return tuple(v if c.name in kept else None for c, v in zip(table.columns, row, strict=True))


def _indexes(rnd: Random, table: Table, form: str) -> tuple[str, ...]:
    kinds = KINDS if form == "sql" else KINDS + "tm"
    free = [c.name for c in table.columns if c.name not in table.key and c.kind in kinds]
    if form == "cql":  # no index on the whole partition key
        parts = table.key[table.partition :] if table.partition == 1 else table.key
        free += [name for name in parts if rnd.random() < 0.3]
    return tuple(rnd.sample(free, min(len(free), rnd.randint(0, 3))))


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
