"""Rewriting a plan into one that does less: in comes the binder's plan, out goes an equal one.

`NODE_RULES` look at one node and its inputs and run together, bottom up, until none of them finds
anything; `TREE_RULES` go over a whole tree. Both repeat until nothing changes, which identity
(`is`) tells. Called by `planning.Planner`; every rule keeps the root's columns and their order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlshim.ir import mapping, walk
from sqlshim.ir.mapping import ScalarMap
from sqlshim.ir.relational import Join, Rel
from sqlshim.ir.scalar import Scalar
from sqlshim.plan.rules.date_ranges import date_ranges, ranged
from sqlshim.plan.rules.fold_constants import fold, fold_constants
from sqlshim.plan.rules.merge_projects import merge_projects
from sqlshim.plan.rules.merge_unions import merge_unions
from sqlshim.plan.rules.order_joins import order_joins
from sqlshim.plan.rules.propagate_empty import propagate_empty
from sqlshim.plan.rules.prune_columns import prune_columns
from sqlshim.plan.rules.push_filters import push_filters
from sqlshim.plan.rules.push_limits import push_limits
from sqlshim.plan.rules.remove_distinct import remove_distinct
from sqlshim.plan.rules.remove_projects import remove_projects
from sqlshim.plan.rules.remove_sorts import remove_sorts
from sqlshim.plan.rules.simplify_predicates import simplify_predicates
from sqlshim.plan.rules.transfer_filters import transfer_filters
from sqlshim.plan.rules.unnest_subqueries import unnest_subqueries
from sqlshim.plan.rules.unwrap_casts import unwrap, unwrap_casts
from sqlshim.plan.rules.window_totals import window_totals

Rule = Callable[[Rel], Rel]

SCALAR_RULES: tuple[ScalarMap, ...] = (fold, ranged, unwrap)  # of each expression of a node
NODE_RULES: tuple[Rule, ...] = (
    simplify_predicates,
    propagate_empty,
    merge_projects,
    remove_projects,
    merge_unions,
    remove_sorts,
    remove_distinct,
    push_limits,
)
MOVING: tuple[Rule, ...] = (push_filters, order_joins)
UNNEST: Rule = unnest_subqueries
ONCE: tuple[Rule, ...] = (window_totals, transfer_filters)
LAST: tuple[Rule, ...] = (push_filters, prune_columns)
RULES: tuple[Rule, ...] = (
    *(fold_constants, date_ranges, unwrap_casts),
    *NODE_RULES,
    *dict.fromkeys((*MOVING, UNNEST, *ONCE, *LAST)),
)

MOST_ROUNDS = 8
MOST_CHANGES = 64  # of one node by node rules


def optimize(rel: Rel) -> Rel:
    """An equal plan that is cheaper to run."""
    run = _Run(nested=_is_nested(rel))
    rel = run.repeat(rel, MOVING)
    if run.nested:
        rel = UNNEST(rel)
        run.nested = _is_nested(rel)
        rel = run.repeat(rel, MOVING)
    for rule in ONCE:
        rel = run.everywhere(rel, rule)
    return run.repeat(rel, LAST)


def _is_nested(rel: Rel) -> bool:
    return any(
        (isinstance(node, Join) and node.lateral) or any(map(walk.has_subquery, walk.scalars(node)))
        for node in walk.every_rel(rel)
    )


@dataclass(slots=True)
class _Run:
    """One optimization, and what it need not look at again (all by identity).

    `settled` are the nodes that no node rule changes, `simple` the expressions that no scalar rule
    changes, `done` the trees that a tree rule does not change, `flat` those without a subquery.
    """

    nested: bool  # there are subqueries or lateral joins
    settled: dict[int, Rel] = field(default_factory=dict)
    simple: dict[int, Scalar] = field(default_factory=dict)
    done: dict[tuple[Rule, int], Rel] = field(default_factory=dict)
    flat: dict[int, Rel] = field(default_factory=dict)

    def repeat(self, rel: Rel, rules: tuple[Rule, ...]) -> Rel:
        """Node rules and `rules` in turn until nothing changes."""
        for _ in range(MOST_ROUNDS):
            before = rel
            rel = self.settle(rel)
            for rule in rules:
                rel = self.everywhere(rel, rule)
            if rel is before:
                break
        return rel

    def settle(self, rel: Rel) -> Rel:
        """Node rules at every node until none changes anything, inputs first."""
        for _ in range(MOST_CHANGES):
            if id(rel) in self.settled:
                return rel
            rel = walk.with_inputs(rel, tuple(map(self.settle, walk.inputs(rel))))
            if self.nested:
                rel = walk.map_subqueries(rel, self.settle)
            changed = _first_change(mapping.map_scalars(rel, self.simplify))
            if changed is rel:
                self.settled[id(rel)] = rel
                return rel
            rel = changed
        return rel

    def simplify(self, expr: Scalar) -> Scalar:
        """Scalar rules until none changes anything."""
        for _ in range(MOST_CHANGES):
            if isinstance(expr, walk.LEAVES) or id(expr) in self.simple:
                return expr
            before = expr
            for rule in SCALAR_RULES:
                expr = rule(expr)
            if expr is before:
                self.simple[id(expr)] = expr
        return expr

    def everywhere(self, rel: Rel, rule: Rule) -> Rel:
        """`rule` for the whole tree and for the tree of each subquery."""
        if (rule, id(rel)) in self.done:
            return rel
        changed = rule(rel)
        if self.nested:
            changed = self._in_subqueries(changed, rule)
        if changed is rel:
            self.done[rule, id(rel)] = rel
        return changed

    def _in_subqueries(self, rel: Rel, rule: Rule) -> Rel:
        if id(rel) in self.flat:
            return rel
        flat = not any(map(walk.has_subquery, walk.scalars(rel)))
        below = tuple([self._in_subqueries(child, rule) for child in walk.inputs(rel)])
        if flat and all(id(child) in self.flat for child in below):
            self.flat[id(rel)] = rel
            return rel
        rel = walk.with_inputs(rel, below)
        return rel if flat else walk.map_subqueries(rel, lambda inner: self.everywhere(inner, rule))


def _first_change(rel: Rel) -> Rel:
    for rule in NODE_RULES:
        changed = rule(rel)
        if changed is not rel:
            return changed
    return rel
