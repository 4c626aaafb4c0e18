"""Which Remotes pass keys to which: on small plans over two stores."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sqlshim.backends.protocol import Pushdown
from sqlshim.functions import operators as op
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.functions.keys import IN_KEYS
from sqlshim.functions.windows import ROW_NUMBER
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    Limit,
    Project,
    Recursive,
    Rel,
    Scan,
    Series,
    Shared,
    Unnest,
    Values,
    Window,
    WorkingTable,
)
from sqlshim.ir.scalar import Call, Cast, Scalar, WindowCall
from sqlshim.ir.show import show_rel
from sqlshim.plan.key_sets import pass_keys
from sqlshim.plan.split import split
from sqlshim.types import BIGINT, BOOLEAN, DOUBLE, INTEGER, SMALLINT, TEXT, SqlType, array
from tests.fakes import FakeBackend
from tests.plan.build import col, column, count, count_star, eq, group, join, lit, lt, scan

SMALL, LARGE = 100, 1_000_000


def store(alias: str, *nodes: type[Rel], keys: bool = True) -> FakeBackend:
    functions = frozenset({op.EQ, IN_KEYS} if keys else {op.EQ})
    return FakeBackend(nodes or (Filter,), functions, alias=alias)


def people(rows: int = SMALL) -> Scan:
    return scan("people", store="a", rows=rows, key=("id",), id=INTEGER, nick=TEXT)


def orders(rows: int = LARGE) -> Scan:
    return scan("orders", store="b", rows=rows, person=INTEGER, weight=DOUBLE)


def few(rel: Scan) -> Filter:
    """One row in twenty, as an equality is guessed."""
    return Filter(rel, (eq(col(rel, "nick"), lit("Ann")),))


def planned(rel: Rel, pushdown: Pushdown = Pushdown.AUTO, **stores: FakeBackend) -> str:
    known = {"a": store("a"), "b": store("b")} | stores
    return show_rel(pass_keys(split(rel, known, pushdown), known, pushdown, 0))


def on(left: Rel, right: Rel) -> Scalar:
    return eq(col(left, "id"), col(right, "person"))


def test_the_smaller_side_runs_first_and_passes_its_keys() -> None:
    a, b = people(), orders()
    left = few(a)
    assert planned(join("inner", left, b, on(left, b))) == (
        "Join inner ON (id = person)\n"
        "  Remote a\n"
        "    Filter (nick = 'Ann')\n"
        "      Scan a.people [id, nick]\n"
        "  Remote b keys from id\n"
        "    Filter (person IN KEYS $1)\n"
        "      Scan b.orders [person, weight]"
    )


@pytest.mark.parametrize(
    ("kind", "passes"),
    [("inner", True), ("semi", True), ("left", True), ("anti", True), ("right", False),
     ("full", False)],
)  # fmt: skip
def test_rows_without_a_match_that_a_join_keeps_are_all_read(kind: str, passes: bool) -> None:
    a, b = people(), orders()
    plan = planned(join(kind, a, b, on(a, b)), Pushdown.ALWAYS)
    assert ("keys from id" in plan) is passes


def test_a_full_set_of_keys_is_not_worth_looking_for() -> None:
    a, b = people(), orders()
    assert "keys from" not in planned(join("inner", a, b, on(a, b)))


def test_few_rows_are_looked_up_in_a_unique_column_and_in_partitions() -> None:
    """There all keys are far more than those of a small table, whose own key is unique, too."""
    a, plain = people(), orders()
    unique = replace(plain.table, primary_key=("person",))
    partitioned = replace(plain.table, partition_key=("person",))
    for table in (unique, partitioned):
        b = Scan(table, plain.columns)
        assert "keys from id" in planned(join("inner", a, b, on(a, b)))


def test_more_keys_than_a_scan_is_worth_are_not_passed() -> None:
    a, b = people(rows=10 * LARGE), orders(rows=100 * LARGE)
    left = few(a)
    assert "keys from" not in planned(join("inner", left, b, on(left, b)))


def test_a_store_that_knows_no_key_sets_is_left_alone() -> None:
    a, b = people(), orders()
    plain = store("b", keys=False)
    assert "keys from" not in planned(join("inner", a, b, on(a, b)), Pushdown.ALWAYS, b=plain)


def test_never_passes_nothing() -> None:
    a, b = people(), orders()
    assert "keys from" not in planned(join("inner", a, b, on(a, b)), Pushdown.NEVER)


def test_keys_go_below_a_grouping_by_the_key_but_not_below_a_limit() -> None:
    a, b = people(), orders()
    grouped = group(b, "person", n=count_star())
    assert "keys from id" in planned(join("inner", a, grouped, on(a, grouped)), Pushdown.ALWAYS)
    first = Limit(b, count(10), None)
    assert "keys from" not in planned(join("left", a, first, on(a, first)), Pushdown.ALWAYS)


def numbered(rel: Rel, *partitions: str) -> Window:
    """Rows numbered within groups, once for each of these columns."""
    calls = (
        (column("n", BIGINT), WindowCall(ROW_NUMBER, (), BIGINT, (col(rel, name),)))
        for name in partitions
    )
    return Window(rel, tuple(calls))


def test_keys_go_below_windows_by_the_key() -> None:
    a, b = people(), orders()
    by_key = numbered(b, "person")
    plan = planned(join("inner", a, by_key, on(a, by_key)), Pushdown.ALWAYS)
    assert plan.endswith(
        "  Window ROW_NUMBER() OVER (PARTITION BY person) AS n\n"
        "    Remote b keys from id\n"
        "      Filter (person IN KEYS $1)\n"
        "        Scan b.orders [person, weight]"
    )
    for other in (numbered(b, "weight"), numbered(b, "person", "weight")):
        rel = join("left", a, other, on(a, other))
        assert "Remote b keys from" not in planned(rel, Pushdown.ALWAYS)


def test_keys_stand_below_what_the_store_itself_groups() -> None:
    a, b = people(), orders()
    grouped = Aggregate(b, ((col(b, "person"), col(b, "person")),), ())
    able = store("b", Filter, Aggregate)
    plan = planned(join("inner", a, grouped, on(a, grouped)), Pushdown.ALWAYS, b=able)
    assert plan.endswith(
        "  Remote b keys from id\n"
        "    Aggregate BY person\n"
        "      Filter (person IN KEYS $1)\n"
        "        Scan b.orders [person, weight]"
    )


def test_keys_are_passed_along_a_chain() -> None:
    a, b = people(), scan("orders", store="b", rows=5000, id=INTEGER, person=INTEGER)
    c = scan("items", store="a", rows=LARGE, order=INTEGER)
    inner = join("inner", a, b, eq(col(a, "id"), col(b, "person")))
    plan = planned(join("inner", inner, c, eq(col(b, "id"), col(c, "order"))), Pushdown.ALWAYS)
    assert plan.count("keys from") == 2


def test_floats_are_not_passed_since_stores_disagree_on_them() -> None:
    a, b = orders(), scan("weights", store="a", rows=SMALL, weight=DOUBLE)
    both = join("inner", b, a, eq(col(b, "weight"), col(a, "weight")))
    assert "keys from" not in planned(both, Pushdown.ALWAYS)


def test_a_renamed_column_is_still_the_same_key() -> None:
    a, b = people(), orders()
    renamed = Project(b, ((col(people(), "id"), col(b, "person")),))
    plan = planned(join("inner", a, renamed, eq(col(a, "id"), renamed.columns[0])), Pushdown.ALWAYS)
    assert "person IN KEYS" in plan


def items(rows: int = LARGE) -> Scan:
    return scan("items", store="a", rows=rows, order=INTEGER)


def test_keys_come_out_of_what_is_left_after_local_conditions() -> None:
    """A condition that the store cannot run makes fewer keys, for it is run first."""
    a, b = people(LARGE // 100), orders(100 * LARGE)
    left = Filter(a, (Call(op.LT, (col(a, "nick"), lit("B")), BOOLEAN),))
    assert planned(join("inner", left, b, on(left, b))) == (
        "Join inner ON (id = person)\n"
        "  Remote (local)\n"
        "    Filter (nick < 'B')\n"
        "      Remote a\n"
        "        Scan a.people [id, nick]\n"
        "  Remote b keys from id\n"
        "    Filter (person IN KEYS $1)\n"
        "      Scan b.orders [person, weight]"
    )


def test_keys_come_out_of_groups() -> None:
    a, b = people(LARGE), orders(100 * LARGE)
    grouped = group(few(a), "id", n=count_star())
    large = Filter(grouped, (eq(grouped.columns[1], lit(3)),))
    plan = planned(join("inner", large, b, eq(grouped.columns[0], col(b, "person"))))
    assert "Remote (local)\n    Filter" in plan
    assert "Remote b keys from id" in plan


def test_keys_that_a_store_does_not_take_reduce_its_rows_before_they_give_keys() -> None:
    a, c = people(), items()
    b = scan("orders", store="b", rows=5000, id=INTEGER, person=INTEGER)
    left = few(a)
    inner = join("inner", left, b, eq(col(a, "id"), col(b, "person")))
    whole = join("inner", inner, c, eq(col(b, "id"), col(c, "order")))
    plan = planned(whole, b=store("b", keys=False))
    assert "Remote b reduced by person in id" in plan
    assert "Remote a keys from id" in plan


def test_rows_that_give_no_keys_are_not_reduced() -> None:
    a, b = people(), orders()
    left = few(a)
    plan = planned(join("inner", left, b, on(left, b)), b=store("b", keys=False))
    assert "reduced by" not in plan


def test_a_join_that_a_store_runs_has_no_more_keys_than_its_sides() -> None:
    """A twentieth of the people, with a hundred visits each: their numbers are still few."""
    a, visits = people(), scan("visits", store="a", rows=100 * SMALL, of=INTEGER)
    b = orders()
    left = few(a)
    known = {"a": store("a", Filter, Join)}
    seen = join("inner", left, visits, eq(col(left, "id"), col(visits, "of")))
    plan = planned(
        join("inner", seen, b, eq(col(visits, "of"), col(b, "person"))), Pushdown.AUTO, **known
    )
    assert "Remote b keys from of" in plan


def test_the_fewest_of_equal_keys_are_passed() -> None:
    """The orders of a few lines are few, those of Ann among them fewer: of these the notes."""
    a = few(people())
    lines = scan("lines", store="a", rows=LARGE // 10, of=INTEGER, order=INTEGER)
    made = scan("orders", store="b", rows=LARGE, key=("number",), number=INTEGER, nick=TEXT)
    notes = scan("notes", store="b", rows=LARGE, about=INTEGER)
    mine = join("inner", a, lines, eq(col(a, "id"), col(lines, "of")))
    ordered = join("inner", mine, few(made), eq(col(made, "number"), col(lines, "order")))
    plan = planned(join("semi", ordered, notes, eq(col(lines, "order"), col(notes, "about"))))
    assert re.findall(r"keys from (\w+)", plan) == ["id", "order", "number"]


def test_keys_that_were_passed_already_are_no_better_for_it() -> None:
    """Both large tables get the keys of the few people, not one those of the other."""
    a, b = people(1000), orders(4000)
    c = scan("items", store="b", rows=LARGE, buyer=INTEGER)
    left = few(a)
    first = join("inner", left, b, on(left, b))
    both = (eq(col(a, "id"), col(c, "buyer")), eq(col(b, "person"), col(c, "buyer")))
    plan = planned(join("inner", first, c, *both))
    assert plan.count("keys from id") == 2


# --- rows that no store reads -------------------------------------------------------------


def listed(*keys: object, type_: SqlType = INTEGER) -> Values:
    return Values((column("k", type_),), tuple((lit(key, type_),) for key in keys))


def series(stop: int) -> Series:
    return Series(lit(1), lit(stop), lit(1), (column("k", INTEGER),))


def looked_up(rel: Rel, wanted: Scan, pushdown: Pushdown = Pushdown.AUTO) -> str:
    return planned(join("inner", rel, wanted, eq(col(rel, "k"), col(wanted, "person"))), pushdown)


def test_a_list_of_rows_passes_its_keys() -> None:
    assert looked_up(listed(1, 2), orders()) == (
        "Join inner ON (k = person)\n"
        "  Remote (local)\n"
        "    Values 2 row(s) [k]\n"
        "  Remote b keys from k\n"
        "    Filter (person IN KEYS $1)\n"
        "      Scan b.orders [person, weight]"
    )


def test_a_series_and_what_is_computed_of_it_pass_keys() -> None:
    few_numbers = Filter(series(10), (lt(lit(3), lit(4)),))
    doubled = Project(few_numbers, ((column("k", INTEGER), col(few_numbers, "k")),))
    for rel in (few_numbers, doubled, join("inner", doubled, listed(1), lit(True))):
        named = Project(rel, ((column("k", INTEGER), rel.columns[0]),))
        assert looked_up(named, orders()).count("Remote b keys from k") == 1


def test_a_recursion_over_nothing_stored_passes_keys() -> None:
    step = WorkingTable(1, (column("k", INTEGER),))
    rounds = Recursive(1, listed(1), Filter(step, (lt(step.columns[0], lit(5)),)),
                       (column("k", INTEGER),), distinct=False)  # fmt: skip
    assert "Remote b keys from k" in looked_up(rounds, orders())


def test_a_round_of_a_recursion_passes_none() -> None:
    """It is another at each round."""
    step = WorkingTable(1, (column("k", INTEGER),))
    b = orders()
    found = join("inner", step, b, eq(step.columns[0], col(b, "person")))
    rounds = Recursive(1, listed(1), Project(found, ((column("k", INTEGER), step.columns[0]),)),
                       (column("k", INTEGER),), distinct=False)  # fmt: skip
    assert "keys from" not in planned(rounds, Pushdown.ALWAYS)


def test_a_shared_list_of_rows_passes_none() -> None:
    """It may be read elsewhere, too, where it must give the same rows."""
    shared = Shared(1, listed(1, 2), (column("k", INTEGER),))
    assert "keys from" not in looked_up(shared, orders(), Pushdown.ALWAYS)


def test_rows_that_read_an_outer_query_pass_none() -> None:
    """Of a lateral join: they are others for each row of its left side."""
    outer, b = people(), orders()
    inner = Values((column("k", INTEGER),), ((col(outer, "id"),),))
    joined = join("inner", inner, b, eq(col(inner, "k"), col(b, "person")))
    lateral = replace(join("inner", outer, joined, lit(True)), lateral=True)
    assert "keys from" not in planned(lateral, Pushdown.ALWAYS)


def test_more_rows_than_are_worth_it_pass_none() -> None:
    assert "keys from" not in looked_up(series(LARGE), orders())


def test_few_rows_of_a_small_table_are_not_looked_up() -> None:
    assert "keys from" not in looked_up(listed(1, 2, 3), orders(rows=20))


def test_a_list_that_passes_no_keys_is_a_list_again() -> None:
    """Where another list does."""
    b = orders()
    fresh = listed(1, 2)
    both = join("inner", fresh, b, eq(col(fresh, "k"), col(b, "person")))
    other = listed(7.5, type_=DOUBLE)
    plan = planned(join("inner", both, other, eq(col(other, "k"), col(b, "weight"))))
    assert plan.count("Remote (local)") == 1
    assert re.search(r"\n  Values 1 row\(s\) \[k#\d+\]$", plan)


def test_a_list_is_never_reduced_by_keys() -> None:
    """Not even where a table's few rows would be the first to be read."""
    a, rows = few(people()), series(5000)
    joined = join("inner", a, rows, eq(col(a, "id"), col(rows, "k")))
    b = orders()
    plan = planned(join("inner", joined, b, on(a, b)))
    assert "  Series 1, 5000, 1 AS k" in plan.split("\n  Remote b")[0]
    assert plan.count("person IN KEYS") == plan.count("IN KEYS")


