"""The sqllogictest runner itself, run on plain DuckDB (the `reference` backend)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from conformance.backends import Adapter, open_adapter
from conformance.cli import main
from conformance.slt import values
from conformance.slt.accept import accept_file
from conformance.slt.gaps import BadGaps, Gap, Gaps, read_gaps
from conformance.slt.parse import (
    BadFile,
    Condition,
    Halt,
    HashThreshold,
    Query,
    Statement,
    parse,
)
from conformance.slt.report import MOST_LINES, describe, totals
from conformance.slt.run import Outcome, run_file


@pytest.fixture
def reference() -> Iterator[Adapter]:
    adapter = open_adapter("reference")
    yield adapter
    adapter.close()


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return tmp_path / "a.test"


def kinds(case: Path, text: str, adapter: Adapter, gaps: Gaps | None = None) -> list[str]:
    case.write_text(text, encoding="utf-8")
    return [outcome.kind for outcome in run_file(case, adapter, gaps)]


# --- parsing -------------------------------------------------------------------------------


def test_statements_and_queries_are_parsed_with_their_lines() -> None:
    text = (
        "# a comment\nstatement ok\nSELECT 1\n\nstatement error\nSELEC\n----\n42601\n\n"
        "statement count 2\nSELECT\n2\n\nquery IT rowsort same\nSELECT 1, 'a'\n----\n1\ta\n"
    )
    assert parse(text) == (
        Statement(2, (), "SELECT 1"),
        Statement(5, (), "SELEC", fails=True, pattern="42601"),
        Statement(10, (), "SELECT\n2", count=2),
        Query(14, (), "SELECT 1, 'a'", "IT", "rowsort", "same", ("1\ta",)),
    )


def test_conditions_belong_to_the_next_record() -> None:
    text = "skipif mysql # why\nonlyif duckdb\nquery I\nSELECT 1\n\nhalt\n\nhash-threshold 8\n"
    assert parse(text) == (
        Query(3, (Condition(False, "mysql"), Condition(True, "duckdb")), "SELECT 1", "I"),
        Halt(6, ()),
        HashThreshold(8, (), most=8),
    )


def test_a_query_may_expect_no_rows_or_nothing_at_all() -> None:
    none, anything = parse("query I\nSELECT 1\n----\n\nquery I\nSELECT 1\n")
    assert isinstance(none, Query)
    assert isinstance(anything, Query)
    assert (none.expected, anything.expected) == ((), None)


def test_a_line_of_spaces_is_an_expected_value() -> None:
    (query,) = parse("query T\nSELECT ' '\n----\n \n")
    assert isinstance(query, Query)
    assert query.expected == (" ",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "a.test:1: unknown directive 'nonsense'"),
        ("query X\nSELECT 1", "a.test:1: column types are letters among I, R and T"),
        ("query I sideways\nSELECT 1", "a.test:1: want: query TYPES"),
        ("\nquery I\n\nSELECT 1", "a.test:2: a query without SQL"),
        ("statement\nSELECT 1", "a.test:1: want: statement ok"),
        ("statement ok", "a.test:1: a statement without SQL"),
    ],
)
def test_bad_files_say_where(text: str, message: str) -> None:
    with pytest.raises(BadFile) as caught:
        parse(text, "a.test")
    assert str(caught.value).startswith(message)


# --- values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "letter", "text"),
    [
        (None, "I", "NULL"),
        (7, "I", "7"),
        (True, "I", "1"),
        (1.5, "R", "1.500"),
        (Decimal("2.0005"), "R", "2.000"),
        (-0.0001, "R", "0.000"),
        (float("inf"), "R", "Infinity"),
        (float("nan"), "R", "NaN"),
        ("", "T", "(empty)"),
        ("a\nb", "T", "a@b"),
        ("ä😀", "T", "ä😀"),
        (False, "T", "false"),
        (Decimal("1.10"), "T", "1.10"),
        (dt.date(2024, 2, 29), "T", "2024-02-29"),
        (dt.datetime(2024, 2, 29, 1, 2, 3), "T", "2024-02-29 01:02:03"),
        (dt.datetime(2024, 2, 29, 1, 2, 3, 500000), "T", "2024-02-29 01:02:03.500000"),
        (dt.time(1, 2), "T", "01:02:00"),
        (b"\x00\xff", "T", "00ff"),
        (UUID(int=1), "T", "00000000-0000-0000-0000-000000000001"),
        ([1, None], "T", "[1, null]"),
    ],
)
def test_values_are_written_as_sqllogictest_does(value: object, letter: str, text: str) -> None:
    assert values.format_value(value, letter) == text


@pytest.mark.parametrize(
    ("value", "letter"),
    [(1.0, "I"), ("1", "I"), (Decimal(1), "I"), (1, "R"), (True, "R"), (1, "T"), (1.5, "T")],
)
def test_a_value_of_another_type_is_not_converted(value: object, letter: str) -> None:
    with pytest.raises(values.WrongType, match=f"^{letter} expected"):
        values.format_value(value, letter)


def test_sort_modes() -> None:
    rows = [["2", "a"], ["10", "b"]]
    assert values.arrange(rows, "nosort") == ["2", "a", "10", "b"]
    assert values.arrange(rows, "rowsort") == ["10", "b", "2", "a"]
    assert values.arrange(rows, "valuesort") == ["10", "2", "a", "b"]


def test_hashes_are_those_of_sqlite() -> None:
    # `printf '1\n2\n' | md5sum`
    assert values.hash_line(["1", "2"]) == ("2 values hashing to 6ddb4095eb719e2a9f0a3f95677d24e0")


def test_expected_values_stand_one_a_line_or_one_row_a_line() -> None:
    assert values.expected_rows(["1", "a", "2", "b"], 2) == [["1", "a"], ["2", "b"]]
    assert values.expected_rows(["1\ta", "2\tb"], 2) == [["1", "a"], ["2", "b"]]


# --- running -------------------------------------------------------------------------------

TABLE = "statement ok\nCREATE TABLE t (n INTEGER)\n\nstatement ok\nINSERT INTO t VALUES (2), (1)\n"


def test_right_answers_pass(case: Path, reference: Adapter) -> None:
    text = TABLE + "\nquery I rowsort\nSELECT n FROM t\n----\n1\n2\n"
    assert kinds(case, text, reference) == ["passed", "passed", "passed"]


@pytest.mark.parametrize(
    "record",
    [
        "query I\nSELECT 1\n----\n2\n",
        "query I\nSELECT 1\n----\n",
        "query I\nSELECT 1\n----\n1\n1\n",
        "query R\nSELECT 1\n----\n1.000\n",
        "query II\nSELECT 1\n----\n1\n",
        "query I\nSELECT 1 WHERE FALSE\n----\n1\n",
        "query II\nSELECT 1 WHERE FALSE\n----\n",
        "query I\nSELECT 1\n----\n1 values hashing to 00000000000000000000000000000000\n",
        "statement error\nSELECT 1\n",
        "statement count 3\nCREATE TABLE counted AS SELECT 1\n",
    ],
)
def test_a_wrong_expectation_is_a_wrong_answer(record: str, case: Path, reference: Adapter) -> None:
    assert kinds(case, record, reference) == ["wrong"]


def test_an_error_is_no_wrong_answer_and_stops_nothing(case: Path, reference: Adapter) -> None:
    text = "query I\nSELECT nope\n----\n1\n\nquery I\nSELECT 1\n----\n1\n"
    assert kinds(case, text, reference) == ["error", "passed"]


def test_an_expected_error_passes(case: Path, reference: Adapter) -> None:
    assert kinds(case, "statement error\nSELECT nope\n", reference) == ["passed"]


def test_results_of_one_label_must_agree(case: Path, reference: Adapter) -> None:
    text = (
        "query I nosort x\nSELECT 1\n\nquery I nosort x\nSELECT 1\n\nquery I nosort x\nSELECT 2\n"
    )
    assert kinds(case, text, reference) == ["passed", "passed", "wrong"]


def test_hashed_results_are_compared_by_hash(case: Path, reference: Adapter) -> None:
    hashed = "2 values hashing to 6ddb4095eb719e2a9f0a3f95677d24e0"
    text = TABLE + f"\nhash-threshold 1\n\nquery I rowsort\nSELECT n FROM t\n----\n{hashed}\n"
    assert kinds(case, text, reference)[-1] == "passed"


def test_long_results_are_shown_as_a_hash(case: Path, reference: Adapter) -> None:
    case.write_text(TABLE + "\nhash-threshold 1\n\nquery I rowsort\nSELECT n FROM t\n----\n7\n")
    got = run_file(case, reference)[-1].got
    assert got == ("2 values hashing to 6ddb4095eb719e2a9f0a3f95677d24e0",)


def test_conditions_skip_and_halt_ends(case: Path, reference: Adapter) -> None:
    text = (
        "skipif reference\nquery I\nSELECT 1\n----\n9\n\n"
        "onlyif mongo\nquery I\nSELECT 1\n----\n9\n\n"
        "onlyif mongo\nhalt\n\nquery I\nSELECT 1\n----\n1\n\nhalt\n\nquery I\nSELECT 1\n----\n9\n"
    )
    assert kinds(case, text, reference) == ["skipped", "skipped", "passed"]


def test_each_file_has_a_fresh_namespace(case: Path, reference: Adapter) -> None:
    assert kinds(case, TABLE, reference) == kinds(case, TABLE, reference) == ["passed", "passed"]


# --- gaps ----------------------------------------------------------------------------------

GAP = Gap("a.test", "SELECT  1", "theirs", "a reason")
FAILING = "query I\nSELECT 1\n----\n2\n"


def test_a_known_gap_does_not_fail(case: Path, reference: Adapter) -> None:
    assert kinds(case, FAILING, reference, Gaps((GAP,))) == ["gap"]


def test_a_gap_that_passes_fails_the_run(case: Path, reference: Adapter) -> None:
    assert kinds(case, "query I\nSELECT 1\n----\n1\n", reference, Gaps((GAP,))) == ["wrong"]


def test_a_gap_without_a_record_fails_the_run(case: Path, reference: Adapter) -> None:
    text = "query I\nSELECT 2\n----\n2\n"
    assert kinds(case, text, reference, Gaps((GAP,))) == ["passed", "wrong"]


def test_a_gap_of_another_mode_or_file_does_not_matter(case: Path, reference: Adapter) -> None:
    other_mode = Gap("a.test", "SELECT 1", "ours", "a reason", ("always",))
    other_file = Gap("b.test", "SELECT 1", "ours", "a reason")
    assert kinds(case, FAILING, reference, Gaps((other_mode, other_file))) == ["wrong"]


def test_gaps_are_read_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "x.gaps.toml"
    assert read_gaps(path) == Gaps(())
    path.write_text(
        '[[gap]]\nfile = "a.test"\nsql = "SELECT 1"\nkind = "never"\nreason = "why"\n'
        'pushdown = ["always"]\n'
    )
    assert read_gaps(path) == Gaps((Gap("a.test", "SELECT 1", "never", "why", ("always",)),))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('sql = "SELECT 1"\nkind = "ours"\nreason = "why"', "a gap needs 'file'"),
        ('file = "a"\nsql = "SELECT 1"\nkind = "ours"\nreason = " "', "a gap needs 'reason'"),
        ('file = "a"\nsql = "s"\nkind = "later"\nreason = "why"', "kind is one of"),
        ('file = "a"\nsql = "s"\nkind = "ours"\nreason = "why"\nwhen = 1', "unknown keys"),
    ],
)
def test_malformed_gaps_are_refused(entry: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.gaps.toml"
    path.write_text(f"[[gap]]\n{entry}\n")
    with pytest.raises(BadGaps, match=message):
        read_gaps(path)


# --- reporting -----------------------------------------------------------------------------


def test_a_failure_is_described_with_its_place(case: Path, reference: Adapter) -> None:
    case.write_text(FAILING)
    (outcome,) = run_file(case, reference)
    assert describe(case, outcome) == (
        f"{case}:1: wrong\n    SELECT 1\n  expected:\n    2\n  got:\n    1"
    )


def test_a_long_failure_is_cut() -> None:
    outcome = Outcome(Statement(1, (), "SELECT 1"), "wrong", (), tuple("x" * 100))
    assert len(describe(Path("a"), outcome).splitlines()) == MOST_LINES + 6 - 1
    assert "and 80 more lines" in describe(Path("a"), outcome)


def test_kinds_are_counted_apart() -> None:
    record = Statement(1, (), "SELECT 1")
    some = ("passed", "passed", "wrong", "error", "refused", "gap", "skipped")
    assert totals([Outcome(record, kind) for kind in some]) == (
        "wrong answers 1, errors 1, refusals 1, known gaps 1\n2 passed, 3 failed, 2 skipped"
    )


@pytest.mark.parametrize(
    ("text", "code", "last"),
    [
        ("query I\nSELECT 1\n----\n1\n", 0, "1 passed, 0 failed, 0 skipped"),
        (FAILING, 1, "0 passed, 1 failed, 0 skipped"),
    ],
)
def test_the_command_prints_totals_last(
    text: str, code: int, last: str, case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case.write_text(text)
    assert main(["--backend", "reference", str(case)]) == code
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_fail_fast_stops_at_the_first_failure(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case.write_text(f"{FAILING}\n{FAILING}")
    assert main(["--backend", "reference", "--fail-fast", str(case)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_what_cannot_run_is_code_2(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--backend", "reference", str(case)]) == 2
    case.write_text("nonsense\n")
    assert main(["--backend", "reference", str(case)]) == 2
    assert "unknown directive" in capsys.readouterr().err


def test_accept_writes_the_answers(case: Path, reference: Adapter) -> None:
    case.write_text(f"{TABLE}\nquery I rowsort\nSELECT n FROM t\n----\n9\n\n# end\n")
    assert accept_file(case, reference) == 1
    assert case.read_text() == (f"{TABLE}\nquery I rowsort\nSELECT n FROM t\n----\n1\n2\n\n# end\n")


def test_records_of_a_dialect_are_for_those_who_speak_it(case: Path, reference: Adapter) -> None:
    mysql = "dialect mysql\n\nquery I\nSELECT 1\n----\n2\n\n"
    text = f"{mysql}dialect duckdb\n\nquery I\nSELECT 1\n----\n1\n"
    assert kinds(case, text, reference) == ["skipped", "passed"]
