"""From a bound relation to a plan that can be opened: every step of planning in its order.

Called by `engine`. `computed` gives the values of the constants that a plan has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from sqlshim.backends.protocol import Backend, LocalEngine, Native, Pushdown, RunContext
from sqlshim.errors import DataError, QueryCanceled
from sqlshim.execute.run import Plan
from sqlshim.ir import walk
from sqlshim.ir.relational import LOCAL, Project, Rel, Remote, Values
from sqlshim.ir.scalar import Column, Literal, Param, Scalar
from sqlshim.ir.show import show_rel, show_scalar
from sqlshim.plan.ahead import read_at_once
from sqlshim.plan.constants import constants_in, known, with_values
from sqlshim.plan.first_rows import read_first_rows
from sqlshim.plan.key_sets import pass_keys
from sqlshim.plan.nearest import search_nearest
from sqlshim.plan.optimize import optimize
from sqlshim.plan.preaggregate import preaggregate
from sqlshim.plan.share_scans import share_scans
from sqlshim.plan.split import split
from sqlshim.plan.unite_arms import unite_arms

MOST_SECONDS = 1.0  # for constants that are computed when a statement is planned


@dataclass(frozen=True)
class Planner:
    """Who may run the parts of a plan."""

    stores: Mapping[str, Backend]
    local: Callable[[], LocalEngine]
    pushdown: Pushdown

    def plan(self, bound: Rel, params: int, *, constants: bool = True) -> Plan:
        """The plan of a statement with so many parameters. Without `constants` expressions are
        computed where they stand."""
        stores, pushdown = self.stores, self.pushdown
        rel = optimize(unite_arms(bound, listed=pushdown is not Pushdown.ALWAYS))
        named: tuple[Scalar, ...] = ()
        if constants and pushdown is not Pushdown.NEVER:
            rel, named = self._with_constants(rel, params)
        if pushdown is Pushdown.AUTO:
            rel = preaggregate(rel)
        rel = split(rel, stores, pushdown)
        rel = search_nearest(rel, stores, pushdown)
        rel = pass_keys(rel, stores, pushdown, params + len(named))
        rel = read_first_rows(rel, stores, pushdown)
        rel = share_scans(rel, stores, pushdown)
        natives: dict[Remote, Native] = {
            r: self._compiled(r) for r in walk.every_rel(rel) if isinstance(r, Remote)
        }
        local = None if isinstance(rel, Remote) else self.local().compile_local(rel)
        plain = cache(partial(self.plan, bound, params, constants=False)) if named else None
        return Plan(rel, natives, local, read_at_once(rel, stores), named, plain)

    def _with_constants(self, rel: Rel, params: int) -> tuple[Rel, tuple[Scalar, ...]]:
        """`rel` with its constants computed or, if they need parameters, named by further ones;
        and these constants."""
        found = constants_in(rel, self.stores)
        fixed = tuple(e for e in found if walk.is_constant(e))
        named = tuple(e for e in found if not walk.is_constant(e))
        values: dict[Scalar, Scalar] = {
            e: Param(n, e.type.with_null(False)) for n, e in enumerate(named, params)
        }
        if fixed and (row := self._at_once(fixed)) is not None:
            values |= {
                e: Literal(v, e.type.with_null(False)) for e, v in zip(fixed, row, strict=True)
            }
        return with_values(rel, values), named

    def _at_once(self, constants: Sequence[Scalar]) -> tuple[object, ...] | None:
        """The values of constants without parameters, if they take no time worth the name: what
        takes longer is the execution's, which can be cancelled."""
        try:
            return computed(constants, (), self.local, RunContext(timeout=MOST_SECONDS))
        except QueryCanceled:
            return None

    def _compiled(self, remote: Remote) -> Native:
        if remote.store == LOCAL:
            return self.local().compile_local(remote.rel)
        return self.stores[remote.store].compile(remote.rel)


def computed(
    constants: Sequence[Scalar],
    params: Sequence[object],
    local: Callable[[], LocalEngine],
    context: RunContext,
) -> tuple[object, ...] | None:
    """The values of a plan's constants; None if one of them is an error, or NULL, by which nothing
    is looked up."""
    if not constants:
        return ()
    found = [known(expr, params) for expr in constants]
    values = [literal.value for literal in found if literal is not None]
    if len(values) == len(constants):
        return _all_known(values)
    items = tuple((Column(-1 - i, f"c{i}", e.type), e) for i, e in enumerate(constants))
    engine = local()
    native = engine.compile_local(Project(Values((), ((),)), items))
    try:
        stream = engine.open_local(native, {}, params, context)
        ((row,),) = stream.rows()
    except DataError:
        return None
    return _all_known(row)


def _all_known(values: Sequence[object]) -> tuple[object, ...] | None:
    return None if any(value is None for value in values) else tuple(values)


# --- EXPLAIN -------------------------------------------------------------------------------


def explain_lines(plan: Plan, stores: Mapping[str, Backend], params: int) -> list[str]:
    """The tree, under each Remote its access path, native query and why nothing more went there;
    then the constants, which are numbered from `params` on."""

    def detail(remote: Remote) -> list[str]:
        if remote.store == LOCAL:
            return ["local engine, read before the rest"]
        native = plan.natives[remote]
        kind = stores[remote.store].kind
        lines = [f"{kind}, access path: {native.access_path}", *native.show()]
        if remote.why_not_more:
            lines.append(f"local from here: {remote.why_not_more}")
        return lines

    named = [f"${n} = {show_scalar(e)}" for n, e in enumerate(plan.constants, params + 1)]
    return [*show_rel(plan.rel, detail).split("\n"), *named]
