from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest

from sqlshim.repl.render import FORMATS, Look, Row, display_width, printable, shorten, unique

NAMES = ["id", "name", "total"]
ROWS: list[Row] = [(1, "Ann", Decimal("10.50")), (20, None, Decimal("3"))]


def shown(format: str, names: Sequence[str], *batches: list[Row], look: Look | None = None) -> str:
    return "".join(FORMATS[format](names, batches, look or Look()))


def test_a_table_aligns_columns_and_puts_numbers_right() -> None:
    assert shown("table", NAMES, ROWS) == (
        " id | name | total\n----+------+-------\n  1 | Ann  | 10.50\n 20 | NULL |     3\n"
    )


def test_wide_characters_take_two_columns() -> None:
    assert shown("table", ["name", "n"], [("王芳", 1), ("é", 2)]) == (
        " name | n\n"
        "------+---\n"
        " 王芳 | 1\n"
        " é    | 2\n"
    )  # fmt: skip


def test_a_table_without_rows_has_its_head() -> None:
    assert shown("table", ["id"]) == " id\n----\n"


def test_a_table_widens_when_a_later_batch_needs_it() -> None:
    assert shown("table", ["a", "b"], [("x", 1)], [("longer", 22)]) == (
        " a | b\n"
        "---+---\n"
        " x | 1\n"
        " longer | 22\n"
    )  # fmt: skip


def test_control_characters_never_reach_the_terminal() -> None:
    evil = "a\n\x1b[2Jb\u202e"
    assert shown("table", ["x"], [(evil,)]) == (" x\n-------------------\n a\\n\\x1b[2Jb\\u202e\n")


def test_null_is_dim_on_a_terminal() -> None:
    look = Look(color=True, null="∅")
    assert shown("table", ["a"], [(None,), ("x",)], look=look) == (
        " a\n---\n \x1b[2m∅\x1b[0m\n x\n"
    )


def test_a_table_is_cut_to_the_terminal() -> None:
    rows: list[Row] = [(1, "a long text that does not fit", "short")]
    assert shown("table", ["n", "text", "b"], rows, look=Look(width=32)) == (
        " n | text               | b\n"
        "---+--------------------+-------\n"
        " 1 | a long text that … | short\n"
    )


def test_a_table_that_cannot_fit_is_shown_vertically() -> None:
    rows: list[Row] = [("a" * 20, "b" * 20, "c" * 20)]
    assert shown("table", ["x", "y", "z"], rows, look=Look(width=24)) == shown(
        "vertical", ["x", "y", "z"], rows
    )


def test_a_single_column_is_never_cut() -> None:
    assert shown("table", ["plan"], [("x" * 90,)], look=Look(width=40)).endswith("x" * 90 + "\n")


def test_vertical_has_a_line_a_value() -> None:
    assert shown("vertical", NAMES, ROWS[:1], ROWS[1:]) == (
        "-[ 1 ]-\n"
        "id    | 1\n"
        "name  | Ann\n"
        "total | 10.50\n"
        "-[ 2 ]-\n"
        "id    | 20\n"
        "name  | NULL\n"
        "total | 3\n"
    )


def test_markdown_is_a_table_with_its_specials_escaped() -> None:
    rows: list[Row] = [(1, "a|b\nc"), (2, "<i>*_"), (3, None)]
    assert shown("markdown", ["n", "x_y"], rows) == (
        "| n | x\\_y |\n| ---: | --- |\n| 1 | a\\|b<br>c |\n| 2 | &lt;i>\\*\\_ |\n| 3 | NULL |\n"
    )


def test_csv_tells_null_from_the_empty_text() -> None:
    rows: list[Row] = [("", None), ('say "hi", ok', "two\nlines"), (" x", "plain")]
    text = shown("csv", ["a", "b"], rows)
    assert text == 'a,b\n"",\n"say ""hi"", ok","two\nlines"\n" x",plain\n'
    assert list(csv.reader(io.StringIO(text)))[2] == ['say "hi", ok', "two\nlines"]


def test_csv_quotes_a_text_that_looks_like_null() -> None:
    assert shown("csv", ["a"], [("NULL",), (None,)], look=Look(null="NULL")) == (
        'a\n"NULL"\nNULL\n'
    )


def test_tsv_escapes_as_copy_does() -> None:
    assert shown("tsv", ["a", "b"], [("x\ty\n\\", None)]) == "a\tb\nx\\ty\\n\\\\\t\\N\n"


def test_ndjson_is_an_object_a_line() -> None:
    assert shown("ndjson", NAMES, ROWS) == (
        '{"id": 1, "name": "Ann", "total": 10.50}\n{"id": 20, "name": null, "total": 3}\n'
    )


def test_json_is_one_array_over_all_batches() -> None:
    text = shown("json", ["n"], [(1,)], [], [(2,), (3,)])
    assert text == '[\n{"n": 1},\n{"n": 2},\n{"n": 3}\n]\n'
    assert json.loads(text) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_json_of_nothing_is_an_empty_array() -> None:
    assert shown("json", ["n"]) == "[]\n"


def test_a_repeated_name_is_numbered_in_an_object() -> None:
    assert unique(["a", "a", "a_2", "a"]) == ["a", "a_3", "a_2", "a_4"]


@pytest.mark.parametrize("format", ["table", "csv", "tsv"])
def test_without_header_there_are_only_rows(format: str) -> None:
    lines = shown(format, ["a", "b"], [(1, 2), (3, 4)], look=Look(header=False)).splitlines()
    assert [line.strip().replace(" | ", ",").replace("\t", ",") for line in lines] == ["1,2", "3,4"]


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_every_format_streams(format: str) -> None:
    taken = 0

    def batches() -> Iterator[list[Row]]:
        nonlocal taken
        for taken in range(1, 1_000_000):
            yield [(taken,)]

    pieces = FORMATS[format](["n"], batches(), Look())
    first = [next(pieces) for _ in range(3)]
    assert "1" in "".join(first)
    assert taken <= 3


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_no_format_minds_a_result_without_rows(format: str) -> None:
    assert shown(format, ["n"], []) == shown(format, ["n"])


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [("hello", 5, "hello"), ("hello", 4, "hel…"), ("王芳王", 5, "王芳…"), ("王芳王", 4, "王…")],
)
def test_a_text_is_shortened_by_what_it_fills(text: str, width: int, short: str) -> None:
    assert shorten(text, width) == short
    assert display_width(shorten(text, width)) <= width


def test_printable_text_is_left_alone() -> None:
    assert printable("é 王 😀 a\xa0b") == "é 王 😀 a\xa0b"
