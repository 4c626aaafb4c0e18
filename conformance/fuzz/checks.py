"""What must hold of a statement on every store: the oracle's answer, TLP and NoREC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from conformance.fuzz.compare import Answer, Failed, Rows, verdict
from conformance.fuzz.expressions import Scope, predicate
from conformance.fuzz.keys import names_of
from conformance.fuzz.parameters import with_parameters
from conformance.fuzz.queries import query
from conformance.fuzz.selects import Writer
from conformance.fuzz.stores import Stores, ask
from conformance.fuzz.tree import Node, Part, Query, executions, inlined, literal_sql, render
from conformance.fuzz.world import World

FINE = ("same", "errors differ", "rejected", "not asked")
PLAIN = 0.65  # the share of the checks that keep their literals


@dataclass(frozen=True)
class Finding:
    """The outcome in one mode."""

    verdict: str
    mode: str
    expected: Answer
    got: Answer
    again: bool = False  # with the arguments of the second execution

    @property
    def failed(self) -> bool:
        return self.verdict not in FINE


@dataclass(frozen=True)
class Check:
    """A tree to judge; `kept` when a smaller tree must be judged in the same way."""

    query: Query
    judge: Callable[[Stores, Query], Iterator[Finding]]
    name: str


def worst(stores: Stores, check: Check) -> Finding:
    """The first failure, or the last outcome."""
    finding = None
    for finding in check.judge(stores, check.query):
        if finding.failed:
            return finding
    assert finding is not None
    return finding


def same_as_oracle(stores: Stores, query: Query) -> Iterator[Finding]:
    """The oracle's answer in every mode, and again with other arguments if the query has them."""
    for number, tree in enumerate(executions(query.tree)):
        yield from _against(stores, query, tree, stores.oracle.answer(tree), number > 0)


def same_as_literals(stores: Stores, query: Query) -> Iterator[Finding]:
    """The arguments mean what they do as literals, whatever the types of numbers."""
    for number, tree in enumerate(executions(query.tree)):
        expected = stores.oracle.answer(inlined(tree))
        yield from _against(stores, query, tree, expected, number > 0, typed=False)


def _against(
    stores: Stores, query: Query, tree: Node, expected: Answer, again: bool, typed: bool = True
) -> Iterator[Finding]:
    sql, parameters = render(tree)
    for mode, connection in stores.store.connections.items():
        got = ask(connection, sql, parameters)
        found = verdict(expected, got, query.ordered, typed and stores.oracle.typed)
        if isinstance(expected, Failed) and not stores.oracle.whole and not expected.of_data:
            found = "not asked"  # which is no proof of anything
        only = found == "errors differ" and parameters and isinstance(got, Failed)
        if only and isinstance(ask(connection, literal_sql(tree)), Rows):
            found = "an error of the arguments only"
        yield Finding(found, mode, expected, got, again)


def partitions(stores: Stores, query: Query) -> Iterator[Finding]:
    """TLP: of the rows each has p true, false or null; the tree is `SELECT … WHERE p`."""
    assert isinstance(query.tree, Part)
    source, condition = query.tree.kids
    whole = Part("", "SELECT * FROM {}", (source,))
    for mode, connection in stores.store.connections.items():
        expected = ask(connection, *render(whole))
        rows: list[tuple[object, ...]] = []
        got: Answer = expected
        for suffix in ("{}", "NOT ({})", "({}) IS NULL"):
            part = Part("", f"SELECT * FROM {{}} WHERE {suffix}", (source, condition))
            got = ask(connection, *render(part))
            if isinstance(got, Failed):
                break
            rows += got.rows
        else:
            got = Rows(tuple(rows), expected.types if isinstance(expected, Rows) else ())
        yield Finding(_of_itself(verdict(expected, got, False), expected, got), mode, expected, got)


def counted(stores: Stores, query: Query) -> Iterator[Finding]:
    """NoREC: what WHERE keeps is what a count of the predicate's value finds."""
    assert isinstance(query.tree, Part)
    source, condition = query.tree.kids
    kept = Part("", "SELECT COUNT(*) FROM {} WHERE {}", (source, condition))
    seen = Part("", "SELECT COUNT(CASE WHEN {} THEN 1 END) FROM {}", (condition, source))
    for mode, connection in stores.store.connections.items():
        got, expected = ask(connection, *render(kept)), ask(connection, *render(seen))
        yield Finding(_of_itself(verdict(expected, got, False), expected, got), mode, expected, got)


def _of_itself(found: str, expected: Answer, got: Answer) -> str:
    """A statement that the generator got wrong is rejected whichever of the two says so."""
    syntax = any(isinstance(a, Failed) and a.sqlstate.startswith("42") for a in (expected, got))
    return "rejected" if syntax else found


def random_check(rnd: Random, world: World) -> Check:
    check = _check(rnd, world)
    if rnd.random() < PLAIN:
        return check
    check = replace(check, query=with_parameters(rnd, check.query, world))
    if check.judge is same_as_oracle and rnd.random() < 0.3:
        return replace(check, judge=same_as_literals, name="literals")
    return check


def _check(rnd: Random, world: World) -> Check:
    chance = rnd.random()
    if chance < 0.84:
        return Check(query(Writer(rnd, world)), same_as_oracle, "differential")
    table = rnd.choice(world)
    names = names_of(table, "a0.")
    writer = Writer(rnd, world)
    condition: Node = predicate(Scope(rnd, names, 3, writer.subquery, writer.scalar))
    tree = Part("", "SELECT * FROM {} WHERE {}", (Part("", f"{table.name} AS a0"), condition))
    if chance < 0.92:
        return Check(Query(tree), partitions, "TLP")
    return Check(Query(tree), counted, "NoREC")
