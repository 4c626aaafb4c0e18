"""Statements that try to reach out of the engine: to files, the network, extensions, Python's own
objects, its settings and its inner functions. All are refused, and nothing is read or written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import sqlshim

SECRET = "hunter2"

READING = [
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_csv_auto('{secret}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM read_parquet('{secret}')",
    "SELECT * FROM parquet_scan('{secret}')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM '{secret}'",
    'SELECT * FROM "{secret}"',
    'SELECT * FROM "leak"',
    'SELECT * FROM "../secret/s"',
    'SELECT * FROM "../secret/s.csv"',
    'SELECT * FROM "link/s"',
    "SELECT * FROM link.s",
    'SELECT * FROM ".."."secret"."s"',
    "SELECT * FROM t WHERE b = (SELECT content FROM read_text('{secret}'))",
    "CREATE TABLE z AS SELECT * FROM read_text('{secret}')",
    "CREATE VIEW v AS SELECT * FROM read_text('{secret}')",
    "INSERT INTO t SELECT 1, content FROM read_text('{secret}')",
    "COPY t FROM '{secret}'",
    "IMPORT DATABASE '{folder}'",
]
WRITING = [
    "COPY t TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "EXPLAIN ANALYZE COPY t TO '{folder}/out.csv'",
    "ATTACH '{folder}/out.db' AS x",
    "ATTACH '{folder}/out.db' AS x (TYPE sqlite)",
    "INSERT INTO leak VALUES ('x')",
    "DROP TABLE leak",
    'DROP TABLE "../secret/s"',
]
NETWORK = [
    "SELECT * FROM 'http://127.0.0.1:1/x.csv'",
    "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "SELECT * FROM postgres_scan('host=127.0.0.1', 'p', 't')",
    "CREATE SECRET s (TYPE s3)",
    "SELECT * FROM duckdb_secrets()",
    "SELECT load_aws_credentials()",
]
EXTENSIONS = [
    "INSTALL httpfs",
    "LOAD httpfs",
    "FORCE INSTALL httpfs",
    "INSTALL 'http://127.0.0.1/x'",
]
SETTINGS = [
    "SET enable_external_access = true",
    "SET GLOBAL lock_configuration = false",
    "SET memory_limit = '1TB'",
    "RESET memory_limit",
    "SET temp_directory = '{folder}'",
    "SET allowed_directories = ['/']",
    "SET allowed_configs = ['threads']",
    "PRAGMA temp_directory = '{folder}'",
    "PRAGMA database_list",
    "SELECT current_setting('temp_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_extensions()",
    "SELECT * FROM pragma_database_list()",
    "CALL pragma_version()",
    "SELECT getenv('HOME')",
    "CHECKPOINT",
    "USE memory",
]
INSIDE = [
    "SELECT * FROM secret_table",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM query('SELECT 42')",
    "SELECT * FROM query_table('t')",
    "SELECT py_texts('normal', '1', NULL, NULL, NULL)",
    "SELECT pg_months(INTERVAL '1 day')",
    "SELECT * FROM seq_scan('t')",
    "SELECT * FROM sqlite_master",
    "CREATE MACRO m(x) AS x",
    "CREATE OR REPLACE MACRO pg_months(i) AS 1",
    "DROP MACRO pg_months",
    "CREATE FUNCTION f() AS 1",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE t",
]
ALL = [*READING, *WRITING, *NETWORK, *EXTENSIONS, *SETTINGS, *INSIDE]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("locked")
    (path / "home").mkdir()
    (path / "secret").mkdir()
    (path / "home" / "t.csv").write_text("a,b\n1,x\n")
    (path / "secret" / "s.csv").write_text(f"secret\n{SECRET}\n")
    (path / "home" / "leak.csv").symlink_to(path / "secret" / "s.csv")
    (path / "home" / "link").symlink_to(path / "secret")
    return path


@pytest.fixture(scope="module", params=["memory", "file"])
def room(request: pytest.FixtureRequest, folder: Path) -> Iterator[sqlshim.Connection]:
    uri = "memory://" if request.param == "memory" else f"file://{folder}/home"
    with sqlshim.connect(uri, autocommit=True) as connection:
        if request.param == "memory":
            connection.execute("CREATE TABLE t (a INT, b TEXT)")
        yield connection


def files(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_text() for path in found}


@pytest.mark.parametrize("statement", ALL)
def test_the_engine_is_a_closed_room(
    room: sqlshim.Connection, folder: Path, statement: str
) -> None:
    secret_table = pa.table({"secret": [SECRET]})  # to be found by name, were that allowed
    assert secret_table.num_rows
    before = files(folder)
    text = statement.format(secret=folder / "secret" / "s.csv", folder=folder)
    with pytest.raises(sqlshim.Error) as caught:
        room.execute(text).fetchall()
    assert not isinstance(caught.value, sqlshim.InternalError)
    assert SECRET not in str(caught.value)
    assert files(folder) == before
    assert room.execute("SELECT COUNT(*) FROM t").fetchone() is not None


@pytest.mark.parametrize("name", ["../x", "link/x", "/tmp/x", ".hidden", "a\0b", "leak", "..", ""])
def test_a_table_becomes_a_file_of_the_directory_or_nothing(folder: Path, name: str) -> None:
    with sqlshim.connect(f"file://{folder}/home", autocommit=True) as connection:
        before = files(folder)
        with pytest.raises(sqlshim.ProgrammingError):
            connection.execute(f'CREATE TABLE "{name}" (a INT)')
        assert files(folder) == before
