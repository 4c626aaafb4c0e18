"""A directory as a store: formats, types, what is let in, commit and rollback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sqlshim.backends.duckdb import open_store
from sqlshim.backends.protocol import Backend, Options, RunContext
from sqlshim.catalog.model import Table
from sqlshim.errors import (
    DataError,
    InterfaceError,
    InvalidText,
    OperationalError,
    ProgrammingError,
    TableExists,
    UniqueViolation,
)
from sqlshim.ir.relational import Scan
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    Kind,
    SqlType,
    decimal,
)
from tests.backends.duckdb.build import column, definition, rows

KEY = INTEGER.with_null(False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "it's data"
    home.mkdir()
    return home


@pytest.fixture
def files(home: Path) -> Iterator[Backend]:
    store = opened(home)
    yield store
    store.close()


def opened(home: Path, query: str = "", **options: Any) -> Backend:
    return open_store(home.as_uri() + query, "", Options(**options))


def table(store: Backend, name: str) -> Table:
    found = store.load_table(name)
    assert found is not None
    return found


def all_of(store: Backend, name: str) -> list[tuple[Any, ...]]:
    found = table(store, name)
    return rows(store, Scan(found, tuple(column(c.name, c.type) for c in found.columns)))


def put(store: Backend, name: str, *new: tuple[object, ...]) -> int:
    found = table(store, name)
    return store.insert(found, [c.name for c in found.columns], list(new), RunContext())


def types(store: Backend, name: str) -> dict[str, SqlType]:
    return {c.name: c.type for c in table(store, name).columns}


def names_in(home: Path) -> list[str]:
    return [path.name for path in home.iterdir()]


# --- reading


def test_csv_types_are_inferred_and_quoted_empty_is_not_null(files: Backend, home: Path) -> None:
    (home / "a.csv").write_text(
        "id;First Name;born;score;ok\n"
        '1;"x; ""y""";2020-01-31;1.5;true\n'
        '2;"";;;false\n'
        "3;;2021-01-01;2;true\n"
    )
    assert types(files, "a") == {
        "id": BIGINT,
        "First Name": TEXT,
        "born": DATE,
        "score": DOUBLE,
        "ok": BOOLEAN,
    }
    assert all_of(files, "a") == [
        (1, 'x; "y"', dt.date(2020, 1, 31), 1.5, True),
        (2, "", None, None, False),
        (3, None, dt.date(2021, 1, 1), 2.0, True),
    ]


def test_csv_of_texts_has_a_header_too(files: Backend, home: Path) -> None:
    (home / "t.csv").write_text("a,b\nx,y\n")
    (home / "only_header.csv").write_text("a,b\n")
    (home / "tabs.tsv").write_text("a\tb\nx\t1\n")
    assert all_of(files, "t") == [("x", "y")]
    assert all_of(files, "only_header") == []
    assert all_of(files, "tabs") == [("x", 1)]


def test_ndjson_keeps_nesting_and_mixed_types(files: Backend, home: Path) -> None:
    (home / "n.ndjson").write_text(
        '{"id": 1, "at": {"x": 1, "tags": ["a"]}, "any": 1,'
        ' "key": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "t": "2020-01-01T00:00:00Z"}\n'
        '{"id": 2, "any": "text"}\n'
    )
    found = types(files, "n")
    assert (found["any"], found["key"], found["t"]) == (JSON, UUID, TIMESTAMPTZ)
    assert str(found["at"]) == "STRUCT(x BIGINT, tags TEXT[])"
    first, second = all_of(files, "n")
    assert first[1] == {"x": 1, "tags": ["a"]}
    assert str(first[3]) == "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    assert (first[2], second[2]) == ("1", '"text"')


def test_parquet_types_without_counterpart_are_widened(files: Backend, home: Path) -> None:
    columns = {
        "small": pa.array([1], pa.uint8()),
        "big": pa.array([2**64 - 1], pa.uint64()),
        "money": pa.array([Decimal("1.50")], pa.decimal128(10, 2)),
        "at": pa.array([dt.datetime(2020, 1, 1)], pa.timestamp("ns")),
        "bytes": pa.array([b"\xff"], pa.binary()),
    }
    pq.write_table(pa.table(columns), home / "p.parquet")
    assert table(files, "p").row_count == 1
    assert [t.kind for t in types(files, "p").values()] == [
        Kind.SMALLINT,
        Kind.DECIMAL,
        Kind.DECIMAL,
        Kind.TIMESTAMP,
        Kind.BYTES,
    ]
    assert all_of(files, "p") == [
        (1, Decimal(2**64 - 1), Decimal("1.50"), dt.datetime(2020, 1, 1), b"\xff")
    ]


