"""Running a compiled plan: one store's stream as it is, or several through the local engine.

In comes what `engine.prepare` compiled and the parameter values; out goes a Stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlshim.backends.protocol import Backend, LocalEngine, Native, RunContext, Stream
from sqlshim.ir.relational import Rel, Remote


@dataclass(frozen=True)
class Plan:
    """A split and compiled relation.

    `natives` holds the query of every Remote; `local` the query of the local engine over them,
    None when the whole plan is one Remote.
    """

    rel: Rel
    natives: Mapping[Remote, Native]
    local: Native | None


def open_plan(
    plan: Plan,
    stores: Mapping[str, Backend],
    local: Callable[[], LocalEngine],
    params: Sequence[object],
    context: RunContext,
) -> Stream:
    """Start a plan. The stores' streams are opened when the local engine first pulls on them."""
    if plan.local is None:
        assert isinstance(plan.rel, Remote)
        return _open(stores, plan.natives, params, context, plan.rel)
    inputs = {
        remote: partial(_open, stores, plan.natives, params, context, remote)
        for remote in plan.natives
    }
    return local().open_local(plan.local, inputs, params, context)


def _open(
    stores: Mapping[str, Backend],
    natives: Mapping[Remote, Native],
    params: Sequence[object],
    context: RunContext,
    remote: Remote,
) -> Stream:
    return stores[remote.store].open(natives[remote], params, context)
