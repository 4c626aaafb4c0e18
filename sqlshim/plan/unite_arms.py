"""A UNION ALL of very many arms that differ in constants only, as one: rows of constants become one
list of rows, and `SELECT a FROM t WHERE b = 1 UNION ALL SELECT a FROM t WHERE b = 2 …` one join of
the table with the list of the constants.

Safe because an inner join gives each row of the table once for every arm whose conditions it meets,
which is what UNION ALL does, and has no volatile functions and no subqueries in it; the order of
rows is nobody's. If `listed`, what compares a column with a constant of each arm is also asked of
the column itself (`b IN (1, 2 …)`), so that an index may find the rows; a join inside a store looks
them up anyway. Called by `planning.Planner` before `optimize`, which takes its time for each arm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlshim.errors import StatementTooComplex
from sqlshim.functions import operators as op
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import (
    Filter,
    Join,
    JoinKind,
    Project,
    Rel,
    Scan,
    SetKind,
    SetOp,
    Values,
)
from sqlshim.ir.scalar import Call, Cast, Column, InList, Literal, Scalar
from sqlshim.types import BOOLEAN

MANY = 50  # arms alike; fewer stay as they are written
MOST_ARMS = 1_000  # that are not alike

Change = Callable[[Scalar], Scalar]
Lists = dict[int, tuple[Scalar, ...]]  # the constants of the arms, by the column made for them


def unite_arms(rel: Rel, listed: bool = True) -> Rel:
    """`rel` with the arms alike of its large unions made one. StatementTooComplex if too many
    are left."""
    if isinstance(rel, SetOp) and rel.kind is SetKind.UNION_ALL and len(rel.inputs) >= MANY:
        rel = _united(rel, listed)
        if isinstance(rel, SetOp) and len(rel.inputs) > MOST_ARMS:
            raise StatementTooComplex(
                f"a UNION has more than {MOST_ARMS} queries that differ in more than constants",
                hint="Send several statements, or join one query with a VALUES list.",
            )
    rel = walk.with_inputs(rel, tuple(unite_arms(child, listed) for child in walk.inputs(rel)))
    return walk.map_subqueries(rel, lambda inner: unite_arms(inner, listed))


def _united(rel: SetOp, listed: bool) -> Rel:
    groups: dict[object, list[_Arm]] = {}
    for arm in rel.inputs:
        read = _Arm(arm)
        groups.setdefault(read.shape or id(arm), []).append(read)
    if len(groups) == len(rel.inputs):
        return rel
    arms: list[Rel] = []
    for alike in groups.values():
        few = len(alike) < MANY
        arms += [arm.rel for arm in alike] if few else [_one(alike, rel.columns, listed)]
    if len(arms) > 1:
        return replace(rel, inputs=tuple(arms))
    return Project(arms[0], tuple(zip(rel.columns, arms[0].columns, strict=True)))


@dataclass(slots=True)
class _Arm:
    """One arm, its `shape` (the arm without its constants; None if it has to stay) and these
    constants."""

    rel: Rel
    shape: object = None
    constants: list[Literal] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)  # of columns, by their places

    def __post_init__(self) -> None:
        self.shape = self._of_rel(self.rel)

    def _of_rel(self, rel: Rel) -> object:
        match rel:
            case Values(columns=(), rows=((),)):
                return "row"
            case Scan():
                self._number(rel.columns)
                return rel.table.store, rel.table.schema, rel.table.name, len(rel.columns)
            case Filter() | Project():
                below = self._of_rel(rel.input)
                exprs = list(walk.scalars(rel))
                if below is None or any(walk.has_subquery(e) or walk.is_volatile(e) for e in exprs):
                    return None
                if below == "row":  # whatever is computed in it
                    return "rows", len(exprs)
                found = type(rel), below, tuple(map(self._of_scalar, exprs))
                self._number(rel.columns)
                return found
            case _:
                return None

    def _number(self, columns: Sequence[Column]) -> None:
        for c in columns:
            self.numbers.setdefault(c.id, len(self.numbers))

    def _of_scalar(self, e: Scalar) -> object:
        match e:
            case Literal() if e.value is not None:
                self.constants.append(e)
                return e.type
            case Column():
                return self.numbers.get(e.id, e)
            case Call():
                return id(e.fn), e.type, tuple(map(self._of_scalar, e.args))
            case _ if isinstance(e, walk.LEAVES):
                return e
            case _:
                safe = isinstance(e, Cast) and e.safe
                parts = tuple(map(self._of_scalar, walk.operands(e)))
                return type(e), e.type, safe, parts


def _one(arms: Sequence[_Arm], columns: Sequence[Column], listed: bool) -> Rel:
    """What all of the arms give, which are alike."""
    first = arms[0].rel
    if isinstance(first, Project) and isinstance(first.input, Values):
        rows = [tuple(e for _, e in arm.rel.items) for arm in arms if isinstance(arm.rel, Project)]
        own = zip(first.columns, columns, strict=True)
        return Values(tuple(Column(c.id, c.name, wanted.type) for c, wanted in own), tuple(rows))
    given = [arm.constants for arm in arms]
    varying = [n for n, of_one in enumerate(zip(*given, strict=True)) if len(set(of_one)) > 1]
    spare = _columns_of(arms[1:])  # whose arms are gone
    made = {n: Column(next(spare), "constant", given[0][n].type) for n in varying}
    items = [tuple(constants[n] for n in varying) for constants in given]
    lists: Lists = {
        c.id: tuple({row[place]: None for row in items}) for place, c in enumerate(made.values())
    }
    return _joined(
        first, Values(tuple(made.values()), tuple(items)), _filling(made), lists if listed else {}
    )


def _columns_of(arms: Sequence[_Arm]) -> Iterator[int]:
    return (number for arm in arms for number in arm.numbers)


def _filling(made: dict[int, Column]) -> Change:
    """The constants of an arm replaced by the columns made for them, in the order of `_Arm`."""
    place = iter(range(2**62))

    def fill(e: Scalar) -> Scalar:
        if isinstance(e, Literal) and e.value is not None:
            return made.get(next(place), e)
        if isinstance(e, walk.LEAVES):
            return e
        return walk.with_operands(e, tuple(map(fill, walk.operands(e))))

    return fill


def _joined(rel: Rel, constants: Values, fill: Change, lists: Lists) -> Rel:
    if isinstance(rel, Scan):
        return Join(JoinKind.INNER, rel, constants, ())
    (below,) = walk.inputs(rel)
    below = _joined(below, constants, fill, lists)
    rel = mapping.map_scalars(walk.with_inputs(rel, (below,)), fill)
    if isinstance(rel, Filter):
        rel = Filter(rel.input, (*rel.where, *_listed(rel.where, lists)))
    return rel


def _listed(where: Sequence[Scalar], lists: Lists) -> Iterator[Scalar]:
    for term in where:
        match term:
            case Call(fn=op.EQ, args=(Column() as a, Column() as b)):
                column, of = (b, a) if a.id in lists else (a, b)
                if of.id in lists and column.id not in lists:
                    yield InList(column, lists[of.id], BOOLEAN.with_null(column.type.nullable))