# --- integers of several widths -------------------------------------------------------------


WIDTHS = [
    (INTEGER, BIGINT, BIGINT, "k"),
    (BIGINT, INTEGER, BIGINT, "k"),
    (SMALLINT, INTEGER, INTEGER, "k"),
    (SMALLINT, BIGINT, BIGINT, "k"),
    (BIGINT, INTEGER, INTEGER, "key"),  # a cast that may fail is computed first
    (INTEGER, BIGINT, SMALLINT, ""),
]


@pytest.mark.parametrize(("key", "theirs", "compared", "passed"), WIDTHS)
def test_integers_that_are_compared_in_a_wider_type_are_keys(
    key: SqlType, theirs: SqlType, compared: SqlType, passed: str
) -> None:
    a = listed(1, 2, type_=key)
    b = scan("orders", store="b", rows=LARGE, person=theirs)
    k, person = col(a, "k"), col(b, "person")
    left = k if key == compared else Cast(k, compared)
    right = person if theirs == compared else Cast(person, compared)
    plan = planned(join("inner", a, b, eq(left, right)), Pushdown.ALWAYS)
    assert re.findall(r"keys from (\w+)", plan) == ([passed] if passed else [])


def test_a_number_cast_to_text_is_no_key() -> None:
    a, b = listed("1", type_=TEXT), orders()
    cast = Cast(col(b, "person"), TEXT)
    assert "keys from" not in planned(join("inner", a, b, eq(col(a, "k"), cast)), Pushdown.ALWAYS)


