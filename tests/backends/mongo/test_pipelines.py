"""Whole statements as pipelines, every node of them accepted."""

from __future__ import annotations

from typing import Any

import pytest

from sqlshim.backends.mongo.accept import accept
from sqlshim.backends.protocol import Accepted, Pushdown
from sqlshim.errors import ProgrammingError
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Join
from tests.backends.mongo.build import native, pipeline, rel


def test_a_scan_is_projected_to_its_columns() -> None:
    assert pipeline("SELECT n, s FROM docs")[-1] == {"$project": {"_id": 0, "n": 1, "s": 1}}


def test_the_key_is_kept_when_it_is_asked_for() -> None:
    assert pipeline("SELECT _id, n FROM docs")[-1] == {"$project": {"_id": 1, "n": 1}}


def test_names_that_repeat_get_fields_of_their_own() -> None:
    query = native("SELECT n, n + 1 AS n, s AS n FROM docs")
    assert len(set(query.names)) == 3


def test_names_that_are_no_paths_are_read_by_get_field() -> None:
    stages = pipeline('SELECT "$a.b" FROM odd WHERE n = 1')
    made = stages[0]["$set"]
    assert {"field": {"$literal": "$a.b"}, "input": "$$ROOT"} in [
        get["$getField"] for get in made.values()
    ]


# --- groups --------------------------------------------------------------------------------


def test_one_plain_key_is_the_id_of_the_group() -> None:
    assert pipeline("SELECT s, COUNT(*) FROM docs GROUP BY s") == [
        {"$group": {"_id": "$s", "count": {"$sum": 1}}},
    ]


def test_null_and_a_missing_field_are_one_group() -> None:
    group = pipeline("SELECT s, must FROM docs GROUP BY s, must")[0]["$group"]
    assert group == {"_id": {"s": {"$ifNull": ["$s", None]}, "must": "$must"}}


def test_an_aggregate_over_nothing_has_a_row_to_fall_back_on() -> None:
    assert pipeline("SELECT COUNT(*), MAX(n) FROM docs") == [
        {"$group": {"_id": None, "count": {"$sum": 1}, "max": {"$max": "$n"}}},
        {"$unionWith": {"pipeline": [{"$documents": [{"count": 0, "max": None}]}]}},
        {"$limit": 1},
        {"$project": {"_id": 0, "count": 1, "max": 1}},
    ]


def test_count_of_a_field_leaves_null_and_missing_out() -> None:
    group = pipeline("SELECT COUNT(n), COUNT(must) FROM docs")[0]["$group"]
    assert group["count"] == {"$sum": {"$cond": [{"$gt": ["$n", None]}, 1, 0]}}
    assert {"$sum": 1} in group.values()


def test_a_sum_of_doubles_is_told_from_nothing_by_its_type() -> None:
    group, project, *_ = pipeline("SELECT s, SUM(x) AS total FROM docs GROUP BY s")
    assert group["$group"]["sum"] == {"$sum": {"$multiply": ["$x", 1.0]}}
    assert project["$project"]["sum"] == {
        "$cond": [{"$eq": [{"$type": "$sum"}, "int"]}, None, "$sum"]
    }


def test_a_sum_of_integers_shares_the_average_as_its_witness() -> None:
    group = pipeline("SELECT AVG(n), SUM(n) FROM docs")[0]["$group"]
    assert group == {"_id": None, "avg": {"$avg": "$n"}, "sum": {"$sum": "$n"}}


def test_filter_counts_what_it_is_true_for() -> None:
    group = pipeline("SELECT COUNT(*) FILTER (WHERE n > 1) FROM docs")[0]["$group"]
    assert group["count"] == {"$sum": {"$cond": [{"$gt": ["$n", 1]}, 1, 0]}}


def test_count_distinct_groups_twice() -> None:
    stages = pipeline("SELECT s, COUNT(DISTINCT n) FROM docs GROUP BY s")
    assert [next(iter(stage)) for stage in stages] == ["$group", "$group"]
    assert stages[0]["$group"]["_id"] == {
        "s": {"$ifNull": ["$s", None]},
        "__value": {"$ifNull": ["$n", None]},
    }


def test_distinct_beside_other_aggregates_collects_a_set() -> None:
    group = pipeline("SELECT COUNT(*), COUNT(DISTINCT n) FROM docs")[0]["$group"]
    given = {"$cond": [{"$gt": ["$n", None]}, "$n", "$$REMOVE"]}
    assert {"$addToSet": given} in group.values()