def test_a_changed_file_is_looked_at_again(files: Backend, home: Path) -> None:
    (home / "a.csv").write_text("n\n1\n")
    assert all_of(files, "a") == [(1,)]
    (home / "a.csv").write_text("n,m\nx,2\n")
    assert types(files, "a") == {"n": TEXT, "m": BIGINT}
    assert all_of(files, "a") == [("x", 2)]
    (home / "a.csv").unlink()
    assert files.load_table("a") is None


def test_a_value_that_does_not_fit_is_a_data_error(files: Backend, home: Path) -> None:
    file = home / "a.csv"
    file.write_text("n\n1\n")
    found = table(files, "a")
    scan = Scan(found, (column("n", BIGINT),))
    native = files.compile(scan)
    file.write_text("n\nabc\n")
    with pytest.raises(InvalidText) as caught:
        list(files.open(native, [], RunContext()).rows())
    message = 'line 2 of the CSV file, column "n": "abc" is not of type bigint'
    assert str(caught.value) == message
    file.write_text("n\n1,2,3\n")
    with pytest.raises(DataError, match="line 2 of the CSV file: Expected Number of Columns: 1"):
        list(files.open(native, [], RunContext()).rows())


# --- what is let in


def test_only_files_inside_the_directory_are_tables(home: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (home / "inside.csv").write_text("a\n1\n")
    (home / "alias.csv").symlink_to(home / "inside.csv")
    (home / "leak.csv").symlink_to(tmp_path / "secret.csv")
    (home / "dangling.csv").symlink_to(home / "nothing.csv")
    (home / ".hidden.csv").write_text("a\n1\n")
    (home / "notes.txt").write_text("a\n1\n")
    (home / "folder.csv").mkdir()
    store = opened(home)
    assert store.table_names() == ["alias", "inside"]
    for name in ("leak", "../secret", "dangling", "folder"):
        assert store.load_table(name) is None
    assert all_of(store, "alias") == [(1,)]
    store.close()


def test_the_engine_itself_reads_nothing_outside(home: Path, tmp_path: Path) -> None:
    import duckdb

    (tmp_path / "secret.csv").write_text("a\n1\n")
    (home / "leak.csv").symlink_to(tmp_path / "secret.csv")
    store = opened(home)
    connection = store._database.cursor()  # type: ignore[attr-defined]
    inside = str(home).replace("'", "''")
    for path in (f"{inside}/leak.csv", f"{inside}/../secret.csv", f"{tmp_path}/secret.csv"):
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"SELECT * FROM read_csv('{path}')").fetchall()
    store.close()


def test_same_stem_twice_is_told_apart_by_suffix(files: Backend, home: Path) -> None:
    (home / "a.csv").write_text("n\n1\n")
    (home / "a.ndjson").write_text('{"n": 2}\n')
    assert files.table_names() == ["a", "a.ndjson"]
    assert all_of(files, "a") == [(1,)]
    assert all_of(files, "a.ndjson") == [(2,)]


