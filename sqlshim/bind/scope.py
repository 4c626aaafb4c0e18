"""Names in sight: the tables of a FROM clause with their columns, and the queries around it.

The rule for names (DESIGN section 3): a quoted identifier matches exactly; an unquoted one
matches exactly or, failing that, the only name equal but for case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from sqlglot import exp

from sqlshim.errors import AmbiguousColumn, FieldPath, UnknownColumn, UnknownTable
from sqlshim.functions import arrays, documents
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import Call, Column, Literal, Scalar

if TYPE_CHECKING:
    from sqlshim.bind.scalars import ScalarBinder

T = TypeVar("T")


def position(node: exp.Expr | None) -> int | None:
    """The 1-based offset at which a node begins in the (uniform) text, if sqlglot kept one."""
    if node is None:
        return None
    starts = [n.meta["start"] for n in node.walk() if n.meta and "start" in n.meta]
    return min(starts) + 1 if starts else None


def matching(name: str, quoted: bool, items: Iterable[T], name_of: Callable[[T], str]) -> list[T]:
    """The items that `name` may mean."""
    items = list(items)
    exact = [i for i in items if name_of(i) == name]
    if exact or quoted:
        return exact
    folded = name.casefold()
    return [i for i in items if name_of(i).casefold() == folded]


@dataclass(slots=True)
class Source:
    """One table of a FROM clause: its alias, its visible columns and all its columns.

    `documents` is set for a table whose documents may have fields that are not known; `paths` says
    which of their fields the columns are.
    """

    alias: str
    columns: list[Column]  # visible ones, named as in the result
    key: frozenset[int] = frozenset()  # numbers of the primary key's columns
    record: Column | None = None  # the row itself, where UNNEST made it of a document
    calls: dict[tuple[str, tuple[int, ...]], Column] = field(default_factory=dict)  # row functions
    unstarred: frozenset[int] = frozenset()  # numbers of columns that are not in a star
    scalar: bool = False  # rows of a function that returns values, not rows
    documents: FieldPath | None = None
    paths: dict[int, FieldPath] = field(default_factory=dict)

    @property
    def starred(self) -> list[Column]:
        """The columns of `t.*`."""
        return [c for c in self.columns if c.id not in self.unstarred]

    @property
    def numbers(self) -> set[int]:
        """The numbers of all that an expression can read of it."""
        return {c.id for c in (*self.columns, *self.calls.values())}

    def renamed(self, names: Sequence[str]) -> Source:
        """With column aliases: `AS t(a, b)`."""
        new = [Column(c.id, n, c.type) for c, n in zip(self.columns, names, strict=False)]
        return replace(self, columns=new + self.columns[len(new) :])


@dataclass(slots=True)
class Scope:
    """The sources of one SELECT, and its outer scope.

    `merged` are USING/NATURAL columns: found by their bare name before the sources' own, which
    stay reachable when qualified. `hidden` ids are the sources' columns that merging hides.
    `asking` is the binder of the clause whose subquery is being bound: an aggregate in there may
    belong to it.
    """

    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    merged: list[Column] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    asking: ScalarBinder | None = None

    def add(self, source: Source) -> None:
        self.sources.append(source)

    def own_ids(self) -> set[int]:
        """The numbers of all columns that this query reads itself."""
        return {n for s in self.sources for n in s.numbers} | {c.id for c in self.merged}

    def own_columns(self) -> Iterator[tuple[Source | None, Column]]:
        """What a bare name can mean here, in the order of SELECT *."""
        for column in self.merged:
            yield None, column
        for source in self.sources:
            for column in source.columns:
                if column.id not in self.hidden:
                    yield source, column

    def star(self) -> list[Column]:
        """The columns of SELECT *."""
        unstarred = {n for s in self.sources for n in s.unstarred}
        return [column for _, column in self.own_columns() if column.id not in unstarred]

    def find_source(self, ident: exp.Identifier) -> Source | None:
        """The source of this alias here or further out."""
        found = matching(ident.this, bool(ident.quoted), self.sources, lambda s: s.alias)
        if found:
            return found[0]
        return self.parent.find_source(ident) if self.parent else None

    def find_bare(self, ident: exp.Identifier) -> list[Column]:
        """The columns that a name without a table may mean: of the innermost query with any."""
        name, quoted = ident.name, bool(ident.args.get("quoted"))
        found = matching(name, quoted, self.own_columns(), lambda pair: pair[1].name)
        if found or self.parent is None:
            return [column for _, column in found]
        return self.parent.find_bare(ident)

    def find_record(self, ident: exp.Identifier) -> Column | None:
        """The one row made by UNNEST here or further out that has a field of this name."""
        name, quoted = ident.name, bool(ident.args.get("quoted"))
        records = [s.record for s in self.sources if s.record is not None]
        having = [r for r in records if matching(name, quoted, r.type.fields, lambda f: f[0])]
        if len(having) > 1:
            raise AmbiguousColumn(name, [r.name for r in having], position(ident))
        if having or self.parent is None:
            return having[0] if having else None
        return self.parent.find_record(ident)

    def find_call(self, call: tuple[str, tuple[int, ...]]) -> Column | None:
        """The column that answers a row function over these columns, here or further out."""
        for source in self.sources:
            if call in source.calls:
                return source.calls[call]
        return self.parent.find_call(call) if self.parent else None

    def path_of(self, value: Scalar) -> FieldPath | None:
        """Which field of a table's documents `value` is, where they may have others beside it."""
        match value:
            case Column(id=number):
                here = (s.paths[number] for s in self.sources if number in s.paths)
                outer = self.parent.path_of(value) if self.parent else None
                return next(here, outer)
            case Call(fn=documents.FIELD, args=(parent, Literal(value=str() as name))):
                path = self.path_of(parent)
                return None if path is None else path.inside(name)
            case Call(fn=arrays.ELEMENT, args=(parent, _)):
                path = self.path_of(parent)
                return None if path is None else path.inside("[]")
            case _:
                return None

    def unknown_fields(self, *names: str) -> list[FieldPath]:
        """What a dotted name could be if documents had fields that are not known."""
        fields = [s.documents for s in self.sources if s.documents is not None]
        found = [replace(f, path=(*f.path, *names)) for f in fields]
        return found + (self.parent.unknown_fields(*names) if self.parent else [])

    def aliases(self) -> list[str]:
        outer = self.parent.aliases() if self.parent else []
        return [s.alias for s in self.sources] + outer

    def column_names(self) -> list[str]:
        outer = self.parent.column_names() if self.parent else []
        return [c.name for _, c in self.own_columns()] + outer


