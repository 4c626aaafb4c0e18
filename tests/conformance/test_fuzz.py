"""A short run of the fuzzer on each store, and that its trees and comparisons are right."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from random import Random

import pytest

from conformance.fuzz.checks import Check, Finding, random_check, same_as_oracle
from conformance.fuzz.cli import main
from conformance.fuzz.compare import Answer, Failed, Rows, verdict
from conformance.fuzz.cql import create_table
from conformance.fuzz.features import Features
from conformance.fuzz.minimise import record
from conformance.fuzz.parameters import with_parameters
from conformance.fuzz.tree import (
    Many,
    Node,
    Part,
    Query,
    Value,
    executions,
    literal,
    literal_sql,
    render,
    smaller,
)
from conformance.fuzz.world import Column, Table, random_world


@pytest.mark.parametrize("backend", ["duckdb", "mongo", "cassandra"])
def test_a_short_run_finds_nothing(
    backend: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [] if backend == "duckdb" else ["--uri", request.getfixturevalue(f"{backend}_uri")]
    code = main(["--backend", backend, "--seed", "1", "--queries", "150", "--quiet", *given])
    assert (code, capsys.readouterr().out.splitlines()[-1]) == (0, "150 passed, 0 failed")


def test_a_seed_gives_the_same_statements() -> None:
    def statement(seed: int) -> str:
        return render(random_check(Random(seed), random_world(Random(seed), "mongo")).query.tree)[0]

    assert [statement(n) for n in range(20)] == [statement(n) for n in range(20)]


def test_a_tree_prints_its_literals_and_gathers_its_parameters() -> None:
    kids = (Value("I", 1), Value("T", "it's {}", parameter=True), Value("T", "{}'"))
    assert render(Part("L", "f({}, {}, {})", kids)) == ("f(1, ?, '{}''')", ["it's {}"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1, "(-1)"),
        (float("nan"), "CAST('nan' AS DOUBLE PRECISION)"),
        (["a", "it's"], "CAST(ARRAY['a', 'it''s'] AS TEXT[])"),
        ([], "'{}'"),
        ([None], "'{NULL}'"),
        ([1, None, 2**40], "CAST(ARRAY[1, NULL, 1099511627776] AS BIGINT[])"),
        ([date(2024, 2, 29)], "CAST(ARRAY[DATE '2024-02-29'] AS DATE[])"),
        ([Decimal("1.50")], "CAST(ARRAY[1.50] AS NUMERIC[])"),
        (b"a'", "CAST('\\x6127' AS BYTEA)"),
        ({"city": "a", "n": None}, "{'city': 'a', 'n': NULL}"),
    ],
)
def test_a_value_has_a_literal(value: object, text: str) -> None:
    assert literal(value) == text


def _column(name: str, *values: object) -> Table:
    return Table("t", (Column(name, "I", "INTEGER"),), (), (), tuple((v,) for v in values))


def _every_list(tree: Node) -> set[tuple[str, int]]:
    """The statements, and how long the list is, that arguments make of one with an IN list."""
    made = (
        render(with_parameters(Random(seed), Query(tree), (_column("c", 1, 2),)).tree)
        for seed in range(200)
    )
    return {(sql, len(args[0])) for sql, args in made if args and isinstance(args[0], list)}


def test_an_in_list_becomes_a_list_that_is_passed_short_or_long() -> None:
    items = Many("", ", ", (Value("", 1), Value("", 2), Part("", "NULL")), 1)
    plain = Part("L", "({} NOT IN ({}))", (Part("I", "t.c"), items))
    lengths = (3, 8, 18, 43, 1103)
    assert _every_list(plain) == {("(t.c <> ALL (?))", n) for n in lengths}


def test_a_list_that_is_passed_is_cast_as_its_items_were() -> None:
    items = Many("", ", ", tuple(Part("B", "{}::BIGINT", (Value("", n),)) for n in (1, 2)), 1)
    cast = Part("L", "(t.c IN ({}))", (items,))
    assert {sql for sql, _ in _every_list(cast)} == {"(t.c = ANY (CAST(? AS BIGINT[])))"}


def test_literals_of_a_template_become_arguments_but_where_one_must_stay() -> None:
    kids = (Part("I", "t.c"), Part("T", "TO_CHAR(t.c + INTERVAL '1 day', 'YYYY')"))
    tree = Part("L", "(MOD({}, 3) = 1 AND {} = 'it''s')", kids)
    made = {
        (sql, *map(repr, args))
        for sql, args in (
            render(with_parameters(Random(seed), Query(tree), ()).tree) for seed in range(200)
        )
    }
    assert (literal_sql(tree),) in made
    told = "(MOD(t.c, ?) = ? AND TO_CHAR(t.c + INTERVAL '1 day', 'YYYY') = ?)"
    assert (told, "3", "1", '"it\'s"') in made


def test_a_statement_is_executed_again_with_other_arguments() -> None:
    kids = (Value("", 1, True, (None,)), Value("", "a", True))
    runs = [render(tree) for tree in executions(Part("", "{} {}", kids))]
    assert runs == [("? ?", [1, "a"]), ("? ?", [None, "a"])]
    assert list(executions(Part("", "{}", kids[1:]))) == [Part("", "{}", kids[1:])]


def test_arguments_are_made_fewer_and_shorter() -> None:
    once = Value("", [1, 2, 3, 4], True)
    assert list(smaller(once)) == [
        Value("", [1, 2, 3, 4]),
        Value("", [1, 2], True),
        Value("", [3, 4], True),
    ]
    assert list(smaller(Value("", 1, True, (2,)))) == [
        Value("", 1),
        Value("", 1, True),
        Value("", 2, True),
    ]


def test_a_failure_is_printed_with_the_arguments_of_each_execution() -> None:
    kids = (Value("", 1, True, (None,)), Value("", [2], True))
    tree = Part("", "SELECT 1 FROM t AS a WHERE a.c = {} OR a.c = ANY ({})", kids)
    check = Check(Query(tree), same_as_oracle, "differential")
    nothing = Rows((), ("INTEGER",))
    finding = Finding("wrong rows", "auto", nothing, Rows(((1,),), ("INTEGER",)), again=True)
    assert record((_column("c", 1),), check, finding).splitlines()[:3] == [
        "# differential, pushdown auto, executed again: wrong rows",
        "# parameters: 1, [2]",
        "# parameters when executed again: None, [2]",
    ]


def test_a_run_counts_the_features_and_the_answers_with_rows() -> None:
    used = Features()
    used.count("SELECT 1 FROM t CROSS JOIN u", Rows(((1,),), ("I",)))
    used.count("SELECT 1 FROM t CROSS JOIN u LIMIT 0", Rows((), ("I",)))
    assert (used.statements["join"], used.with_rows["join"]) == (2, 1)
    assert (used.statements["LIMIT, OFFSET"], used.with_rows["LIMIT, OFFSET"]) == (1, 0)


def test_a_table_of_cql_has_its_key_order_and_static_columns() -> None:
    columns = (Column("p", "I", "INTEGER"), Column("c", "T", "TEXT"), Column("s", "t", "TEXT[]"))
    table = Table("t", columns, ("p", "c"), (), (), form="cql", statics=frozenset("s"))
    assert create_table("k", table) == (
        "CREATE TABLE k.t (p int, c text, s set<text> static, PRIMARY KEY ((p), c))"
        " WITH CLUSTERING ORDER BY (c ASC)"
    )


def test_a_list_is_cut_down_to_its_least() -> None:
    tree = Many(" WHERE ", " AND ", (Part("L", "a"), Part("L", "b")), least=1)
    assert [render(less)[0] for less in smaller(tree)] == [" WHERE b", " WHERE a"]


@pytest.mark.parametrize(
    ("expected", "got", "wanted"),
    [
        (Rows(((1.0,), (2.0,)), ("R",)), Rows(((2.0,), (1.0 + 1e-12,)), ("R",)), "same"),
        # alike in six digits
        (Rows(((1e11,), (1e11 + 8e4,)), ("R",)), Rows(((1e11 + 8e4,), (1e11,)), ("R",)), "same"),
        (Rows(((1e6,), (2e6,)), ("R",)), Rows(((1e6,), (1e6,)), ("R",)), "wrong rows"),
        (  # nearly equal, and in another order by them than by what stands behind them
            Rows(((1.0, "b"), (1.0 + 1e-12, "a")), ("R", "T")),
            Rows(((1.0, "a"), (1.0 + 1e-12, "b")), ("R", "T")),
            "same",
        ),
        (Rows(((1,),), ("I",)), Rows(((None,),), ("I",)), "wrong rows"),
        (Rows(((1,),), ("I",)), Rows(((True,),), ("I",)), "wrong rows"),
        (Rows((), ("I",)), Failed("22012", "division by zero"), "errors differ"),
        (Rows((), ("I",)), Failed("0A000", "not supported"), "an error on one side"),
        (Failed("42804", "types"), Failed("42804", "types"), "rejected"),
        (Failed("22012", "zero"), Failed("22003", "range"), "same"),
        (Failed("XX000", "bug"), Failed("XX000", "bug", foreign=True), "foreign exception"),
    ],
)
def test_answers_are_compared_as_multisets_of_typed_values(
    expected: Answer, got: Answer, wanted: str
) -> None:
    assert verdict(expected, got, ordered=False) == wanted


@pytest.mark.parametrize(
    ("expected", "got", "wanted"),
    [
        ([(1.0, "a"), (2.0, "b")], [(1.0, "a"), (2.0 + 1e-12, "b")], "same"),
        ([(1.0, "a"), (2.0, "b")], [(2.0, "b"), (1.0, "a")], "wrong rows"),
        # told apart by last digits that the other side does not have
        ([(1.0, "b"), (1.0, "a")], [(1.0, "a"), (1.0 - 1e-12, "b")], "same"),
        ([(1.0, "b"), (1.0, "a")], [(1.0, "a"), (1.0, "b")], "wrong rows"),
        ([(1.0, "c"), (1.0, "a"), (0, "b")],
         [(1.0, "a"), (0, "b"), (1 - 1e-12, "c")], "wrong rows"),
        ([(math.nan, "b"), (math.nan, "a")], [(math.nan, "a"), (math.nan, "b")], "wrong rows"),
        ([(1, "b"), (1, "a")], [(1, "a"), (1, "b")], "wrong rows"),
    ],
)  # fmt: skip
def test_answers_in_order_may_differ_in_what_last_digits_decide(
    expected: list[tuple[object, ...]], got: list[tuple[object, ...]], wanted: str
) -> None:
    left, right = Rows(tuple(expected), ()), Rows(tuple(got), ())
    assert verdict(left, right, ordered=True) == wanted


def test_an_oracle_with_other_types_is_compared_by_value() -> None:
    numeric, double = Rows(((Decimal("2.50"), True),), ()), Rows(((2.5, True),), ("DOUBLE",))
    assert verdict(numeric, double, ordered=False, typed=False) == "same"
    other = Rows(((2.5, 1),), ())
    assert verdict(numeric, other, ordered=False, typed=False) == "wrong rows"


def test_parameters_become_literals_for_an_oracle_without_them() -> None:
    tree = Part("Q", "SELECT {}{}", (Value("T", "it's", parameter=True), Many(" WHERE ", "", ())))
    assert literal_sql(tree) == "SELECT 'it''s'"