# --- arrays ---------------------------------------------------------------------------------


def in_array(left: Rel, right: Rel) -> Scalar:
    return Call(EQ_ANY, (col(right, "person"), col(left, "friends")), BOOLEAN)


def circles(rows: int = SMALL, of: SqlType = INTEGER) -> Scan:
    return scan("circles", store="a", rows=rows, key=("id",), id=INTEGER, friends=array(of))


def test_the_elements_of_an_array_are_keys() -> None:
    a, b = circles(), replace_key(orders())
    plan = planned(join("inner", a, b, in_array(a, b)))
    assert "  Remote b keys from friends\n    Filter (person IN KEYS $1)" in plan
    for kind, passes in (("left", True), ("right", False), ("full", False)):
        kept = planned(join(kind, a, b, in_array(a, b)), Pushdown.ALWAYS)
        assert ("keys from friends" in kept) is passes


def replace_key(rel: Scan) -> Scan:
    """The same where `person` is unique."""
    return replace(rel, table=replace(rel.table, primary_key=("person",)))


def test_an_array_has_several_keys() -> None:
    """Ten a row are guessed: of so many rows they are too many."""
    b = replace_key(orders())
    a = circles(rows=1_900)
    assert "keys from" in planned(join("inner", a, b, in_array(a, b)))
    a = circles(rows=2_100)
    assert "keys from" not in planned(join("inner", a, b, in_array(a, b)))


