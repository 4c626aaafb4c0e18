from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sqlshim
from sqlshim.__main__ import main
from sqlshim.errors import ConnectionFailed

from .fakes import FakeConnection

Connected = Callable[[], tuple[Any, dict[str, Any]]]
Captured = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("connected")


def test_a_command_is_run_and_printed(capsys: Captured) -> None:
    assert main(["fake://", "-c", "SELECT 1 AS n, 'x' AS t"]) == 0
    assert capsys.readouterr() == (" n | t\n---+---\n 1 | x\n(1 row)\n", "")


def test_several_commands_run_in_order(capsys: Captured, connection: FakeConnection) -> None:
    assert main(["fake://", "-c", "SELECT 1; SELECT ';'", "-c", "SELECT 3", "--format=csv"]) == 0
    assert connection.executed == ["SELECT 1", "SELECT ';'", "SELECT 3"]
    assert connection.closed


def test_a_file_is_run(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    file.write_text("\ufeffSELECT 1 AS n;\nSELECT nmae", encoding="utf-8")
    assert main(["fake://", "-f", str(file), "--format", "ndjson"]) == 1
    assert capsys.readouterr() == (
        '{"n": 1}\n',
        "ERROR 42703: column 'nmae' does not exist\nLINE 1: SELECT nmae\n               ^\n"
        f"AT: {file}:2\nHINT: Did you mean 'name'?\n",
    )


@pytest.mark.parametrize("arguments", [[], ["-f", "-"]])
def test_what_is_piped_in_is_run(
    arguments: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 1\nAS n;\n.format csv\nSELECT 2 AS m"))
    assert main(["fake://", *arguments]) == 0
    assert capsys.readouterr() == (" n\n---\n 1\n(1 row)\nm\n2\n", "format is csv\n")


def test_a_command_may_be_one_of_the_repls(capsys: Captured) -> None:
    assert main(["fake://", "-c", ".tables", "--format=csv"]) == 0
    assert capsys.readouterr().out == "table\nOrder Lines\npeople\n"


def test_an_error_in_sql_is_1_and_ends_it(capsys: Captured, connection: FakeConnection) -> None:
    assert main(["fake://", "-c", "SELECT nmae; SELECT 2", "-c", "SELECT 3"]) == 1
    assert connection.executed == ["SELECT nmae"]
    assert connection.closed


def test_keep_going_is_still_1_at_the_end(capsys: Captured, connection: FakeConnection) -> None:
    assert main(["fake://", "-c", "SELECT nmae; SELECT 2", "-c", "SELECT 3", "--keep-going"]) == 1
    assert connection.executed == ["SELECT nmae", "SELECT 2", "SELECT 3"]


def test_quit_ends_it_well(capsys: Captured, connection: FakeConnection) -> None:
    assert main(["fake://", "-c", "SELECT 1", "-c", ".quit", "-c", "SELECT 2"]) == 0
    assert connection.executed == ["SELECT 1"]


def test_output_goes_to_the_file(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "out"
    assert main(["fake://", "-c", "SELECT '王' AS t", "--format=tsv", "-o", str(file)]) == 0
    assert (capsys.readouterr().out, file.read_text(encoding="utf-8")) == ("", "t\n王\n")


def test_null_and_header_are_the_users(capsys: Captured) -> None:
    assert main(["fake://", "-c", "SELECT NULL AS a, 1 AS b", "--null", "-", "--no-header"]) == 0
    assert capsys.readouterr().out == " - | 1\n"


def test_options_reach_connect_only_if_given(connected: Connected, capsys: Captured) -> None:
    main(["fake://", "-c", ""])
    assert connected() == ("fake://", {"autocommit": True})
    more = ["--full-scan=forbid", "--timeout=2.5", "--read-only"]
    main(["fake://", "-c", "", "--dialect=mysql", "--pushdown=never", "--schema=s", *more])
    assert connected() == (
        "fake://",
        {
            "autocommit": True,
            "dialect": "mysql",
            "pushdown": "never",
            "schema": "s",
            "full_scan": "forbid",
            "timeout": 2.5,
            "read_only": True,
        },
    )


def test_named_stores_become_a_dict(connected: Connected) -> None:
    main(["shop=fake://a/?x=y", "logs=fake://b", "-c", ""])
    assert connected()[0] == {"shop": "fake://a/?x=y", "logs": "fake://b"}


def test_the_store_may_be_in_the_environment(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQLSHIM_URI", "fake://env")
    assert main(["-c", "SELECT 1"]) == 0
    assert connected()[0] == "fake://env"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-c", "SELECT 1"], "which store?"),
        (["fake://a", "fake://b", "-c", ""], "several stores need names"),
        (["a=fake://a", "a=fake://b", "-c", ""], "two stores have the same name"),
        (["fake://", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["fake://", "--timeout", "-1"], "argument --timeout: invalid"),
        (["fake://", "--form", "csv"], "unrecognized arguments"),
        (["fake://", "-f", "/no/where"], "cannot read /no/where: No such file or directory"),
        (["fake://", "-c", "", "-o", "/no/where"], "cannot write /no/where: No such file"),
    ],
)
def test_a_wrong_command_line_is_2(arguments: list[str], said: str, capsys: Captured) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err


def test_a_file_that_is_no_text_is_2(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "a.sql").write_bytes(b"\xff\xfe")
    assert main(["fake://", "-f", str(tmp_path / "a.sql")]) == 2
    assert "is not UTF-8 text" in capsys.readouterr().err


def test_no_connection_is_1_and_shows_no_password(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(uri: str, **_: object) -> None:
        raise ConnectionFailed(f"no server answers at {uri}")

    monkeypatch.setattr(sqlshim, "connect", refuse, raising=False)
    assert main(["fake://ann:hunter2@h/db", "-c", "SELECT 1"]) == 1
    assert capsys.readouterr().err == "ERROR 08001: no server answers at fake://ann:***@h/db\n"


def test_ctrl_c_cancels_and_is_130(capsys: Captured, connection: FakeConnection) -> None:
    assert main(["fake://", "-c", "SELECT pg_sleep(100); SELECT 2"]) == 130
    assert connection.canceled.is_set()
    assert connection.executed == ["SELECT pg_sleep(100)"]
    assert capsys.readouterr() == ("", "cancelled\n")


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_are_0(option: str, capsys: Captured) -> None:
    assert main([option]) == 0
    assert "sqlshim" in capsys.readouterr().out
