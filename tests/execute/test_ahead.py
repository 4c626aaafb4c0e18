"""Remotes that are begun together: beside one another, and what ends them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from sqlshim.backends.arrow import BatchStream, schema_of
from sqlshim.backends.protocol import RunContext, Stream
from sqlshim.catalog.model import Table
from sqlshim.errors import DataError, Error, QueryCanceled
from sqlshim.execute.ahead import Ahead, AheadStream
from sqlshim.ir.relational import Remote, Scan
from sqlshim.ir.scalar import Column
from sqlshim.types import INTEGER

LONG = 30  # seconds after which a test has failed


def remote(number: int) -> Remote:
    return Remote("far", Scan(Table("far", "", "t", ()), (Column(number, "a", INTEGER),)))


A, B = remote(1), remote(2)
Begin = Callable[[RunContext], Stream]


def batch(of: Remote, *values: int) -> pa.RecordBatch:
    return pa.record_batch([pa.array(values, pa.int32())], schema=schema_of(of.columns))


class Source:
    """A store: `opened` is called when a stream is opened, `fails` after its first batch."""

    def __init__(
        self,
        of: Remote,
        opened: Callable[[RunContext], object] = lambda context: None,
        fails: Exception | None = None,
    ) -> None:
        self.closed = 0
        self.context: RunContext | None = None
        self._of, self._opened, self._fails = of, opened, fails

    def __call__(self, context: RunContext) -> Stream:
        self.context = context
        self._opened(context)
        return BatchStream(self._of.columns, self._batches(), self._close)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        yield batch(self._of, 1, 2)
        if self._fails is not None:
            raise self._fails
        yield batch(self._of, 3)

    def _close(self) -> None:
        self.closed += 1


def until_cancelled(context: RunContext) -> None:
    """What a server does until it is told to stop."""
    stopped = threading.Event()
    context.on_cancel.append(stopped.set)
    assert stopped.wait(LONG)
    context.remaining()


def started(a: Begin, b: Begin, context: RunContext | None = None) -> Ahead:
    begin = {A: a, B: b}
    ahead = Ahead((A, B), lambda remote, part: begin[remote](part), context or RunContext())
    ahead.start()
    return ahead


def taken(ahead: Ahead, remote: Remote) -> Stream:
    stream = ahead.take(remote)
    assert stream is not None
    return stream


def values(stream: Stream) -> list[tuple[object, ...]]:
    return [row for rows in stream.rows() for row in rows]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert [t.name for t in threading.enumerate() if t.name.startswith("sqlshim-ahead")] == []


def test_they_are_opened_beside_one_another() -> None:
    both = threading.Barrier(2, timeout=LONG)
    ahead = started(*(Source(of, lambda context: both.wait()) for of in (A, B)))
    assert values(taken(ahead, A)) == values(taken(ahead, B)) == [(1,), (2,), (3,)]
    ahead.close()


def test_one_is_taken_once_and_another_is_none_of_ours() -> None:
    ahead = started(Source(A), Source(B))
    assert values(taken(ahead, A)) == [(1,), (2,), (3,)]
    assert ahead.take(A) is None
    assert ahead.take(remote(3)) is None
    ahead.close()


def test_the_first_error_ends_the_others_and_is_theirs() -> None:
    def fail(context: RunContext) -> None:
        raise DataError("division by zero")

    ahead = started(Source(A, fail), Source(B, until_cancelled))
    for of in (A, B):
        with pytest.raises(DataError, match="division by zero"):
            ahead.take(of)
    ahead.close()


def test_an_error_after_the_first_batch_ends_the_others() -> None:
    ahead = started(Source(A, fails=DataError("bad value")), Source(B, until_cancelled))
    with pytest.raises(DataError, match="bad value"):
        values(taken(ahead, A))
    with pytest.raises(DataError, match="bad value"):
        ahead.take(B)
    ahead.close()


def test_an_error_keeps_its_cause() -> None:
    def fail(context: RunContext) -> None:
        raise DataError("bad value") from OSError("the driver's")

    ahead = started(Source(A, fail), Source(B))
    with pytest.raises(DataError) as caught:
        ahead.take(A)
    assert isinstance(caught.value.__cause__, OSError)
    ahead.close()


def test_an_error_that_nobody_asks_for_is_none() -> None:
    def fail(context: RunContext) -> None:
        raise DataError("bad value")

    ahead = started(Source(A), Source(B, fail))
    assert values(taken(ahead, A)) == [(1,), (2,), (3,)]
    ahead.close()


def test_closing_ends_what_is_being_opened_and_closes_what_nobody_took() -> None:
    context = RunContext()
    opened = threading.Event()
    idle = Source(A, lambda part: opened.set())
    busy = Source(B, until_cancelled)
    ahead = started(idle, busy, context)
    assert opened.wait(LONG)
    ahead.close()
    ahead.close()
    assert idle.closed == 1
    assert busy.closed == 0  # it never became a stream
    assert context.on_cancel == []
    assert not context.cancelled


def test_cancelling_the_statement_cancels_each() -> None:
    context = RunContext()
    ready = threading.Barrier(3, timeout=LONG)

    def wait_for_it(part: RunContext) -> None:
        stopped = threading.Event()
        part.on_cancel.append(stopped.set)
        ready.wait()
        assert stopped.wait(LONG)
        part.remaining()

    ahead = started(Source(A, wait_for_it), Source(B, wait_for_it), context)
    ready.wait()
    context.cancel()
    for of in (A, B):
        with pytest.raises(QueryCanceled, match="due to user request"):
            ahead.take(of)
    ahead.close()


def test_a_part_has_the_deadline_of_the_whole() -> None:
    context = RunContext(timeout=60)
    sources = Source(A), Source(B)
    ahead = started(*sources, context)
    for of, source in zip((A, B), sources, strict=True):
        values(taken(ahead, of))
        assert source.context is not None
        assert (source.context.timeout, source.context.started) == (60, context.started)
    ahead.close()


def test_nothing_is_begun_after_the_deadline() -> None:
    with pytest.raises(QueryCanceled, match="statement timeout"):
        started(Source(A), Source(B), RunContext(timeout=-1))


@pytest.mark.parametrize("face", ["rows", "batches"])
@pytest.mark.parametrize("fails", [None, DataError("in the engine")])
def test_the_end_of_the_engines_stream_ends_all(face: str, fails: Error | None) -> None:
    both = threading.Barrier(3, timeout=LONG)
    sources = tuple(Source(of, lambda context: both.wait()) for of in (A, B))
    begin = dict(zip((A, B), sources, strict=True))
    ahead = Ahead((A, B), lambda remote, part: begin[remote](part), RunContext())
    engine = Source(remote(3), fails=fails)
    stream = AheadStream(engine(RunContext()), ahead)
    assert sources[0].context is None  # before the first row is asked for
    parts = getattr(stream, face)()
    assert len(next(parts)) == 2
    both.wait()
    if fails is None:
        assert len(next(parts)) == 1
        assert next(parts, None) is None
    else:
        with pytest.raises(DataError, match="in the engine"):
            next(parts)
    assert (sources[0].closed, sources[1].closed, engine.closed) == (1, 1, 1)
