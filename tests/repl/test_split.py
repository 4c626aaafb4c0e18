from __future__ import annotations

import pytest

from sqlshim.repl.split import Splitter, Statement, is_complete, split

CASES = {
    "two statements": ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
    "the last needs no semicolon": ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
    "empty ones are dropped": (" ;; \n; SELECT 1;;", ["SELECT 1"]),
    "nothing at all": ("", []),
    "only a comment": ("-- nothing; here\n/* nor; here */;", []),
    "a quoted semicolon": ("SELECT ';'; SELECT 2", ["SELECT ';'", "SELECT 2"]),
    "a doubled quote": ("SELECT 'it''s; so'; SELECT 2", ["SELECT 'it''s; so'", "SELECT 2"]),
    "a backslash is a character": (r"SELECT '\'; SELECT 2", [r"SELECT '\'", "SELECT 2"]),
    "an escape string": (r"SELECT e'\'; '; SELECT 2", [r"SELECT e'\'; '", "SELECT 2"]),
    "a word that ends in e": ("SELECT the'\\'; SELECT 2", ["SELECT the'\\'", "SELECT 2"]),
    "a quoted name": ('SELECT "a;b"; SELECT 2', ['SELECT "a;b"', "SELECT 2"]),
    "a name in backticks": ("SELECT `a;b`; SELECT 2", ["SELECT `a;b`", "SELECT 2"]),
    "a line comment": ("SELECT 1 -- a; b\n+ 2; SELECT 2", ["SELECT 1 -- a; b\n+ 2", "SELECT 2"]),
    "a quote in a comment": ("SELECT 1 -- it's\n; SELECT 2", ["SELECT 1 -- it's", "SELECT 2"]),
    "a block comment": ("SELECT /* ; */ 1; SELECT 2", ["SELECT /* ; */ 1", "SELECT 2"]),
    "nested comments": ("SELECT /* /* ; */ ; */ 1; S", ["SELECT /* /* ; */ ; */ 1", "S"]),
    "a dollar quote": ("SELECT $$a;'b$$; SELECT 2", ["SELECT $$a;'b$$", "SELECT 2"]),
    "a tagged one": ("SELECT $x$ $$;$y$; $x$; S", ["SELECT $x$ $$;$y$; $x$", "S"]),
    "parameters are no quotes": ("SELECT $1; SELECT $2", ["SELECT $1", "SELECT $2"]),
    "a dollar inside a name": ("SELECT a$b$; SELECT $b$;", ["SELECT a$b$", "SELECT $b$;"]),
    "a quote without an end": ("SELECT 'a; SELECT 2", ["SELECT 'a; SELECT 2"]),
    "a comment before": ("-- first\nSELECT 1;", ["-- first\nSELECT 1"]),
}


@pytest.mark.parametrize(("text", "statements"), CASES.values(), ids=CASES.keys())
def test_text_is_cut_at_the_semicolons_that_end_statements(
    text: str, statements: list[str]
) -> None:
    assert [statement.text for statement in split(text)] == statements


@pytest.mark.parametrize(("text", "statements"), CASES.values(), ids=CASES.keys())
def test_line_by_line_gives_the_same(text: str, statements: list[str]) -> None:
    splitter = Splitter()
    found = [found for line in text.splitlines(keepends=True) for found in splitter.feed(line)]
    assert [statement.text for statement in found + splitter.finish()] == statements


@pytest.mark.parametrize(
    ("dialect", "text", "count"),
    [
        ("mysql", r"SELECT '\'; '; SELECT 2", 2),
        ("mysql", r'SELECT "\"; "; SELECT 2', 2),
        ("mysql", "SELECT 1 # a; b\n; SELECT 2", 2),
        ("postgres", "SELECT 1 # 2; SELECT 2", 2),
        ("tsql", "SELECT [a;b]; SELECT 2", 2),
        ("postgres", "SELECT a[1]; SELECT 2", 2),
    ],
)
def test_dialects_quote_and_comment_in_their_own_way(dialect: str, text: str, count: int) -> None:
    assert len(split(text, dialect)) == count


def test_statements_know_the_line_they_begin_on() -> None:
    assert split("SELECT 1;\n\n  SELECT\n2; SELECT 3;\nSELECT 4") == [
        Statement("SELECT 1", 1),
        Statement("SELECT\n2", 3),
        Statement("SELECT 3", 4),
        Statement("SELECT 4", 5),
    ]


def test_a_long_statement_is_read_once() -> None:
    splitter = Splitter()
    lines = ["INSERT INTO t VALUES\n", *["('a;b', 'c'),\n"] * 50_000, "('x', 'y');\n"]
    (statement,) = [found for line in lines for found in splitter.feed(line)]
    assert statement.text.count("\n") == 50_001


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT 1;  \n", True),
        ("SELECT 1; -- so", True),
        ("SELECT 1; SELECT", False),
        ("SELECT ';", False),
        ("SELECT 1; /* ", False),
        ("-- only;", False),
    ],
)
def test_a_buffer_is_complete_when_its_last_statement_ended(text: str, complete: bool) -> None:
    assert is_complete(text) is complete
