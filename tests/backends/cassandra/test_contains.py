"""CONTAINS, CONTAINS KEY and entries of maps: what is said so, and by which index."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.paths.bounds import Bound, Op, Term, decide_contained
from sqlshim.backends.cassandra.paths.restrict import Path, restrict
from sqlshim.backends.cassandra.values.cqltypes import Collection, collection
from sqlshim.functions import arrays, documents
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Literal, Scalar
from tests.backends.cassandra.trees import COLUMNS, INDEXED, NUMBERS, READINGS, col, eq, lit


def text(value: str) -> Literal:
    return Literal(value, t.TEXT)


def has(array: Scalar, value: object, of: t.SqlType = t.TEXT) -> Call:
    return Call(arrays.EQ_ANY, (Literal(value, of), array), t.BOOLEAN)


def holds(name: str, *values: str) -> Call:
    items = Call(documents.ARRAY_OF, tuple(map(text, values)), t.array(t.TEXT))
    return Call(arrays.CONTAINS_ALL, (col(name), items), t.BOOLEAN)


def part(fn: op.Function, name: str) -> Call:
    return Call(fn, (col(name),), t.array(t.TEXT))


def entry(name: str, key: str, value: int) -> Call:
    found = Call(arrays.MAP_VALUE, (col(name), text(key)), t.INTEGER)
    return Call(op.EQ, (found, Literal(value, t.INTEGER)), t.BOOLEAN)


@pytest.mark.parametrize(
    ("condition", "terms", "index"),
    [
        (has(col("tags"), "x"), ["tags CONTAINS"], "by_tag"),
        (holds("tags", "x", "y"), ["tags CONTAINS", "tags CONTAINS"], "by_tag"),
        (has(part(arrays.MAP_KEYS, "counts"), "x"), ["counts CONTAINS KEY"], "by_word"),
        (entry("counts", "x", 1), ["counts []"], "by_count"),
        (has(part(arrays.MAP_VALUES, "counts"), 1, t.INTEGER), ["counts CONTAINS"], ""),
        (has(part(arrays.MAP_KEYS, "old"), "x"), ["old CONTAINS KEY"], ""),
    ],
)
def test_said(condition: Scalar, terms: list[str], index: str) -> None:
    found = restrict([condition], COLUMNS, INDEXED)
    assert [f"{term.column} {term.op}" for term in found.terms] == terms
    assert found.path is (Path.INDEX if index else Path.RING)
    assert found.indexes == ((index,) if index else ())
    assert found.filtering is not bool(index)
    assert found.left == ()


def test_elements_of_a_frozen_collection_stay_local_beside_an_sai() -> None:
    old = has(part(arrays.MAP_KEYS, "old"), "x")
    found = restrict([eq("v", 1), old], COLUMNS, INDEXED)
    assert [term.column for term in found.terms] == ["v"]
    ((left, why),) = found.left
    assert left == old
    assert "frozen collection beside an SAI" in why
    assert restrict([eq("small", 1), old], COLUMNS, INDEXED).left == ()


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (has(col("shares"), 0.5, t.DOUBLE), "elements of double"),
        (entry("old", "x", 1), "no entries of frozen"),
        (has(col("name"), "x"), "columns with values only"),
        (holds("tags"), "columns with values only"),
    ],
    ids=["0.0 and -0.0", "a frozen map", "no collection", "all of nothing is true"],
)
def test_not_said(condition: Scalar, why: str) -> None:
    ((_, found),) = restrict([condition], COLUMNS, READINGS).left
    assert why in found


def test_several_conditions_on_one_collection() -> None:
    both = [has(col("tags"), "x"), has(col("tags"), "y")]
    found = restrict([*both, eq("v", 1)], COLUMNS, INDEXED)
    assert (found.indexes, found.filtering, found.left) == (("by_tag", "by_v"), False, ())
    found = restrict([entry("counts", "x", 1), entry("counts", "y", 1)], COLUMNS, INDEXED)
    assert (len(found.terms), found.filtering) == (2, False)


@pytest.mark.parametrize(
    ("how", "elements", "values", "bound"),
    [
        (Op.CONTAINS, ("int",), (5,), Bound(Op.CONTAINS, 5)),
        (Op.CONTAINS, ("text", "int"), (5,), Bound(Op.CONTAINS, 5)),
        (Op.CONTAINS_KEY, ("text", "int"), ("x",), Bound(Op.CONTAINS_KEY, "x")),
        (Op.ENTRY, ("text", "int"), ("x", 5), Bound(Op.ENTRY, ("x", 5))),
        (Op.CONTAINS, ("int",), (None,), None),
        (Op.CONTAINS, ("int",), (10**12,), None),
        (Op.ENTRY, ("text", "int"), ("x", None), None),
    ],
)
def test_values(
    how: Op, elements: tuple[str, ...], values: tuple[object, ...], bound: Bound | None
) -> None:
    term = Term("x", how, tuple(Literal(v, t.TEXT) for v in values))
    assert decide_contained(term, elements, ()) == bound


@pytest.mark.parametrize(
    ("native", "found"),
    [
        ("set<text>", Collection(("text",), False)),
        ("frozen<map<text, int>>", Collection(("text", "int"), True)),
        (
            "map<text, frozen<map<int, text>>>",
            Collection(("text", "frozen<map<int, text>>"), False),
        ),
        ("tuple<int, int>", None),
        ("text", None),
        ("vector<float, 3>", None),
    ],
)
def test_collections(native: str, found: Collection | None) -> None:
    assert collection(native) == found


# map<double, text>
RATES = {
    **COLUMNS,
    NUMBERS["counts"]: replace(READINGS.column("counts"), native="map<double, text>"),
}


@pytest.mark.parametrize(
    ("condition", "terms"),
    [
        (has(part(arrays.MAP_VALUES, "counts"), "x"), ["counts CONTAINS"]),
        (has(part(arrays.MAP_KEYS, "counts"), 0.5, t.DOUBLE), []),
        (entry("counts", "x", 1), []),
    ],
    ids=["its values compare", "its keys do not", "nor do its entries"],
)
def test_a_map_with_keys_that_compare_differently(condition: Scalar, terms: list[str]) -> None:
    found = restrict([condition], RATES, READINGS)
    assert [f"{term.column} {term.op}" for term in found.terms] == terms


def test_an_entry_is_said_either_way_round() -> None:
    there = entry("counts", "x", 1)
    assert restrict([there], COLUMNS, INDEXED).terms == (
        restrict([Call(op.EQ, there.args[::-1], t.BOOLEAN)], COLUMNS, INDEXED).terms
    )


@pytest.mark.parametrize(
    "condition",
    [
        Call(
            op.EQ,
            (Call(arrays.MAP_VALUE, (col("counts"), col("name")), t.INTEGER), lit("v", 1)),
            t.BOOLEAN,
        ),
        Call(
            arrays.CONTAINS_ALL,
            (
                col("tags"),
                Call(documents.ARRAY_OF, (text("x"), col("name")), t.array(t.TEXT)),
            ),
            t.BOOLEAN,
        ),
        Call(
            op.EQ,
            (Call(arrays.MAP_VALUE, (col("name"), text("x")), t.INTEGER), lit("v", 1)),
            t.BOOLEAN,
        ),
    ],
    ids=["a key from a column", "an element from a column", "an entry of no map"],
)
def test_columns_are_no_values(condition: Scalar) -> None:
    ((_, why),) = restrict([condition], COLUMNS, INDEXED).left
    assert why == "CQL compares columns with values only"
