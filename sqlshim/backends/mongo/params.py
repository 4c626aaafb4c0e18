"""Parameters in a compiled pipeline.

`compile` leaves a `Placeholder` where the value of a parameter goes. A `Template` is made once of
such a pipeline, or of the arguments of the find that says the same, and gives those of one
execution; parts without parameters are shared between executions and must not be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlshim.backends.mongo.expressions.mql import Mql

Fill = Callable[[Sequence[object]], Mql]
Node = TypeVar("Node", list[Mql], dict[str, Mql])


@dataclass(frozen=True, slots=True)
class Placeholder:
    """The place of parameter `index`; `convert` makes of its value what the server gets."""

    index: int
    convert: Callable[[object], Mql]
    shown: str = ""  # of a placeholder that stands for more than the value

    def __repr__(self) -> str:
        return self.shown or f"${self.index + 1}"


class Template(Generic[Node]):
    """A list or dictionary with holes. `fill(params)` gives the one to run."""

    __slots__ = ("_fill", "node")

    def __init__(self, node: Node) -> None:
        self.node: Node = node
        self._fill = _filler(node)

    def fill(self, params: Sequence[object]) -> Node:
        filled: Node = self.node if self._fill is None else self._fill(params)
        return filled


def _filler(node: Mql) -> Fill | None:
    """What fills the holes inside `node`; None if it has none."""
    if isinstance(node, Placeholder):
        index, convert = node.index, node.convert
        return lambda params: convert(params[index])
    if isinstance(node, dict):
        fills = {key: fill for key, value in node.items() if (fill := _filler(value))}
        return _dict_filler(node, fills) if fills else None
    if isinstance(node, list):
        places = [(i, fill) for i, value in enumerate(node) if (fill := _filler(value))]
        return _list_filler(node, places) if places else None
    return None


def _dict_filler(node: dict[str, Mql], fills: dict[str, Fill]) -> Fill:
    def fill(params: Sequence[object]) -> Mql:
        filled = dict(node)
        for key, part in fills.items():
            filled[key] = part(params)
        return filled

    return fill


def _list_filler(node: list[Mql], places: list[tuple[int, Fill]]) -> Fill:
    def fill(params: Sequence[object]) -> Mql:
        filled = list(node)
        for i, part in places:
            filled[i] = part(params)
        return filled

    return fill