def find_column(scope: Scope, node: exp.Column) -> Column:
    """The column a reference means. UnknownColumn, AmbiguousColumn, UnknownTable."""
    ident = node.this
    name, quoted = ident.name, bool(ident.args.get("quoted"))
    table = node.args.get("table")
    if table is not None:
        source = scope.find_source(table)
        if source is None:
            raise UnknownTable(table.name, scope.aliases(), position(node))
        found = matching(name, quoted, source.columns, lambda c: c.name)
        if not found:
            fields = [] if source.documents is None else [source.documents.inside(name)]
            known = [c.name for c in source.columns]
            raise UnknownColumn(f"{table.name}.{name}", known, position(node), fields)
        return _only(found, f"{table.name}.{name}", node)
    here: Scope | None = scope
    while here is not None:
        found_here = matching(name, quoted, here.own_columns(), lambda pair: pair[1].name)
        if found_here:
            labels = [f"{s.alias}.{c.name}" if s else c.name for s, c in found_here]
            return _only([c for _, c in found_here], name, node, labels)
        here = here.parent
    raise UnknownColumn(name, scope.column_names(), position(node), scope.unknown_fields(name))


def _only(
    found: list[Column],
    name: str,
    node: exp.Expr,
    labels: list[str] | None = None,
) -> Column:
    if len(found) > 1:
        raise AmbiguousColumn(name, labels or [c.name for c in found], position(node))
    return found[0]


@dataclass(slots=True)
class Bound:
    """A bound query: its relation and its output columns with their result names."""

    rel: Rel
    columns: list[Column]
