"""Which materialized view answers for its base table."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.accept import restriction_of
from sqlshim.backends.cassandra.paths.restrict import Path
from sqlshim.backends.cassandra.paths.views import answering, read_views
from sqlshim.backends.cassandra.shape import shape_of
from sqlshim.functions import operators as op
from sqlshim.functions import windows
from sqlshim.ir.relational import Aggregate, Filter, Rel, Sort, Window
from sqlshim.ir.scalar import Call, Column, Literal, SortKey, WindowCall
from tests.backends.cassandra.trees import INDEXES, READINGS, col, eq, gt, is_null, isin, scan

COLUMNS = ("a", "b", "c", "d", "v", "name")
# CREATE MATERIALIZED VIEW by_name AS SELECT a, b, c, d, v, name … PRIMARY KEY (name, v, a, b, c, d)
VIEW = replace(
    READINGS,
    name="by_name",
    columns=tuple(READINGS.column(c) for c in COLUMNS),
    primary_key=("name", "v", "a", "b", "c", "d"),
    partition_key=("name",),
    clustering=(("v", False), ("a", False), ("b", False), ("c", False), ("d", False)),
)
SEEN = replace(READINGS, views=(VIEW,))
FOUND = replace(SEEN, indexes=INDEXES)


# … PRIMARY KEY (name, a, b, c, d)
SHORT = replace(
    VIEW, primary_key=("name", "a", "b", "c", "d"), clustering=VIEW.clustering[1:], name="short"
)


def test_one_column_may_be_the_whole_partition_key_of_a_view() -> None:
    of = replace(READINGS, views=(SHORT,))
    shape = shape_of(Filter(scan("a", "name", of=of), (eq("name", "x"),)))
    assert shape is not None
    found = answering(shape, restriction_of(shape))
    assert found is not None
    assert (found[0].name, found[1].path) == ("short", Path.PARTITION)


def test_the_first_view_that_finds_by_key_answers() -> None:
    lacks = replace(SHORT, columns=VIEW.columns[:3], name="lacks")
    scans = replace(
        VIEW,
        primary_key=("a", "name", "b", "c", "d"),
        partition_key=("a",),
        clustering=tuple((c, False) for c in ("name", "b", "c", "d")),
        name="scans",
    )
    of = replace(READINGS, views=(lacks, scans, SHORT, VIEW))
    shape = shape_of(Filter(scan("a", "name", of=of), (eq("name", "x"),)))
    assert shape is not None
    found = answering(shape, restriction_of(shape))
    assert found is not None
    assert found[0].name == "short"


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ((eq("name", "x"), eq("v", 1)), Path.SLICE),
        ((eq("name", "x"), gt("v", 1)), Path.SLICE),
        ((isin("name", "x", "y"), eq("v", 1)), Path.PARTITIONS),
    ],
)
def test_a_view_finds_by_key(where: tuple[object, ...], path: Path) -> None:
    shape = shape_of(Filter(scan(*COLUMNS, of=SEEN), where))  # type: ignore[arg-type]
    assert shape is not None
    found = answering(shape, restriction_of(shape))
    assert found is not None
    assert (found[0].name, found[1].path) == ("by_name", path)


BY_NAME = (eq("name", "x"), eq("v", 1))
NUMBER = Column(99, "n", t.BIGINT)
NUMBERED = WindowCall(windows.ROW_NUMBER, (), t.BIGINT, (col("a"), col("b")), ())


@pytest.mark.parametrize(
    "rel",
    [
        pytest.param(scan("a", of=SEEN), id="everything is asked for"),
        pytest.param(Filter(scan("a", "name", of=SEEN), (eq("name", "x"),)), id="v may be NULL"),
        pytest.param(Filter(scan("a", "v", of=SEEN), (eq("v", 1),)), id="not by the view's key"),
        pytest.param(
            Filter(scan("a", "name", "v", "w", of=SEEN), BY_NAME), id="a column it does not have"
        ),
        pytest.param(
            Filter(scan("a", "name", "v", of=SEEN), (*BY_NAME, is_null("v"))),
            id="beside what CQL cannot say",
        ),
        pytest.param(Filter(scan("a", "name", "v", of=FOUND), BY_NAME), id="an index finds them"),
        pytest.param(
            Filter(scan("a", "b", "name", "v", of=SEEN), (*BY_NAME, eq("a", 1), eq("b", "x"))),
            id="the key finds them",
        ),
        pytest.param(
            Sort(Filter(scan("a", "c", "name", "v", of=SEEN), BY_NAME), (SortKey(col("c")),)),
            id="in order",
        ),
        pytest.param(
            Aggregate(
                Filter(scan("a", "name", "v", of=SEEN), BY_NAME),
                ((Column(90, "a", t.INTEGER), col("a")),),
                (),
            ),
            id="in groups",
        ),
        pytest.param(
            Filter(
                Window(
                    Filter(scan("a", "b", "name", "v", of=SEEN), BY_NAME), ((NUMBER, NUMBERED),)
                ),
                (Call(op.LE, (NUMBER, Literal(2, t.BIGINT)), t.BOOLEAN),),
            ),
            id="the first rows of each partition",
        ),
    ],
)
def test_no_view_answers(rel: Rel) -> None:
    shape = shape_of(rel)
    assert shape is not None
    assert answering(shape, restriction_of(shape)) is None


@pytest.mark.parametrize(
    ("where", "whole"),
    [
        ("name IS NOT NULL AND v IS NOT NULL AND a IS NOT NULL", True),
        (" AND ".join(f"{column} IS NOT NULL" for column in VIEW.primary_key), True),
        ('"name" IS NOT NULL and v is not null', True),
        ("name IS NOT NULL AND v > 3", False),
        ("name IS NOT NULL AND w IS NOT NULL", False),
        ('"na""me" IS NOT NULL', False),
        ('"Name" IS NOT NULL', False),
    ],
)
def test_only_views_of_all_rows_are_read(where: str, whole: bool) -> None:
    meta = SimpleNamespace(views={"by_name": SimpleNamespace(where_clause=where)})
    assert list(read_views(meta, lambda view: VIEW)) == ([VIEW] if whole else [])


def test_quotes_in_the_name_of_a_key_are_single_in_the_catalog() -> None:
    odd = replace(VIEW, primary_key=('na"me', "a"))
    meta = SimpleNamespace(views={"odd": SimpleNamespace(where_clause='"na""me" IS NOT NULL')})
    assert list(read_views(meta, lambda view: odd)) == [odd]
