"""What is folded is what the engine would have computed, in value and in type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sqlshim.backends.duckdb.engine import DuckEngine
from sqlshim.backends.protocol import Options, RunContext
from sqlshim.errors import DatabaseError
from sqlshim.functions import operators as op
from sqlshim.functions import text
from sqlshim.ir.relational import Project, Values
from sqlshim.ir.scalar import Call, Cast, Literal, Scalar
from sqlshim.ir.show import show_scalar
from sqlshim.plan.rules.fold_constants import fold
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    SMALLINT,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    Interval,
    SqlType,
    decimal,
)
from tests.plan.build import column, lit

MONEY = decimal(9, 2)
_ints = st.sampled_from([0, 1, -1, 2, 7, -7, 100, 32767, 2**31 - 1, -(2**31)])
_cents = st.integers(-99999, 99999).map(lambda n: Decimal(n).scaleb(-2))
_floats = st.sampled_from([0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e10, 0.1, 1e300, 1e-300])
_days = st.dates(dt.date(1992, 1, 1), dt.date(2030, 12, 31))
_moments = st.datetimes(dt.datetime(1992, 1, 1), dt.datetime(2030, 12, 31))
_instants = _moments.map(lambda moment: moment.replace(tzinfo=dt.UTC))
_spans = st.builds(
    Interval, st.integers(-30, 30), st.integers(-40, 40), st.integers(-(10**9), 10**9)
)
_words = st.sampled_from(["", "a", "B", "Zebra", "1994-01-01", "12", " 7", "1.5", "-3", "x y"])


def literals(type_: SqlType) -> st.SearchStrategy[Scalar]:
    pools = {
        INTEGER: _ints, MONEY: _cents, DOUBLE: _floats, DATE: _days, TIMESTAMP: _moments,
        INTERVAL: _spans, TEXT: _words, TIMESTAMPTZ: _instants,
    }  # fmt: skip
    return pools[type_].map(lambda value: lit(value, type_))


FUNCTIONS = [
    *((fn, (INTEGER, INTEGER), INTEGER) for fn in (op.ADD, op.SUB, op.MUL, op.DIV_INT, op.MOD)),
    (op.DIV, (INTEGER, INTEGER), DOUBLE),
    *((fn, (DOUBLE, DOUBLE), DOUBLE) for fn in (op.ADD, op.SUB, op.MUL, op.DIV)),
    *((fn, (MONEY, MONEY), decimal(10, 2)) for fn in (op.ADD, op.SUB)),
    (op.MUL, (MONEY, MONEY), decimal(18, 4)),
    *((fn, (t, INTERVAL), t) for fn in (op.ADD, op.SUB) for t in (TIMESTAMP, TIMESTAMPTZ)),
    *((fn, (DATE, INTEGER), DATE) for fn in (op.ADD, op.SUB)),
    (op.SUB, (DATE, DATE), INTEGER),
    (op.NEG, (INTEGER,), INTEGER),
    (op.NEG, (MONEY,), MONEY),
    (op.NEG, (DOUBLE,), DOUBLE),
    (op.CONCAT_OP, (TEXT, TEXT), TEXT),
    *(
        (fn, (TEXT,), t)
        for fn, t in ((text.UPPER, TEXT), (text.LOWER, TEXT), (text.LENGTH, INTEGER))
    ),
    *((fn, (t, t), BOOLEAN) for fn in op.COMPARISONS for t in (INTEGER, MONEY, DOUBLE, DATE, TEXT)),
]
CASTS = [
    (TIMESTAMP, TIMESTAMPTZ),
    (TIMESTAMPTZ, TIMESTAMP),
    *((INTEGER, t) for t in (SMALLINT, BIGINT, MONEY, DOUBLE, TEXT)),
    *((MONEY, t) for t in (INTEGER, decimal(5, 1), DOUBLE)),
    *((DOUBLE, t) for t in (INTEGER, BIGINT)),
    *((TEXT, t) for t in (INTEGER, MONEY, DOUBLE, DATE, TIMESTAMP)),
    (DATE, TIMESTAMP),
    (TIMESTAMP, DATE),
    (DATE, TEXT),
]


@st.composite
def constants(draw: st.DrawFn) -> Scalar:
    if draw(st.booleans()):
        fn, wants, gives = draw(st.sampled_from(FUNCTIONS))
        args = tuple(draw(literals(t)) for t in wants)
        return Call(fn, args, gives.with_null(False))
    source, target = draw(st.sampled_from(CASTS))
    return Cast(draw(literals(source)), target.with_null(False))


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    engine = DuckEngine(Options())
    yield engine
    engine.close()


def value(engine: DuckEngine, expr: Scalar) -> object:
    plan = Project(Values((), ((),)), ((column("x", expr.type), expr),))
    stream = engine.open_local(engine.compile_local(plan), {}, (), RunContext())
    try:
        (found,) = [batch.column(0)[0].as_py() for batch in stream.batches()]
    except DatabaseError as error:
        return f"an error: {error}"
    finally:
        stream.close()
    return found


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(expr=constants())
def test_a_folded_constant_is_what_the_engine_computes(engine: DuckEngine, expr: Scalar) -> None:
    folded = fold(expr)
    assume(isinstance(folded, Literal))
    assert folded.type == expr.type
    assert repr(value(engine, folded)) == repr(value(engine, expr)), show_scalar(expr)