def test_an_empty_csv_says_what_is_missing(files: Backend, home: Path) -> None:
    (home / "a.csv").write_text("")
    with pytest.raises(OperationalError, match="line of column names"):
        files.load_table("a")


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("file://host/x", InterfaceError),
        ("file://", InterfaceError),
        ("file:///nowhere/at/all", OperationalError),
        ("file:///tmp?format=xlsx", InterfaceError),
        ("file:///tmp?mode=ro", InterfaceError),
    ],
)
def test_a_wrong_uri_is_refused(uri: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        open_store(uri, "", Options())


# --- writing


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson", "a.parquet"])
def test_rows_are_in_the_file_after_commit_only(home: Path, name: str) -> None:
    if name.endswith("parquet"):
        pq.write_table(pa.table({"n": [1], "t": ["x"]}), home / name)
    else:
        text = "n,t\n1,x\n" if name.endswith("csv") else '{"n": 1, "t": "x"}\n'
        (home / name).write_text(text)
    before = (home / name).read_bytes()
    store = opened(home)
    put(store, "a", (2, ""), (3, None))
    expected = [(1, "x"), (2, ""), (3, None)]
    assert all_of(store, "a") == expected
    assert (home / name).read_bytes() == before
    store.rollback()
    assert all_of(store, "a") == [(1, "x")]
    put(store, "a", (2, ""), (3, None))
    store.commit()
    assert all_of(store, "a") == expected
    store.close()
    again = opened(home)
    assert all_of(again, "a") == expected
    again.close()
    assert names_in(home) == [name]


@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet"])
def test_a_new_table_is_a_file_after_commit(home: Path, kind: str) -> None:
    store = opened(home, f"?format={kind}")
    columns = [
        ("id", KEY),
        ("t", TEXT),
        ("d", decimal(10, 2)),
        ("at", TIMESTAMP),
        ("j", JSON),
    ]
    store.create_table(definition("new", *columns, key=("id",)))
    row = (1, "a\nb", Decimal("0.50"), dt.datetime(2020, 1, 1, 0, 0, 0, 5), '{"a":[1]}')
    put(store, "new", row)
    assert names_in(home) == []
    assert store.table_names() == ["new"]
    store.commit()
    assert names_in(home) == [f"new.{kind}"]
    assert all_of(store, "new") == [row]
    with pytest.raises(UniqueViolation):
        put(store, "new", row)
    with pytest.raises(TableExists):
        store.create_table(definition("new", ("id", KEY)))
    store.rollback()
    store.close()


def test_a_dropped_table_goes_at_commit(home: Path) -> None:
    file = home / "a.csv"
    file.write_text("n\n1\n")
    store = opened(home)
    store.drop_table(table(store, "a"))
    assert store.table_names() == []
    assert store.load_table("a") is None
    store.rollback()
    assert all_of(store, "a") == [(1,)]
    store.drop_table(table(store, "a"))
    store.create_table(definition("a", ("x", TEXT)))
    put(store, "a", ("new",))
    store.commit()
    assert file.read_text() == "x\nnew\n"
    store.drop_table(table(store, "a"))
    store.commit()
    assert not file.exists()
    store.close()


def test_another_programs_change_is_not_overwritten(home: Path) -> None:
    file = home / "a.csv"
    file.write_text("n\n1\n")
    store = opened(home)
    put(store, "a", (2,))
    file.write_text("n\n1\n99\n")
    with pytest.raises(OperationalError, match="changed by another program") as caught:
        store.commit()
    assert caught.value.sqlstate == "40001"
    assert file.read_text() == "n\n1\n99\n"
    assert all_of(store, "a") == [(1,), (99,)]
    store.close()


def test_a_failed_commit_leaves_the_old_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home / "a.csv"
    file.write_text("n\n1\n")
    store = opened(home)
    put(store, "a", (2,))

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OperationalError, match="No space left"):
            store.commit()
    assert names_in(home) == ["a.csv"]
    assert file.read_text() == "n\n1\n"
    assert all_of(store, "a") == [(1,)]
    store.close()


def test_the_files_mode_and_dialect_stay(home: Path) -> None:
    file = home / "a.csv"
    file.write_text('n;t\n1;"x;y"\n')
    file.chmod(0o640)
    store = opened(home)
    put(store, "a", (2, "z"))
    store.commit()
    store.close()
    assert file.read_text() == 'n;t\n1;"x;y"\n2;z\n'
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["", "..", "a/b", ".x", "a\\b", "a\0b"])
def test_a_name_that_is_no_file_name_is_refused(files: Backend, home: Path, name: str) -> None:
    with pytest.raises(ProgrammingError) as caught:
        files.create_table(definition(name, ("n", INTEGER)))
    assert caught.value.sqlstate == "42602"
    assert names_in(home) == []


def test_read_only_refuses_writes(home: Path) -> None:
    (home / "a.csv").write_text("n\n1\n")
    store = opened(home, read_only=True)
    assert all_of(store, "a") == [(1,)]
    with pytest.raises(ProgrammingError, match="read_only"):
        put(store, "a", (2,))
    store.close()


def test_access_path_names_the_format(files: Backend, home: Path) -> None:
    (home / "a.csv").write_text("n\n1\n")
    found = table(files, "a")
    native = files.compile(Scan(found, (column("n", BIGINT),)))
    assert native.access_path == "csv file"