def test_elements_that_are_compared_otherwise_are_no_keys() -> None:
    a, b = circles(of=TEXT), orders()
    assert "keys from" not in planned(join("inner", a, b, in_array(a, b)), Pushdown.ALWAYS)


def test_unnested_elements_are_keys_and_keys_go_below_an_unnest() -> None:
    a, b = circles(), orders()
    element = column("element", INTEGER)
    each = Unnest(a, ((element, col(a, "friends")),))
    plan = planned(join("inner", each, b, eq(element, col(b, "person"))), Pushdown.ALWAYS)
    assert "Remote b keys from element" in plan
    few_orders = few(people())
    large = circles(rows=LARGE)
    each = Unnest(large, ((element, col(large, "friends")),))
    by_id = join("inner", few_orders, each, eq(col(few_orders, "id"), col(large, "id")))
    assert re.search(r"Remote a keys from id#\d+\n +Filter \(id#\d+ IN KEYS", planned(by_id))
    by_element = join("inner", few_orders, each, eq(col(few_orders, "id"), element))
    assert "keys from id" not in planned(by_element)


# --- keys of several columns ----------------------------------------------------------------


def visits(*key: str) -> Scan:
    """A table whose partitions are found by these columns."""
    rel = scan("visits", store="b", rows=LARGE, person=INTEGER, day=INTEGER, place=INTEGER)
    return replace(rel, table=replace(rel.table, partition_key=key, primary_key=(*key, "place")))


