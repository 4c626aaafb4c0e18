"""Small pure parts: CQL types, comments of tables, ranges of tokens, folding of aggregates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from cassandra.util import Duration

import sqlshim
from sqlshim import types as t
from sqlshim.backends.cassandra.catalog import NO_COMMENT, Comment, read_comment, write_comment
from sqlshim.backends.cassandra.compile import CqlQuery, Output
from sqlshim.backends.cassandra.ddl import create_table
from sqlshim.backends.cassandra.fold import fold_pages, grouped_rows
from sqlshim.backends.cassandra.paths.restrict import Path, Restriction
from sqlshim.backends.cassandra.ring import HIGH, LOW, PROBE_ROWS, cut, rows_from_probe
from sqlshim.backends.cassandra.values.cqltypes import cql_type, pack, sql_type, unpack
from sqlshim.backends.cassandra.values.readers import readers
from sqlshim.backends.protocol import ColumnDefinition, TableDefinition
from sqlshim.errors import DataError, NotSupportedError, NumericOutOfRange
from sqlshim.ir.scalar import Column
from sqlshim.types import SqlType
from tests.backends.cassandra.trees import READINGS

UDTS = {"place": (("street", "text"), ("at", "frozen<point>")), "point": (("x", "int"),)}


@pytest.mark.parametrize(
    ("native", "sql"),
    [
        ("int", t.INTEGER),
        ("tinyint", t.SMALLINT),
        ("counter", t.BIGINT),
        ("varint", t.VARINT),
        ("decimal", t.NUMERIC),
        ("timeuuid", t.UUID),
        ("duration", t.DURATION),
        ("frozen<list<int>>", t.array(t.INTEGER)),
        ("set<frozen<list<text>>>", t.array(t.array(t.TEXT))),
        ("map<text, frozen<map<int, date>>>", t.map_of(t.TEXT, t.map_of(t.INTEGER, t.DATE))),
        ("vector<float, 3>", t.array(t.REAL)),
        ("tuple<int, text>", t.struct((("f1", t.INTEGER), ("f2", t.TEXT)))),
        (
            "frozen<place>",
            t.struct((("street", t.TEXT), ("at", t.struct((("x", t.INTEGER),))))),
        ),
        ("'org.example.Odd'", t.BYTES),
    ],
)
def test_a_cql_type_as_sql(native: str, sql: SqlType) -> None:
    assert sql_type(native, UDTS) == sql


@pytest.mark.parametrize(
    "sql",
    [
        t.INTEGER,
        t.decimal(10, 2),
        t.TIMESTAMPTZ,
        t.JSON,
        t.INTERVAL,
        t.array(t.decimal(5, 1)),
        t.map_of(t.TEXT, t.array(t.UUID)),
        t.struct((("a, b", t.INTEGER), ("c", t.struct((("d", t.TEXT),))))),
    ],
)
def test_exact_types_survive_the_comment(sql: SqlType) -> None:
    assert unpack(pack(sql)) == sql


@pytest.mark.parametrize("packed", ["DECIMAL(5)", "NOTHING", ["ARRAY"], ["MAP", "TEXT"], 5, None])
def test_a_changed_comment_is_not_believed(packed: object) -> None:
    assert unpack(packed) is None


def test_a_comment_keeps_order_types_not_null_and_the_hidden_key() -> None:
    columns = (
        ColumnDefinition("z", t.INTEGER.with_null(False)),
        ColumnDefinition("a", t.decimal(10, 2)),
    )
    assert read_comment(write_comment(columns, "_key")) == Comment(
        {"z": t.INTEGER, "a": t.decimal(10, 2)}, frozenset({"z"}), "_key"
    )


@pytest.mark.parametrize("text", ["", "people", '{"sqlshim": 5}', '{"sqlshim": ', '["sqlshim"]'])
def test_other_comments_say_nothing(text: str) -> None:
    assert read_comment(text) == NO_COMMENT


def test_create_table_quotes_names_and_its_comment() -> None:
    definition = TableDefinition(
        'T"1', (ColumnDefinition("it's", t.INTEGER), ColumnDefinition("xs", t.array(t.TEXT)))
    )
    assert create_table("ks", definition) == (
        'CREATE TABLE "ks"."T""1" ("it\'s" int, "xs" frozen<list<text>>, "_sqlshim_id" uuid, '
        'PRIMARY KEY ("_sqlshim_id")) WITH comment = \'{"sqlshim": {"columns": '
        '[["it\'\'s", "INTEGER"], ["xs", ["ARRAY", "TEXT"]]], "hidden": "_sqlshim_id"}}\''
    )


def test_the_first_key_column_partitions_and_the_others_cluster() -> None:
    columns = tuple(ColumnDefinition(n, t.INTEGER.with_null(False)) for n in ("a", "b", "c"))
    text = create_table("ks", TableDefinition("x", columns, ("b", "a")))
    assert 'PRIMARY KEY ("b", "a")' in text


def test_unique_columns_beside_the_key_are_refused() -> None:
    definition = TableDefinition("x", (ColumnDefinition("a", t.INTEGER),), unique=(("a",),))
    with pytest.raises(NotSupportedError, match="unique"):
        create_table("ks", definition)


def test_every_type_of_sql_has_a_cql_type_but_the_unknown() -> None:
    with pytest.raises(NotSupportedError):
        cql_type(t.UNKNOWN)


# --- ranges --------------------------------------------------------------------------------


@pytest.mark.parametrize("tokens", [[], [0], [-5, 5, 7], [LOW, HIGH], list(range(1000))])
def test_ranges_cover_the_ring_once(tokens: list[int]) -> None:
    ranges = cut(tokens, 16)
    assert ranges[0][0] == LOW
    assert ranges[-1][1] == HIGH
    assert [high for _, high in ranges[:-1]] == [low for low, _ in ranges[1:]]
    assert all(low < high for low, high in ranges)


def test_ranges_are_cut_where_those_of_nodes_meet() -> None:
    assert -5 in [high for _, high in cut([-5], 16)]


def test_a_small_table_is_counted_and_a_large_one_estimated() -> None:
    dense = [LOW + i * 10**12 for i in range(PROBE_ROWS)]
    assert rows_from_probe([1, 2, 3]) == 3
    assert rows_from_probe(dense) == pytest.approx(2**64 / 10**12, rel=0.01)


# --- aggregates ----------------------------------------------------------------------------


def fold(fold_name: str, sql: SqlType, *cells: object, counts: tuple[int, ...] = ()) -> object:
    query = CqlQuery(
        table=READINGS,
        columns=(Column(0, "x", sql),),
        natives=("",),
        select=("x", "count"),
        outputs=(Output(0, fold_name, 1),),
        restriction=Restriction(Path.RING),
        grouped=True,
    )
    rows = [(cell, count) for cell, count in zip(cells, counts or [1] * len(cells), strict=True)]
    return fold_pages([[row] for row in rows], query)[0][0]


def test_counts_of_ranges_add_up() -> None:
    assert fold("count", t.BIGINT, 2, 0, 3) == 5


def test_a_sum_over_nothing_is_null() -> None:
    assert fold("sum", t.BIGINT, 0, 0, counts=(0, 0)) is None


def test_a_sum_beyond_bigint_is_an_error() -> None:
    with pytest.raises(NumericOutOfRange):
        fold("sum", t.BIGINT, 2**63 - 1, 1)


def test_sums_of_decimals_are_exact_beyond_28_digits() -> None:
    sum_ = fold("sum", t.decimal(38, 2), Decimal("9" * 30 + ".01"), Decimal("0.01"))
    assert sum_ == Decimal("9" * 30 + ".02")


def test_nan_is_the_largest() -> None:
    assert fold("min", t.DOUBLE, float("nan"), 1.0) == 1.0
    assert repr(fold("max", t.DOUBLE, 1.0, float("nan"))) == "nan"


def test_ranges_without_rows_do_not_count_for_min_and_max() -> None:
    assert fold("min", t.INTEGER, None, 5, None) == 5
    assert fold("max", t.INTEGER, None) is None


@pytest.mark.parametrize("end", [2**63 - 1, -(2**63)])
def test_a_sum_may_be_as_large_as_a_bigint(end: int) -> None:
    assert fold("sum", t.BIGINT, end - 1, 1) == end
    with pytest.raises(NumericOutOfRange, match="a sum is out of range for BIGINT"):
        fold("sum", t.BIGINT, end, 1 if end > 0 else -1)


def test_the_average_is_of_all_rows_and_not_of_the_averages() -> None:
    assert fold("avg", t.DOUBLE, 10, 20, counts=(3, 1)) == 7.5
    assert fold("avg", t.DOUBLE, 10, None, counts=(4, 0)) == 2.5
    assert fold("avg", t.DOUBLE, None, counts=(0,)) is None


def test_decimals_of_several_scales_and_signs_add_up() -> None:
    cells = [Decimal("-1.5"), Decimal("0.25"), Decimal("-2E+2"), Decimal(3)]
    assert str(fold("sum", t.decimal(10, 2), *cells)) == "-198.25"


def test_numbers_of_any_size_add_up_exactly() -> None:
    cells = [Decimal("-1.5"), Decimal("0.25"), Decimal("-2E+2"), Decimal(3)]
    assert str(fold("sum", t.NUMERIC, *cells)) == "-198.25"
    large = fold("sum", t.NUMERIC, Decimal("7E+40"), Decimal("0.25"))
    assert str(large) == "7" + "0" * 40 + ".25"
    assert str(fold("sum", t.NUMERIC, 2, Decimal("0.5"))) == "2.5"
    whole = fold("sum", t.VARINT, 10**30, 5)
    assert (whole, type(whole)) == (10**30 + 5, int)


def test_what_is_folded_is_read_as_its_column_is() -> None:
    assert str(fold("min", t.decimal(10, 2), Decimal(2), Decimal("1.5"))) == "1.50"


def test_least_and_most_of_texts() -> None:
    assert fold("min", t.TEXT, "b", "a", "c") == "a"
    assert fold("max", t.TEXT, "b", "c", "a") == "c"


def of_groups(name: str, sql: SqlType, *rows: tuple[object, int]) -> list[object]:
    query = CqlQuery(
        table=READINGS,
        columns=(Column(0, "x", sql),),
        natives=("",),
        select=("x", "count"),
        outputs=(Output(0, name, 1),),
        restriction=Restriction(Path.PARTITION),
        grouped=True,
        group=("a", "b"),
    )
    return [value for (value,) in grouped_rows(list(rows), query)]


def test_groups_are_whole() -> None:
    assert of_groups("sum", t.BIGINT, (5, 2), (0, 0), (7, 1)) == [5, None, 7]
    assert of_groups("avg", t.DOUBLE, (5, 2), (None, 0), (None, 2)) == [2.5, None, 0.0]
    assert of_groups("count", t.BIGINT, (5, 0), (0, 0)) == [5, 0]
    assert of_groups("", t.TEXT, ("x", 0)) == ["x"]
    with pytest.raises(NumericOutOfRange):
        of_groups("sum", t.BIGINT, (2**63, 2))


# --- values --------------------------------------------------------------------------------


def read(sql: SqlType, value: object) -> object:
    (change,) = readers([Column(0, "x", sql)])
    return value if change is None else change(value)


def test_a_decimal_has_the_scale_of_its_column() -> None:
    assert str(read(t.decimal(10, 2), Decimal("1.5"))) == "1.50"


def test_a_decimal_is_never_rounded() -> None:
    with pytest.raises(DataError, match="does not fit"):
        read(t.decimal(10, 2), Decimal("1.555"))


def test_a_duration_keeps_all_its_parts() -> None:
    assert read(t.DURATION, Duration(1, 2, 3)) == sqlshim.Duration(1, 2, 3)


def test_an_interval_does_not_drop_nanoseconds() -> None:
    with pytest.raises(DataError, match="has nanoseconds, which INTERVAL does not keep"):
        read(t.INTERVAL, Duration(0, 0, 3))


def test_far_timestamps_keep_their_millisecond() -> None:
    last = dt.datetime(9999, 12, 31, 23, 59, 59, 999000)
    assert read(t.TIMESTAMP, 253402300799999) == last


def test_plain_types_need_no_conversion() -> None:
    kinds = [t.INTEGER, t.TEXT, t.DOUBLE, t.BYTES, t.BOOLEAN, t.UUID]
    columns = [Column(i, "x", kind) for i, kind in enumerate(kinds)]
    assert readers(columns) == [None] * len(kinds)