# --- order and limit -----------------------------------------------------------------------


def test_the_order_of_a_column_without_nulls_is_the_plain_one() -> None:
    assert pipeline("SELECT must FROM docs ORDER BY must LIMIT 3")[:2] == [
        {"$sort": {"must": 1}},
        {"$limit": 3},
    ]


def test_a_filter_that_null_does_not_pass_spares_the_rank() -> None:
    assert pipeline("SELECT n FROM docs WHERE n > 1 ORDER BY n")[1] == {"$sort": {"n": 1}}


@pytest.mark.parametrize(
    ("order", "sort"),
    [
        ("n", {"__rank0": 1, "n": 1}),
        ("n NULLS FIRST", {"n": 1}),
        ("n DESC", {"__rank0": -1, "n": -1}),
        ("n DESC NULLS LAST", {"n": -1}),
    ],
)
def test_nulls_are_sorted_where_sql_puts_them(order: str, sort: Any) -> None:
    stages = pipeline(f"SELECT n FROM docs ORDER BY {order}")
    assert {"$sort": sort} in stages


def test_no_limit_is_no_stage_and_limit_zero_is_a_filter() -> None:
    assert {"$match": {"$expr": False}} in pipeline("SELECT n FROM docs LIMIT 0")


def test_a_bound_limit_is_checked_when_it_runs() -> None:
    query = native("SELECT n FROM docs LIMIT ? OFFSET ?", 3, 1)
    assert query.template.fill([3, 1])[:2] == [{"$skip": 1}, {"$limit": 3}]
    assert query.template.fill([0, 1])[1] == {"$match": {"$expr": False}}
    with pytest.raises(ProgrammingError) as caught:
        query.template.fill([-1, 0])
    assert caught.value.sqlstate == "2201W"


# --- joins ---------------------------------------------------------------------------------


def test_an_equality_joins_by_the_foreign_field() -> None:
    assert pipeline("SELECT d.s FROM docs d JOIN other o ON d.must = o.key")[:2] == [
        {"$lookup": {"from": "other", "localField": "must", "foreignField": "key", "as": "other"}},
        {"$unwind": "$other"},
    ]


def test_null_keys_are_kept_out_of_an_inner_join_beforehand() -> None:
    assert pipeline("SELECT d.s FROM docs d JOIN other o ON d.n = o.n")[0] == {
        "$match": {"$expr": {"$gt": [{"$ifNull": ["$n", None]}, None]}}
    }


def test_null_keys_are_kept_out_of_the_foreign_side_of_a_left_join() -> None:
    lookup = pipeline("SELECT d.s, o.s FROM docs d LEFT JOIN other o ON d.n = o.n")[0]["$lookup"]
    assert lookup["pipeline"][0] == {"$match": {"n": {"$ne": None}}}


def test_a_left_join_keeps_rows_without_a_match() -> None:
    stages = pipeline("SELECT d.s, o.s FROM docs d LEFT JOIN other o ON d.must = o.key")
    assert stages[1] == {"$unwind": {"path": "$other", "preserveNullAndEmptyArrays": True}}


def test_other_conditions_are_inside_the_lookup() -> None:
    sql = "SELECT d.s FROM docs d JOIN other o ON d.must = o.key AND o.n > d.must AND o.s = 'a'"
    lookup = pipeline(sql)[0]["$lookup"]
    ((name, field),) = lookup["let"].items()
    assert field == "$must"
    assert lookup["pipeline"][0] == {"$match": {"s": "a", "$expr": {"$gt": ["$n", f"$${name}"]}}}


def test_an_object_id_joins_a_text_by_its_text() -> None:
    lookup = pipeline("SELECT d.n FROM docs d JOIN other o ON d.s = o._id")[0]["$lookup"]
    assert "localField" not in lookup
    assert {"$toString": "$_id"} in lookup["pipeline"][0]["$match"]["$expr"]["$eq"]


def test_a_grouped_right_side_is_joined_after_its_pipeline() -> None:
    sql = (
        "SELECT d.s, o.c FROM docs d "
        "JOIN (SELECT key, COUNT(*) AS c FROM other GROUP BY key) o ON o.key = d.must"
    )
    lookup = pipeline(sql)[0]["$lookup"]
    assert "localField" not in lookup
    assert [next(iter(s)) for s in lookup["pipeline"]] == ["$group", "$match"]


