"""The server's limits on a pipeline: in comes a tree that can be said, out goes why it is refused.

The server would answer with an error after parsing; `accept` asks here first, and what is too
big runs locally. Only a tree with many nodes is compiled to see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlshim.backends.mongo.compile import compile_rel
from sqlshim.backends.mongo.expressions.mql import Mql, nesting
from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, GroupingSets, Rel, SetOp, Window
from sqlshim.ir.scalar import Scalar

MOST_STAGES = 1000  # of a pipeline
MOST_NESTED = 20  # pipelines in one another
MOST_LEVELS = 200  # of documents and arrays in one another
# The time the server takes for nested $lets doubles with every level: 0.1 s for 12 of them.
DEEPEST = 12  # levels of an expression
LONGEST_PATTERN = 16_000  # characters of a regular expression; the server compiles it to bytes
_SURELY_FITS = 16  # nodes, none of them more than 50 stages
_OWN = 2  # stages that are added at the end
_COMMAND = 10  # levels of the command around the stages


def too_deep(e: Scalar) -> str:
    """Why an expression is refused for its nesting; "" if it is not."""
    return f"it is nested more than {DEEPEST} deep" if _depth(e, DEEPEST) > DEEPEST else ""


def _depth(e: Scalar, most: int) -> int:
    """How deep `e` is nested; not looked at further than just beyond `most`."""
    if most < 0:
        return 1
    return 1 + max((_depth(part, most - 1) for part in walk.branches(e)), default=0)


def excess(rel: Rel) -> str:
    """Why the pipeline of `rel` is refused for its size; "" if it is not."""
    if sum(map(_weight, walk.every_rel(rel))) <= _SURELY_FITS:
        return ""
    stages = compile_rel(rel).stages
    longest = max(map(len, _pipelines(stages))) + _OWN
    if longest > MOST_STAGES:
        return f"MongoDB takes at most {MOST_STAGES:,} stages, this needs {longest:,}"
    if _nested(stages) > MOST_NESTED:
        return f"MongoDB takes at most {MOST_NESTED} pipelines in one another"
    if nesting(stages) + _COMMAND > MOST_LEVELS:
        return f"MongoDB takes at most {MOST_LEVELS} levels of documents"
    return ""


def _weight(rel: Rel) -> int:
    """How many nodes `rel` counts as."""
    match rel:
        case SetOp():
            return len(rel.inputs)
        case Aggregate() | Window():
            return 1 + len(rel.calls)
        case GroupingSets():
            return len(rel.sets)
        case _:
            return 1


def _pipelines(stages: Sequence[Mql]) -> Iterator[Sequence[Mql]]:
    """`stages` and every pipeline inside them."""
    yield stages
    for inner in _inner(stages):
        yield from _pipelines(inner)


def _nested(stages: Sequence[Mql]) -> int:
    """How many pipelines are in one another below `stages`."""
    return max((1 + _nested(inner) for inner in _inner(stages)), default=0)


def _inner(stages: Sequence[Mql]) -> Iterator[Sequence[Mql]]:
    """The pipelines directly inside `stages`."""
    for stage in stages:
        # A limit that is a parameter is a whole stage to be filled in later.
        for name, body in stage.items() if isinstance(stage, dict) else ():
            if name == "$facet":
                yield from body.values()
            elif isinstance(body, dict) and "pipeline" in body:
                yield body["pipeline"]
