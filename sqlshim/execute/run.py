"""Running a compiled plan: one store's stream as it is, or several through the local engine.

In comes what `planning.Planner` compiled and the parameter values; out goes a Stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from sqlshim.backends.protocol import Backend, LocalEngine, Native, RunContext, Stream
from sqlshim.execute.ahead import Ahead, AheadStream
from sqlshim.execute.keys import Reading
from sqlshim.ir.relational import LOCAL, Rel, Remote
from sqlshim.ir.scalar import Scalar


@dataclass(frozen=True)
class Plan:
    """A split and compiled relation.

    `natives` holds the query of every Remote; `local` the query of the local engine over them,
    None when the whole plan is one Remote. The Remotes `at_once` are begun together. `constants`
    are expressions whose values are parameters, too: those after the statement's. `plain` makes the
    plan to take where one of them is an error or NULL, which no parameter is.
    """

    rel: Rel
    natives: Mapping[Remote, Native]
    local: Native | None
    at_once: tuple[Remote, ...] = ()
    constants: tuple[Scalar, ...] = ()
    plain: Callable[[], Plan] | None = None

    @cached_property
    def sources(self) -> Mapping[int, Remote]:
        """The Remotes that others take keys from, by the number of the keys' column. A Remote of
        the local engine comes before those that it is over and that have the column too."""
        wanted = {key.source.id for remote in self.natives for key in remote.keys}
        wanted |= {sieve.source.id for remote in self.natives for sieve in remote.sieves}
        found: dict[int, Remote] = {}
        for remote in self.natives:
            for column in remote.columns:
                if column.id in wanted:
                    found.setdefault(column.id, remote)
        return found


def open_plan(
    plan: Plan,
    stores: Mapping[str, Backend],
    local: Callable[[], LocalEngine],
    params: Sequence[object],
    context: RunContext,
) -> Stream:
    """Start a plan. The stores' streams are opened when the local engine first pulls on them, some
    of them together when the first row is asked for."""
    if plan.local is None:
        assert isinstance(plan.rel, Remote)
        native = plan.natives[plan.rel]
        return stores[plan.rel.store].open(native, params, context)

    def start(remote: Remote, params: Sequence[object]) -> Stream:
        native = plan.natives[remote]
        if remote.store == LOCAL:
            return local().open_local(native, inputs, params, context)
        return ahead.take(remote) or stores[remote.store].open(native, params, context)

    def begin(remote: Remote, part: RunContext) -> Stream:
        return stores[remote.store].open(plan.natives[remote], params, part)

    ahead = Ahead(plan.at_once, begin, context)
    reading = Reading(plan.sources, params, start)
    inputs = {remote: partial(reading.open, remote) for remote in plan.natives}
    stream = local().open_local(plan.local, inputs, params, context)
    return AheadStream(stream, ahead) if plan.at_once else stream
