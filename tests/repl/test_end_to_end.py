"""The program itself on the embedded store, in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

SQLSHIM = [sys.executable, "-m", "sqlshim"]
ROOT = Path(__file__).parents[2]
WORLD = "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT, price NUMERIC(10, 2));"
ROWS = "INSERT INTO t VALUES (1, 'Ann', 10.50), (2, NULL, 3), (3, '王芳', NULL);"
MANY = (
    "WITH d AS (SELECT * FROM (VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)) AS v(n)) "
    "SELECT a.n + 10 * b.n + 100 * c.n + 1000 * e.n + 10000 * f.n AS n "
    "FROM d a JOIN d b ON 1 = 1 JOIN d c ON 1 = 1 JOIN d e ON 1 = 1 JOIN d f ON 1 = 1"
)


def sqlshim_run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [*SQLSHIM, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_table_is_made_filled_and_read() -> None:
    sql = f"{WORLD} {ROWS} SELECT * FROM t ORDER BY id"
    assert sqlshim_run("memory://", "-c", sql) == (
        0,
        "(done)\n"
        "(3 rows affected)\n"
        " id | name | price\n"
        "----+------+-------\n"
        "  1 | Ann  | 10.50\n"
        "  2 | NULL |  3.00\n"
        "  3 | 王芳 |  NULL\n"
        "(3 rows)\n",
        "",
    )


def test_a_pipe_is_read_and_json_keeps_every_digit() -> None:
    sql = f"{WORLD}\n{ROWS}\nSELECT price, name\nFROM t ORDER BY id;\n"
    assert sqlshim_run("memory://", "--format", "ndjson", stdin=sql) == (
        0,
        '{"price": 10.50, "name": "Ann"}\n'
        '{"price": 3.00, "name": null}\n'
        '{"price": null, "name": "王芳"}\n',
        "",
    )


def test_an_unknown_column_has_its_place_and_a_hint() -> None:
    code, out, err = sqlshim_run("memory://", "-c", f"{WORLD}\nSELECT id,\n  nmae FROM t")
    assert (code, out) == (1, "(done)\n")
    assert err == (
        "ERROR 42703: column 'nmae' does not exist\n"
        "LINE 2:   nmae FROM t\n"
        "          ^\n"
        "HINT: Did you mean 'name'?\n"
    )


def test_a_syntax_error_draws_its_caret_once() -> None:
    code, _, err = sqlshim_run("memory://", "-c", "SELECT 1 +* 2")
    assert code == 1
    assert err.startswith("ERROR 42601: ")
    assert err.count("^") == 1


def test_tables_are_listed_and_described() -> None:
    sql = f"{WORLD}\n.tables\n.describe t"
    code, out, err = sqlshim_run("memory://", "-c", sql, "--format", "csv")
    assert (code, err) == (0, "")
    assert out.startswith("table\nt\ncolumn,type,nullable,key\nid,")
    assert ",primary key\n" in out


def test_files_are_tables_and_stores_can_be_joined(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name\n1,Ann\n2,Bo\n")
    sql = "SELECT a.name FROM x.people a JOIN y.people b ON a.id = b.id ORDER BY a.id"
    uri = tmp_path.as_uri()
    assert sqlshim_run(f"x={uri}", f"y={uri}", "-c", sql, "--format", "csv") == (
        0,
        "name\nAnn\nBo\n",
        "",
    )


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    process = subprocess.Popen(
        [*SQLSHIM, "memory://", "--format", "csv", "-c", MANY],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"n\n"
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


def test_ctrl_c_cancels_a_long_statement() -> None:
    long = f"WITH m AS ({MANY}) SELECT sum(a.n * b.n) FROM m a JOIN m b ON a.n <> b.n + 1"
    process = subprocess.Popen(
        [*SQLSHIM, "memory://", "-c", "SELECT 1 AS started", "-c", long],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    while b"1 row" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    # the signal may also come between the two statements, and then says so in brackets
    between = b"cancelled (what the store was doing had ended already)\n"
    assert err in (b"cancelled\n", between)
