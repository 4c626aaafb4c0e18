"""The columnar decoder: what it reads is what the decoder of single values reads, or nothing."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any

import bson
import pytest
from bson.binary import Binary, UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

from sqlshim.backends.arrow import batch_of
from sqlshim.backends.mongo.values.columnar import ColumnarDecoder
from sqlshim.backends.mongo.values.decode import Decoder, row_maker
from sqlshim.ir.scalar import Column
from sqlshim.types import BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, INTEGER, TEXT, TIMESTAMP, SqlType

CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    uuid_representation=UuidRepresentation.STANDARD,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)
DAY = dt.datetime(1996, 2, 29)
MOMENT = dt.datetime(1, 1, 1, 0, 0, 0, 1000)
GOOD: dict[SqlType, list[object]] = {
    BOOLEAN: [True, False],
    INTEGER: [0, -1, 2**31 - 1, Int64(7)],
    BIGINT: [1, Int64(2**63 - 1), Int64(-(2**63))],
    DOUBLE: [0.5, float("nan"), float("-inf"), -0.0, 3, Int64(2**53 + 1)],
    TEXT: ["", "a\0b", "äöü", "x" * 70],
    BYTES: [b"", b"\0\1"],
    DATE: [DAY, dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)],
    TIMESTAMP: [MOMENT, DAY, dt.datetime(9999, 12, 31, 23, 59, 59, 999000)],
}
BAD: dict[SqlType, list[object]] = {
    BOOLEAN: [1, "t"],
    INTEGER: [1.0, True, Int64(2**31), "1", Decimal128("1")],
    BIGINT: [1.0, float("nan"), True, Decimal128("1")],
    DOUBLE: [True, Decimal128("1"), "1"],
    TEXT: [1, ObjectId(), b"x", {"a": 1}, ["a"]],
    BYTES: [uuid.uuid4(), Binary(b"x", 128), "x"],
    DATE: [MOMENT, bson.DatetimeMS(2**60), "1996-02-29"],
    TIMESTAMP: [bson.DatetimeMS(2**60), bson.DatetimeMS(-(2**60)), bson.Timestamp(1, 1)],
}


def _raw(documents: list[dict[str, Any]]) -> bytes:
    return b"".join(bson.encode(d, codec_options=CODEC) for d in documents)


def _columnar(types: dict[str, SqlType], documents: list[dict[str, Any]]) -> Any:
    columns = [Column(i, name, t) for i, (name, t) in enumerate(types.items())]
    return ColumnarDecoder(columns, tuple(types), [""] * len(types)).batch(_raw(documents))


def _by_value(types: dict[str, SqlType], documents: list[dict[str, Any]]) -> Any:
    columns = [Column(i, name, t) for i, (name, t) in enumerate(types.items())]
    decoded = bson.decode_all(_raw(documents), CODEC)
    rows = row_maker(tuple(types))(decoded)
    return batch_of(columns, Decoder(columns, [""] * len(types)).rows(rows))


def _shown(batch: Any) -> str:
    return repr(batch.to_pydict())  # NaN is not equal to itself, its text is


@pytest.mark.parametrize("t", GOOD, ids=str)
def test_values_are_those_of_the_other_decoder(t: SqlType) -> None:
    types = {"v": t}
    for values in (GOOD[t], [None, *GOOD[t]], GOOD[t][:1], [None, None]):
        documents = [{"v": v} for v in values]
        assert _shown(_columnar(types, documents)) == _shown(_by_value(types, documents))


@pytest.mark.parametrize(
    ("t", "value"), [(t, v) for t, values in BAD.items() for v in values], ids=str
)
def test_a_value_that_does_not_fit_is_refused(t: SqlType, value: object) -> None:
    assert _columnar({"v": t}, [{"v": GOOD[t][0]}, {"v": value}]) is None


def test_fields_may_be_missing_and_in_any_order() -> None:
    types = {f"f{i}": t for i, t in enumerate(GOOD)}
    pick = random.Random(5)
    documents = []
    for _ in range(300):
        names = [n for n in types if pick.random() < 0.9]
        if pick.random() < 0.05:
            names.reverse()
        documents.append({n: pick.choice([None, *GOOD[types[n]]]) for n in names})
    assert _shown(_columnar(types, documents)) == _shown(_by_value(types, documents))


def test_object_ids_are_their_digits() -> None:
    documents: list[dict[str, Any]] = [{"v": ObjectId()}, {}, {"v": ObjectId()}]
    assert (
        _columnar({"v": TEXT}, documents).to_pydict()
        == _by_value({"v": TEXT}, documents).to_pydict()
    )


def test_a_field_that_no_column_knows_is_refused() -> None:
    assert _columnar({"v": TEXT}, [{"v": "a"}, {"v": "b", "w": 1}]) is None


def test_a_name_that_continues_another_is_not_taken_for_it() -> None:
    types = {"a": INTEGER, "ab": INTEGER}
    documents = [{"ab": 1, "a": 2}, {"a": 3}, {"ab": 4}]
    assert _shown(_columnar(types, documents)) == _shown(_by_value(types, documents))


def test_documents_of_other_lengths_may_fill_the_same_bytes() -> None:
    documents = [{"v": "ab"}, {"v": "abc"}, {"v": "a"}]
    assert _columnar({"v": TEXT}, documents).to_pydict() == {"c0": ["ab", "abc", "a"]}
