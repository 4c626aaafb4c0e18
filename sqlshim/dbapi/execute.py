"""A statement from its text to its rows; a result that turns out too large for its store is
computed by the local engine instead, where the planner may choose who does (pushdown="auto").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from sqlshim import engine
from sqlshim.backends.protocol import Pushdown, RunContext, Stream
from sqlshim.errors import ResultTooLarge
from sqlshim.ir.statement import Query
from sqlshim.sql.params import Arguments

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")


def execute(
    text: str, arguments: Arguments | None, world: engine.World, context: RunContext
) -> engine.Result:
    """Prepare and run."""
    prepared, values = engine.prepare(text, arguments, world)
    context.remaining()  # a cancellation or the end of the time while it is planned counts, too
    if world.pushdown is not Pushdown.AUTO or not isinstance(prepared.statement, Query):
        return engine.run(prepared, values, world, context)

    def locally() -> Stream:
        alone = replace(world, pushdown=Pushdown.NEVER)
        stream = engine.run(*engine.prepare(text, arguments, alone), alone, context).stream
        assert stream is not None
        return stream

    try:
        result = engine.run(prepared, values, world, context)
    except ResultTooLarge:
        return engine.Result(prepared.columns, locally())
    if result.stream is not None:
        result.stream = OrLocally(result.stream, locally)
    return result


class OrLocally(Stream):
    """`stream`, or what `local` gives if a row is too large before any was given."""

    def __init__(self, stream: Stream, local: Callable[[], Stream]) -> None:
        self.columns = stream.columns
        self._stream, self._local = stream, local

    def rows(self) -> Iterator[list[tuple[object, ...]]]:
        return self._parts(lambda stream: stream.rows())

    def batches(self) -> Iterator[pa.RecordBatch]:
        return self._parts(lambda stream: stream.batches())

    def _parts(self, of: Callable[[Stream], Iterator[T]]) -> Iterator[T]:
        given = False
        try:
            for part in of(self._stream):
                given = True
                yield part
            return
        except ResultTooLarge:
            if given:
                raise
        self._stream.close()
        self._stream = self._local()
        yield from of(self._stream)

    def close(self) -> None:
        self._stream.close()