def asked(rows: int = SMALL) -> Scan:
    return scan("asked", store="a", rows=rows, who=INTEGER, when=INTEGER)


def whole(a: Rel, b: Rel) -> tuple[Scalar, Scalar]:
    return eq(col(b, "day"), col(a, "when")), eq(col(a, "who"), col(b, "person"))


def test_a_key_of_two_columns_is_passed_as_rows() -> None:
    a, b = asked(), visits("person", "day")
    assert planned(join("inner", a, b, *whole(a, b))).endswith(
        "  Remote b keys from when, who\n"
        "    Filter ((day, person) IN KEYS $1)\n"
        "      Scan b.visits [person, day, place]"
    )


@pytest.mark.parametrize(
    ("kind", "passes"), [("semi", True), ("left", True), ("anti", True), ("right", False)]
)
def test_rows_follow_the_joins_that_keys_follow(kind: str, passes: bool) -> None:
    a, b = asked(), visits("person", "day")
    plan = planned(join(kind, a, b, *whole(a, b)), Pushdown.ALWAYS)
    assert ("Remote b keys from when, who" in plan) is passes


def test_a_part_that_is_fixed_is_not_passed() -> None:
    a, b = asked(), visits("person", "day", "place")
    fixed = Filter(b, (eq(col(b, "place"), lit(3)),))
    plan = planned(join("inner", a, fixed, *whole(a, b)))
    assert "((day, person) IN KEYS $1)" in plan


def test_no_rows_for_half_of_a_key_or_for_keys_of_two_sources() -> None:
    a, b = asked(), visits("person", "day", "place")
    assert "IN KEYS" not in planned(join("inner", a, b, *whole(a, b)))
    one, other, b = asked(), asked(), visits("person", "day")
    first = join("inner", one, b, whole(one, b)[1])
    both = join("inner", other, first, whole(other, b)[0])
    assert "person) IN KEYS" not in planned(both, Pushdown.ALWAYS)


def test_rows_are_passed_instead_of_their_parts() -> None:
    a, b = asked(), visits("person", "day")
    plan = planned(join("inner", a, b, *whole(a, b)), Pushdown.ALWAYS)
    assert plan.count("IN KEYS") == 1


def test_too_many_rows_for_partitions_are_not_passed() -> None:
    a, b = asked(rows=LARGE // 100), visits("person", "day")
    assert "keys from" not in planned(join("inner", a, b, *whole(a, b)))