def test_an_inner_join_starts_from_the_side_with_fewer_rows() -> None:
    stages = pipeline("SELECT d.s FROM other o JOIN docs d ON d.must = o.key")
    assert stages[0]["$lookup"]["from"] == "other"


def test_a_left_join_keeps_its_direction() -> None:
    stages = pipeline("SELECT o.s, d.s FROM other o LEFT JOIN docs d ON d.must = o.key")
    assert stages[0]["$lookup"]["from"] == "docs"


def test_union_all_aligns_its_inputs() -> None:
    stages = pipeline("SELECT n FROM docs UNION ALL SELECT key FROM other")
    assert stages == [
        {"$project": {"_id": 0, "n": 1}},
        {"$unionWith": {"coll": "other", "pipeline": [{"$project": {"_id": 0, "n": "$key"}}]}},
    ]


# --- what is left --------------------------------------------------------------------------


def _join(sql: str) -> Join:
    return next(r for r in walk.every_rel(rel(sql)) if isinstance(r, Join))


@pytest.mark.parametrize(
    ("on", "why"),
    [
        ("d.must = o.key", ""),
        ("d.s = o.s", "a $lookup would scan other: s of other has no index"),
        ("d.n < o.key", "a $lookup would scan other: other has no index"),
    ],
)
def test_auto_refuses_a_lookup_that_scans_a_large_collection(on: str, why: str) -> None:
    join = _join(f"SELECT d.s FROM docs d JOIN other o ON {on}")
    assert accept(join, Pushdown.AUTO).why == why
    assert accept(join, Pushdown.ALWAYS).taken == join


def test_a_small_foreign_collection_needs_no_index() -> None:
    join = _join("SELECT d.s FROM (SELECT s FROM other LIMIT 50) o JOIN docs d ON d.s = o.s")
    assert accept(join, Pushdown.AUTO).taken == join


def test_many_lookups_into_a_small_collection_lose_to_a_local_join() -> None:
    join = _join("SELECT d.s FROM other o JOIN docs d ON d.s = o.s")
    assert accept(join, Pushdown.AUTO) == Accepted(
        None, why="about 1,000,000 $lookups cost more than reading 1,000,125 rows to join them"
    )
    assert accept(join, Pushdown.ALWAYS).taken == join


def test_a_filter_is_taken_conjunct_by_conjunct() -> None:
    found = next(
        r
        for r in walk.every_rel(rel("SELECT n FROM docs WHERE n > 1 AND INITCAP(s) = 'A'"))
        if isinstance(r, Filter)
    )
    answer = accept(found, Pushdown.AUTO)
    assert answer.taken == Filter(found.input, found.where[:1])
    assert answer.left == found.where[1:]
    assert answer.why == "INITCAP has no MongoDB form"


def test_never_takes_scans_only() -> None:
    tree = rel("SELECT n FROM docs WHERE n > 1")
    taken = [type(r).__name__ for r in walk.every_rel(tree) if accept(r, Pushdown.NEVER).taken]
    assert taken == ["Scan"]


# --- EXPLAIN -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "path"),
    [
        ("SELECT s FROM docs", "collection scan"),
        ("SELECT s FROM docs WHERE s = 'a'", "collection scan"),
        ("SELECT s FROM docs WHERE n = 1 AND s = 'a'", "index n_1 (maybe)"),
        ("SELECT s FROM docs WHERE n = 1 OR n = 2", "index n_1 (maybe)"),
        ("SELECT s FROM docs WHERE n = 1 OR s = 'a'", "collection scan"),
        ("SELECT s FROM docs WHERE _id = 'x'", "primary key _id"),
        ("SELECT s FROM docs ORDER BY n NULLS FIRST", "index n_1 (for the order)"),
    ],
)
def test_the_access_path_is_told_by_the_first_stage(sql: str, path: str) -> None:
    assert native(sql).access_path == path


def test_the_pipeline_is_shown_a_stage_a_line() -> None:
    assert native("SELECT n FROM docs WHERE s = ? LIMIT 2", "a").show() == [
        "db.docs.aggregate([",
        '  {"$match": {"s": $1}},',
        '  {"$limit": 2},',
        '  {"$project": {"_id": 0, "n": 1}},',
        "])",
        "// sent as one find command",
    ]
