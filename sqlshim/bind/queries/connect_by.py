"""CONNECT BY of Oracle and Snowflake, as the WITH RECURSIVE that it stands for. Called by `query`
before it reads a SELECT.

The recursive query has the columns of the one table in FROM and, where they are asked for, LEVEL,
the values of the parent (PRIOR), of the root, and paths. `sqlshim_place` is the path of places
among siblings, by which a parent stands before its children.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError
from sqlshim.ir.scalar import Column

_TREE, _CHILD = "sqlshim_tree", "sqlshim_child"
_LEVEL, _PLACE, _KEYS, _AMONG = (f"sqlshim_{n}" for n in ("level", "place", "keys", "among"))
_PSEUDO = ("SYS_CONNECT_BY_PATH", "CONNECT_BY_ISLEAF")
_LOOP = "CONNECT BY loop in user data at "


def _column(name: str, table: str = "") -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=table or None)


def _as_text(value: exp.Expr) -> exp.Expr:
    return exp.cast(value, exp.DataType.build("text"))


@dataclass(slots=True)
class _Tree:
    """What one CONNECT BY makes: the columns of its table, and those that rows carry along, each
    with what it is for a root and for a child."""

    columns: Sequence[Column]
    alias: str
    source: exp.Expr
    test: exp.Expr
    carried: dict[str, tuple[exp.Expr, exp.Expr]] = field(default_factory=dict)
    known: dict[exp.Expr, str] = field(default_factory=dict)

    def of(self, node: exp.Expr, table: str) -> exp.Expr:
        """An expression with its own columns taken from `table`, PRIOR ones from the parent."""
        return node.copy().transform(lambda part: self._placed(part, table))

    def _placed(self, part: exp.Expr, table: str) -> exp.Expr:
        if part.parent_select is not None:  # of a query in the expression
            return part
        if isinstance(part, exp.Prior):
            return self.of(part.this, _TREE)
        if not isinstance(part, exp.Column):
            return part
        if self.is_level(part):
            return _next_level()
        if self.is_own(part):
            part.set("table", exp.to_identifier(table))
        return part

    def is_own(self, part: exp.Column) -> bool:
        if part.table:
            return part.table.casefold() == self.alias.casefold()
        return any(c.name.casefold() == part.name.casefold() for c in self.columns)

    def is_level(self, part: exp.Expr) -> bool:
        bare = isinstance(part, exp.Column) and not part.table and part.name.upper() == "LEVEL"
        return bare and not any(c.name.upper() == "LEVEL" for c in self.columns)

    def above(self, part: exp.Expr) -> exp.Expr:
        """What a part of the query over the tree reads."""
        asked = part.parent_select
        if asked is not None and asked.parent is not None:  # of a query in it
            return part
        if self.is_level(part):
            return _column(_LEVEL)
        if isinstance(part, exp.Prior):
            nothing = exp.Case(ifs=[exp.If(this=exp.false(), true=self.of(part.this, _CHILD))])
            return self.carry(part, nothing, self.of(part.this, _TREE))
        if isinstance(part, exp.ConnectByRoot):
            return self.carry(part, self.of(part.this, _CHILD), None)
        if isinstance(part, exp.Anonymous) and part.name.upper() == "SYS_CONNECT_BY_PATH":
            value, gap = part.expressions
            step = exp.DPipe(this=gap.copy(), expression=_as_text(self.of(value, _CHILD)))
            name = f"sqlshim_{len(self.carried)}"
            longer = exp.DPipe(this=_column(name, _TREE), expression=step.copy())
            return self.carry(part, step, longer)
        if isinstance(part, exp.Column) and part.name.upper() == "CONNECT_BY_ISLEAF":
            return self.is_leaf()
        if isinstance(part, exp.Column) and part.name.upper() == "CONNECT_BY_ISCYCLE":
            raise NotSupportedError(
                "CONNECT_BY_ISCYCLE is not supported",
                position=position(part),
                hint="Write WITH RECURSIVE with CYCLE.",
            )
        return part

    def is_leaf(self) -> exp.Expr:
        """1 for a row that has no children."""
        test = self.of(self.test, _CHILD)
        for column in test.find_all(exp.Column):
            if column.table == _TREE:
                column.set("table", exp.to_identifier(self.alias or _TREE))
        rows = _rows(self, [], ordered=False)
        query = exp.Select(
            expressions=[exp.Literal.number(1)],
            from_=exp.From(this=rows),
            where=exp.Where(this=test),
        )
        child = exp.If(this=exp.Exists(this=query), true=exp.Literal.number(0))
        return exp.Case(ifs=[child], default=exp.Literal.number(1))

    def carry(self, part: exp.Expr, first: exp.Expr, following: exp.Expr | None) -> exp.Expr:
        if part not in self.known:
            name = self.known[part.copy()] = f"sqlshim_{len(self.carried)}"
            self.carried[name] = (first, _column(name, _TREE) if following is None else following)
        return _column(self.known[part])


def as_recursive(node: exp.Select, columns_of: Callable[[exp.Expr], list[Column]]) -> exp.Select:
    """A SELECT with CONNECT BY as one over a recursive query; any other as it is."""
    connect = node.args.get("connect")
    if connect is None:
        return node
    node = node.copy()
    if node.args.get("joins"):
        raise NotSupportedError(
            "CONNECT BY over a join is not supported",
            position=position(connect),
            hint="Join in a derived table: FROM (SELECT … FROM a, b WHERE …) t.",
        )
    source = node.args["from_"].this
    tree = _Tree(columns_of(source), source.alias_or_name, source, connect.args["connect"])
    node.set("connect", None)
    siblings = _siblings(node)
    read = _spelled_out(node, tree).transform(tree.above)
    assert isinstance(read, exp.Select)
    node = read
    keyed = tree.test.find(exp.Prior) is not None
    ordered = siblings is not None or (keyed and not _in_own_order(node))
    cte = _recursive(connect, tree, siblings or [], ordered)
    clause = node.args.get("with_") or exp.With(expressions=[])
    clause.set("recursive", True)
    clause.append("expressions", cte)
    node.set("with_", clause)
    alias = exp.TableAlias(this=exp.to_identifier(tree.alias)) if tree.alias else None
    node.set("from_", exp.From(this=exp.Table(this=exp.to_identifier(_TREE), alias=alias)))
    if ordered:
        node.set("order", exp.Order(expressions=[exp.Ordered(this=_column(_PLACE))]))
    return node


def _siblings(node: exp.Select) -> list[exp.Expr] | None:
    """The keys of ORDER SIBLINGS BY, which is taken off."""
    order = node.args.get("order")
    if order is None or not order.args.get("siblings"):
        return None
    node.set("order", None)
    return list(order.expressions)


def _in_own_order(node: exp.Select) -> bool:
    """Whether the order of the rows of the tree shows in no row, or another is asked for."""
    clauses = ("order", "group", "distinct", "having")
    return any(node.args.get(c) for c in clauses) or any(
        a.find_ancestor(exp.Window, exp.Select) is node for a in node.find_all(exp.AggFunc)
    )


def _spelled_out(node: exp.Select, tree: _Tree) -> exp.Select:
    """`*` as the columns of the table."""
    items: list[exp.Expr] = []
    for item in node.expressions:
        star = isinstance(item, exp.Star) or (
            isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
        )
        items += [_column(c.name) for c in tree.columns] if star else [_titled(item, tree)]
    node.set("expressions", items)
    return node


def _titled(item: exp.Expr, tree: _Tree) -> exp.Expr:
    """An item that will be a column of another name, with the name that it has."""
    if isinstance(item, exp.Prior | exp.ConnectByRoot) and isinstance(item.this, exp.Column):
        return exp.alias_(item, item.this.name)
    named = isinstance(item, exp.Anonymous | exp.Column) and item.name.upper() in _PSEUDO
    return exp.alias_(item, item.name.lower()) if named or tree.is_level(item) else item


def _recursive(connect: exp.Expr, tree: _Tree, siblings: list[exp.Expr], ordered: bool) -> exp.CTE:
    key = _key(connect)
    rows = _rows(tree, siblings, ordered)
    own = [exp.alias_(_column(c.name, _CHILD), c.name, quoted=True) for c in tree.columns]
    carried = {_LEVEL: (exp.Literal.number(1), _next_level()), **tree.carried}
    if ordered:
        carried[_PLACE] = _appended(_PLACE, _column(_AMONG, _CHILD))
    if key is not None:
        carried[_KEYS] = _appended(_KEYS, tree.of(key, _CHILD))
    made = [[exp.alias_(pair[n], name) for name, pair in carried.items()] for n in (0, 1)]
    base = exp.Select(expressions=[*own, *made[0]], from_=exp.From(this=rows))
    if (start := connect.args.get("start")) is not None:
        base.set("where", exp.Where(this=tree.of(start, _CHILD)))
    on = tree.of(tree.test, _CHILD)
    if key is not None:
        on = exp.and_(on, _no_loop(tree.of(key, _CHILD), connect), copy=False)
    step = exp.Select(
        expressions=[*(e.copy() for e in own), *made[1]],
        from_=exp.From(this=exp.Table(this=exp.to_identifier(_TREE))),
        joins=[exp.Join(this=rows.copy(), on=on)],
    )
    union = exp.Union(this=base, expression=step, distinct=False)
    return exp.CTE(this=union, alias=exp.TableAlias(this=exp.to_identifier(_TREE)))


def _next_level() -> exp.Expr:
    return exp.Add(this=_column(_LEVEL, _TREE), expression=exp.Literal.number(1))


def _appended(name: str, value: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """An array of a value of each row on the way from the root."""
    longer = exp.ArrayAppend(this=_column(name, _TREE), expression=value.copy())
    return exp.Array(expressions=[value]), longer


def _rows(tree: _Tree, keys: list[exp.Expr], ordered: bool) -> exp.Expr:
    """The table, where it counts with the place of each row among all."""
    items: list[exp.Expr] = [_column(c.name) for c in tree.columns]
    if ordered:
        by = exp.Order(expressions=[k.copy() for k in keys]) if keys else None
        number = exp.Window(this=exp.RowNumber(), order=by)
        items.append(exp.alias_(number, _AMONG))
    query = exp.Select(
        expressions=items or [exp.alias_(exp.Literal.number(1), "sqlshim_one")],
        from_=exp.From(this=tree.source.copy()),
    )
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(_CHILD)))


def _key(connect: exp.Expr) -> exp.Expr | None:
    """The one column of the parent that its children name, by which a loop is known."""
    found = [p.this for p in connect.args["connect"].find_all(exp.Prior)]
    if len(found) == 1 and isinstance(found[0], exp.Column):
        key: exp.Expr = found[0]
        return key
    if connect.args.get("nocycle"):
        raise NotSupportedError(
            "NOCYCLE is supported with one column after PRIOR", position=position(connect)
        )
    return None


def _no_loop(key: exp.Expr, connect: exp.Expr) -> exp.Expr:
    """Whether a row is none of those above it: with NOCYCLE it is left out, else an error."""
    met = exp.EQ(this=key, expression=exp.Any(this=_column(_KEYS, _TREE)))
    if connect.args.get("nocycle"):
        return exp.Not(this=exp.Coalesce(this=met, expressions=[exp.false()]))
    shown = exp.DPipe(this=exp.Literal.string(_LOOP), expression=_as_text(key.copy()))
    failed = exp.EQ(
        this=exp.cast(exp.Paren(this=shown), exp.DataType.build("int")),
        expression=exp.Literal.number(0),
    )
    return exp.Case(ifs=[exp.If(this=met, true=failed)], default=exp.true())
